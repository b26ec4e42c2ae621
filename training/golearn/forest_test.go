package golearn_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parley-nlp/parley/training/golearn"
)

// rings are rows whose label depends on two columns together; the others are
// chance.
func rings(n int, seed uint64) (x [][]float64, label []int) {
	rng := rand.New(rand.NewPCG(seed, 9))
	for range n {
		row := make([]float64, 6)
		for j := range row {
			row[j] = float64(rng.IntN(4))
		}
		y := 0
		switch {
		case row[0] >= 2 && row[3] >= 2:
			y = 1
		case row[0] < 2 && row[3] == 0:
			y = 2
		}
		x, label = append(x, row), append(label, y)
	}
	return x, label
}

func TestForest(t *testing.T) {
	x, label := rings(400, 1)
	f, err := golearn.NewForest(x, label, 3, golearn.ForestConfig{Trees: 40})
	if err != nil {
		t.Fatal(err)
	}
	test, want := rings(200, 2)
	got, err := f.Predict(test)
	if err != nil {
		t.Fatal(err)
	}
	right, most := 0, 0
	for i := range got {
		if got[i] == want[i] {
			right++
		}
		if want[i] == 0 {
			most++
		}
	}
	if right < most+20 {
		t.Errorf("%d of 200 right, the largest label alone has %d", right, most)
	}
	again, err := golearn.NewForest(x, label, 3, golearn.ForestConfig{Trees: 40})
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := again.Predict(test); !slices.Equal(got, second) {
		t.Error("the same rows and seed grow two forests")
	}
}

func TestForestRefuses(t *testing.T) {
	tests := []struct {
		name  string
		x     [][]float64
		label []int
	}{
		{"no rows", nil, nil},
		{"no columns", [][]float64{{}}, []int{0}},
		{"a label missing", [][]float64{{1}, {2}}, []int{0}},
		{"a negative value", [][]float64{{-1}, {2}}, []int{0, 1}},
		{"nothing to split on", [][]float64{{1}, {1}, {1}}, []int{0, 1, 0}},
		{"one label", [][]float64{{1}, {2}, {3}}, []int{1, 1, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := golearn.NewForest(test.x, test.label, 2, golearn.ForestConfig{Trees: 3}); err == nil {
				t.Error("no error")
			}
		})
	}
}
