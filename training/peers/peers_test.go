package peers_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/peers"
)

// sample is a part of the written corpus: rows to train on and frozen ones.
func sample(t *testing.T) *peers.Data {
	t.Helper()
	var d peers.Data
	all, err := training.TrainingSet()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(all); i += 4 {
		d.Train = append(d.Train, all[i])
	}
	if d.Test, err = training.FrozenSet(); err != nil {
		t.Fatal(err)
	}
	d.Test = append(peers.In(d.Test, "en")[:60:60], peers.In(d.Test, "ar")[:60]...)
	return &d
}

func embedded(t *testing.T) *model.Model {
	t.Helper()
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func accuracy(c peers.Classifier, d *peers.Data, cell peers.Cell) float64 {
	rows, right := peers.In(d.Test, cell.Lang), 0
	for i := range rows {
		if c.Answer[cell][i] == rows[i].Label(cell.Task) {
			right++
		}
	}
	return float64(right) / float64(len(rows))
}

func TestRun(t *testing.T) {
	d, m := sample(t), embedded(t)
	all, err := peers.Run(m, d, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 4 || all[0].Title != "majority label" || all[3].Title != "Parley" {
		t.Fatalf("classifiers %d, want those that run inside, the majority first and Parley last", len(all))
	}
	for _, cell := range peers.Cells() {
		if a, b := accuracy(all[0], d, cell), accuracy(all[2], d, cell); b <= a {
			t.Errorf("%s %s: naive Bayes %.2f, majority %.2f", cell.Task, cell.Lang, b, a)
		}
	}
	page := peers.Markdown(m, d, all)
	for _, want := range []string{
		`(?m)^\| majority label \|( \d\.\d{3} \(\d\.\d{3}\) \|){4}$`,
		`(?m)^\| Parley minus the best peer \|( [+-]\d+\.\d \[[+-]\d+\.\d, [+-]\d+\.\d\] \|){4}$`,
		`(?m)^\| two annotators`, `(?m)^\| stance, Arabic \| favor \| against \| neutral \| unrelated \|$`,
		`trained on other rows`, regexp.QuoteMeta(m.ID()),
	} {
		if !regexp.MustCompile(want).MatchString(page) {
			t.Errorf("nothing matches %s in\n%s", want, page)
		}
	}
	for i := range d.Test {
		if strings.Contains(page, d.Test[i].Text) {
			t.Errorf("the page quotes %q", d.Test[i].Text)
		}
	}
}

func TestMajorityTakesTheMostFrequent(t *testing.T) {
	row := func(stance, tone string) training.Row {
		return training.Row{Lang: "en", Text: "A line.", Stance: stance, Tone: tone}
	}
	d := &peers.Data{Train: []training.Row{
		row("against", "neutral"), row("unrelated", "cooperative"), row("unrelated", "neutral"),
	}}
	for _, lang := range []string{"en", "ar"} {
		for i := range 3 {
			r := row("favor", "neutral")
			r.Lang = lang
			if i == 0 && lang == "ar" {
				r.Stance = "against"
			}
			d.Test = append(d.Test, r)
		}
	}
	// Naive Bayes needs rows in both languages.
	for _, r := range d.Train[:3:3] {
		r.Lang, r.Text = "ar", "سطر واحد."
		d.Train = append(d.Train, r)
	}
	for i := range d.Train {
		d.Train[i].Text += " " + d.Train[i].Stance
	}
	d.Train = append(d.Train, d.Train...)
	all, err := peers.Run(embedded(t), d, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range peers.Cells() {
		want := model.Unrelated
		if cell.Task == model.Tone {
			want = model.NeutralTone
		}
		for _, got := range all[0].Answer[cell] {
			if got != want {
				t.Errorf("%s %s: %d, want %d", cell.Task, cell.Lang, got, want)
			}
		}
	}
}

func TestPolarityLexicon(t *testing.T) {
	tests := []struct {
		name, lang, text, stance string
	}{
		{"praise", "en", "He praised Assad as a hero.", "favor"},
		{"insult", "en", "He called Assad a tyrant.", "against"},
		{"negated praise", "en", "Assad is no hero.", "against"},
		{"nothing said", "en", "Assad was in the hall.", "neutral"},
		{"somebody else", "en", "He called the baker a tyrant.", "unrelated"},
		{"praise in Arabic", "ar", "تحية تقدير إلى بشار القائد الشجاع.", "favor"},
		{"nothing in Arabic", "ar", "افتتح المعرض أمس.", "unrelated"},
	}
	d := &peers.Data{}
	train := sample(t).Train
	d.Train = append(peers.In(train, "en")[:100:100], peers.In(train, "ar")[:100]...)
	for _, test := range tests {
		d.Test = append(d.Test, training.Row{Lang: test.lang, Text: test.text, Stance: test.stance, Tone: "neutral"})
	}
	all, err := peers.Run(embedded(t), d, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for _, test := range tests {
		got := model.Stance.Labels()[all[1].Answer[peers.Cell{Task: model.Stance, Lang: test.lang}][at[test.lang]]]
		at[test.lang]++
		if got != test.stance {
			t.Errorf("%s: %s, want %s", test.name, got, test.stance)
		}
	}
}

func TestOutsidePeers(t *testing.T) {
	d, m, dir := sample(t), embedded(t), t.TempDir()
	if err := peers.Prepare(d, dir); err != nil {
		t.Fatal(err)
	}
	lines := func(name string) []string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	}
	for _, cell := range peers.Cells() {
		train := lines(cell.Lang + "." + cell.Task.String() + ".train")
		rows := peers.In(d.Train, cell.Lang)
		if len(train) != len(rows) || len(lines(cell.Lang+".test")) != 60 || len(lines(cell.Lang+".train.jsonl")) != len(rows) {
			t.Fatalf("%s %s: wrong number of lines", cell.Task, cell.Lang)
		}
		for i, line := range train {
			if want := "__label__" + cell.Task.Labels()[rows[i].Label(cell.Task)] + " "; !strings.HasPrefix(line, want) {
				t.Fatalf("line %q, want %q first", line, want)
			}
		}
		// An oracle and, in the other files, fastText's form of labels.
		var answer strings.Builder
		for _, r := range peers.In(d.Test, cell.Lang) {
			answer.WriteString("__label__" + cell.Task.Labels()[r.Label(cell.Task)] + "\n")
		}
		if err := os.WriteFile(filepath.Join(dir, "fasttext."+cell.Lang+"."+cell.Task.String()+".out"), []byte(answer.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, err := peers.Run(m, d, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 5 || !strings.HasPrefix(all[3].Title, "fastText") {
		t.Fatalf("%d classifiers, want fastText before Parley", len(all))
	}
	for _, cell := range peers.Cells() {
		if a := accuracy(all[3], d, cell); a != 1 {
			t.Errorf("%s %s: the oracle reaches %.2f", cell.Task, cell.Lang, a)
		}
	}
	if page := peers.Markdown(m, d, all); !strings.Contains(page, "| best peer | fastText | fastText | fastText | fastText |") {
		t.Errorf("the oracle is not the best peer:\n%s", page)
	}
}

func TestPredictionsRefuse(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"short.en.stance.out": "favor\n", "odd.en.stance.out": "favor\npro\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"short": "1 answers for 2 rows", "odd": "odd.en.stance.out:2"} {
		if _, err := peers.Predictions(dir, name, "en", model.Stance, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
	if got, err := peers.Predictions(dir, "none", "en", model.Stance, 2); got != nil || err != nil {
		t.Errorf("a peer that did not run: %v, %v", got, err)
	}
}

func TestLoadNeedsTheTexts(t *testing.T) {
	if _, err := peers.Load(t.Context(), t.TempDir()); err == nil {
		t.Error("an empty directory: no error")
	}
}

func TestSpeed(t *testing.T) {
	shared := t.TempDir()
	if err := os.Mkdir(filepath.Join(shared, "unlabelled"), 0o700); err != nil {
		t.Fatal(err)
	}
	trained := strings.TrimSpace(strings.Repeat("rebels left the town ", 16))
	for name, word := range map[string]string{"en.txt.gz": "talks ", "ar.txt.gz": "محادثات "} {
		lines := "too short\n" + trained + "\n" + strings.Repeat(word, 90) + "\n"
		for n := 60; n <= 80; n++ {
			lines += strings.Repeat(word, n) + "\n"
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write([]byte(lines))
		if err := errors.Join(err, z.Close(), os.WriteFile(filepath.Join(shared, "unlabelled", name), packed.Bytes(), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	d, path := &peers.Data{Train: []training.Row{{Text: trained}}}, filepath.Join(t.TempDir(), "in", "texts")
	if err := peers.SpeedInput(d, shared, path); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + ".ft", path + ".jsonl"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("\n")); n != 42 {
			t.Errorf("%s has %d lines, want 21 paragraphs of each language that were not trained on", name, n)
		}
	}
	if err := peers.SpeedInput(d, t.TempDir(), path); err == nil {
		t.Error("without texts: no error")
	}
	var out strings.Builder
	if err := peers.Speed(embedded(t), path, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`^42 paragraphs of 70 words\n`, `(?m)^parley, both tasks with evidence\t\d+$`, `(?m)^floor: tokenise, hash, look up\t\d+$`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("nothing matches %s in\n%s", want, out.String())
		}
	}
}
