package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model"
)

// What is printed adds up: bias and contributions are the logits, whose softmax
// are the probabilities, which are those of parley score.
func TestExplainAddsUp(t *testing.T) {
	for _, s := range []string{praise, blame, arabic, "Nothing."} {
		r := parley(t, "", "explain", "--format", "json", s)
		r.wantStatus(t, 0)
		var x jsonExplanation
		if err := json.Unmarshal([]byte(r.stdout), &x); err != nil {
			t.Fatal(err)
		}
		row := parley(t, s, "score", "--unit", "paragraph", "-").rows(t)[0]
		if x.Text != s || x.Model != row.Model || x.Language != row.Language {
			t.Errorf("explanation is of %q by %s in %s", x.Text, x.Model, x.Language)
		}
		for task := range model.Task(model.NumTasks) {
			e := x.Tasks[task.String()]
			p, probabilities := row.Task(task)
			if e.Label != p.Label {
				t.Errorf("%q: %s is %s, score says %s", s, task, e.Label, p.Label)
			}
			total := 0.0
			for _, l := range task.Labels() {
				total += math.Exp(e.Logits[l])
			}
			for i, l := range task.Labels() {
				sum := e.Bias[l]
				for _, c := range e.Contributions {
					sum += c.Weights[l]
				}
				if math.Abs(sum-e.Logits[l]) > 1e-9 {
					t.Errorf("%q: contributions to %s sum to %v, the logit is %v", s, l, sum, e.Logits[l])
				}
				if want := math.Exp(e.Logits[l]) / total; math.Abs(want-e.Probabilities[l]) > 1e-9 || math.Abs(want-probabilities[i]) > 1e-9 {
					t.Errorf("%q: probability of %s is %v, score says %v", s, l, e.Probabilities[l], probabilities[i])
				}
			}
			for _, c := range e.Contributions {
				if c.Start != nil && s[*c.Start:*c.End] != c.Text {
					t.Errorf("%q: contribution of %q stands at %d", s, c.Text, *c.Start)
				}
			}
		}
	}
}

// What the model abstains from is marked as parley score marks it.
func TestExplainAbstains(t *testing.T) {
	row := parley(t, praise+"\n\n"+blame+"\n\n"+plain+"\n\nAssad.\n\nHe said so.", "score", "-").rows(t)
	for _, r := range row {
		var x jsonExplanation
		out := parley(t, r.Text, "explain", "--format", "json", "-")
		if err := json.Unmarshal([]byte(out.stdout), &x); err != nil {
			t.Fatal(err)
		}
		table := parley(t, r.Text, "explain", "-").stdout
		for task := range model.Task(model.NumTasks) {
			p, _ := r.Task(task)
			if got := x.Tasks[task.String()].Abstained; got != p.Abstained {
				t.Errorf("%q: %s abstains %q, score says %q", r.Text, task, got, p.Abstained)
			}
			if p.Abstained != "" && !strings.Contains(table, "? ("+p.Abstained+")") {
				t.Errorf("%q: the table does not mark %s:\n%s", r.Text, task, table)
			}
		}
	}
}

func TestExplainNotesParagraphs(t *testing.T) {
	r := parley(t, praise+"\n\n"+blame, "explain", "-")
	r.wantStatus(t, 0)
	r.wantError(t, "splits it into 2")
}

// The what-if is the explanation of the changed text.
func TestExplainChange(t *testing.T) {
	r := parley(t, "", "explain", "--format", "json", "--remove", "PRAISED", "--replace", "stand by=abandon", praise)
	r.wantStatus(t, 0)
	var x jsonExplanation
	if err := json.Unmarshal([]byte(r.stdout), &x); err != nil {
		t.Fatal(err)
	}
	const want = "The ambassador Bashar al-Assad and vowed to abandon him."
	if x.Changed == nil || x.Changed.Text != want {
		t.Fatalf("changed text is %+v, want %q", x.Changed, want)
	}
	row := parley(t, want, "score", "-").rows(t)[0]
	if got := x.Changed.Tasks["stance"].Probabilities["favor"]; math.Abs(got-row.Stance.Probabilities.Favor) > 1e-9 {
		t.Errorf("P(favor) is %v, score says %v", got, row.Stance.Probabilities.Favor)
	}
}

func TestExplainTable(t *testing.T) {
	r := parley(t, praise, "explain", "--remove", "vowed", "-")
	r.wantStatus(t, 0)
	for _, part := range []string{"stance: ", "tone: ", "bias", "logit", "probability", "unrelated", "confrontational", "what if: The ambassador praised", " -> "} {
		if !strings.Contains(r.stdout, part) {
			t.Errorf("the table lacks %q:\n%s", part, r.stdout)
		}
	}
	all := strings.Count(parley(t, praise, "explain", "--task", "stance", "-").stdout, "\n")
	few := parley(t, praise, "explain", "--task", "stance", "--top", "2", "--sort", "weight", "-")
	if n := strings.Count(few.stdout, "\n"); n != 2+1+2+1+2 || n >= all {
		t.Errorf("--top 2 prints %d lines of %d:\n%s", n, all, few.stdout)
	}
	if !strings.Contains(few.stdout, "(others)") {
		t.Errorf("--top 2 does not say what the others add:\n%s", few.stdout)
	}
	if strings.Contains(few.stdout, "tone") {
		t.Error("--task stance prints the tone")
	}
}

func TestExplainErrors(t *testing.T) {
	for name, test := range map[string]struct {
		stdin   string
		args    []string
		status  int
		message string
	}{
		"no text":       {"", nil, 3, "there is no text"},
		"binary":        {"\x00", nil, 3, "binary"},
		"too long":      {strings.Repeat("x", model.MaxParagraph+1), nil, 3, "longer than"},
		"task":          {praise, []string{"--task", "mood"}, 2, "want stance, tone or both"},
		"sort":          {praise, []string{"--sort", "size"}, 2, "want text or weight"},
		"format":        {praise, []string{"--format", "xml"}, 2, "want table or json"},
		"top":           {praise, []string{"--top", "-1"}, 2, "want 0 or more"},
		"not there":     {praise, []string{"--remove", "butcher", "-"}, 2, `"butcher" is not in the text`},
		"part of word":  {praise, []string{"--remove", "vow", "-"}, 2, `"vow" is not in the text`},
		"no equal sign": {praise, []string{"--replace", "vowed", "-"}, 2, "want OLD=NEW"},
		"replace what":  {praise, []string{"--replace", "x=y", "-"}, 2, `"x" is not in the text`},
		"overlap":       {praise, []string{"--remove", "praised Bashar", "--remove", "praised", "-"}, 2, `"praised" stands in the text only where another change takes it`},
		"a file":        {"", []string{"explain_test.go"}, 2, "parley explain - < explain_test.go"},
	} {
		t.Run(name, func(t *testing.T) {
			r := parley(t, test.stdin, append([]string{"explain"}, test.args...)...)
			r.wantStatus(t, test.status)
			r.wantError(t, test.message)
		})
	}
}

func TestApplyEdits(t *testing.T) {
	for name, test := range map[string]struct {
		s     string
		edits []edit
		want  string
		made  int // by all edits
	}{
		"middle":        {"a big dog", []edit{{"big", ""}}, "a dog", 1},
		"first":         {"Big dog", []edit{{"big", ""}}, "dog", 1},
		"last":          {"a dog.", []edit{{"dog", ""}}, "a .", 1},
		"twice":         {"no no never", []edit{{"no", "yes"}}, "yes yes never", 2},
		"only whole":    {"nothing is not", []edit{{"not", ""}}, "nothing is", 1},
		"phrase":        {"to Stand By him", []edit{{"stand by", "leave"}}, "to leave him", 1},
		"across a line": {"would\nstand  by him", []edit{{"would stand by", "leaves"}}, "leaves him", 1},
		"longest":       {"stand by him", []edit{{"stand", "sit"}, {"stand by", "leave"}}, "leave him", 1},
		"swapped":       {"Moscow told Washington", []edit{{"Moscow", "Washington"}, {"Washington", "Moscow"}}, "Washington told Moscow", 2},
		"genitive":      {"Assad's ally", []edit{{"Assad", "Putin"}}, "Putin's ally", 1},
		"no stump":      {"Assad's ally", []edit{{"Assad", ""}}, "ally", 1},
		"own genitive":  {"Assad's ally, Assad", []edit{{"Assad's", "an"}}, "an ally, Assad", 1},
		"hyphen":        {"pro-Assad forces", []edit{{"pro-Assad", "rebel"}}, "rebel forces", 1},
		"number":        {"300 of 450", []edit{{"450", "451"}}, "300 of 451", 1},
		"mark":          {"Go! Now!", []edit{{"!", "."}}, "Go. Now.", 2},
		"arabic":        {"قال الأسد إن", []edit{{"الأسد", "بوتين"}}, "قال بوتين إن", 1},
		"arabic letter": {"قال الأسد إن", []edit{{"الاسد", "بوتين"}}, "قال بوتين إن", 1},
		"arabic part":   {"والأسد", []edit{{"الأسد", ""}}, "والأسد", 0},
		"empty words":   {"x", []edit{{" ", "y"}}, "x", 0},
		"absent":        {"x", []edit{{"y", "z"}}, "x", 0},
	} {
		got, made := applyEdits(test.s, test.edits)
		n := 0
		for _, m := range made {
			n += m
		}
		if got != test.want || n != test.made {
			t.Errorf("%s: got %q, %d, want %q, %d", name, got, n, test.want, test.made)
		}
	}
}

func FuzzApplyEdits(f *testing.F) {
	f.Add("a b c", "b", "x", "c")
	f.Add("Assad's الأسد", "الأسد", "", "Assad")
	f.Fuzz(func(t *testing.T, s, words, by, others string) {
		if !utf8.ValidString(s + words + others) {
			t.Skip()
		}
		out, made := applyEdits(s, []edit{{words, by}, {others, ""}})
		if made[0]+made[1] == 0 && out != strings.TrimSpace(s) {
			t.Errorf("nothing is replaced, but %q becomes %q", s, out)
		}
	})
}

func TestManAndCompletion(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man")
	parley(t, "", "man", "--dir", dir).wantStatus(t, 0)
	page, err := os.ReadFile(filepath.Join(dir, "parley-score.1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{".TH", "--resume", "--offsets"} {
		if !strings.Contains(strings.ReplaceAll(string(page), `\-`, "-"), part) {
			t.Errorf("parley-score.1 lacks %s", part)
		}
	}
	parley(t, "", "man").wantStatus(t, 2)
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		r := parley(t, "", "completion", shell)
		r.wantStatus(t, 0)
		if !strings.Contains(r.stdout, "parley") {
			t.Errorf("no completion for %s", shell)
		}
	}
}
