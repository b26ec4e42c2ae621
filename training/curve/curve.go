// Package curve measures how a model improves with the rows it is trained on,
// and draws it.
package curve

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/vectors"
)

// Inputs are the rows of a curve.
type Inputs struct {
	// Written and Real are the two parts of the corpus, Dev the rows of other
	// outlets that are never trained on.
	Written, Real, Dev []training.Row
	// English and Arabic are the word vectors.
	English, Arabic *vectors.Table
	// Shares of each part to train on, in (0, 1]; nil means DefaultShares.
	Shares []float64
	// Folds is over how many folds the real rows are cross-validated; 0 means
	// DefaultFolds.
	Folds  int
	Config training.Config
	// Progress, if set, is told of each fit.
	Progress func(done, all int)
}

// DefaultShares and DefaultFolds are those of the drawn curve.
var DefaultShares = []float64{0.1, 0.2, 0.4, 0.7, 1}

// DefaultFolds is the number of folds of the drawn curve.
const DefaultFolds = 3

// Curve is what was measured.
type Curve struct {
	Series []Series `json:"series"`
}

// Series is the curve of one part of the corpus.
type Series struct {
	// Name is "written", "real" or "both".
	Name   string  `json:"name"`
	Points []Point `json:"points"`
}

// Point is a share of the rows and how a model does that was trained on them.
type Point struct {
	Share float64 `json:"share"`
	// Languages holds "en" and "ar".
	Languages []LanguagePoint `json:"languages"`
}

// LanguagePoint is the macro-F1 in one language.
type LanguagePoint struct {
	Language string `json:"language"`
	Rows     int    `json:"rows"` // in this language that were trained on
	// Dev is over the rows apart, CV over the real rows, each scored by a model
	// that was trained without its group.
	Dev Scores `json:"dev"`
	CV  Scores `json:"cv"`
}

// Scores are macro-F1 in [0, 1].
type Scores struct {
	Stance float64 `json:"stance"`
	Tone   float64 `json:"tone"`
}

var languages = []string{"en", "ar"}

// steps is into how many parts groups are divided to draw a share of them.
const steps = 1000

// Run fits a model on each share of the written rows, of the real ones and of
// both. A share is of the groups and holds every smaller share. Trained on
// written rows alone, these count as much as real ones do.
func Run(ctx context.Context, in Inputs) (*Curve, error) {
	if len(in.Written) == 0 || len(in.Real) == 0 || len(in.Dev) == 0 {
		return nil, errors.New("a curve takes written, real and dev rows")
	}
	if in.Shares == nil {
		in.Shares = DefaultShares
	}
	for _, s := range in.Shares {
		if !(s > 0 && s <= 1) {
			return nil, fmt.Errorf("share %v is not above 0 and at most 1", s)
		}
	}
	if in.Folds == 0 {
		in.Folds = DefaultFolds
	}
	if in.Folds < 2 {
		return nil, fmt.Errorf("%d folds, want 2 or more", in.Folds)
	}
	r := runner{in: in, all: len(in.Shares) * (1 + 2*(1+in.Folds))}
	alone := in.Config
	alone.WrittenWeight = 1
	c := &Curve{}
	for _, part := range []struct {
		name string
		rows []training.Row
		cfg  training.Config
	}{
		{"written", in.Written, alone}, {"real", in.Real, in.Config}, {"both", slices.Concat(in.Written, in.Real), in.Config},
	} {
		s := Series{Name: part.name}
		for _, share := range in.Shares {
			p, err := r.point(ctx, part.rows, share, part.cfg)
			if err != nil {
				return nil, fmt.Errorf("%s, share %v: %w", part.name, share, err)
			}
			s.Points = append(s.Points, *p)
		}
		c.Series = append(c.Series, s)
	}
	return c, nil
}

type runner struct {
	in        Inputs
	done, all int
}

// point trains on a share of rows.
func (r *runner) point(ctx context.Context, rows []training.Row, share float64, cfg training.Config) (*Point, error) {
	draw := training.Folds(rows, steps, cfg.Seed+1)
	var some []training.Row
	for i := range rows {
		if float64(draw[i]) < share*steps {
			some = append(some, rows[i])
		}
	}
	real := slices.ContainsFunc(some, func(x training.Row) bool { return x.Source != training.Written })
	test := r.in.Dev
	if !real { // no real row is trained on, so that one fit will do
		test = slices.Concat(test, r.in.Real)
	}
	scored, err := r.fit(ctx, some, test, cfg)
	if err != nil {
		return nil, err
	}
	dev, cv := scored[:len(r.in.Dev)], scored[len(r.in.Dev):]
	if real {
		if cv, err = r.crossValidate(ctx, some, cfg); err != nil {
			return nil, err
		}
	}
	p := &Point{Share: share}
	for _, lang := range languages {
		l := LanguagePoint{Language: lang, Dev: score(dev, lang), CV: score(cv, lang)}
		for i := range some {
			if some[i].Lang == lang {
				l.Rows++
			}
		}
		p.Languages = append(p.Languages, l)
	}
	return p, nil
}

// crossValidate scores every real row by a fit to those of the rows that are in
// other folds.
func (r *runner) crossValidate(ctx context.Context, rows []training.Row, cfg training.Config) ([]training.Scored, error) {
	fold, realFold := training.Folds(rows, r.in.Folds, cfg.Seed), training.Folds(r.in.Real, r.in.Folds, cfg.Seed)
	var out []training.Scored
	for f := range r.in.Folds {
		var train, test []training.Row
		for i := range rows {
			if fold[i] != f {
				train = append(train, rows[i])
			}
		}
		for i := range r.in.Real {
			if realFold[i] == f {
				test = append(test, r.in.Real[i])
			}
		}
		scored, err := r.fit(ctx, train, test, cfg)
		if err != nil {
			return nil, err
		}
		out = append(out, scored...)
	}
	return out, nil
}

func (r *runner) fit(ctx context.Context, rows, test []training.Row, cfg training.Config) ([]training.Scored, error) {
	in := training.Inputs{Rows: rows, English: r.in.English, Arabic: r.in.Arabic}
	s, err := training.RunStudy(ctx, in, cfg, nil, 0, test)
	if err != nil {
		return nil, err
	}
	r.done++
	if r.in.Progress != nil {
		r.in.Progress(r.done, r.all)
	}
	return s.Test, nil
}

func score(rows []training.Scored, lang string) Scores {
	var preds [model.NumTasks][]training.Prediction
	for i := range rows {
		if rows[i].Row.Lang == lang {
			for t := range preds {
				preds[t] = append(preds[t], rows[i].Raw[t])
			}
		}
	}
	return Scores{
		Stance: training.Measure(model.Stance, preds[model.Stance]).MacroF1,
		Tone:   training.Measure(model.Tone, preds[model.Tone]).MacroF1,
	}
}
