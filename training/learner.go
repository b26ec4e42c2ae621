package training

import (
	"context"
	"fmt"
	"math"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training/vectors"
)

// Config holds the hyper-parameters of training.
type Config struct {
	Seed uint64
	// L2 is the strength of the penalty, for each group of families and task.
	L2 [NumGroups][model.NumTasks]float64
	// Joint fits all families in one regression, under the penalty of Hashed.
	Joint bool
	// L1 is the strength of a second penalty, on the magnitude of the weights: both
	// together are an elastic net (Zou and Hastie 2005). 0 leaves it out.
	L1 float64
	// Boost multiplies the values of a family: a larger one is penalised less,
	// 0 leaves the family out.
	Boost [model.NumFamilies]float64
	// MinRows is in how many rows a feature must occur.
	MinRows int
	// WrittenWeight is what a written row counts against a real one.
	WrittenWeight float64
	// Weights is what a row of a source counts, whatever WrittenWeight says; a
	// source that is not in it counts 1.
	Weights map[string]float64
	// Balance is the exponent of the inverse label frequency by which rows are
	// weighted, within language and task: 0 not at all, 1 fully.
	Balance float64
	// Rationale is what the marked evidence of a row, as a row of its own, counts
	// against the row (in the spirit of Zaidan, Eisner and Piatko 2007).
	Rationale float64
	// NaiveBayes weighs hashed features by their log-count ratios (NB-weighted
	// logistic regression; Wang and Manning 2012).
	NaiveBayes bool
	// Flatten is how far the label distribution that calibration assumes is moved
	// from that of the real rows to the uniform one, for each task in [0, 1].
	// People who look for stance meet more of it than a random draw of news holds.
	Flatten [model.NumTasks]float64
	// Iterations bounds the optimiser.
	Iterations int
}

// DefaultConfig returns the settings of the shipped model.
func DefaultConfig() Config {
	return Config{
		Seed: 1, L2: [NumGroups][model.NumTasks]float64{Hashed: {0.5, 0.5}, Dense: {10, 10}}, MinRows: 3, Iterations: 40,
		WrittenWeight: 0.3, Balance: 0.5, Rationale: 0.3, NaiveBayes: true,
		Flatten: [model.NumTasks]float64{model.Stance: 0.5, model.Tone: 0.3},
		Boost: [model.NumFamilies]float64{
			model.WordFamily: 1, model.StemFamily: 1, model.GramFamily: 1.6, model.VectorFamily: 1,
			model.PairFamily: 1, model.FrameFamily: 1, model.FormFamily: 1,
		},
	}
}

// stats answers for the words of both languages.
type stats struct{ en, ar *vectors.Table }

func (s stats) tables() []*vectors.Table { return []*vectors.Table{s.en, s.ar} }

func (s stats) Dim() int { return s.en.Dim() }

func (s stats) Rarity(h uint64) float64 { return min(s.en.Rarity(h), s.ar.Rarity(h)) }

func (s stats) Vector(h uint64, scale float64, dst []float64) bool {
	return s.en.Vector(h, scale, dst) || s.ar.Vector(h, scale, dst)
}

// dataset is rows made ready for fitting.
type dataset struct {
	rows  []Row
	x     *matrix // a row for each of rows, then one for each rationale
	label [][model.NumTasks]int8
	// rationales are rows of their own, made of the marked evidence of a row.
	rationales []rationale
}

// newDataset extracts the features of rows.
func newDataset(ctx context.Context, rows []Row, x *model.Extractor, cfg *Config) (*dataset, error) {
	d := &dataset{rows: rows, label: make([][model.NumTasks]int8, len(rows))}
	reader, build := rowReader{boost: cfg.Boost}, newMatrixBuilder()
	var extra [][]entry
	for i := range rows {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r := &rows[i]
		fs, err := x.Extract(r.Text, r.Language())
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", r.ID, err)
		}
		build.add(reader.read(fs, r))
		for t := range model.Task(model.NumTasks) {
			d.label[i][t] = int8(r.Label(t))
			if cfg.Rationale == 0 {
				continue
			}
			if part := rationaleFeatures(fs, x.Tokens(), spansOf(r.Text, r.Evidence.Task(t))); len(part) > 0 {
				extra = append(extra, build.row(reader.read(part, r)))
				d.rationales = append(d.rationales, rationale{row: i, task: t})
			}
		}
	}
	d.x = build.build(extra, cfg.MinRows)
	return d, nil
}

// weights returns what each of the rows which counts for each task, 1 on
// average.
func (d *dataset) weights(which []int, cfg *Config) [][model.NumTasks]float32 {
	out := make([][model.NumTasks]float32, len(which))
	for t := range model.Task(model.NumTasks) {
		count := map[[2]string]float64{}
		base := make([]float64, len(which))
		key := func(i int) [2]string {
			return [2]string{d.rows[i].Lang, t.Labels()[d.label[i][t]]}
		}
		total := map[string]float64{}
		for j, i := range which {
			base[j] = 1
			if d.rows[i].Source == Written {
				base[j] = cfg.WrittenWeight
			}
			if w, ok := cfg.Weights[d.rows[i].Source]; ok {
				base[j] = w
			}
			count[key(i)] += base[j]
			total[d.rows[i].Lang] += base[j]
		}
		sum := 0.0
		for j, i := range which {
			base[j] *= math.Pow(total[d.rows[i].Lang]/count[key(i)], cfg.Balance)
			sum += base[j]
		}
		for j := range which {
			out[j][t] = float32(base[j] * float64(len(which)) / sum)
		}
	}
	return out
}

// fit fits the weights to the rows which and their rationales.
func (d *dataset) fit(ctx context.Context, which []int, cfg *Config) ([]float64, error) {
	p := &problem{weight: d.weights(which, cfg), l1: cfg.L1}
	place := make(map[int]int, len(which))
	for j, i := range which {
		p.label = append(p.label, d.label[i])
		place[i] = j
	}
	for k, r := range d.rationales {
		j, ok := place[r.row]
		if !ok {
			continue
		}
		which = append(which[:len(which):len(which)], len(d.rows)+k)
		p.label = append(p.label, d.label[r.row])
		var w [model.NumTasks]float32
		w[r.task] = p.weight[j][r.task] * float32(cfg.Rationale)
		p.weight = append(p.weight, w)
	}
	p.x = d.x.pick(which)
	return p.fitGroups(ctx, cfg)
}

// fitAll fits the weights to all rows.
func (d *dataset) fitAll(ctx context.Context, cfg *Config) ([]float64, error) {
	all := make([]int, len(d.rows))
	for i := range all {
		all[i] = i
	}
	return d.fit(ctx, all, cfg)
}

// crossValidate returns the logits of every row under weights that were fitted
// without its fold.
func (d *dataset) crossValidate(ctx context.Context, fold []int, k int, cfg *Config, progress func(string, float64)) ([][outputs]float64, error) {
	out := make([][outputs]float64, len(d.rows))
	for f := range k {
		var in []int
		for i := range d.rows {
			if fold[i] != f {
				in = append(in, i)
			}
		}
		w, err := d.fit(ctx, in, cfg)
		if err != nil {
			return nil, err
		}
		progress("cross-validate", float64(f+1)/float64(k))
		for i := range d.rows {
			if fold[i] == f {
				out[i] = d.x.logits(i, w)
			}
		}
	}
	return out, nil
}
