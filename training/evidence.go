package training

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// EvidenceMetrics say how well spans agree with those that annotators marked,
// and how faithful they are to the model (DeYoung et al. 2020).
type EvidenceMetrics struct {
	// Rows is how many rows have marked spans; TokenF1 and IOUF1 are over them.
	Rows int `json:"rows"`
	// TokenF1 is the mean over rows of the F1 of the tokens in spans.
	TokenF1 float64 `json:"token_f1"`
	// RightTokenF1 is the TokenF1 over the Right rows whose label the model got
	// right; TokenF1 counts the others 0.
	RightTokenF1 float64 `json:"right_token_f1"`
	Right        int     `json:"right"`
	// IOUF1 is the F1 of spans, where one agrees if the intersection of its
	// tokens with a marked span is at least half their union.
	IOUF1 float64 `json:"iou_f1"`
	// RandomTokenF1 is the TokenF1 of as many random spans of the same lengths,
	// LexiconTokenF1 that of the words of the attitude lexicon.
	RandomTokenF1  float64 `json:"random_token_f1"`
	LexiconTokenF1 float64 `json:"lexicon_token_f1"`
	// Comprehensiveness is by how much the probability of the label falls when
	// the spans are removed and the rest is scored again (more is better);
	// Sufficiency by how much it falls when only the spans are left (less is
	// better). The Random figures are those of random spans of the same lengths.
	Comprehensiveness       float64 `json:"comprehensiveness"`
	Sufficiency             float64 `json:"sufficiency"`
	RandomComprehensiveness float64 `json:"random_comprehensiveness"`
	RandomSufficiency       float64 `json:"random_sufficiency"`
	// Shown is how many rows the model showed spans for; the four figures above
	// are over them.
	Shown int `json:"shown"`
}

// evidenceTally gathers evidence figures row by row.
type evidenceTally struct {
	m                     EvidenceMetrics
	hits, marked, offered int
	shown                 int
}

func (e *evidenceTally) metrics() *EvidenceMetrics {
	m := e.m
	m.Shown = e.shown
	if m.Rows > 0 {
		n := float64(m.Rows)
		m.TokenF1 /= n
		m.RightTokenF1 /= float64(max(m.Right, 1))
		m.RandomTokenF1 /= n
		m.LexiconTokenF1 /= n
	}
	m.IOUF1 = ratio(2*e.hits, e.marked+e.offered)
	if e.shown > 0 {
		n := float64(e.shown)
		m.Comprehensiveness /= n
		m.Sufficiency /= n
		m.RandomComprehensiveness /= n
		m.RandomSufficiency /= n
	}
	return &m
}

// add takes in what the model says of a row.
func (e *evidenceTally) add(m *model.Model, r *Row, t model.Task, p *model.Prediction) error {
	var toks text.Tokens
	toks.Tokenize(r.Text)
	var offered []text.Span
	for _, ev := range p.Evidence {
		if ev.Label == p.Label {
			offered = append(offered, text.Span{Start: ev.Start, End: ev.End})
		}
	}
	random := randomSpans(&toks, offered, r.Text)
	if marked := spansOf(r.Text, r.Evidence.Task(t)); len(marked) > 0 {
		e.m.Rows++
		gold := tokensIn(toks.List, marked)
		f1 := 0.0
		if p.Label == r.Label(t) {
			f1 = overlapF1(gold, tokensIn(toks.List, offered))
			e.m.Right++
		}
		e.m.TokenF1 += f1
		e.m.RightTokenF1 += f1
		e.m.RandomTokenF1 += overlapF1(gold, tokensIn(toks.List, random))
		e.m.LexiconTokenF1 += overlapF1(gold, tokensIn(toks.List, m.LexiconSpans(r.Text, t, p.Label)))
		e.marked += len(marked)
		e.offered += len(offered)
		for _, g := range marked {
			gs := tokensIn(toks.List, []text.Span{g})
			if slices.ContainsFunc(offered, func(o text.Span) bool {
				return iou(gs, tokensIn(toks.List, []text.Span{o})) >= 0.5
			}) {
				e.hits++
			}
		}
	}
	if len(offered) == 0 {
		return nil
	}
	e.shown++
	for _, k := range []struct {
		spans     []text.Span
		comp, suf *float64
	}{{offered, &e.m.Comprehensiveness, &e.m.Sufficiency}, {random, &e.m.RandomComprehensiveness, &e.m.RandomSufficiency}} {
		without, only := cut(r.Text, k.spans)
		for _, c := range []struct {
			text string
			sum  *float64
		}{{without, k.comp}, {only, k.suf}} {
			q, err := m.Paragraph(c.text, model.Options{Language: r.Language(), Evidence: model.NoEvidence})
			if err != nil {
				return err
			}
			*c.sum += p.Confidence() - q.Task(t).Probabilities[p.Label]
		}
	}
	return nil
}

// spansOf finds verbatim stretches in s, each at its first place.
func spansOf(s string, stretches []string) []text.Span {
	var out []text.Span
	for _, x := range stretches {
		if i := strings.Index(s, x); i >= 0 && x != "" {
			out = append(out, text.Span{Start: i, End: i + len(x)})
		}
	}
	return out
}

// randomSpans draws spans of as many tokens as the given ones, without overlap
// where there is room. The draw depends on the text alone.
func randomSpans(toks *text.Tokens, like []text.Span, s string) []text.Span {
	rng := rand.New(rand.NewPCG(text.Hash(s), 1))
	var out []text.Span
	n := len(toks.List)
	for _, l := range like {
		k := 0
		for i := range toks.List {
			if int(toks.List[i].Start) >= l.Start && int(toks.List[i].End) <= l.End {
				k++
			}
		}
		k = max(1, min(k, n))
		for try := range 10 {
			i := rng.IntN(n - k + 1)
			span := text.Span{Start: int(toks.List[i].Start), End: int(toks.List[i+k-1].End)}
			if try == 9 || !slices.ContainsFunc(out, func(o text.Span) bool { return o.Start < span.End && span.Start < o.End }) {
				out = append(out, span)
				break
			}
		}
	}
	slices.SortFunc(out, func(a, b text.Span) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// cut returns s without the spans, and the spans alone.
func cut(s string, spans []text.Span) (without, only string) {
	var w, o strings.Builder
	at := 0
	for _, x := range spans {
		start := max(x.Start, at)
		if start >= x.End {
			continue
		}
		w.WriteString(s[at:start])
		w.WriteByte(' ')
		o.WriteString(s[start:x.End])
		o.WriteByte(' ')
		at = x.End
	}
	w.WriteString(s[at:])
	return w.String(), o.String()
}

func overlapF1(a, b map[int]bool) float64 {
	return ratio(2*shared(a, b), len(a)+len(b))
}

func iou(a, b map[int]bool) float64 {
	both := shared(a, b)
	return ratio(both, len(a)+len(b)-both)
}

// shared returns how many tokens are in both sets.
func shared(a, b map[int]bool) int {
	both := 0
	for k := range a {
		if b[k] {
			both++
		}
	}
	return both
}

// byConfidence returns the numbers of predictions, the most confident first.
func byConfidence(preds []Prediction) []int {
	order := make([]int, len(preds))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(preds[b].Probabilities[preds[b].Label], preds[a].Probabilities[preds[a].Label])
	})
	return order
}
