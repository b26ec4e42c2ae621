package training

import (
	"context"
	"fmt"

	"github.com/parley-nlp/parley/model"
)

// Scored is a row with what weights that were fitted without it say of it.
type Scored struct {
	Row *Row
	// Raw are the predictions before calibration, Calibrated after it.
	Raw, Calibrated [model.NumTasks]Prediction
	// Logits are those behind Calibrated, the four of Stance first.
	Logits [model.NumOutputs]float64
}

// Study is how settings do: what they say of every row of the cross-validation,
// and of rows apart.
type Study struct {
	// Rows are in the order of the inputs; empty without folds.
	Rows []Scored
	// Test are the rows apart, scored by a fit to all inputs; they are calibrated
	// by the cross-validation, or not at all without folds.
	Test []Scored
}

// RunStudy fits settings without each of k folds in turn, and to all rows if
// there are test rows. fold assigns the rows of the inputs to folds, see Folds
// and FoldsBy; nil leaves the cross-validation out.
func RunStudy(ctx context.Context, in Inputs, cfg Config, fold []int, k int, test []Row) (*Study, error) {
	in.defaults()
	if fold != nil && len(fold) != len(in.Rows) {
		return nil, fmt.Errorf("folds of %d rows for %d rows", len(fold), len(in.Rows))
	}
	x, err := model.NewExtractor(in.Target, in.Lexicon, stats{in.English, in.Arabic})
	if err != nil {
		return nil, err
	}
	d, err := newDataset(ctx, in.Rows, x, &cfg)
	if err != nil {
		return nil, err
	}
	s := &Study{}
	calibration := map[string]Calibration{}
	for _, lang := range languages {
		calibration[lang] = identity()
	}
	if fold != nil {
		z, err := d.crossValidate(ctx, fold, k, &cfg, in.Progress)
		if err != nil {
			return nil, err
		}
		for _, lang := range languages {
			calibration[lang] = d.calibrationOf(z, lang, &cfg, func(int) bool { return true })
		}
		s.Rows = d.scored(z, fold, k, &cfg)
	}
	if len(test) == 0 {
		return s, nil
	}
	w, err := d.fitAll(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	reader := rowReader{boost: cfg.Boost}
	for i := range test {
		r := &test[i]
		fs, err := x.Extract(r.Text, r.Language())
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", r.ID, err)
		}
		c := calibration[r.Lang]
		s.Test = append(s.Test, scoredOf(r, d.x.score(reader.read(fs, r), w), c))
	}
	return s, nil
}

// scored calibrates cross-validated logits of each fold by the other folds.
func (d *dataset) scored(z [][outputs]float64, fold []int, k int, cfg *Config) []Scored {
	out := make([]Scored, len(d.rows))
	for _, lang := range languages {
		for f := range k {
			c := d.calibrationOf(z, lang, cfg, func(i int) bool { return fold[i] != f })
			for i := range d.rows {
				if d.rows[i].Lang == lang && fold[i] == f {
					out[i] = scoredOf(&d.rows[i], z[i], c)
				}
			}
		}
	}
	return out
}

func scoredOf(r *Row, z [outputs]float64, c Calibration) Scored {
	calibrated := c.Apply(z)
	s := Scored{Row: r, Logits: calibrated}
	for t := range model.Task(model.NumTasks) {
		s.Raw[t] = predictionOf(t, z, r.Label(t))
		s.Calibrated[t] = predictionOf(t, calibrated, r.Label(t))
	}
	return s
}

// score returns the logits of a row that is not in the matrix.
func (m *matrix) score(r []cell, w []float64) [outputs]float64 {
	var z [outputs]float64
	copy(z[:], w[len(m.keys)*outputs:])
	for _, f := range r {
		if c, ok := m.column[f.key]; ok {
			for k := range z {
				z[k] += f.value * w[int(c)*outputs+k]
			}
		}
	}
	return z
}
