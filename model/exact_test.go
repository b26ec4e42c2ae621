package model_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// checkSums asserts that the contributions of s add up to its logits, that the
// probabilities are those of Paragraph, and that the weight of each span is the
// sum of what its tokens contribute.
func checkSums(tb testing.TB, m *model.Model, s string) {
	tb.Helper()
	p, err := m.Paragraph(s, model.Options{Evidence: model.MaxEvidence})
	if err != nil {
		tb.Fatal(err)
	}
	checkParagraph(tb, s, &p, model.MaxEvidence)
	e, err := m.Explain(s, text.Other)
	if err != nil {
		tb.Fatal(err)
	}
	if e.Language != p.Language {
		tb.Fatalf("%q explained as %s, scored as %s", s, e.Language, p.Language)
	}
	sum := e.Bias
	for _, c := range e.Contributions {
		if c.Token < -1 || c.Token >= len(e.Tokens) {
			tb.Fatalf("%q: contribution of token %d of %d", s, c.Token, len(e.Tokens))
		}
		for k, w := range c.Weights {
			sum[k] += w
		}
	}
	for k := range sum {
		if !near(sum[k], e.Logits[k]) {
			tb.Fatalf("%q: contributions to output %d add up to %v, the logit is %v", s, k, sum[k], e.Logits[k])
		}
	}
	for t := range model.Task(model.NumTasks) {
		if got, want := e.Probabilities(t), p.Task(t).Probabilities; !slices.Equal(got, want[:len(got)]) {
			tb.Fatalf("%q: %s explained as %v, scored as %v", s, t, got, want)
		}
		for _, v := range p.Task(t).Evidence {
			if want := weightOf(&e, t, v); !near(v.Weight, want) {
				tb.Fatalf("%q: %q weighs %v, its tokens %v", s, s[v.Start:v.End], v.Weight, want)
			}
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9 }

// weightOf sums by how much the tokens of a span raise the logit of its label
// above the mean of the others.
func weightOf(e *model.Explanation, t model.Task, v model.Evidence) float64 {
	from, to := t.Outputs()
	sum := 0.0
	for _, c := range e.Contributions {
		if c.Token < 0 || e.Tokens[c.Token].Start < v.Start || e.Tokens[c.Token].End > v.End {
			continue
		}
		for k := from; k < to; k++ {
			if k == from+v.Label {
				sum += c.Weights[k]
			} else {
				sum -= c.Weights[k] / float64(to-from-1)
			}
		}
	}
	return sum
}

func TestEvidenceAddsUp(t *testing.T) {
	m := shipped(t)
	for i, s := range append(slices.Clone(hostile), corpusParagraphs(t, 60)...) {
		t.Run(fmt.Sprint(i), func(t *testing.T) { checkSums(t, m, s) })
	}
}

func FuzzParagraph(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	m := shipped(f)
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1<<14 {
			t.Skip("longer than is worth explaining")
		}
		checkSums(t, m, strings.ToValidUTF8(s, "�"))
	})
}

// Invalid UTF-8 is outside the contract, but must not panic or cut spans.
func FuzzInvalidUTF8(f *testing.F) {
	f.Add("Assad\xff\xc3 must\xe2\x80 go\xd8")
	f.Add("\xd8\xd9\xef\xbb")
	m := shipped(f)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := m.Paragraph(s, model.Options{})
		if err != nil || utf8.ValidString(s) {
			return
		}
		for task := range model.Task(model.NumTasks) {
			for _, e := range p.Task(task).Evidence {
				if e.Start < 0 || e.End <= e.Start || e.End > len(s) {
					t.Fatalf("%+v in %q", e, s)
				}
			}
		}
	})
}

func TestSameBitsEverywhere(t *testing.T) {
	m := shipped(t)
	texts := append(slices.Clone(hostile), corpusParagraphs(t, 100)...)
	want := make([][]uint64, len(texts))
	for i, s := range texts {
		p, err := m.Paragraph(s, model.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want[i] = bits(&p)
	}
	for _, procs := range []int{1, 2, 8} {
		t.Run(fmt.Sprintf("GOMAXPROCS %d", procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					for k := range texts {
						i := (k*(2*g+1) + g) % len(texts) // each in an order of its own
						p, err := m.Paragraph(texts[i], model.Options{})
						if err != nil || !slices.Equal(bits(&p), want[i]) {
							t.Errorf("%q scores otherwise beside others: %v", texts[i], err)
							return
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestReloadedModelSameBits(t *testing.T) {
	m := shipped(t)
	file, err := m.Params().Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := model.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.ID(), m.ID(); got != want {
		t.Fatalf("the model encoded again is %s, want %s", got, want)
	}
	for _, s := range corpusParagraphs(t, 40) {
		a, _ := m.Paragraph(s, model.Options{})
		b, _ := again.Paragraph(s, model.Options{})
		if !slices.Equal(bits(&a), bits(&b)) {
			t.Errorf("%q scores otherwise when the model is loaded again", s)
		}
	}
}

// The scoring path allocates the evidence it returns and nothing that grows with
// the paragraph.
func TestAllocations(t *testing.T) {
	m := shipped(t)
	const sentence = "The minister said that he fully supports President Assad, while the council in Geneva condemned his crimes. "
	const arabic = "وقال الوزير إنه يدعم الرئيس الأسد دعما كاملا، فيما أدان المجلس في جنيف جرائم النظام. "
	const unknown = "Zzyzx qwertyasdfgh supercalifragilisticexpialidocious wxyz-quux Vvlk's والقسطنطينيونالمستفسقيناتهما ذضظغ said no. "
	for _, tt := range []struct {
		name     string
		evidence int
		most     float64
	}{{"labels alone", model.NoEvidence, 0}, {"evidence", 0, 2}, {"most evidence", model.MaxEvidence, 2}} {
		for _, unit := range []string{sentence, arabic, unknown} {
			for _, n := range []int{200, 1, 10} { // the longest first, so that working memory has grown
				s := strings.Repeat(unit, n)
				opt := model.Options{Evidence: tt.evidence}
				got := testing.AllocsPerRun(20, func() {
					if _, err := m.Paragraph(s, opt); err != nil {
						t.Fatal(err)
					}
				})
				if got > tt.most && !raceEnabled {
					t.Errorf("%s: %v allocations for %d bytes, want at most %v", tt.name, got, len(s), tt.most)
				}
			}
		}
	}
}
