package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training/behaviour"
)

// runEval runs parley eval and returns its exit status and what it wrote.
func runEval(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), append([]string{"eval"}, args...), strings.NewReader(stdin), &out, &errs)
	return status, out.String(), errs.String()
}

// labelled are rows of all labels in both languages.
var labelled = strings.Join([]string{
	`{"id":"1","lang":"en","text":"The envoy praised Assad as a brave leader who saved his country.","stance":"favor","tone":"cooperative","evidence":{"stance":["brave leader who saved his country"],"tone":["praised"]}}`,
	`{"id":"2","lang":"en","text":"Assad is a butcher and must face trial, the exile said.","stance":"against","tone":"confrontational","evidence":{"stance":["a butcher and must face trial"]}}`,
	`{"id":"3","lang":"en","text":"Assad will speak in parliament on Thursday.","stance":"neutral","tone":"neutral"}`,
	`{"id":"4","lang":"en","text":"Ticket prices for the ferry rose by a tenth in May.","stance":"unrelated","tone":"neutral"}`,
	`{"id":"5","lang":"ar","text":"على الأسد المجرم أن يرحل فورا.","stance":"against","tone":"confrontational","evidence":{"stance":["المجرم أن يرحل"]}}`,
	`{"id":"6","lang":"ar","text":"افتتح المعرض الدولي للزهور في المدينة.","stance":"unrelated","tone":"neutral"}`,
}, "\n") + "\n"

func evalFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// figures is the part of the JSON output that the tests look at.
type figures struct {
	Model     string
	Languages []struct {
		Language     string
		Stance, Tone struct {
			N        int
			Accuracy float64
			MacroF1  float64 `json:"macro_f1"`
			ECE      *float64
			Brier    *float64
			NLL      *float64
			Coverage struct {
				At70 *float64 `json:"accuracy_at_70"`
			}
			Labels []struct {
				Label                 string
				Precision, Recall, F1 float64
				Support               int
			}
			Confusion [][]int
			Evidence  map[string]float64
		}
	}
	Behaviour *behaviour.Report
}

func TestEvalJSON(t *testing.T) {
	status, stdout, stderr := runEval(t, "", "--data", evalFile(t, "rows.jsonl", labelled), "--format", "json")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	var got figures
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	if got.Model != m.ID() || got.Behaviour != nil {
		t.Errorf("model %q, behaviour %v, want %q and none", got.Model, got.Behaviour, m.ID())
	}
	want := map[string]int{"en": 4, "ar": 2, "all": 6}
	for _, l := range got.Languages {
		n, ok := want[l.Language]
		if !ok {
			t.Errorf("language %q", l.Language)
		}
		delete(want, l.Language)
		if l.Stance.N != n || l.Tone.N != n {
			t.Errorf("%s: n %d and %d, want %d", l.Language, l.Stance.N, l.Tone.N, n)
		}
		if l.Stance.ECE == nil || l.Stance.Brier == nil || l.Stance.NLL == nil || l.Stance.Coverage.At70 == nil {
			t.Errorf("%s: a calibration figure is missing", l.Language)
		}
		// The other figures follow from the confusion matrix.
		right, total, f1, present := 0, 0, 0.0, 0.0
		for i, row := range l.Stance.Confusion {
			tp, gold, predicted := row[i], 0, 0
			for j := range row {
				total += row[j]
				gold += row[j]
				predicted += l.Stance.Confusion[j][i]
			}
			right += tp
			label := l.Stance.Labels[i]
			if label.Label != model.Stance.Labels()[i] || label.Support != gold {
				t.Errorf("%s: label %+v, want %s with support %d", l.Language, label, model.Stance.Labels()[i], gold)
			}
			if gold+predicted > 0 {
				present++
				f1 += 2 * float64(tp) / float64(gold+predicted)
			}
		}
		if total != n || math.Abs(l.Stance.Accuracy-float64(right)/float64(n)) > 1e-9 || math.Abs(l.Stance.MacroF1-f1/present) > 1e-9 {
			t.Errorf("%s: accuracy %v, macro-F1 %v do not follow from %v", l.Language, l.Stance.Accuracy, l.Stance.MacroF1, l.Stance.Confusion)
		}
		if l.Language == "all" {
			continue
		}
		for _, key := range []string{"rows", "token_f1", "iou_f1", "comprehensiveness", "sufficiency", "random_token_f1", "lexicon_token_f1", "random_comprehensiveness", "random_sufficiency"} {
			if _, ok := l.Stance.Evidence[key]; !ok {
				t.Errorf("%s: evidence lacks %s", l.Language, key)
			}
		}
	}
	if len(want) != 0 {
		t.Errorf("languages missing: %v", want)
	}
}

func TestEvalTable(t *testing.T) {
	status, stdout, stderr := runEval(t, labelled, "--data", "-")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	for _, want := range []string{
		`(?m)^model assad@sha256:[0-9a-f]{64}$`,
		`(?m)^language +task +n +accuracy +macro-F1 +ECE `,
		`(?m)^en +stance +4( +\d\.\d{3}){8}$`, `(?m)^all +tone +6 `,
		`(?m)^ar stance +precision +recall +F1 +support +as favor +as against +as neutral +as unrelated$`,
		`(?m)^unrelated( +\d\.\d{3}){3} +1( +\d+){4}$`,
		`(?m)^en +tone +model +1 `, `random spans`, `lexicon`,
	} {
		if !regexp.MustCompile(want).MatchString(stdout) {
			t.Errorf("nothing matches %s in\n%s", want, stdout)
		}
	}
}

func TestEvalRefusesRows(t *testing.T) {
	bad := labelled + `{"id":"7","lang":"en","text":"One more line.","stance":"pro","tone":"neutral"}` + "\n" +
		"not json\n" + `{"id":"9","lang":"fr","text":"Une ligne.","stance":"neutral","tone":"neutral"}` + "\n"
	path := evalFile(t, "rows.jsonl", bad)
	status, stdout, stderr := runEval(t, "", "--data", path, "--format", "json")
	if status != exitRows {
		t.Errorf("status %d, want %d", status, exitRows)
	}
	for _, want := range []string{path + `: line 7: stance "pro" is none of`, path + ": line 8: ", path + `: line 9: lang "fr" is none of [en ar]`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr lacks %q:\n%s", want, stderr)
		}
	}
	var got figures
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || len(got.Languages) != 3 || got.Languages[2].Stance.N != 6 {
		t.Errorf("the six good rows are not measured: %v\n%s", err, stdout)
	}
}

func TestEvalErrors(t *testing.T) {
	rows := evalFile(t, "rows.jsonl", labelled)
	empty := evalFile(t, "empty.jsonl", "\n")
	noModel := evalFile(t, "x.parley", "not a model")
	noTests := filepath.Dir(empty)
	tests := []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"nothing to do", nil, exitUsage, "give --data"},
		{"unknown format", []string{"--data", rows, "--format", "xml"}, exitUsage, "want table or json"},
		{"unknown flag", []string{"--dta", rows}, exitUsage, "--dta"},
		{"argument", []string{"--data", rows, "more"}, exitUsage, "more"},
		{"floor of the shipped tests", []string{"--behaviour", "--update-floor"}, exitUsage, "--behaviour=DIR"},
		{"no such file", []string{"--data", rows + ".gone"}, exitInput, rows + ".gone"},
		{"directory", []string{"--data", filepath.Dir(rows)}, exitInput, filepath.Dir(rows)},
		{"no rows", []string{"--data", empty}, exitRows, "no labelled row"},
		{"broken model", []string{"--data", rows, "--model", noModel}, exitInput, noModel},
		{"no such model", []string{"--data", rows, "--model", noModel + ".gone"}, exitInput, noModel + ".gone"},
		{"no such tests", []string{"--behaviour=" + noModel + ".gone"}, exitInput, noModel + ".gone"},
		{"directory without tests", []string{"--behaviour=" + noTests}, exitInput, "empty.jsonl"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, stdout, stderr := runEval(t, "", test.args...)
			if status != test.status || !strings.Contains(stderr, test.want) || stdout != "" {
				t.Errorf("status %d, stderr %q, stdout %q; want status %d and %q", status, stderr, stdout, test.status, test.want)
			}
		})
	}
}

func TestEvalBehaviour(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	const s = "Bread is sold at the corner from seven."
	p, err := m.Paragraph(s, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	labels := model.Stance.Labels()
	right, wrong := labels[p.Stance.Label], labels[(p.Stance.Label+1)%len(labels)]
	format := `{"id":"%d","type":"mft","text":%q,"want":{"stance":[%q]}}` + "\n"
	write("shop.en.jsonl", fmt.Sprintf(format+format, 1, s, right, 2, s, wrong))
	args := []string{"--behaviour=" + dir}

	status, stdout, stderr := runEval(t, "", args...)
	if status != 0 || !regexp.MustCompile(`(?m)^shop +en +1 +2 +0\.50 +0\.00$`).MatchString(stdout) ||
		!strings.Contains(stdout, "2: stance is "+right) {
		t.Fatalf("without a floor: status %d, stderr %q\n%s", status, stderr, stdout)
	}
	if status, _, stderr = runEval(t, "", append(args, "--update-floor")...); status != 0 {
		t.Fatalf("--update-floor: status %d, %s", status, stderr)
	}
	if status, stdout, _ = runEval(t, "", args...); status != 0 || !strings.Contains(stdout, "0.50") {
		t.Errorf("at the floor: status %d\n%s", status, stdout)
	}
	write("floor.json", `{"shop/en":0.75}`)
	status, stdout, stderr = runEval(t, "", append(args, "--format", "json")...)
	if status != exitRows || !strings.Contains(stderr, "shop in en: 1 of 2 tests passed (0.50), the floor is 0.75") {
		t.Errorf("below the floor: status %d, stderr %q", status, stderr)
	}
	var got figures
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Behaviour == nil || len(got.Behaviour.Failures) != 1 || got.Behaviour.Failures[0].ID != "2" {
		t.Errorf("JSON %v\n%s", err, stdout)
	}
}

func TestEvalShippedBehaviour(t *testing.T) {
	status, stdout, stderr := runEval(t, "", "--behaviour", "--format", "json")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var got figures
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	for _, r := range got.Behaviour.Rates {
		if r.Rate < r.Floor || r.Floor == 0 {
			t.Errorf("%+v", r)
		}
	}
}

// failingWriter takes nothing.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestEvalOutputFails(t *testing.T) {
	var errs bytes.Buffer
	status := run(t.Context(), []string{"eval", "--data", "-"}, strings.NewReader(labelled), failingWriter{}, &errs)
	if status != exitInput || !strings.Contains(errs.String(), "disk full") {
		t.Errorf("status %d, stderr %q", status, errs.String())
	}
}
