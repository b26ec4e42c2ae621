// Package golearn puts learners and figures of the golearn library behind plain
// slices. golearn works on dense tables, so features are selected first; it
// keeps one bit for each of them and row.
package golearn

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/naive"
)

// Doc is the features of a text, in any order. A feature counts once.
type Doc []uint64

// Classifier is a golearn classifier over binary features.
type Classifier struct {
	learner  base.Classifier
	features []uint64 // ascending
	labels   []string
}

// NewBernoulliNB fits golearn's Bernoulli naive Bayes to texts and their label
// numbers, on the features that tell most about the labels, most of them.
func NewBernoulliNB(docs []Doc, label []int, labels []string, most int) (*Classifier, error) {
	return train(naive.NewBernoulliNBClassifier(), docs, label, labels, most)
}

func train(learner base.Classifier, docs []Doc, label []int, labels []string, most int) (*Classifier, error) {
	if len(docs) != len(label) {
		return nil, fmt.Errorf("%d texts with %d labels", len(docs), len(label))
	}
	c := &Classifier{learner: learner, labels: labels, features: Select(docs, label, len(labels), most)}
	// The learner has no count to start from for a label none of whose texts has
	// a feature; such a label is left out.
	grid, specs, class := c.grid()
	seen := make([]bool, len(labels))
	for i := range docs {
		seen[label[i]] = seen[label[i]] || c.hits(docs[i]) > 0
	}
	var use []int
	for i := range docs {
		if seen[label[i]] {
			use = append(use, i)
		}
	}
	if len(use) == 0 {
		return nil, errors.New("no text has a feature")
	}
	if err := grid.Extend(len(use)); err != nil {
		return nil, err
	}
	for row, i := range use {
		c.fill(grid, specs, row, docs[i])
		grid.Set(class, row, class.GetAttribute().GetSysValFromString(labels[label[i]]))
	}
	if err := learner.Fit(grid); err != nil {
		return nil, fmt.Errorf("%s: %w", learner, err)
	}
	return c, nil
}

// Predict returns the label number of each text.
func (c *Classifier) Predict(docs []Doc) ([]int, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	grid, specs, _ := c.grid()
	if err := grid.Extend(len(docs)); err != nil {
		return nil, err
	}
	for row, d := range docs {
		c.fill(grid, specs, row, d)
	}
	answer, err := c.learner.Predict(grid)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.learner, err)
	}
	out := make([]int, len(docs))
	for row := range out {
		name := base.GetClass(answer, row)
		if out[row] = slices.Index(c.labels, name); out[row] < 0 {
			return nil, fmt.Errorf("%s: unknown label %q", c.learner, name)
		}
	}
	return out, nil
}

// grid returns an empty table with a binary attribute for each feature and the
// label as its class. All labels are known to it in the order of their numbers.
func (c *Classifier) grid() (*base.DenseInstances, []base.AttributeSpec, base.AttributeSpec) {
	grid := base.NewDenseInstances()
	specs := make([]base.AttributeSpec, len(c.features))
	for i, f := range c.features {
		specs[i] = grid.AddAttribute(base.NewBinaryAttribute(strconv.FormatUint(f, 16)))
	}
	attr := base.NewCategoricalAttribute()
	attr.SetName("label")
	for _, l := range c.labels {
		attr.GetSysValFromString(l)
	}
	class := grid.AddAttribute(attr)
	if err := grid.AddClassAttribute(attr); err != nil {
		panic(err) // the attribute was added a line above
	}
	return grid, specs, class
}

var present = []byte{1}

func (c *Classifier) fill(grid *base.DenseInstances, specs []base.AttributeSpec, row int, d Doc) {
	for _, f := range d {
		if i, ok := slices.BinarySearch(c.features, f); ok {
			grid.Set(specs[i], row, present)
		}
	}
}

func (c *Classifier) hits(d Doc) int {
	n := 0
	for _, f := range d {
		if _, ok := slices.BinarySearch(c.features, f); ok {
			n++
		}
	}
	return n
}

// Select returns the features, most of them and in ascending order, whose
// presence depends most on the label: by the largest chi-square of feature and
// label against the rest. A feature that a single text has is never among them.
func Select(docs []Doc, label []int, labels, most int) []uint64 {
	count := map[uint64][]int{}
	total := make([]int, labels)
	for i, d := range docs {
		total[label[i]]++
		d = slices.Clone(d)
		slices.Sort(d)
		for _, f := range slices.Compact(d) {
			if count[f] == nil {
				count[f] = make([]int, labels)
			}
			count[f][label[i]]++
		}
	}
	type scored struct {
		feature uint64
		score   float64
	}
	var all []scored
	for f, by := range count {
		n := 0
		for _, k := range by {
			n += k
		}
		if n < 2 || n == len(docs) {
			continue
		}
		best := 0.0
		for l, k := range by {
			best = max(best, chiSquare(k, n-k, total[l]-k, len(docs)-n-total[l]+k))
		}
		all = append(all, scored{f, best})
	}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.feature, b.feature))
	})
	out := make([]uint64, 0, min(most, len(all)))
	for _, s := range all[:min(most, len(all))] {
		out = append(out, s.feature)
	}
	slices.Sort(out)
	return out
}

// chiSquare is that of a two-by-two table.
func chiSquare(a, b, c, d int) float64 {
	x := float64(a)*float64(d) - float64(b)*float64(c)
	rest := float64(a+b) * float64(c+d) * float64(a+c) * float64(b+d)
	if rest == 0 {
		return 0
	}
	return x * x * float64(a+b+c+d) / rest
}
