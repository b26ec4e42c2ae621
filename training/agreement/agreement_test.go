package agreement_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/parley-nlp/parley/training/agreement"
)

// rows turns a table of annotators by items into judgements; -1 is a gap.
func rows(annotators ...[]int) (out []agreement.Judgement) {
	for item := range annotators[0] {
		for a := range annotators {
			if l := annotators[a][item]; l >= 0 {
				out = append(out, agreement.Judgement{Item: int32(item), Annotator: int32(a), Label: int8(l)})
			}
		}
	}
	return out
}

func compute(t *testing.T, in agreement.Input) *agreement.Result {
	t.Helper()
	r, err := agreement.Compute(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func repeat(label, n int) (out []int) {
	for range n {
		out = append(out, label)
	}
	return out
}

func join(parts ...[]int) (out []int) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func check(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.0005 {
		t.Errorf("%s is %.4f, want %.3f", name, got, want)
	}
}

// Three coders, fifteen units, gaps: the example in which alpha for nominal
// data is known to be 0.691.
func TestKrippendorff(t *testing.T) {
	const x = -1
	in := agreement.Input{Classes: 4, Annotators: 3, Judgements: rows(
		[]int{x, x, x, x, x, 2, 3, 0, 1, 0, 0, 2, 2, x, 2},
		[]int{0, x, 1, 0, 2, 2, 3, 2, x, x, x, x, x, x, x},
		[]int{x, x, 1, 0, 2, 3, 3, x, 1, 0, 0, 2, 2, x, 3},
	)}
	r := compute(t, in)
	check(t, "alpha", r.Alpha.Value, 0.691)
	if r.Items != 12 || r.Alpha.Items != 12 {
		t.Errorf("%d items, want 12", r.Items)
	}
	if r.Alpha.Low != r.Alpha.Value || r.Alpha.High != r.Alpha.Value {
		t.Errorf("an interval without resamples: %+v", r.Alpha)
	}
}

// Ten subjects, fourteen raters, five categories: Fleiss' kappa is known to be
// 0.210.
func TestFleiss(t *testing.T) {
	var judgements []agreement.Judgement
	for item, counts := range [][]int{
		{0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0}, {2, 2, 8, 1, 1},
		{7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2}, {6, 5, 2, 1, 0}, {0, 2, 2, 3, 7},
	} {
		a := 0
		for label, n := range counts {
			for range n {
				judgements = append(judgements, agreement.Judgement{Item: int32(item), Annotator: int32(a), Label: int8(label)})
				a++
			}
		}
	}
	r := compute(t, agreement.Input{Classes: 5, Annotators: 14, Judgements: judgements})
	check(t, "Fleiss' kappa", r.Fleiss.Value, 0.210)
	if r.Raters != 14 {
		t.Errorf("raters %d, want 14", r.Raters)
	}
}

// Fifty proposals, two readers, 20 and 15 agreed: kappa is 0.4.
func TestCohen(t *testing.T) {
	a := join(repeat(0, 20), repeat(0, 5), repeat(1, 10), repeat(1, 15))
	b := join(repeat(0, 20), repeat(1, 5), repeat(0, 10), repeat(1, 15))
	model := make([]int8, 50)
	for i := range b {
		model[i] = int8(b[i])
	}
	r := compute(t, agreement.Input{Classes: 2, Annotators: 2, Judgements: rows(a, b), Model: model, Resamples: 2000, Seed: 1})
	if len(r.Pairs) != 1 || len(r.WithModel) != 2 {
		t.Fatalf("%d pairs and %d with the model", len(r.Pairs), len(r.WithModel))
	}
	check(t, "kappa", r.Pairs[0].Kappa.Value, 0.4)
	check(t, "observed", r.Pairs[0].Observed, 0.7)
	check(t, "kappa with the model", r.WithModel[0].Kappa.Value, 0.4)
	check(t, "kappa of the one like the model", r.WithModel[1].Kappa.Value, 1)
	// The asymptotic standard error of this kappa is 0.13.
	if k := r.Pairs[0].Kappa; k.Low < 0.05 || k.Low > 0.25 || k.High < 0.55 || k.High > 0.75 || k.Items != 50 {
		t.Errorf("interval %+v", k)
	}
	if r.Counts[0] != 55 || r.Counts[1] != 45 {
		t.Errorf("counts %v", r.Counts)
	}
}

func TestExtremes(t *testing.T) {
	for _, tc := range []struct {
		name      string
		in        []agreement.Judgement
		alpha     float64
		undefined bool
	}{
		{"no labels", nil, 0, true},
		{"one annotator", rows([]int{0, 1, 0}), 0, true},
		{"one label only", rows([]int{0, 0, 0}, []int{0, 0, 0}), 0, true},
		{"perfect", rows([]int{0, 1, 0, 1}, []int{0, 1, 0, 1}), 1, false},
		{"opposite", rows([]int{0, 1, 0, 1}, []int{1, 0, 1, 0}), -0.75, false},
	} {
		r := compute(t, agreement.Input{Classes: 2, Annotators: 2, Judgements: tc.in, Resamples: 100})
		if r.Alpha.Defined() == tc.undefined {
			t.Errorf("%s: alpha %v", tc.name, r.Alpha)
		} else if !tc.undefined {
			check(t, tc.name, r.Alpha.Value, tc.alpha)
		}
		for _, c := range r.Classes {
			if !tc.undefined && math.Abs(c.Value-tc.alpha) > 1e-9 {
				t.Errorf("%s: of two labels each has the alpha of both: %v, want %v", tc.name, c.Value, tc.alpha)
			}
		}
	}
	if _, err := agreement.Compute(context.Background(), agreement.Input{Classes: 1}); err == nil {
		t.Error("one label is accepted")
	}
}

// The interval covers the true value about as often as it says.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) agreement.Input {
		a, b := make([]int, n), make([]int, n)
		for i := range n {
			a[i] = rng.IntN(3)
			if b[i] = a[i]; rng.Float64() < 0.4 {
				b[i] = rng.IntN(3)
			}
		}
		return agreement.Input{Classes: 3, Annotators: 2, Judgements: rows(a, b), Resamples: 200, Seed: rng.Uint64()}
	}
	covered := 0
	const trials = 200
	for range trials {
		r := compute(t, draw(120))
		if r.Alpha.Low <= 0.6 && 0.6 <= r.Alpha.High {
			covered++
		}
	}
	if covered < trials*88/100 || covered == trials {
		t.Errorf("the interval covers the truth in %d of %d trials", covered, trials)
	}
}

func TestSameSeedSameFigures(t *testing.T) {
	in := agreement.Input{Classes: 2, Annotators: 3, Judgements: rows([]int{0, 1, 1, 0}, []int{0, 1, 0, 0}, []int{1, 1, 0, 0}), Resamples: 300, Seed: 5}
	a, b := compute(t, in), compute(t, in)
	if a.Alpha != b.Alpha || a.Fleiss != b.Fleiss || a.Pairs[2] != b.Pairs[2] {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := agreement.Compute(ctx, agreement.Input{Classes: 2, Annotators: 2, Judgements: rows([]int{0, 1}, []int{0, 1}), Resamples: 10}); err == nil {
		t.Error("a cancelled computation has a result")
	}
}
