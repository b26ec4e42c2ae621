package golearn_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/golearn"
)

var labels = []string{"warm", "cold", "mild"}

// sample makes texts whose first feature follows the label with some noise; the
// rest is chance.
func sample(n int, seed uint64) (docs []golearn.Doc, label []int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for range n {
		y := rng.IntN(len(labels))
		d := golearn.Doc{uint64(100 + y)}
		if rng.IntN(10) == 0 {
			d[0] = uint64(100 + rng.IntN(len(labels)))
		}
		for range 5 {
			d = append(d, uint64(rng.IntN(60)))
		}
		docs, label = append(docs, d), append(label, y)
	}
	return docs, label
}

func TestBernoulliNB(t *testing.T) {
	docs, label := sample(400, 1)
	c, err := golearn.NewBernoulliNB(docs, label, labels, 30)
	if err != nil {
		t.Fatal(err)
	}
	test, want := sample(200, 2)
	got, err := c.Predict(test)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i := range got {
		if got[i] == want[i] {
			right++
		}
	}
	if right < 170 {
		t.Errorf("%d of 200 right, want nine tenths or so", right)
	}
	again, err := golearn.NewBernoulliNB(docs, label, labels, 30)
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := again.Predict(test); !slices.Equal(got, second) {
		t.Error("the same rows train two classifiers")
	}
}

func TestBernoulliNBOddInput(t *testing.T) {
	docs, label := sample(60, 3)
	if _, err := golearn.NewBernoulliNB(docs, label[:59], labels, 30); err == nil {
		t.Error("a label is missing: no error")
	}
	if _, err := golearn.NewBernoulliNB([]golearn.Doc{{}, {}}, []int{0, 1}, labels, 30); err == nil {
		t.Error("no features: no error")
	}
	// A label whose only text has no feature that is selected.
	for i := range label {
		label[i] %= 2
	}
	docs, label = append(docs, golearn.Doc{9999}), append(label, 2)
	c, err := golearn.NewBernoulliNB(docs, label, labels, 10)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Predict([]golearn.Doc{{}, {9999}, {100}})
	if err != nil || len(got) != 3 || slices.Contains(got, 2) {
		t.Errorf("predictions %v, %v; want three of the labels that could be learned", got, err)
	}
	if got, err := c.Predict(nil); len(got) != 0 || err != nil {
		t.Errorf("no texts: %v, %v", got, err)
	}
}

func TestSelect(t *testing.T) {
	docs := []golearn.Doc{{1, 7, 7}, {1, 7}, {2, 7, 3}, {2, 7, 4}}
	label := []int{0, 0, 1, 1}
	// 1 and 2 tell the label; 7 is everywhere, 3 and 4 stand once.
	if got := golearn.Select(docs, label, 2, 10); !slices.Equal(got, []uint64{1, 2}) {
		t.Errorf("got %v, want [1 2]", got)
	}
	if got := golearn.Select(docs, label, 2, 1); !slices.Equal(got, []uint64{1}) {
		t.Errorf("got %v, want [1]: the lower of two equal ones", got)
	}
}

// TestMeasureAgrees holds golearn's figures against those of package training.
func TestMeasureAgrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for round := range 50 {
		task := model.Task(round % model.NumTasks)
		names := task.Labels()
		var preds []training.Prediction
		for range 1 + rng.IntN(40) {
			p := training.Prediction{Gold: rng.IntN(len(names)), Label: rng.IntN(1 + rng.IntN(len(names)))}
			p.Probabilities = make([]float64, len(names))
			p.Probabilities[p.Label] = 1
			preds = append(preds, p)
		}
		want := training.Measure(task, preds)
		got := golearn.Measure(want.Confusion, names)
		near := func(what string, a, b float64) {
			if math.Abs(a-b) > 1e-12 {
				t.Errorf("round %d: %s %v by golearn, %v by training", round, what, a, b)
			}
		}
		near("accuracy", got.Accuracy, want.Accuracy)
		near("macro-F1", got.MacroF1, want.MacroF1)
		for i, l := range want.Labels {
			near(l.Label+" precision", got.Precision[i], l.Precision)
			near(l.Label+" recall", got.Recall[i], l.Recall)
			near(l.Label+" F1", got.F1[i], l.F1)
		}
	}
}

func TestMeasureNothing(t *testing.T) {
	f := golearn.Measure([][]int{{0, 0}, {0, 0}}, []string{"a", "b"})
	if f.Accuracy != 0 || f.MacroF1 != 0 {
		t.Errorf("figures of nothing: %+v", f)
	}
}
