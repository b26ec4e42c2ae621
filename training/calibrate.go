package training

import (
	"math"

	"gonum.org/v1/gonum/optimize"

	"github.com/parley-nlp/parley/model"
)

// Calibration turns the raw logits of one language into calibrated ones: those
// of a task are multiplied by Scale, then Offset is added (vector scaling with
// one slope a task; Guo et al. 2017).
type Calibration struct {
	Scale  [model.NumTasks]float64
	Offset [outputs]float64
}

// identity changes nothing.
func identity() Calibration {
	return Calibration{Scale: [model.NumTasks]float64{1, 1}}
}

// Apply returns the calibrated logits of z.
func (c *Calibration) Apply(z [outputs]float64) [outputs]float64 {
	for t := range model.Task(model.NumTasks) {
		a, b := t.Outputs()
		for k := a; k < b; k++ {
			z[k] = z[k]*c.Scale[t] + c.Offset[k]
		}
	}
	return z
}

// offsetPenalty keeps the offsets of rare labels from following chance.
const offsetPenalty = 2

// calibrate fits the part of c that belongs to a task to the logits of rows that
// the weights were not fitted to. weight is what a row counts.
func calibrate(c *Calibration, t model.Task, z [][outputs]float64, label [][model.NumTasks]int8, weight []float64) {
	a, b := t.Outputs()
	n := b - a
	// x holds the logarithm of the scale, then the offsets.
	loss := func(x []float64) float64 { return calibrationLoss(z, label, weight, t, x, nil) }
	grad := func(g, x []float64) { clear(g); calibrationLoss(z, label, weight, t, x, g) }
	r, err := optimize.Minimize(optimize.Problem{Func: loss, Grad: grad}, make([]float64, n+1),
		&optimize.Settings{MajorIterations: 100}, &optimize.BFGS{})
	if err != nil && r == nil {
		return // the identity stays
	}
	c.Scale[t] = math.Exp(r.X[0])
	copy(c.Offset[a:b], r.X[1:])
}

func calibrationLoss(z [][outputs]float64, label [][model.NumTasks]int8, weight []float64, t model.Task, x, grad []float64) float64 {
	a, b := t.Outputs()
	scale, loss := math.Exp(x[0]), 0.0
	var q [model.MaxLabels]float64
	for i := range z {
		for k := a; k < b; k++ {
			q[k-a] = scale*z[i][k] + x[1+k-a]
		}
		y := int(label[i][t])
		lse := logSumExp(q[:b-a])
		loss += weight[i] * (lse - q[y])
		if grad == nil {
			continue
		}
		for k := range b - a {
			g := weight[i] * math.Exp(q[k]-lse)
			if k == y {
				g -= weight[i]
			}
			grad[1+k] += g
			grad[0] += g * scale * z[i][a+k]
		}
	}
	for k := range b - a {
		loss += 0.5 * offsetPenalty * x[1+k] * x[1+k]
		if grad != nil {
			grad[1+k] += offsetPenalty * x[1+k]
		}
	}
	return loss
}
