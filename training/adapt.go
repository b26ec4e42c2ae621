package training

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// AdaptConfig holds the settings of Adapt.
type AdaptConfig struct {
	Seed uint64
	// Strength is the precision of the Gaussian prior around the weights of the
	// base model: how firmly they are held. Default 0.3.
	Strength float64
	// Weights is what a row of a source counts; a source that is not in it
	// counts 1.
	Weights map[string]float64
	// Labels is the sequence number of the last label among the rows.
	Labels int64
	// Iterations bounds the optimiser. Default 80.
	Iterations int
	// Progress, if set, is told of each step and how much of it is done.
	Progress func(step string, done float64)
}

func (c *AdaptConfig) defaults() {
	c.Strength = cmp.Or(c.Strength, 0.3)
	c.Iterations = cmp.Or(c.Iterations, 80)
	if c.Progress == nil {
		c.Progress = func(string, float64) {}
	}
}

// Adapt fits a model to new rows without the corpus that the base model was
// trained on: the penalty pulls the weights to those of the base model (maximum
// a posteriori adaptation; Chelba and Acero 2004). Vocabulary, calibration and
// thresholds stay; words that the base model did not know are added. The same
// base, rows and settings give the same bytes.
func Adapt(ctx context.Context, base *model.Model, rows []Row, cfg AdaptConfig) (*Result, error) {
	cfg.defaults()
	if len(rows) == 0 {
		return nil, fmt.Errorf("no rows to adapt to")
	}
	for i := range rows {
		if err := rows[i].Check(); err != nil {
			return nil, fmt.Errorf("row %d (%s): %w", i, rows[i].ID, err)
		}
	}
	a := adapter{base: base, cfg: cfg, rows: rows, params: base.Params()}
	if err := a.prepare(ctx); err != nil {
		return nil, err
	}
	report, err := a.crossValidate(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Progress("fit", 0)
	w, err := a.fit(ctx, func(int) bool { return true })
	if err != nil {
		return nil, err
	}
	a.apply(w)
	a.describe(report)
	file, err := a.params.Encode()
	if err != nil {
		return nil, err
	}
	cfg.Progress("done", 1)
	return &Result{Model: file, Report: *report}, nil
}

// adapter is the state of one Adapt.
type adapter struct {
	base   *model.Model
	params *model.Params
	cfg    AdaptConfig
	rows   []Row
	d      *dataset
	offset [][outputs]float64 // logits of the base model
	words  map[uint64][]byte  // normal forms by hash
}

// adaptBoost are the families that are adapted: a word counts as a whole, since
// the base model has folded its stem, n-grams and vector. What a paragraph looks
// like (FormFamily) keeps its weights, for the reason that the bias does.
var adaptBoost = [model.NumFamilies]float64{
	model.WordFamily: 1, model.PairFamily: 1, model.FrameFamily: 1,
}

func (a *adapter) prepare(ctx context.Context) error {
	a.cfg.Progress("extract", 0)
	x, err := model.NewExtractor(a.params.Target, a.params.Lexicon, plainStats{})
	if err != nil {
		return err
	}
	if a.d, err = newDataset(ctx, a.rows, x, &Config{Boost: adaptBoost, MinRows: 1}); err != nil {
		return err
	}
	a.words = map[uint64][]byte{}
	var toks text.Tokens
	for i := range a.rows {
		r := &a.rows[i]
		e, err := a.base.Explain(r.Text, r.Language())
		if err != nil {
			return err
		}
		a.offset = append(a.offset, e.Logits)
		toks.Tokenize(r.Text)
		for j := range toks.List {
			if k := toks.List[j].Kind; k == text.Word || k == text.Number {
				a.words[toks.List[j].Hash] = slices.Clone(toks.Norm(j))
			}
		}
	}
	return nil
}

// plainStats knows no word statistics.
type plainStats struct{}

func (plainStats) Dim() int                               { return 0 }
func (plainStats) Rarity(uint64) float64                  { return 1 }
func (plainStats) Vector(uint64, float64, []float64) bool { return false }

// fit returns by how much the weights change, fitted to the rows in use.
func (a *adapter) fit(ctx context.Context, use func(int) bool) ([]float64, error) {
	p := &problem{l2: [model.NumTasks]float64{a.cfg.Strength, a.cfg.Strength}}
	var which []int
	for i := range a.rows {
		if !use(i) {
			continue
		}
		weight := 1.0
		if w, ok := a.cfg.Weights[a.rows[i].Source]; ok {
			weight = w
		}
		which = append(which, i)
		p.label = append(p.label, a.d.label[i])
		p.weight = append(p.weight, [model.NumTasks]float32{float32(weight), float32(weight)})
		p.offset = append(p.offset, a.offset[i])
	}
	p.x = a.d.x.pick(which)
	return p.fit(ctx, a.cfg.Iterations, 1e-4)
}

// crossValidate measures the adapted model on rows it was not adapted to, beside
// the base model on the same rows.
func (a *adapter) crossValidate(ctx context.Context) (*Report, error) {
	fold := Folds(a.rows, cvFolds, a.cfg.Seed)
	r := &Report{Sections: []Section{{Name: "adapted"}, {Name: "base"}}}
	for f := range cvFolds {
		w, err := a.fit(ctx, func(i int) bool { return fold[i] != f })
		if err != nil {
			return nil, err
		}
		for i := range a.rows {
			if fold[i] != f {
				continue
			}
			z := a.d.x.logits(i, w)
			for c := range z {
				z[c] += a.offset[i][c]
			}
			for t := range model.Task(model.NumTasks) {
				gold := int(a.d.label[i][t])
				r.Sections[0].preds[t] = append(r.Sections[0].preds[t], predictionOf(t, z, gold))
				r.Sections[1].preds[t] = append(r.Sections[1].preds[t], predictionOf(t, a.offset[i], gold))
			}
		}
		a.cfg.Progress("cross-validate", float64(f+1)/cvFolds)
	}
	for s := range r.Sections {
		for t := range r.Sections[s].Tasks {
			r.Sections[s].Tasks[t] = Measure(model.Task(t), r.Sections[s].preds[t])
		}
	}
	return r, nil
}

// apply adds the changes w to the parameters. They are in calibrated logits, so
// that each is divided by the scale of its language.
func (a *adapter) apply(w []float64) {
	p, x := a.params, a.d.x
	delta := func(c, lang int) (out [outputs]float64) {
		for t := range model.Task(model.NumTasks) {
			from, to := t.Outputs()
			for k := from; k < to; k++ {
				out[k] = w[c*outputs+k] / p.Languages[lang].Scale[t]
			}
		}
		return out
	}
	// A language that no row is in stays as it was.
	var spoken [len(languages)]bool
	for i := range a.rows {
		for l, name := range languages {
			spoken[l] = spoken[l] || a.rows[i].Lang == name
		}
	}
	known := map[uint64]int{}
	for i := range p.Words {
		known[p.Words[i].Hash] = i
	}
	sparse := map[uint64]int{}
	for i := range p.Sparse {
		sparse[p.Sparse[i].Key] = i
	}
	byKey := a.wordsByKey()
	for c, k := range x.keys {
		switch k.family {
		case model.WordFamily:
			norm := byKey[k.key]
			hash := text.Hash(string(norm))
			i, ok := known[hash]
			if !ok {
				i = len(p.Words)
				known[hash] = i
				p.Words = append(p.Words, a.base.WordParams(norm))
			}
			add(&p.Words[i].Weights, delta(c, scriptOf(norm)))
		case model.PairFamily:
			i, ok := sparse[k.key]
			if !ok {
				i = len(p.Sparse)
				sparse[k.key] = i
				p.Sparse = append(p.Sparse, model.SparseParams{Key: k.key})
			}
			add(&p.Sparse[i].Weights, delta(c, 0))
		case model.FrameFamily:
			for lang := range p.Languages {
				if k.lang != 0 && int(k.lang) != lang+1 || !spoken[lang] {
					continue
				}
				add(&p.Languages[lang].Frame[k.key], delta(c, lang))
			}
		}
	}
	slices.SortFunc(p.Words, func(a, b model.WordParams) int { return cmp.Compare(a.Hash, b.Hash) })
	slices.SortFunc(p.Sparse, func(a, b model.SparseParams) int { return cmp.Compare(a.Key, b.Key) })
}

// wordsByKey returns the normal forms of the words by the key of their feature.
func (a *adapter) wordsByKey() map[uint64][]byte {
	out := make(map[uint64][]byte, len(a.words))
	for hash, norm := range a.words {
		out[model.WordKey(hash)] = norm
	}
	return out
}

// scriptOf returns the index of the language that a normalised word's script
// belongs to.
func scriptOf(norm []byte) int {
	if norm[0] >= 0x80 {
		return 1
	}
	return 0
}

func add(to *[outputs]float32, d [outputs]float64) {
	for c := range to {
		to[c] += float32(d[c])
	}
}

// describe records the lineage of the adapted model.
func (a *adapter) describe(report *Report) {
	info := &a.params.Info
	info.Parent = a.base.ID()
	info.Trainer, info.Seed, info.Labels = TrainerVersion, a.cfg.Seed, a.cfg.Labels
	info.Corpus = Digest(a.rows)
	info.Settings = map[string]string{"method": "adapt", "strength": format(a.cfg.Strength)}
	for source, w := range a.cfg.Weights {
		info.Settings["weight_"+source] = format(w)
	}
	info.Rows = map[string]int{}
	for i := range a.rows {
		info.Rows[a.rows[i].Lang+"/labels"]++
	}
	info.Metrics = map[string]float64{}
	for _, s := range report.Sections {
		for t, m := range s.Tasks {
			info.Metrics["cv/"+s.Name+"/"+model.Task(t).String()+"/macro_f1"] = round(m.MacroF1)
			info.Metrics["cv/"+s.Name+"/"+model.Task(t).String()+"/ece"] = round(m.ECE)
		}
	}
}
