package training_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/vectors"
)

// studyInputs are a few written rows of each language, and others to test on.
func studyInputs(t *testing.T) (in training.Inputs, test []training.Row) {
	t.Helper()
	all, err := training.TrainingSet()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		switch {
		case i%12 == 0:
			in.Rows = append(in.Rows, all[i])
		case i%90 == 1:
			test = append(test, all[i])
		}
	}
	if in.English, err = vectors.English(); err != nil {
		t.Fatal(err)
	}
	if in.Arabic, err = vectors.Arabic(); err != nil {
		t.Fatal(err)
	}
	return in, test
}

func TestRunStudy(t *testing.T) {
	in, test := studyInputs(t)
	cfg := training.DefaultConfig()
	cfg.Iterations = 15
	const k = 2
	fold := training.Folds(in.Rows, k, cfg.Seed)
	s, err := training.RunStudy(t.Context(), in, cfg, fold, k, test)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rows) != len(in.Rows) || len(s.Test) != len(test) {
		t.Fatalf("%d and %d rows, want %d and %d", len(s.Rows), len(s.Test), len(in.Rows), len(test))
	}
	for _, set := range [][]training.Scored{s.Rows, s.Test} {
		right, n := 0, 0
		for _, x := range set {
			for task := range model.Task(model.NumTasks) {
				for _, p := range []training.Prediction{x.Raw[task], x.Calibrated[task]} {
					sum := 0.0
					for _, q := range p.Probabilities {
						sum += q
					}
					if math.Abs(sum-1) > 1e-9 || p.Gold != x.Row.Label(task) {
						t.Fatalf("row %s: %+v", x.Row.ID, p)
					}
				}
				// The logits are those of the calibrated prediction.
				from, to := task.Outputs()
				p := x.Calibrated[task]
				for i := from; i < to; i++ {
					if x.Logits[i] > x.Logits[from+p.Label] {
						t.Fatalf("row %s: label %d is not that of the logits %v", x.Row.ID, p.Label, x.Logits)
					}
				}
				n++
				if p.Label == p.Gold {
					right++
				}
			}
		}
		if right*3 < n {
			t.Errorf("%d of %d right, no better than chance", right, n)
		}
	}
}

func TestRunStudyRepeats(t *testing.T) {
	in, test := studyInputs(t)
	cfg := training.DefaultConfig()
	cfg.Iterations = 5
	run := func() *training.Study {
		s, err := training.RunStudy(t.Context(), in, cfg, nil, 0, test)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := run(), run()
	if len(a.Rows) != 0 {
		t.Errorf("%d cross-validated rows without folds", len(a.Rows))
	}
	for i := range a.Test {
		if a.Test[i].Logits != b.Test[i].Logits {
			t.Fatalf("row %s: two runs differ", a.Test[i].Row.ID)
		}
		if !reflect.DeepEqual(a.Test[i].Raw, a.Test[i].Calibrated) {
			t.Fatalf("row %s is calibrated although nothing was held out", a.Test[i].Row.ID)
		}
	}
}

func TestRunStudyRefuses(t *testing.T) {
	in, _ := studyInputs(t)
	if _, err := training.RunStudy(t.Context(), in, training.DefaultConfig(), []int{0, 1}, 2, nil); err == nil {
		t.Error("folds of two rows: no error")
	}
}

// The shipped learner is the mean of two that know one group of families each.
func TestGroupsAreFittedApart(t *testing.T) {
	in, test := studyInputs(t)
	cfg := training.DefaultConfig()
	cfg.Iterations = 5
	logits := func(c training.Config) (out [][model.NumOutputs]float64) {
		t.Helper()
		s, err := training.RunStudy(t.Context(), in, c, nil, 0, test)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Test {
			out = append(out, s.Test[i].Logits)
		}
		return out
	}
	alone := func(g training.Group) training.Config {
		c := cfg
		c.Joint = true // of what is left
		c.L2[training.Hashed] = cfg.L2[g]
		for f := range model.NumFamilies {
			if (f.DenseSize(1) > 0) != (g == training.Dense) {
				c.Boost[f] = 0
			}
		}
		return c
	}
	pool, hashed, dense := logits(cfg), logits(alone(training.Hashed)), logits(alone(training.Dense))
	for i := range pool {
		for c, z := range pool[i] {
			if want := (hashed[i][c] + dense[i][c]) / 2; math.Abs(z-want) > 1e-6 {
				t.Fatalf("row %s, output %d: logit %g, the mean of the groups is %g", test[i].ID, c, z, want)
			}
		}
	}
	joint := cfg
	joint.Joint = true
	if reflect.DeepEqual(logits(joint), pool) {
		t.Fatal("fitted together and apart, the families get the same weights")
	}
}
