package training

import (
	"math"

	"github.com/parley-nlp/parley/model"
)

// ratioBounds limit how far a log-count ratio stretches or shrinks a feature.
const minRatio, maxRatio = 0.2, 3.0

// logCountRatios returns, for every feature and output, the magnitude of the
// naive Bayes log-count ratio of the feature for that label against the others
// (Wang and Manning 2012). Features that tell nothing about a label are thereby
// penalised more in its weights. The features of dense families keep 1.
func logCountRatios(p *problem) []float64 {
	n := len(p.x.keys)
	in := make([]float64, n*outputs) // weighted rows of the label that have the feature
	all := make([]float64, n*model.NumTasks)
	var total [outputs]float64
	var rows [model.NumTasks]float64
	for i := range p.x.rows {
		for t := range model.Task(model.NumTasks) {
			w := float64(p.weight[i][t])
			if w == 0 {
				continue
			}
			from, _ := t.Outputs()
			y := from + int(p.label[i][t])
			total[y] += w
			rows[t] += w
			for _, e := range p.x.rows[i] {
				c := int(e.column - p.x.first)
				in[c*outputs+y] += w
				all[c*model.NumTasks+int(t)] += w
			}
		}
	}
	out := make([]float64, n*outputs)
	for c, k := range p.x.keys {
		for t := range model.Task(model.NumTasks) {
			from, to := t.Outputs()
			for y := from; y < to; y++ {
				if groupOf(k.family) == Dense {
					out[c*outputs+y] = 1
					continue
				}
				own := (in[c*outputs+y] + 1) / (total[y] + 2)
				rest := (all[c*model.NumTasks+int(t)] - in[c*outputs+y] + 1) / (rows[t] - total[y] + 2)
				out[c*outputs+y] = min(max(math.Abs(math.Log(own/rest)), minRatio), maxRatio)
			}
		}
	}
	return out
}
