package training

import (
	"fmt"
	"slices"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// Evaluation is how a model does on labelled rows, by task and language.
type Evaluation struct {
	Model string `json:"model"`
	// Languages holds "en" and "ar", as far as rows are in them, and "all".
	Languages []LanguageEvaluation `json:"languages"`
}

// LanguageEvaluation holds the figures of one language.
type LanguageEvaluation struct {
	Language string                       `json:"language"`
	Stance   TaskEvaluation               `json:"stance"`
	Tone     TaskEvaluation               `json:"tone"`
	preds    [model.NumTasks][]Prediction `json:"-"`
}

// TaskEvaluation holds the figures of one task.
type TaskEvaluation struct {
	Metrics
	// ChanceECE is the ECE of a perfectly calibrated classifier of the same
	// confidences on as many rows.
	ChanceECE float64 `json:"chance_ece"`
	// Coverage is accuracy by how much of the rows is answered.
	Coverage Coverage         `json:"coverage"`
	Evidence *EvidenceMetrics `json:"evidence,omitempty"`
}

// Task returns the figures of a task.
func (l *LanguageEvaluation) Task(t model.Task) *TaskEvaluation {
	if t == model.Stance {
		return &l.Stance
	}
	return &l.Tone
}

// Language returns the figures of "en", "ar" or "all", nil if there are none.
func (e *Evaluation) Language(name string) *LanguageEvaluation {
	for i := range e.Languages {
		if e.Languages[i].Language == name {
			return &e.Languages[i]
		}
	}
	return nil
}

// Predictions returns the predictions behind the figures, in the order of the
// rows of the language.
func (l *LanguageEvaluation) Predictions(t model.Task) []Prediction { return l.preds[t] }

// Evaluate scores labelled rows and measures the answers. withEvidence also
// measures evidence, which takes several times as long.
func Evaluate(m *model.Model, rows []Row, withEvidence bool) (*Evaluation, error) {
	e := &Evaluation{Model: m.ID()}
	parts := map[string]*LanguageEvaluation{}
	tallies := map[string]*[model.NumTasks]evidenceTally{}
	order := []string{"en", "ar", "all"}
	for _, lang := range order {
		parts[lang] = &LanguageEvaluation{Language: lang}
		tallies[lang] = &[model.NumTasks]evidenceTally{}
	}
	for i := range rows {
		r := &rows[i]
		opt := model.Options{Language: r.Language(), Evidence: model.NoEvidence}
		if withEvidence {
			opt.Evidence = model.DefaultEvidence
		}
		p, err := m.Paragraph(r.Text, opt)
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", r.ID, err)
		}
		for t := range model.Task(model.NumTasks) {
			pr := p.Task(t)
			pred := Prediction{
				Label: pr.Label, Gold: r.Label(t),
				Probabilities: slices.Clone(pr.Probabilities[:len(t.Labels())]),
			}
			for _, lang := range []string{r.Lang, "all"} {
				parts[lang].preds[t] = append(parts[lang].preds[t], pred)
			}
			if withEvidence {
				if err := tallies[r.Lang][t].add(m, r, t, pr); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, lang := range order {
		l := parts[lang]
		if len(l.preds[model.Stance]) == 0 {
			continue
		}
		for t := range model.Task(model.NumTasks) {
			te := l.Task(t)
			te.Metrics = Measure(t, l.preds[t])
			te.ChanceECE = ChanceECE(l.preds[t])
			te.Coverage = coverage(l.preds[t])
			if withEvidence && lang != "all" {
				te.Evidence = tallies[lang][t].metrics()
			}
		}
		e.Languages = append(e.Languages, *l)
	}
	return e, nil
}

// Coverage is the accuracy on the most confident rows.
type Coverage struct {
	// At70 is the accuracy on the 70 % most confident rows, in [0, 1].
	At70 float64 `json:"accuracy_at_70"`
	// Curve is the accuracy at 5 %, 10 % ... 100 % coverage.
	Curve []float64 `json:"curve"`
}

func coverage(preds []Prediction) Coverage {
	order := byConfidence(preds)
	at := func(share float64) float64 {
		n := max(1, int(share*float64(len(order))+0.5))
		right := 0
		for _, i := range order[:min(n, len(order))] {
			if preds[i].Label == preds[i].Gold {
				right++
			}
		}
		return float64(right) / float64(min(n, len(order)))
	}
	var c Coverage
	if len(preds) == 0 {
		return c
	}
	c.At70 = at(0.7)
	for k := 1; k <= 20; k++ {
		c.Curve = append(c.Curve, at(float64(k)/20))
	}
	return c
}

// tokensIn returns the set of word tokens of s that lie in any of the spans.
func tokensIn(toks []text.Token, spans []text.Span) map[int]bool {
	set := map[int]bool{}
	for i := range toks {
		k := &toks[i]
		if k.Kind != text.Word && k.Kind != text.Number {
			continue
		}
		for _, s := range spans {
			if int(k.Start) < s.End && s.Start < int(k.End) {
				set[i] = true
				break
			}
		}
	}
	return set
}
