package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	if n := strings.Count(few.stdout, "\n"); n != 2+1+2+2 || n >= all {
		t.Errorf("--top 2 prints %d lines of %d:\n%s", n, all, few.stdout)
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
	} {
		t.Run(name, func(t *testing.T) {
			r := parley(t, test.stdin, append([]string{"explain"}, test.args...)...)
			r.wantStatus(t, test.status)
			r.wantError(t, test.message)
		})
	}
}

func TestReplaceWords(t *testing.T) {
	for name, test := range map[string]struct {
		s, words, by, want string
		n                  int
	}{
		"middle":      {"a big dog", "big", "", "a dog", 1},
		"first":       {"Big dog", "big", "", "dog", 1},
		"last":        {"a dog.", "dog", "", "a .", 1},
		"twice":       {"no no never", "no", "yes", "yes yes never", 2},
		"only whole":  {"nothing is not", "not", "", "nothing is", 1},
		"phrase":      {"to Stand By him", "stand by", "leave", "to leave him", 1},
		"arabic":      {"قال الأسد إن", "الأسد", "بوتين", "قال بوتين إن", 1},
		"arabic part": {"والأسد", "الأسد", "", "والأسد", 0},
		"empty words": {"x", " ", "y", "x", 0},
		"absent":      {"x", "y", "z", "x", 0},
	} {
		if got, n := replaceWords(test.s, test.words, test.by); got != test.want || n != test.n {
			t.Errorf("%s: got %q, %d, want %q, %d", name, got, n, test.want, test.n)
		}
	}
}

func FuzzReplaceWords(f *testing.F) {
	f.Add("a b c", "b", "x")
	f.Add("\xff الأسد", "الأسد", "")
	f.Fuzz(func(t *testing.T, s, words, by string) {
		out, n := replaceWords(s, words, by)
		if n == 0 && out != strings.TrimSpace(s) && strings.TrimSpace(words) != "" {
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
