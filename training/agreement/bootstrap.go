package agreement

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// bootstrap draws samples of items by their patterns.
type bootstrap struct {
	ctx       context.Context
	resamples int
	seed      uint64
}

// run returns the statistic of the counts and its interval. Samples in which it
// is not defined are left out; with fewer than half of them left there is no
// interval but the figure.
func (b *bootstrap) run(counts []float64, statistic func([]float64) float64) Estimate {
	total := 0.0
	for _, n := range counts {
		total += n
	}
	e := Estimate{Value: math.NaN(), Low: math.NaN(), High: math.NaN(), Items: int(total)}
	if total == 0 {
		return e
	}
	e.Value = statistic(counts)
	e.Low, e.High = e.Value, e.Value
	if !e.Defined() {
		return e
	}
	src := rand.NewPCG(b.seed, 0x61677265656d656e)
	sample := make([]float64, len(counts))
	var values []float64
	for i := range b.resamples {
		if i%64 == 0 && b.ctx.Err() != nil {
			return e
		}
		draw(src, counts, total, sample)
		if v := statistic(sample); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 || len(values)*2 < b.resamples {
		return e
	}
	slices.Sort(values)
	e.Low, e.High = quantile(values, 0.025), quantile(values, 0.975)
	return e
}

// draw writes a multinomial sample of as many items as counts has: one
// conditional binomial after the other.
func draw(src rand.Source, counts []float64, total float64, sample []float64) {
	left, rest := total, total
	for i, n := range counts {
		switch {
		case left <= 0 || n <= 0:
			sample[i] = 0
		case n >= rest:
			sample[i] = left
		default:
			sample[i] = distuv.Binomial{N: left, P: n / rest, Src: src}.Rand()
		}
		left -= sample[i]
		rest -= n
	}
}

// quantile interpolates between the values, which are sorted.
func quantile(values []float64, q float64) float64 {
	at := q * float64(len(values)-1)
	i := int(at)
	if i+1 >= len(values) {
		return values[len(values)-1]
	}
	return values[i] + (at-float64(i))*(values[i+1]-values[i])
}
