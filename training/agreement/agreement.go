// Package agreement measures how far annotators agree beyond chance on labels
// without an order: Cohen's kappa (1960) of two, Fleiss' kappa (1971) of a fixed
// number and Krippendorff's alpha of any number with gaps, over all labels and
// of each label against the rest, with bootstrap intervals over the items.
//
// Items that were judged alike count together: every statistic is a function of
// how often each pattern of judgements occurs, and a bootstrap sample is a
// multinomial draw of those counts. So the time depends on the number of
// patterns and resamples, not on that of the items. The same input and seed
// give the same figures.
package agreement

import (
	"context"
	"errors"
	"math"
	"slices"
)

// Judgement is the label that an annotator gave an item, by their numbers from 0.
type Judgement struct {
	Item, Annotator int32
	Label           int8
}

// Input is what was judged.
type Input struct {
	// Classes is the number of labels, at least 2; Annotators that of annotators.
	Classes, Annotators int
	// Judgements are sorted by item, then by annotator, each pair at most once.
	Judgements []Judgement
	// Model holds the label that a model gives each item; nil if there is none.
	Model []int8
	// Resamples is how many bootstrap samples are drawn; 0 leaves the intervals
	// as wide as the figure itself.
	Resamples int
	Seed      uint64
}

// Estimate is a figure with its 95 % percentile interval over Items items.
// Value is NaN where the statistic is not defined.
type Estimate struct {
	Value, Low, High float64
	Items            int
}

// Defined tells whether there is a figure.
func (e Estimate) Defined() bool { return !math.IsNaN(e.Value) }

// Pair is the agreement of two annotators; Second is -1 for the model.
type Pair struct {
	First, Second int
	// Observed is the share of their common items with the same label.
	Observed float64
	Kappa    Estimate
}

// Result holds all figures.
type Result struct {
	// Items is how many items two annotators or more judged.
	Items int
	// Counts is how often each label was given.
	Counts []int
	Alpha  Estimate
	// Fleiss is over the items that Raters annotators judged, the most common
	// number of at least two.
	Fleiss Estimate
	Raters int
	// Classes is the alpha of each label against all others.
	Classes []Estimate
	// Pairs are ordered by the number of common items, at most MaxPairs of them.
	Pairs, WithModel []Pair
}

// MaxPairs is the most pairs of annotators that are reported.
const MaxPairs = 200

// Compute works out all figures.
func Compute(ctx context.Context, in Input) (*Result, error) {
	if in.Classes < 2 {
		return nil, errors.New("agreement needs two labels at least")
	}
	r := &Result{Counts: make([]int, in.Classes)}
	patterns := newPatterns(in.Classes)
	pairs := map[[2]int]*table{}
	with := map[int]*table{}
	for from := 0; from < len(in.Judgements); {
		to := from
		for to < len(in.Judgements) && in.Judgements[to].Item == in.Judgements[from].Item {
			to++
		}
		item := in.Judgements[from:to]
		from = to
		for i, a := range item {
			r.Counts[a.Label]++
			if in.Model != nil {
				tableOf(with, int(a.Annotator), in.Classes).add(a.Label, in.Model[a.Item])
			}
			for _, b := range item[i+1:] {
				tableOf(pairs, [2]int{int(a.Annotator), int(b.Annotator)}, in.Classes).add(a.Label, b.Label)
			}
		}
		if len(item) > 1 {
			r.Items++
			patterns.add(item)
		}
	}
	boot := bootstrap{ctx: ctx, resamples: in.Resamples, seed: in.Seed}
	r.Alpha = boot.run(patterns.count, func(n []float64) float64 { return patterns.alpha(n, -1) })
	for c := range in.Classes {
		r.Classes = append(r.Classes, boot.run(patterns.count, func(n []float64) float64 { return patterns.alpha(n, c) }))
	}
	r.Raters = patterns.commonRaters()
	fixed := patterns.ratedBy(r.Raters)
	r.Fleiss = boot.run(fixed.count, fixed.fleiss)
	for key, t := range pairs {
		r.Pairs = append(r.Pairs, t.pair(key[0], key[1]))
	}
	sortPairs(r.Pairs)
	r.Pairs = r.Pairs[:min(len(r.Pairs), MaxPairs)]
	for i := range r.Pairs {
		p := &r.Pairs[i]
		p.Kappa = boot.run(pairs[[2]int{p.First, p.Second}].cells, kappa(in.Classes))
	}
	for a, t := range with {
		r.WithModel = append(r.WithModel, t.pair(a, -1))
	}
	sortPairs(r.WithModel)
	r.WithModel = r.WithModel[:min(len(r.WithModel), MaxPairs)]
	for i := range r.WithModel {
		p := &r.WithModel[i]
		p.Kappa = boot.run(with[p.First].cells, kappa(in.Classes))
	}
	return r, ctx.Err()
}

func sortPairs(p []Pair) {
	slices.SortFunc(p, func(a, b Pair) int {
		if a.Kappa.Items != b.Kappa.Items {
			return b.Kappa.Items - a.Kappa.Items
		}
		if a.First != b.First {
			return a.First - b.First
		}
		return a.Second - b.Second
	})
}

// table counts how two labelled the same items; cell i*classes+j is how often
// the one said i and the other j.
type table struct {
	classes int
	cells   []float64
}

func tableOf[K comparable](m map[K]*table, key K, classes int) *table {
	t := m[key]
	if t == nil {
		t = &table{classes, make([]float64, classes*classes)}
		m[key] = t
	}
	return t
}

func (t *table) add(a, b int8) { t.cells[int(a)*t.classes+int(b)]++ }

func (t *table) pair(first, second int) Pair {
	n, same := 0.0, 0.0
	for i, c := range t.cells {
		n += c
		if i/t.classes == i%t.classes {
			same += c
		}
	}
	return Pair{First: first, Second: second, Observed: same / n, Kappa: Estimate{Items: int(n)}}
}

// kappa returns Cohen's kappa as a function of the cells.
func kappa(classes int) func([]float64) float64 {
	return func(cells []float64) float64 {
		n, same, chance := 0.0, 0.0, 0.0
		for _, c := range cells {
			n += c
		}
		for k := range classes {
			row, column := 0.0, 0.0
			for j := range classes {
				row += cells[k*classes+j]
				column += cells[j*classes+k]
			}
			same += cells[k*classes+k] / n
			chance += row / n * column / n
		}
		return beyond(same, chance)
	}
}

// beyond is agreement beyond chance; not defined where chance alone agrees.
func beyond(observed, chance float64) float64 {
	if math.IsNaN(observed) || 1-chance < 1e-12 {
		return math.NaN()
	}
	return (observed - chance) / (1 - chance)
}
