package gate_test

import (
	"context"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/gate"
)

func shipped(t *testing.T) *model.Model {
	t.Helper()
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// without returns the shipped model with a label of a language made impossible.
func without(t *testing.T, output, lang int) *model.Model {
	t.Helper()
	p := shipped(t).Params()
	p.Languages[lang].Offset[output] -= 100
	file, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func frozen(t *testing.T) []gate.Set {
	t.Helper()
	rows, err := training.FrozenSet()
	if err != nil {
		t.Fatal(err)
	}
	return []gate.Set{{Name: "frozen", Rows: rows}}
}

func compare(t *testing.T, after *model.Model, sets []gate.Set, opt gate.Options) *gate.Verdict {
	t.Helper()
	opt.Resamples = 200
	v, err := gate.Compare(context.Background(), shipped(t), after, sets, opt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSameModelPasses(t *testing.T) {
	zero := 0.0
	v := compare(t, shipped(t), frozen(t), gate.Options{Margin: &zero})
	if !v.Passed || len(v.Figures) != 8 {
		t.Fatalf("%+v", v)
	}
	for _, f := range v.Figures {
		if f.Gain != 0 || f.Low != 0 || f.High != 0 || f.Before != f.After || f.Items < gate.MinItems {
			t.Errorf("%+v", f)
		}
	}
}

func TestWorseModelIsRefused(t *testing.T) {
	for _, tc := range []struct {
		name         string
		output, lang int
		task         string
		language     string
	}{
		{"English stance", model.Against, 0, "stance", "en"},
		{"Arabic tone", 4 + model.Confrontational, 1, "tone", "ar"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := compare(t, without(t, tc.output, tc.lang), frozen(t), gate.Options{})
			if v.Passed {
				t.Fatalf("passed: %+v", v)
			}
			for _, f := range v.Figures {
				if f.Failed && (f.Task != tc.task || f.Language != tc.language || f.Gain >= -v.Margin || f.Low > f.Gain || f.High < f.Gain) {
					t.Errorf("failed: %+v", f)
				}
			}
			if m := v.Message(); !strings.Contains(m, "refused") || !strings.Contains(m, "macro-f1 of "+tc.task+" in "+tc.language+" on the frozen set went from 0.") {
				t.Errorf("message %q", m)
			}
			half := 0.5
			if v := compare(t, without(t, tc.output, tc.lang), frozen(t), gate.Options{Margin: &half}); !v.Passed {
				t.Errorf("refused with a margin of half: %s", v.Message())
			}
		})
	}
}

// Few rows are shown but do not decide.
func TestFewRowsDoNotDecide(t *testing.T) {
	sets := frozen(t)
	var few []training.Row
	for _, r := range sets[0].Rows {
		if r.Lang == "en" && r.Stance == "against" && len(few) < gate.MinItems-1 {
			few = append(few, r)
		}
	}
	v := compare(t, without(t, model.Against, 0), []gate.Set{{Name: "held_out", Rows: few}}, gate.Options{})
	if !v.Passed || v.Figures[0].After >= v.Figures[0].Before {
		t.Errorf("%+v", v)
	}
}

func TestNothingToMeasureOn(t *testing.T) {
	if v := compare(t, shipped(t), nil, gate.Options{}); !v.Passed || !strings.Contains(v.Message(), "nothing to measure on") {
		t.Errorf("%+v: %s", v, v.Message())
	}
}

func TestHeldOutShare(t *testing.T) {
	held := 0
	for i := range 5000 {
		group := strings.Repeat("g", i%7) + string(rune('a'+i%26)) + strings.Repeat("x", i%191)
		if first, again := gate.HeldOut(group), gate.HeldOut(strings.Clone(group)); first != again {
			t.Fatal("not fixed")
		}
		if gate.HeldOut(group + string(rune(i))) {
			held++
		}
	}
	if held < 400 || held > 600 {
		t.Errorf("%d of 5000 groups are held out, want about a tenth", held)
	}
}
