package card

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/peers"
	"github.com/parley-nlp/parley/training/vectors"
)

// Studies are comparisons of settings. They take many fits, so they are run
// apart and kept as a file; it holds figures alone, no text.
type Studies struct {
	// Corpus is the digest of the training rows, Settings those of the fits.
	Corpus   string `json:"corpus"`
	Settings string `json:"settings"`
	// Styles and Eras are the written rows by how and of what they are written,
	// each row scored without its fold.
	Styles []PartResult `json:"styles"`
	Eras   []PartResult `json:"eras"`
	// Ablation has the shipped settings first, then each feature family left out.
	Ablation []Result `json:"ablation"`
	// Learners has the shipped settings first, then other learners.
	Learners []Result `json:"learners"`
	// Transfer has the shipped settings with whole sources held out, and with
	// rows of one kind alone.
	Transfer []Result `json:"transfer"`
}

// Result is macro-F1 by "task/language".
type Result struct {
	Name string `json:"name"`
	// CrossValidated is over the real rows, each scored without its fold; Test
	// over the test rows.
	CrossValidated map[string]float64 `json:"cross_validated,omitempty"`
	Test           map[string]float64 `json:"test,omitempty"`
	// Sources holds, for cross-validation by source, the figures of each.
	Sources []PartResult `json:"sources,omitempty"`
}

// PartResult is accuracy and macro-F1 on a part of the rows.
type PartResult struct {
	Name           string  `json:"name"`
	Language       string  `json:"language"`
	Rows           int     `json:"rows"`
	StanceAccuracy float64 `json:"stance_accuracy"`
	StanceF1       float64 `json:"stance_macro_f1"`
	ToneAccuracy   float64 `json:"tone_accuracy"`
	ToneF1         float64 `json:"tone_macro_f1"`
}

const (
	// studyFolds of the cross-validation of studies.
	studyFolds = 2
	// studyIterations bounds the optimiser in studies, where differences count.
	studyIterations = 50
)

// RunStudies runs all comparisons but those that old holds for the same rows and
// settings; old may be nil. After each it calls save, so that an interrupted run
// can go on. progress is told the name of each study before it begins.
func RunStudies(ctx context.Context, d *peers.Data, cfg training.Config, old *Studies, save func(*Studies) error, progress func(string)) (*Studies, error) {
	in, err := inputs(d)
	if err != nil {
		return nil, err
	}
	cfg.Iterations = min(cfg.Iterations, studyIterations)
	s := &Studies{Corpus: training.Digest(d.Train), Settings: fmt.Sprintf("%+v", cfg)}
	if old == nil || old.Corpus != s.Corpus || old.Settings != s.Settings {
		old = &Studies{}
	}
	r := runner{
		ctx: ctx, d: d, in: in, fold: training.Folds(d.Train, studyFolds, cfg.Seed), progress: progress,
		old: old, done: s, save: save,
	}
	for _, step := range []func(training.Config) error{r.ablation, r.learners, r.transfer} {
		if err := step(cfg); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func inputs(d *peers.Data) (in training.Inputs, err error) {
	in.Rows = d.Train
	if in.English, err = vectors.English(); err != nil {
		return in, err
	}
	in.Arabic, err = vectors.Arabic()
	return in, err
}

// runner runs studies.
type runner struct {
	ctx       context.Context
	d         *peers.Data
	in        training.Inputs
	fold      []int
	progress  func(string)
	old, done *Studies
	save      func(*Studies) error
	base      *training.Study // the shipped settings
}

// add runs a study, or takes it over, and appends it to a list of done.
func (r *runner) add(list *[]Result, known []Result, name string, run func() (Result, error)) error {
	i := slices.IndexFunc(known, func(x Result) bool { return x.Name == name })
	if i >= 0 {
		*list = append(*list, known[i])
		return nil
	}
	r.progress(name)
	x, err := run()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	x.Name = name
	*list = append(*list, x)
	return r.save(r.done)
}

// fit cross-validates settings and measures them on the test rows.
func (r *runner) fit(cfg training.Config) (Result, *training.Study, error) {
	s, err := training.RunStudy(r.ctx, r.in, cfg, r.fold, studyFolds, r.d.Test)
	if err != nil {
		return Result{}, nil, err
	}
	return Result{CrossValidated: macro(s.Rows, calibrated, isReal), Test: macro(s.Test, calibrated, always)}, s, nil
}

// allFamilies names the shipped settings in the ablation.
const allFamilies = "all families"

func (r *runner) ablation(cfg training.Config) error {
	s := r.done
	s.Styles, s.Eras = r.old.Styles, r.old.Eras
	known := r.old.Ablation
	if len(r.old.Learners) < memberLines {
		known = nil // the members need the fits themselves
	}
	err := r.add(&s.Ablation, known, allFamilies, func() (x Result, err error) {
		if x, r.base, err = r.fit(cfg); err != nil {
			return x, err
		}
		s.Styles = byPart(r.base.Rows, leastRows, func(r *training.Row) string { return r.Style })
		s.Eras = byPart(r.base.Rows, leastRows, func(r *training.Row) string { return r.Era })
		return x, nil
	})
	if err != nil {
		return err
	}
	if err := r.members(); err != nil {
		return err
	}
	for f := range model.NumFamilies {
		c := cfg
		if c.Boost[f] == 0 {
			continue
		}
		c.Boost[f] = 0
		err := r.add(&s.Ablation, r.old.Ablation, "without "+f.String(), func() (Result, error) {
			x, _, err := r.fit(c)
			return x, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) learners(cfg training.Config) error {
	for _, v := range []func(*training.Config){
		func(c *training.Config) { c.NaiveBayes = !c.NaiveBayes },
		func(c *training.Config) {
			if c.Rationale > 0 {
				c.Rationale = 0
			} else {
				c.Rationale = 0.3
			}
		},
		func(c *training.Config) { c.Joint = true },
		func(c *training.Config) { c.Balance = 0 },
		func(c *training.Config) { c.L1 = 0.5 },
		func(c *training.Config) { c.WrittenWeight = 1 },
	} {
		c := cfg
		v(&c)
		name := learnerName(c)
		if c.Joint != cfg.Joint {
			name = "shipped, one regression over all families"
		}
		if c.Balance != cfg.Balance {
			name = "shipped, labels not balanced"
		}
		if c.L1 != cfg.L1 {
			name = fmt.Sprintf("shipped, elastic net with L1 %g", c.L1)
		}
		if c.WrittenWeight != cfg.WrittenWeight {
			name = fmt.Sprintf("shipped, written rows count %g", c.WrittenWeight)
		}
		err := r.add(&r.done.Learners, r.old.Learners, name, func() (Result, error) {
			x, _, err := r.fit(c)
			return x, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func learnerName(c training.Config) string {
	return fmt.Sprintf("logistic regression, %s, %s", bayesName(c), rationaleName(c))
}

func bayesName(c training.Config) string {
	if c.NaiveBayes {
		return "NB-weighted"
	}
	return "unweighted"
}

func rationaleName(c training.Config) string {
	if c.Rationale > 0 {
		return fmt.Sprintf("rationales %g", c.Rationale)
	}
	return "no rationales"
}

func (r *runner) transfer(cfg training.Config) error {
	s := r.done
	err := r.add(&s.Transfer, r.old.Transfer, "whole sources held out", func() (Result, error) {
		const folds = 5
		fold := training.FoldsBy(r.d.Train, folds, cfg.Seed, sourceKey)
		study, err := training.RunStudy(r.ctx, r.in, cfg, fold, folds, nil)
		if err != nil {
			return Result{}, err
		}
		return Result{CrossValidated: macro(study.Rows, calibrated, isReal), Sources: bySource(study.Rows)}, nil
	})
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		use  func(*training.Row) bool
	}{
		{"English rows alone", func(r *training.Row) bool { return r.Lang == "en" }},
		{"Arabic rows alone", func(r *training.Row) bool { return r.Lang == "ar" }},
		{"written rows alone", isWritten},
		{"real rows alone", isReal},
	} {
		err := r.add(&s.Transfer, r.old.Transfer, part.name, func() (Result, error) {
			in := r.in
			in.Rows = nil
			for i := range r.d.Train {
				if part.use(&r.d.Train[i]) {
					in.Rows = append(in.Rows, r.d.Train[i])
				}
			}
			study, err := training.RunStudy(r.ctx, in, cfg, nil, 0, r.d.Test)
			if err != nil {
				return Result{}, err
			}
			return Result{Test: macro(study.Test, raw, always)}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unlabelledSource is the source of rows whose outlet is not known.
const unlabelledSource = "unlabelled"

// sourceKey keeps all rows of a source together; a row whose outlet is not known
// is on its own, and a written one stays with its group.
func sourceKey(r *training.Row) string {
	if r.Source == unlabelledSource || r.Source == training.Written {
		return r.Group
	}
	return r.Source
}

// leastRows is the size from which figures of a part of the training rows are
// shown, leastTest of the fewer test rows.
const (
	leastRows = 40
	leastTest = 15
)

func bySource(rows []training.Scored) []PartResult {
	return byPart(rows, leastRows, func(r *training.Row) string {
		if r.Source == unlabelledSource || r.Source == training.Written {
			return ""
		}
		return r.Source
	})
}

// byPart measures the rows of each language by a key, where there are as many as
// least; an empty key leaves a row out.
func byPart(rows []training.Scored, least int, key func(*training.Row) string) []PartResult {
	parts := split(rows, func(r *training.Row) string {
		if k := key(r); k != "" {
			return k + "\t" + r.Lang
		}
		return ""
	})
	var out []PartResult
	for _, p := range parts {
		if len(p.rows) < least {
			continue
		}
		name, lang, _ := strings.Cut(p.key, "\t")
		stance, tone := measure(model.Stance, p.rows, calibrated), measure(model.Tone, p.rows, calibrated)
		out = append(out, PartResult{
			Name: name, Language: lang, Rows: len(p.rows),
			StanceAccuracy: rounded(stance.Accuracy), StanceF1: rounded(stance.MacroF1),
			ToneAccuracy: rounded(tone.Accuracy), ToneF1: rounded(tone.MacroF1),
		})
	}
	return out
}
