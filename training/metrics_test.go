package training_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

// said is a prediction for the tone task: the label with confidence q, the rest
// shared by the others.
func said(label, gold int, q float64) training.Prediction {
	p := training.Prediction{Label: label, Gold: gold, Probabilities: make([]float64, 3)}
	for c := range p.Probabilities {
		p.Probabilities[c] = (1 - q) / 2
	}
	p.Probabilities[label] = q
	return p
}

func TestMeasure(t *testing.T) {
	m := training.Measure(model.Tone, []training.Prediction{
		said(0, 0, 0.8), said(0, 1, 0.8), said(1, 1, 0.5), said(1, 1, 0.5),
	})
	assert.Equal(t, 4, m.N)
	assert.InDelta(t, 0.75, m.Accuracy, 1e-12)
	assert.Equal(t, [][]int{{1, 0, 0}, {1, 2, 0}, {0, 0, 0}}, m.Confusion)
	// F1 is 2/3 and 4/5; neutral occurs nowhere and does not count.
	assert.InDelta(t, (2.0/3+4.0/5)/2, m.MacroF1, 1e-12)
	// Half of the rows at 0.8 are right, all of those at 0.5.
	assert.InDelta(t, 0.5*0.3+0.5*0.5, m.ECE, 1e-12)
	brier := (0.2*0.2 + 2*0.1*0.1) + (0.8*0.8 + 0.9*0.9 + 0.1*0.1) + 2*(0.5*0.5+2*0.25*0.25)
	assert.InDelta(t, brier/4, m.Brier, 1e-12)
	assert.InDelta(t, -(math.Log(0.8)+math.Log(0.1)+2*math.Log(0.5))/4, m.NLL, 1e-12)
	assert.Equal(t, "confrontational", m.Labels[1].Label)
	assert.InDelta(t, 1, m.Labels[1].Precision, 1e-12)
	assert.InDelta(t, 2.0/3, m.Labels[1].Recall, 1e-12)
	assert.Equal(t, 3, m.Labels[1].Support)
}

func TestMeasureNothing(t *testing.T) {
	m := training.Measure(model.Stance, nil)
	assert.Zero(t, m.N)
	assert.Zero(t, m.MacroF1)
	assert.Len(t, m.Confusion, 4)
	assert.Zero(t, training.ChanceECE(nil))
}

// drawn returns n predictions of random confidence that are right as often as
// they say, or as often as bend makes of it.
func drawn(n int, bend func(float64) float64) []training.Prediction {
	rng := rand.New(rand.NewPCG(3, 4))
	out := make([]training.Prediction, n)
	for i := range out {
		q := 0.4 + 0.6*rng.Float64()
		out[i] = said(0, 0, q)
		if rng.Float64() > bend(q) {
			out[i].Gold = 1
		}
	}
	return out
}

func TestChanceECE(t *testing.T) {
	honest := func(q float64) float64 { return q }
	few, many := training.ChanceECE(drawn(100, honest)), training.ChanceECE(drawn(10000, honest))
	assert.InDelta(t, few/10, many, few/40, "chance falls with the root of the number of rows")

	calibrated := drawn(1000, honest)
	assert.Less(t, training.Measure(model.Tone, calibrated).ECE, 1.6*training.ChanceECE(calibrated))
	proud := drawn(1000, func(q float64) float64 { return q - 0.3 })
	assert.Greater(t, training.Measure(model.Tone, proud).ECE, 4*training.ChanceECE(proud))
	assert.Equal(t, training.ChanceECE(proud), training.ChanceECE(proud))
}
