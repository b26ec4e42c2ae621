package golearn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"
)

// Forest is a vote of golearn's CART trees, each grown on a bootstrap sample of
// the rows and a random part of the columns. golearn's own bagging draws from
// the global random source, so the drawing is done here.
type Forest struct {
	trees  []grown
	labels int
}

type grown struct {
	tree    *trees.CARTDecisionTreeClassifier
	columns []int
}

// ForestConfig are the settings of NewForest; the zero value is the default.
type ForestConfig struct {
	Seed uint64
	// Trees is how many trees vote. Default 25.
	Trees int
	// Depth is that of a tree at most. Default 8.
	Depth int
	// Rows is the size of a tree's sample at most. Default 1500.
	Rows int
}

func (c *ForestConfig) defaults() {
	for _, d := range []struct {
		to    *int
		value int
	}{{&c.Trees, 25}, {&c.Depth, 8}, {&c.Rows, 1500}} {
		if *d.to == 0 {
			*d.to = d.value
		}
	}
}

// NewForest grows a forest on rows of numbers, none negative, and their label
// numbers. A tree sees half of the columns.
func NewForest(x [][]float64, label []int, labels int, cfg ForestConfig) (*Forest, error) {
	cfg.defaults()
	if len(x) == 0 || len(x) != len(label) || len(x[0]) == 0 {
		return nil, fmt.Errorf("%d rows with %d labels", len(x), len(label))
	}
	rng := rand.New(rand.NewPCG(cfg.Seed, 25))
	numbers := make([]int64, labels)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	f := &Forest{labels: labels}
	for range cfg.Trees {
		columns := rng.Perm(len(x[0]))[:(len(x[0])+1)/2]
		sample := make([]int, min(cfg.Rows, len(x)))
		for i := range sample {
			sample[i] = rng.IntN(len(x))
		}
		g := grown{trees.NewDecisionTreeClassifier(trees.GINI, int64(cfg.Depth), numbers), columns}
		grid, err := table(x, sample, columns, label)
		if err != nil {
			return nil, err
		}
		if err := g.tree.Fit(grid); err != nil {
			return nil, fmt.Errorf("tree: %w", err)
		}
		// A tree that found nothing to split on has no threshold and no opinion.
		if g.tree.RootNode.Threshold > 0 {
			f.trees = append(f.trees, g)
		}
	}
	if len(f.trees) == 0 {
		return nil, errors.New("no column tells anything about the labels")
	}
	return f, nil
}

// Predict returns the label number of each row: the one with most votes, on a
// tie the lowest.
func (f *Forest) Predict(x [][]float64) ([]int, error) {
	votes := make([][]int, len(x))
	all := make([]int, len(x))
	for i := range x {
		votes[i], all[i] = make([]int, f.labels), i
	}
	for _, g := range f.trees {
		grid, err := table(x, all, g.columns, nil)
		if err != nil {
			return nil, err
		}
		for i, l := range g.tree.Predict(grid) {
			votes[i][l]++
		}
	}
	out := make([]int, len(x))
	for i := range votes {
		for l, n := range votes[i] {
			if n > votes[i][out[i]] {
				out[i] = l
			}
		}
	}
	return out, nil
}

// table lays out rows and columns as golearn's trees take them. Without labels
// the class is 0.
func table(x [][]float64, rows, columns, label []int) (*base.DenseInstances, error) {
	grid := base.NewDenseInstances()
	specs := make([]base.AttributeSpec, len(columns))
	for j, c := range columns {
		specs[j] = grid.AddAttribute(base.NewFloatAttribute("x" + strconv.Itoa(c)))
	}
	attr := base.NewFloatAttribute("label")
	class := grid.AddAttribute(attr)
	if err := grid.AddClassAttribute(attr); err != nil {
		return nil, err
	}
	if err := grid.Extend(len(rows)); err != nil {
		return nil, err
	}
	for i, r := range rows {
		for j, c := range columns {
			if x[r][c] < 0 || math.IsNaN(x[r][c]) {
				return nil, fmt.Errorf("row %d, column %d: %v", r, c, x[r][c])
			}
			grid.Set(specs[j], i, base.PackFloatToBytes(x[r][c]))
		}
		if label != nil {
			grid.Set(class, i, base.PackFloatToBytes(float64(label[r])))
		}
	}
	return grid, nil
}
