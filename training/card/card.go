// Package card measures a model in every way that its card shows, and writes
// the card: docs/model-card.md and the figures beside it. It quotes sentences of
// the written corpus alone; of real text it shows figures.
package card

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/behaviour"
	"github.com/parley-nlp/parley/training/peers"
)

// Card holds what the card shows.
type Card struct {
	model   *model.Model
	data    *peers.Data
	studies *Studies
	// test are the test rows; Raw is what the model would say without its
	// calibration.
	test []training.Scored
	// answered tells which predictions the model does not abstain from.
	answered  [model.NumTasks][]bool
	eval      *training.Evaluation
	frozen    []training.Scored
	behaviour *behaviour.Report
}

// Measure measures the model on the test rows, on the frozen rows of the written
// corpus and on the behavioural tests.
func Measure(m *model.Model, d *peers.Data, s *Studies) (*Card, error) {
	c := &Card{model: m, data: d, studies: s}
	var err error
	if c.test, c.answered, err = score(m, d.Test); err != nil {
		return nil, err
	}
	if c.eval, err = training.Evaluate(m, d.Test, true); err != nil {
		return nil, err
	}
	frozen, err := training.FrozenSet()
	if err != nil {
		return nil, err
	}
	if c.frozen, _, err = score(m, frozen); err != nil {
		return nil, err
	}
	cases, err := behaviour.Load(behaviour.Shipped())
	if err != nil {
		return nil, err
	}
	floor, err := behaviour.Floor(behaviour.Shipped())
	if err != nil {
		return nil, err
	}
	c.behaviour, err = behaviour.Run(m, cases, floor)
	return c, err
}

// score lets the model answer, with and without its calibration.
func score(m *model.Model, rows []training.Row) ([]training.Scored, [model.NumTasks][]bool, error) {
	params := m.Params()
	out := make([]training.Scored, len(rows))
	var answered [model.NumTasks][]bool
	for i := range rows {
		r := &rows[i]
		s := training.Scored{Row: r}
		p, err := m.Paragraph(r.Text, model.Options{Language: r.Language(), Evidence: model.NoEvidence})
		if err != nil {
			return nil, answered, fmt.Errorf("row %q: %w", r.ID, err)
		}
		e, err := m.Explain(r.Text, r.Language())
		if err != nil {
			return nil, answered, fmt.Errorf("row %q: %w", r.ID, err)
		}
		lang := 0
		if r.Language() == text.Arabic {
			lang = 1
		}
		for t := range model.Task(model.NumTasks) {
			from, to := t.Outputs()
			q := p.Task(t)
			answered[t] = append(answered[t], q.Abstained == model.NotAbstained)
			s.Calibrated[t] = training.Prediction{Label: q.Label, Gold: r.Label(t), Probabilities: slices.Clone(q.Probabilities[:to-from])}
			raw := training.Prediction{Gold: r.Label(t)}
			for k := from; k < to; k++ {
				s.Logits[k] = e.Logits[k]
				raw.Probabilities = append(raw.Probabilities, (e.Logits[k]-params.Languages[lang].Offset[k])/params.Languages[lang].Scale[t])
			}
			softmax(raw.Probabilities)
			for k, x := range raw.Probabilities {
				if x > raw.Probabilities[raw.Label] {
					raw.Label = k
				}
			}
			s.Raw[t] = raw
		}
		out[i] = s
	}
	return out, answered, nil
}

func softmax(z []float64) {
	top, sum := slices.Max(z), 0.0
	for i := range z {
		z[i] = math.Exp(z[i] - top)
		sum += z[i]
	}
	for i := range z {
		z[i] /= sum
	}
}

// words returns how many words a text has.
func words(s string) int {
	var toks text.Tokens
	toks.Tokenize(s)
	n := 0
	for i := range toks.List {
		if k := toks.List[i].Kind; k == text.Word || k == text.Number {
			n++
		}
	}
	return n
}

// lengthOf sorts rows by length.
func lengthOf(r *training.Row) string {
	switch n := words(r.Text); {
	case n < 15:
		return "1 to 14 words"
	case n < 40:
		return "15 to 39 words"
	case n < 80:
		return "40 to 79 words"
	}
	return "80 words and more"
}

// errorKind is how often one label is taken for another.
type errorKind struct {
	task       model.Task
	gold, said int
	count      int
	share      float64 // of all errors of the task
	quoted     int     // of them with a quotation mark
	confident  int     // of them with a confidence above 0.7
}

// errorKinds returns the confusions of the test rows, the most frequent first.
func (c *Card) errorKinds(t model.Task) []errorKind {
	n := len(t.Labels())
	kinds := make([]errorKind, n*n)
	total := 0
	for i := range c.test {
		p := &c.test[i].Calibrated[t]
		if p.Label == p.Gold {
			continue
		}
		total++
		k := &kinds[p.Gold*n+p.Label]
		k.task, k.gold, k.said = t, p.Gold, p.Label
		k.count++
		if quoted(c.test[i].Row.Text) {
			k.quoted++
		}
		if p.Probabilities[p.Label] > 0.7 {
			k.confident++
		}
	}
	kinds = slices.DeleteFunc(kinds, func(k errorKind) bool { return k.count == 0 })
	for i := range kinds {
		kinds[i].share = float64(kinds[i].count) / float64(total)
	}
	slices.SortStableFunc(kinds, func(a, b errorKind) int { return cmp.Compare(b.count, a.count) })
	return kinds
}

func quoted(s string) bool {
	var toks text.Tokens
	toks.Tokenize(s)
	return slices.ContainsFunc(toks.List, func(k text.Token) bool { return k.Kind == text.QuoteOpen })
}

// worst returns the errors on frozen written rows of at most maxQuote bytes that
// the model is surest of, at most n for each task.
func (c *Card) worst(t model.Task, n int) []training.Scored {
	const maxQuote = 400
	var out []training.Scored
	for _, s := range c.frozen {
		if p := &s.Calibrated[t]; p.Label != p.Gold && len(s.Row.Text) <= maxQuote {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b training.Scored) int {
		p, q := &a.Calibrated[t], &b.Calibrated[t]
		return cmp.Compare(q.Probabilities[q.Label], p.Probabilities[p.Label])
	})
	return out[:min(n, len(out))]
}
