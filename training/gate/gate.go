// Package gate decides whether a candidate model may take the place of the one
// that serves: it compares both on labelled rows that neither was trained on.
//
// A candidate is refused if macro-F1 of a task in a language, or the expected
// calibration error, is worse than the base's by more than the margin on a set
// of at least MinItems rows. Every change comes with a 95 % paired bootstrap
// interval: groups are resampled, and both models are measured on the same
// sample. A fall whose interval still reaches a gain of more than the margin is
// chance as likely as harm, and does not refuse.
package gate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

const (
	// DefaultMargin is how much worse a figure may get.
	DefaultMargin = 0.02
	// MinItems is the size from which a set in a language decides; figures on
	// fewer rows are shown but are too uncertain to refuse a model for.
	MinItems = 30
	// DefaultResamples is how many bootstrap samples an interval rests on.
	DefaultResamples = 1000
	// HeldOutShare is the share of groups whose labels are never trained on.
	HeldOutShare = 0.1
)

// HeldOut tells whether the labels of a group are kept from training, to
// measure on. It depends on nothing but the group.
func HeldOut(group string) bool {
	sum := sha256.Sum256([]byte("held out:" + group))
	return float64(binary.LittleEndian.Uint64(sum[:8])>>11)/(1<<53) < HeldOutShare
}

// Set is a named set of rows to measure on.
type Set struct {
	Name string
	Rows []training.Row
}

// Options are the settings of a comparison; the zero value is the default.
type Options struct {
	// Margin is how much worse a figure may get; nil means DefaultMargin.
	Margin *float64
	// Resamples is the number of bootstrap samples; 0 means DefaultResamples.
	Resamples int
	Seed      uint64
}

// Figure is the comparison of one figure.
type Figure struct {
	Set, Task, Language, Metric string
	Items                       int
	Before, After               float64
	// Gain is the change for the better with its 95 % interval.
	Gain, Low, High float64
	// Failed tells that it fell by more than the margin.
	Failed bool
}

// The metrics of figures.
const (
	MacroF1 = "macro_f1"
	ECE     = "ece"
)

// Verdict is the outcome of a comparison.
type Verdict struct {
	Passed  bool
	Margin  float64
	Figures []Figure
}

// Compare measures both models on the sets.
func Compare(ctx context.Context, before, after *model.Model, sets []Set, opt Options) (*Verdict, error) {
	v := &Verdict{Passed: true, Margin: DefaultMargin}
	if opt.Margin != nil {
		v.Margin = *opt.Margin
	}
	if opt.Resamples == 0 {
		opt.Resamples = DefaultResamples
	}
	for _, s := range sets {
		for _, lang := range []string{"en", "ar"} {
			var rows []training.Row
			for i := range s.Rows {
				if s.Rows[i].Lang == lang {
					rows = append(rows, s.Rows[i])
				}
			}
			if len(rows) == 0 {
				continue
			}
			c, err := newComparison(ctx, before, after, rows)
			if err != nil {
				return nil, err
			}
			for t := range model.Task(model.NumTasks) {
				figures, err := c.figures(ctx, t, opt)
				if err != nil {
					return nil, err
				}
				for _, f := range figures {
					f.Set, f.Language, f.Items = s.Name, lang, len(rows)
					f.Failed = f.Items >= MinItems && f.Gain < -v.Margin && f.High <= v.Margin
					v.Passed = v.Passed && !f.Failed
					v.Figures = append(v.Figures, f)
				}
			}
		}
	}
	return v, nil
}

// Message says the verdict in a sentence and names every figure that fell.
func (v *Verdict) Message() string {
	var fell []string
	for _, f := range v.Figures {
		if f.Failed {
			fell = append(fell, fmt.Sprintf("%s of %s in %s on the %s set went from %.3f to %.3f (interval of the change %+.3f to %+.3f, %d rows)",
				strings.ReplaceAll(f.Metric, "_", "-"), f.Task, f.Language, strings.ReplaceAll(f.Set, "_", "-"), f.Before, f.After, f.Low, f.High, f.Items))
		}
	}
	switch {
	case len(v.Figures) == 0:
		return "passed: there is nothing to measure on"
	case v.Passed:
		return fmt.Sprintf("passed: none of %d figures is worse by more than %.3f", len(v.Figures), v.Margin)
	}
	return fmt.Sprintf("refused: worse by more than %.3f: %s", v.Margin, strings.Join(fell, "; "))
}

// comparison holds the predictions of both models for the same rows.
type comparison struct {
	preds  [2][model.NumTasks][]training.Prediction
	groups [][]int // the rows of each group
}

func newComparison(ctx context.Context, before, after *model.Model, rows []training.Row) (*comparison, error) {
	c := &comparison{}
	for k, m := range []*model.Model{before, after} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, err := training.Evaluate(m, rows, false)
		if err != nil {
			return nil, err
		}
		for t := range model.Task(model.NumTasks) {
			c.preds[k][t] = e.Languages[0].Predictions(t)
		}
	}
	at := map[string]int{}
	for i := range rows {
		g, ok := at[rows[i].Group]
		if !ok {
			g = len(c.groups)
			at[rows[i].Group] = g
			c.groups = append(c.groups, nil)
		}
		c.groups[g] = append(c.groups[g], i)
	}
	return c, nil
}

// figures measures a task: macro-F1 and ECE.
func (c *comparison) figures(ctx context.Context, t model.Task, opt Options) ([]Figure, error) {
	gains := func(before, after training.Metrics) [2]float64 {
		return [2]float64{after.MacroF1 - before.MacroF1, before.ECE - after.ECE}
	}
	before, after := training.Measure(t, c.preds[0][t]), training.Measure(t, c.preds[1][t])
	gain := gains(before, after)
	out := []Figure{
		{Task: t.String(), Metric: MacroF1, Before: before.MacroF1, After: after.MacroF1, Gain: gain[0]},
		{Task: t.String(), Metric: ECE, Before: before.ECE, After: after.ECE, Gain: gain[1]},
	}
	rng := rand.New(rand.NewPCG(opt.Seed, uint64(t)))
	samples := [2][]float64{}
	var a, b []training.Prediction
	for i := range opt.Resamples {
		if i%64 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a, b = a[:0], b[:0]
		for range c.groups {
			for _, row := range c.groups[rng.IntN(len(c.groups))] {
				a, b = append(a, c.preds[0][t][row]), append(b, c.preds[1][t][row])
			}
		}
		g := gains(training.Measure(t, a), training.Measure(t, b))
		samples[0], samples[1] = append(samples[0], g[0]), append(samples[1], g[1])
	}
	for k := range out {
		slices.Sort(samples[k])
		out[k].Low, out[k].High = quantile(samples[k], 0.025), quantile(samples[k], 0.975)
	}
	return out, nil
}

func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
