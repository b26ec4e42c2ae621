package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/optimize"

	"github.com/parley-nlp/parley/model"
)

const outputs = model.NumOutputs

// problem is a weighted multinomial logistic regression of both tasks over one
// matrix, with an L2 penalty. The weights are laid out
// feature by feature, the outputs of a feature together; the last row is the
// bias, which is not penalised, or stays 0 where there are offsets.
type problem struct {
	x *matrix
	// label[i][t] is the label of row i for task t; weight[i][t] what the row
	// counts.
	label  [][model.NumTasks]int8
	weight [][model.NumTasks]float32
	l2     [model.NumTasks]float64
	l1     float64
	// offset, if not nil, is added to the logits of each row: what a base model
	// says of it, so that the penalty pulls to that model. The bias is then the
	// base model's: rows that somebody chose to correct tell what words mean, not
	// how often a label occurs.
	offset [][outputs]float64
	// ratio, if not nil, multiplies the weights: the penalty is on weight/ratio.
	ratio []float64
}

// shards is into how many parts the rows are split. The parts are summed in
// order, so that the result does not depend on the number of processors.
const shards = 4

// fit minimises the penalised loss by L-BFGS.
func (p *problem) fit(ctx context.Context, iterations int, tolerance float64) ([]float64, error) {
	n := (len(p.x.keys) + 1) * outputs
	e := newEvaluator(p, n)
	result, err := optimize.Minimize(optimize.Problem{
		Func: e.value,
		Grad: e.gradient,
		Status: func() (optimize.Status, error) {
			if err := ctx.Err(); err != nil {
				return optimize.Failure, err
			}
			return optimize.NotTerminated, nil
		},
	}, make([]float64, n), &optimize.Settings{
		MajorIterations:   iterations,
		GradientThreshold: tolerance,
		Converger:         &optimize.FunctionConverge{Relative: 1e-5, Iterations: 4},
	}, &optimize.LBFGS{Store: 6})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// A line search that finds no lower point has converged as far as the
	// arithmetic allows.
	if err != nil && !errors.Is(err, optimize.ErrLinesearcherFailure) && !errors.Is(err, optimize.ErrNonDescentDirection) {
		return nil, fmt.Errorf("fit: %w", err)
	}
	e.move(result.X)
	return e.w, nil
}

// curvature returns the square roots of the diagonal of the Hessian where all
// labels are equally probable. In units of their inverses all parameters curve
// alike, and L-BFGS gets by on far fewer steps (a Jacobi preconditioner).
func (p *problem) curvature() []float64 {
	bias := len(p.x.keys) * outputs
	h := make([]float64, bias+outputs)
	for i, row := range p.x.rows {
		var g [outputs]float64
		for t := range model.Task(model.NumTasks) {
			a, b := t.Outputs()
			share := 1 / float64(b-a)
			for c := a; c < b; c++ {
				g[c] = float64(p.weight[i][t]) * share * (1 - share)
			}
		}
		for _, e := range row {
			k, v := int(e.column-p.x.first)*outputs, float64(e.value)
			for c := range g {
				h[k+c] += v * v * g[c]
			}
		}
		for c := range g {
			h[bias+c] += g[c]
		}
	}
	for i := range h {
		if i < len(p.ratio) {
			h[i] *= p.ratio[i] * p.ratio[i]
		}
		if i < bias {
			h[i] += p.penalty(i)
		}
		h[i] = math.Sqrt(max(h[i], minCurvature))
	}
	return h
}

// minCurvature keeps parameters that nothing curves within bounds.
const minCurvature = 1e-6

// penalty is the strength of the penalty of parameter i.
func (p *problem) penalty(i int) float64 {
	if _, stance := model.Stance.Outputs(); i%outputs < stance {
		return p.l2[model.Stance]
	}
	return p.l2[model.Tone]
}

// evaluator computes the loss and its gradient together and remembers both for
// the point it saw last. Points are parameters times scale.
type evaluator struct {
	*problem
	scale []float64 // see curvature
	at    []float64
	loss  float64
	grad  []float64
	u     []float64 // the parameters at the point
	w     []float64 // the weights they stand for
	parts [shards][]float64
}

func newEvaluator(p *problem, n int) *evaluator {
	e := &evaluator{
		problem: p, scale: p.curvature(), loss: math.NaN(),
		at: make([]float64, n), grad: make([]float64, n), u: make([]float64, n), w: make([]float64, n),
	}
	for i := range e.parts {
		e.parts[i] = make([]float64, n)
	}
	return e
}

// move sets u and w to what a point stands for.
func (e *evaluator) move(point []float64) {
	for i, s := range e.scale {
		e.u[i] = point[i] / s
	}
	copy(e.w, e.u)
	for i, r := range e.ratio {
		e.w[i] *= r
	}
}

func (e *evaluator) value(w []float64) float64 {
	e.update(w)
	return e.loss
}

func (e *evaluator) gradient(grad, w []float64) {
	e.update(w)
	copy(grad, e.grad)
}

func (e *evaluator) update(point []float64) {
	if !math.IsNaN(e.loss) && equal(point, e.at) {
		return
	}
	copy(e.at, point)
	e.move(point)
	var losses [shards]float64
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	rows := len(e.x.rows)
	for s := range shards {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; wg.Done() }()
			clear(e.parts[s])
			losses[s] = e.shard(e.w, s*rows/shards, (s+1)*rows/shards, e.parts[s])
		}()
	}
	wg.Wait()
	var penalties [shards]float64
	n := len(e.grad)
	for s := range shards {
		wg.Go(func() { penalties[s] = e.gather(s*n/shards, (s+1)*n/shards) })
	}
	wg.Wait()
	e.loss = 0
	for s := range shards {
		e.loss += losses[s] + penalties[s]
	}
}

// corner rounds the corner that the magnitude of a weight has at 0, where L-BFGS
// needs a gradient: weights far below it count as zeros.
const corner = 1e-3

// gather sums the gradient [from, to) over the shards in their order, adds that
// of the penalty and returns the penalty.
func (e *evaluator) gather(from, to int) float64 {
	penalty, u := 0.0, e.u
	bias := len(e.x.keys) * outputs
	for i := from; i < to; i++ {
		g := 0.0
		for s := range shards {
			g += e.parts[s][i]
		}
		if i < len(e.ratio) {
			g *= e.ratio[i]
		}
		if i < bias {
			l2 := e.penalty(i)
			penalty += 0.5 * l2 * u[i] * u[i]
			g += l2 * u[i]
			if e.l1 != 0 {
				size := math.Sqrt(u[i]*u[i] + corner*corner)
				penalty += e.l1 * size
				g += e.l1 * u[i] / size
			}
		}
		e.grad[i] = g / e.scale[i]
	}
	return penalty
}

// shard adds the gradient of the rows [from, to) to grad and returns their loss.
func (p *problem) shard(w []float64, from, to int, grad []float64) float64 {
	loss := 0.0
	bias := len(p.x.keys) * outputs
	for i := from; i < to; i++ {
		z := p.x.logits(i, w)
		if p.offset != nil {
			for c := range z {
				z[c] += p.offset[i][c]
			}
		}
		var g [outputs]float64
		for t := range model.Task(model.NumTasks) {
			wt := float64(p.weight[i][t])
			if wt == 0 {
				continue
			}
			a, b := t.Outputs()
			lse := logSumExp(z[a:b])
			y := a + int(p.label[i][t])
			loss += wt * (lse - z[y])
			for c := a; c < b; c++ {
				g[c] = wt * math.Exp(z[c]-lse)
			}
			g[y] -= wt
		}
		for _, e := range p.x.rows[i] {
			k := int(e.column-p.x.first) * outputs
			v := float64(e.value)
			row := grad[k : k+outputs : k+outputs]
			for c := range row {
				row[c] += v * g[c]
			}
		}
		if p.offset != nil {
			continue
		}
		for c := range g {
			grad[bias+c] += g[c]
		}
	}
	return loss
}

// logits returns the outputs of row i under weights w.
func (m *matrix) logits(i int, w []float64) [outputs]float64 {
	var z [outputs]float64
	copy(z[:], w[len(m.keys)*outputs:])
	for _, e := range m.rows[i] {
		k := int(e.column-m.first) * outputs
		v := float64(e.value)
		row := w[k : k+outputs : k+outputs]
		for c := range row {
			z[c] += v * row[c]
		}
	}
	return z
}

func logSumExp(z []float64) float64 {
	top := z[0]
	for _, x := range z[1:] {
		top = max(top, x)
	}
	sum := 0.0
	for _, x := range z {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

func equal(a, b []float64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
