package main

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/cmd/parley/internal/compare"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
)

// scoredRow is a row with the labels that a comparison looks at.
func scoredRow(id string, paragraph int, stance string, confidence float64) rows.Row {
	r := rows.Row{ID: id, Paragraph: paragraph, Language: "en", Text: "text of " + id, Model: "m@" + stance}
	r.Stance.Label, r.Stance.Confidence = stance, confidence
	rest := (1 - confidence) / 3
	r.Stance.Probabilities = rows.StanceProbabilities{Favor: rest, Against: rest, Neutral: rest, Unrelated: rest}
	switch stance {
	case "favor":
		r.Stance.Probabilities.Favor, r.Stance.Score = confidence, confidence-rest
	case "against":
		r.Stance.Probabilities.Against, r.Stance.Score = confidence, rest-confidence
	}
	r.Tone.Label, r.Tone.Confidence = "neutral", 1
	r.Tone.Probabilities.Neutral = 1
	return r
}

func jsonl(rs ...rows.Row) string {
	var b []byte
	for i := range rs {
		b = rows.JSONL{}.Append(b, &rs[i])
	}
	return string(b)
}

func TestCompareSameParagraphs(t *testing.T) {
	a := write(t, "a.jsonl", jsonl(
		scoredRow("x", 0, "favor", 0.7), scoredRow("x", 1, "favor", 0.8), scoredRow("y", 0, "against", 0.9),
		scoredRow("y", 0, "against", 0.4), scoredRow("only a", 0, "against", 0.9)))
	b := write(t, "b.jsonl", jsonl(
		scoredRow("x", 0, "favor", 0.7), scoredRow("x", 1, "against", 0.6), scoredRow("y", 0, "against", 0.9),
		scoredRow("y", 0, "favor", 0.4)))
	r := parley(t, "", "compare", "--format", "json", a, b)
	r.wantStatus(t, 0)
	var got compare.Result
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.A.Rows != 5 || got.B.Rows != 4 || got.Common != 4 {
		t.Errorf("rows %d and %d, %d in common, want 5, 4 and 4", got.A.Rows, got.B.Rows, got.Common)
	}
	if len(got.A.Models) != 2 || got.A.Models[0] != "m@against" {
		t.Errorf("models of A are %v", got.A.Models)
	}
	s := got.Tasks["stance"]
	g := s.Agreement
	// Two of four agree; both files have each label twice, so chance is a half.
	if g.Same != 0.5 || math.Abs(g.Kappa) > 1e-12 {
		t.Errorf("same %v, kappa %v, want 0.5 and 0", g.Same, g.Kappa)
	}
	if g.Confusion["favor"]["favor"] != 1 || g.Confusion["favor"]["against"] != 1 || g.Confusion["against"]["favor"] != 1 {
		t.Errorf("confusion is %v", g.Confusion)
	}
	if want := 0.1; math.Abs(s.Distance-want) > 1e-12 {
		t.Errorf("distance is %v, want %v", s.Distance, want)
	}
	if tone := got.Tasks["tone"].Agreement; tone.Same != 1 || tone.Kappa != 1 || tone.Shift != 0 {
		t.Errorf("agreement of the tone is %+v", tone)
	}
	var changes []string
	for _, c := range got.Changes {
		changes = append(changes, fmt.Sprintf("%s/%d %s>%s %.1f", c.ID, c.Paragraph, c.A, c.B, c.Certainty))
	}
	if want := "x/1 favor>against 0.6|y/0 against>favor 0.4"; strings.Join(changes, "|") != want {
		t.Errorf("changes are %q, want %q", changes, want)
	}
	table := parley(t, "", "compare", "--top", "1", a, b)
	table.wantStatus(t, 0)
	for _, part := range []string{"paragraphs in both: 4", "40.0%", "50.0%", "+10.0%", "same label 50.0%, kappa 0.000", "x 1: stance favor -> against"} {
		if !strings.Contains(table.stdout, part) {
			t.Errorf("the table lacks %q:\n%s", part, table.stdout)
		}
	}
	if strings.Contains(table.stdout, "y 0") {
		t.Error("--top 1 shows two changes")
	}
}

// Two archives have nothing in common but their distributions.
func TestCompareFormats(t *testing.T) {
	in := write(t, "in.jsonl", `{"id":"a","text":"`+praise+`"}`+"\n"+`{"id":"b","text":"`+blame+`"}`+"\n")
	other := write(t, "other.jsonl", `{"id":"c","text":"`+plain+`"}`+"\n")
	dir := t.TempDir()
	var files []string
	for _, name := range []string{"s.jsonl", "s.jsonl.gz", "s.jsonl.zst", "s.parquet"} {
		out := filepath.Join(dir, name)
		parley(t, "", "score", "-o", out, in).wantStatus(t, 0)
		files = append(files, out)
	}
	for _, file := range files[1:] {
		r := parley(t, "", "compare", files[0], file)
		r.wantStatus(t, 0)
		if !strings.Contains(r.stdout, "paragraphs in both: 2") || !strings.Contains(r.stdout, "kappa 1.000") {
			t.Errorf("%s is not equal to %s:\n%s", file, files[0], r.stdout)
		}
	}
	out := filepath.Join(dir, "o.jsonl")
	parley(t, "", "score", "-o", out, other).wantStatus(t, 0)
	r := parley(t, "", "compare", files[0], out)
	r.wantStatus(t, 0)
	if !strings.Contains(r.stdout, "paragraphs in both: 0") || strings.Contains(r.stdout, "kappa") {
		t.Errorf("archives without common paragraphs:\n%s", r.stdout)
	}
}

func TestCompareErrors(t *testing.T) {
	good := write(t, "good.jsonl", jsonl(scoredRow("x", 0, "favor", 0.7)))
	bad := scoredRow("x", 0, "pro", 0.7)
	for name, test := range map[string]struct {
		args    []string
		status  int
		message string
	}{
		"one file":      {[]string{good}, 2, "accepts 2 arg"},
		"missing":       {[]string{good, "missing.jsonl"}, 3, "missing.jsonl"},
		"not scored":    {[]string{good, write(t, "in.jsonl", `{"text":"x"}`)}, 3, "line 1"},
		"no rows":       {[]string{good, write(t, "empty.jsonl", "")}, 3, "no scored rows"},
		"csv":           {[]string{good, write(t, "a.csv", "x")}, 3, "scored rows are read from"},
		"parquet":       {[]string{good, write(t, "a.parquet", "xxxxxxxxxxxxxxxx")}, 3, "not parquet"},
		"other parquet": {[]string{good, write(t, "b.parquet", parquetFile(t, article{}))}, 3, "stance.label"},
		"label":         {[]string{good, write(t, "l.jsonl", jsonl(bad))}, 3, `stance "pro"`},
		"format":        {[]string{"--format", "x", good, good}, 2, "want table or json"},
		"top":           {[]string{"--top", "-1", good, good}, 2, "want 0 or more"},
	} {
		t.Run(name, func(t *testing.T) {
			r := parley(t, "", append([]string{"compare"}, test.args...)...)
			r.wantStatus(t, test.status)
			r.wantError(t, test.message)
		})
	}
}
