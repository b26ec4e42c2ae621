package corpuscheck_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/corpuscheck"
)

// goodRow returns a row that breaks no rule of shape.
func goodRow(id, text string) training.Row {
	return training.Row{
		ID: id, Lang: id[2:4], Text: text, Stance: "neutral", Tone: "neutral", Group: "g-" + id,
		Source: training.Written, Style: "wire", Era: "geneva",
		Evidence: training.Evidence{Stance: []string{}, Tone: []string{}},
	}
}

// emptyPlan asks for nothing but what it says of names, openings and duplicates.
func emptyPlan() *corpuscheck.Plan {
	lang := corpuscheck.LanguagePlan{MedianWords: [2]float64{0, 1000}, MaxWords: 1000}
	return &corpuscheck.Plan{
		Languages: map[string]corpuscheck.LanguagePlan{"en": lang, "ar": lang},
		Opening:   1, Jaccard: 0.3, NameRows: 3, NameShare: 0.8,
	}
}

func check(t *testing.T, rows []training.Row, opt corpuscheck.Options) *corpuscheck.Report {
	t.Helper()
	if opt.Plan == nil {
		opt.Plan = emptyPlan()
	}
	r, err := corpuscheck.Check(context.Background(), rows, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wantBreach checks that one breach holds all the words, or that there is none
// if there are no words.
func wantBreach(t *testing.T, r *corpuscheck.Report, words ...string) {
	t.Helper()
	if len(words) == 0 {
		if len(r.Breaches) > 0 {
			t.Errorf("breaches %q, want none", r.Breaches)
		}
		return
	}
	if !slices.ContainsFunc(r.Breaches, func(b string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(b, w) })
	}) {
		t.Errorf("breaches %q, want one with %q", r.Breaches, words)
	}
}

func TestCorpusHoldsItsPlan(t *testing.T) {
	rows, err := training.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	r := check(t, rows, corpuscheck.Options{Plan: corpuscheck.DefaultPlan()})
	wantBreach(t, r)
}

// TestCorpusSharesNothing compares the corpus with the smaller of the shared
// texts; `make corpus` does with all of them.
func TestCorpusSharesNothing(t *testing.T) {
	dir := os.Getenv("PARLEY_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(dir, "eval")); err != nil {
		t.Skipf("the texts of others are not at hand: %v", err)
	}
	rows, err := training.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	o := corpuscheck.NewOverlaps(rows)
	for _, part := range []string{"eval", "train", "articles"} {
		if err := o.Dir(context.Background(), filepath.Join(dir, part)); err != nil {
			t.Fatal(err)
		}
	}
	if o.Words < 100_000 {
		t.Errorf("read %d words, want all of them", o.Words)
	}
	if list := o.List(); len(list) > 0 {
		t.Errorf("shared runs of words: %v", list)
	}
}

func TestShape(t *testing.T) {
	const s = "The envoy praised the truce and then praised his hosts."
	for name, c := range map[string]struct {
		change func(*training.Row)
		want   string // in a breach; empty for none
	}{
		"good":           {func(*training.Row) {}, ""},
		"evidence twice": {func(r *training.Row) { r.Tone, r.Evidence.Tone = "cooperative", []string{"praised", "praised"} }, ""},
		"evidence thrice": {
			func(r *training.Row) {
				r.Tone, r.Evidence.Tone = "cooperative", []string{"praised", "praised", "praised"}
			}, "overlap"},
		"nested evidence": {
			func(r *training.Row) { r.Tone, r.Evidence.Tone = "cooperative", []string{"the truce", "truce"} }, "overlap"},
		"evidence cuts a word": {
			func(r *training.Row) { r.Tone, r.Evidence.Tone = "cooperative", []string{"rais"} }, "cut words"},
		"evidence elsewhere": {
			func(r *training.Row) { r.Tone, r.Evidence.Tone = "cooperative", []string{"applauded"} }, "does not stand"},
		"no evidence":        {func(r *training.Row) { r.Tone = "cooperative" }, "0 stretches"},
		"evidence for none":  {func(r *training.Row) { r.Evidence.Tone = []string{"praised"} }, "takes none"},
		"unknown stance":     {func(r *training.Row) { r.Stance = "pro" }, "pro"},
		"unknown style":      {func(r *training.Row) { r.Style = "rumour" }, `style "rumour"`},
		"unknown era":        {func(r *training.Row) { r.Era = "1989" }, `era "1989"`},
		"wrong id":           {func(r *training.Row) { r.ID = "row 7" }, `id "row 7"`},
		"other source":       {func(r *training.Row) { r.Source = "web" }, `source "web"`},
		"holder of nothing":  {func(r *training.Row) { r.Holder = "envoy" }, "holder"},
		"two spaces":         {func(r *training.Row) { r.Text += "  Yes." }, "white space"},
		"empty":              {func(r *training.Row) { r.Text = " " }, "text is missing"},
		"missing group":      {func(r *training.Row) { r.Group = "row:w-en" }, "group is missing"},
		"language not known": {func(r *training.Row) { r.Lang = "fr" }, `lang "fr"`},
	} {
		t.Run(name, func(t *testing.T) {
			row := goodRow("w-en-test-0001", s)
			c.change(&row)
			r := check(t, []training.Row{row}, corpuscheck.Options{})
			if c.want == "" {
				wantBreach(t, r)
			} else {
				wantBreach(t, r, c.want)
			}
		})
	}
}

func TestIDStandsTwice(t *testing.T) {
	rows := []training.Row{
		goodRow("w-en-test-0001", "Rain fell on the harbour."), goodRow("w-en-test-0001", "Nobody met anybody."),
	}
	wantBreach(t, check(t, rows, corpuscheck.Options{}), "w-en-test-0001", "twice")
}

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		s       string
		list    []string
		want    bool
		comment string
	}{
		{"a b a b", []string{"a b", "a b"}, true, "each takes another place"},
		{"a b a", []string{"a", "a b"}, true, "the first gives way to the second"},
		{"وقالَ الوزير", []string{"قال"}, false, "a vowel sign goes on with the word"},
		{"قال الوزير", []string{"الوزير"}, true, "the end of the text"},
		{"\"No,\" he said", []string{"\"No,\""}, true, "punctuation at both ends"},
		{"", nil, true, "nothing to lay"},
		{"x", []string{""}, false, "an empty stretch"},
	} {
		if got := corpuscheck.Place(c.s, c.list); got != c.want {
			t.Errorf("Place(%q, %q) = %v, want %v (%s)", c.s, c.list, got, c.want, c.comment)
		}
	}
}

func TestCountsAgainstPlan(t *testing.T) {
	var rows []training.Row
	for i := range 10 {
		r := goodRow(fmt.Sprintf("w-en-test-%04d", i), fmt.Sprintf("Item number%d of the long agenda was read out.", i))
		if i < 2 {
			r.Pair, r.Group = "p1", "g"
		}
		if i == 0 {
			r.Stance, r.Evidence.Stance = "favor", []string{"long agenda"}
		}
		rows = append(rows, r)
	}
	c := corpuscheck.Count(rows, "en")
	if c.Rows != 10 || c.Groups != 9 || c.Contrast != 1 || len(c.Halves) != 0 || c.Pairs[[2]string{"favor", "neutral"}] != 1 {
		t.Errorf("counts %+v", c)
	}
	if got := c.Stance("favor"); got != 0.1 {
		t.Errorf("share of favor %v, want 0.1", got)
	}
	if lo, mid, hi := c.Quantile(0), c.Quantile(0.5), c.Quantile(1); lo != 9 || mid != 9 || hi != 9 {
		t.Errorf("lengths %d %d %d, want 9", lo, mid, hi)
	}
	// 10 numbers and 8 other words in 90.
	if got, want := c.Distinct[0], 18.0/90; got != want {
		t.Errorf("distinct words %v, want %v", got, want)
	}
	p := emptyPlan()
	p.Languages["en"] = corpuscheck.LanguagePlan{
		Rows: 11, PairRows: 2, ContrastPairs: 2, Favor: 0.2, Cooperative: 0.1, Unrelated: 0.1,
		MedianWords: [2]float64{20, 30}, MaxWords: 8, Distinct: [3]float64{0.5, 0, 0},
	}
	r := check(t, rows, corpuscheck.Options{Plan: p})
	for _, want := range [][]string{
		{"10 rows, want 11"}, {"favor and cooperative", "0 rows, want 2"}, {"favor: share 0.100"}, {"cooperative: share 0.000"},
		{"unrelated: share"}, {"1 contrast pairs, want 2"}, {"median length 9"}, {"longest row has 9"}, {"distinct words"},
	} {
		wantBreach(t, r, want...)
	}
	rows[1].Stance, rows[1].Evidence.Stance = "favor", []string{"long agenda"}
	wantBreach(t, check(t, rows, corpuscheck.Options{}), "contrast pair p1")
}

func TestNearDuplicates(t *testing.T) {
	a := goodRow("w-en-test-0001", "The delegations met for two hours in the old customs house by the river and left without a word.")
	b := goodRow("w-en-test-0002", "The delegations met for two hours in the old customs house by the river and left with a smile.")
	other := goodRow("w-en-test-0003", "Wheat prices rose again in the north after a dry spring.")
	r := check(t, []training.Row{a, b, other}, corpuscheck.Options{})
	wantBreach(t, r, "near-duplicates", "w-en-test-0001", "w-en-test-0002")
	b.Group = a.Group // a contrast pair may be alike
	wantBreach(t, check(t, []training.Row{a, b, other}, corpuscheck.Options{}))
	short := []training.Row{goodRow("w-en-test-0001", "Read also"), goodRow("w-en-test-0002", "Read also!")}
	wantBreach(t, check(t, short, corpuscheck.Options{}), "near-duplicates", "Jaccard 1.00")
}

func TestOpenings(t *testing.T) {
	var rows []training.Row
	for i, s := range []string{
		"In the morning the minister slept.", "In the morning, The tanks left.", "Later the rain came down hard.", "Too short",
	} {
		rows = append(rows, goodRow(fmt.Sprintf("w-en-test-%04d", i), s))
	}
	got := corpuscheck.Openings(rows, "en")
	if want := []corpuscheck.Opening{{Words: "in the morning the", Rows: 2}}; !slices.Equal(got, want) {
		t.Errorf("openings %v, want %v", got, want)
	}
	p := emptyPlan()
	p.Opening = 0.4
	wantBreach(t, check(t, rows, corpuscheck.Options{Plan: p}), "2 rows begin with", "in the morning the")
}

func TestOverlaps(t *testing.T) {
	const run = "eight plain words that stand in both texts"
	row := goodRow("w-en-test-0001", "We found "+run+" today.")
	twin := goodRow("w-en-test-0002", "Again: eight plain words that stand in BOTH texts, alas.")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprintf(z, "a first line\nhere are %s\n", run)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file, content string
		want          int // line, 0 for none
	}{
		"plain":                 {"a.txt", "x\nSo " + run + " end.", 2},
		"across a line break":   {"a.txt", strings.Replace(run, " stand ", "\nstand ", 1), 2},
		"across a paragraph":    {"a.txt", strings.Replace(run, " stand ", "\n\nstand ", 1), 0},
		"records":               {"a.jsonl", "{\"text\":\"y\"}\n{\"id\":\"1\",\"text\":\"" + run + "\"}\n", 2},
		"another field":         {"a.jsonl", "{\"title\":\"" + run + "\"}\n", 0},
		"packed":                {"a.txt.gz", packed.String(), 2},
		"seven words":           {"a.txt", strings.TrimSuffix(run, " texts") + " books", 0},
		"marks and punctuation": {"a.txt", strings.ReplaceAll(strings.ToUpper(run), " ", ", "), 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			r := check(t, []training.Row{row, twin}, corpuscheck.Options{Shared: dir})
			list := r.Overlaps.List()
			if c.want == 0 {
				if len(list) > 0 {
					t.Fatalf("overlaps %v, want none", list)
				}
				return
			}
			if len(list) != 2 || list[0].Row != row.ID || list[1].Row != twin.ID || list[0].Words != run ||
				list[0].File != c.file || list[0].Line != c.want {
				t.Errorf("overlaps %+v, want %q at line %d of both rows", list, run, c.want)
			}
			wantBreach(t, r, "overlap: w-en-test-0002", run)
		})
	}
}

func TestOverlapErrors(t *testing.T) {
	for name, content := range map[string]string{"a.jsonl": "{\n", "a.txt.gz": "plain"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := corpuscheck.Check(context.Background(), nil, corpuscheck.Options{Shared: dir})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v, want one that names the file", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := corpuscheck.NewOverlaps(nil).Dir(ctx, t.TempDir()); err == nil {
		t.Error("a cancelled check went on")
	}
	if err := corpuscheck.NewOverlaps(nil).Dir(context.Background(), "/no/such/place"); err == nil {
		t.Error("a missing directory was read")
	}
}

func TestNames(t *testing.T) {
	var rows []training.Row
	add := func(lang, stance, text string) {
		r := goodRow(fmt.Sprintf("w-%s-test-%04d", lang, len(rows)), text)
		r.Stance = stance
		if stance != "neutral" && stance != "unrelated" {
			r.Evidence.Stance = strings.Fields(text)[:1]
		}
		rows = append(rows, r)
	}
	for i := range 4 {
		add("en", "favor", fmt.Sprintf("Day %d ended when Ruslan's convoy came.", i))
		add("ar", "against", fmt.Sprintf("اليوم %d قيل ما قيل ولبوتين رأي آخر", i))
	}
	add("en", "unrelated", "Night fell and Ruslan slept.")
	names := corpuscheck.Names(rows, "en", 3)
	if len(names) != 1 || names[0].Word != "Ruslan" || names[0].Stances["unrelated"] != 1 {
		t.Errorf("names %v, want Ruslan alone", names)
	}
	if n, stance, share := names[0].Related(); n != 4 || stance != "favor" || share != 1 {
		t.Errorf("Related() = %d %s %v", n, stance, share)
	}
	r := check(t, rows, corpuscheck.Options{})
	wantBreach(t, r, `name "Ruslan"`, "100 % of 4", "favor")
	wantBreach(t, r, `name "بوتين"`, "against")
	add("en", "against", "Nobody, said Ruslan, slept.")
	add("en", "neutral", "So Ruslan said.")
	for _, b := range check(t, rows, corpuscheck.Options{}).Breaches {
		if strings.Contains(b, "Ruslan") {
			t.Errorf("breach %q of a balanced name", b)
		}
	}
}

func TestLeaks(t *testing.T) {
	rows := func(stance, word string, n int) []training.Row {
		var out []training.Row
		for i := range n {
			r := goodRow(fmt.Sprintf("w-en-test-%04d", i), fmt.Sprintf("%s met guest%d", word, i))
			r.Stance = stance
			if stance == "favor" {
				r.Evidence.Stance = []string{word}
			}
			out = append(out, r)
		}
		return out
	}
	written := append(rows("favor", "kettle", 30), rows("neutral", "lantern", 30)...)
	real := append(rows("neutral", "kettle", 30), rows("neutral", "lantern", 30)...)
	real = append(real, rows("favor", "spoon", 30)...)
	leaks := corpuscheck.Leaks(written, real, "en")
	if len(leaks) == 0 || leaks[0].Word != "kettle" || leaks[0].Stance != "favor" || leaks[0].Z < 3 {
		t.Fatalf("leaks %+v, want kettle first", leaks)
	}
	if l := leaks[0]; l.Written != 30 || l.Real != 30 || l.WrittenShare != 1 || l.RealShare != 0 {
		t.Errorf("leak %+v", l)
	}
	for i := range written {
		written[i].ID = fmt.Sprintf("w-en-test-%04d", i)
	}
	wantBreach(t, check(t, written, corpuscheck.Options{Real: real}), `word "kettle"`, "100 % of 30", "favor")
}

func TestPlanErrors(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"", "plan"}, {"{}", "no language"}, {`{"languages":{"fr":{}}}`, "fr"}, {`{"lenguages":{}}`, "lenguages"},
	} {
		if _, err := corpuscheck.ParsePlan([]byte(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParsePlan(%q): error %v, want one with %q", c.data, err, c.want)
		}
	}
	if p := corpuscheck.DefaultPlan(); p.Languages["en"].Rows != 1900 || p.Languages["ar"].Rows != 1100 {
		t.Errorf("default plan %+v", p)
	}
}

func TestPrint(t *testing.T) {
	r := check(t, []training.Row{goodRow("w-en-test-0001", "Rain fell on the old harbour.")}, corpuscheck.Options{})
	r.Breaches = append(r.Breaches, "something")
	var b strings.Builder
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"en: 1 rows in 1 groups", "median 6", "wire 1", "skipped: overlap", "breach: something", "1 breaches"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("report lacks %q:\n%s", want, &b)
		}
	}
}
