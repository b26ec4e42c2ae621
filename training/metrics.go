package training

import (
	"math"
	"math/rand/v2"

	"github.com/parley-nlp/parley/model"
)

// Prediction is what a classifier says of one row for one task.
type Prediction struct {
	Label, Gold   int
	Probabilities []float64
}

// Metrics are the figures of a set of predictions for one task.
type Metrics struct {
	N        int     `json:"n"`
	Accuracy float64 `json:"accuracy"`
	// MacroF1 is the mean F1 of the labels that occur in the gold rows or the
	// predictions.
	MacroF1 float64 `json:"macro_f1"`
	// ECE is the expected calibration error over 15 bins of equal width (Guo et
	// al. 2017); ClassECE the mean of the same over the labels, each taken as a
	// binary question.
	ECE      float64 `json:"ece"`
	ClassECE float64 `json:"classwise_ece"`
	// Brier is the mean squared distance of the probabilities from the truth,
	// summed over the labels, in [0, 2]; NLL the mean negative log-likelihood in
	// nats.
	Brier float64 `json:"brier"`
	NLL   float64 `json:"nll"`
	// Labels are the figures of each label, in the order of the task.
	Labels []LabelMetrics `json:"labels"`
	// Confusion counts rows by gold label (first index) and prediction.
	Confusion [][]int `json:"confusion"`
}

// LabelMetrics are the figures of one label.
type LabelMetrics struct {
	Label     string  `json:"label"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Support   int     `json:"support"`
}

// calibrationBins is how many bins the calibration error is measured in.
const calibrationBins = 15

// Measure works out the metrics of a task's predictions.
func Measure(t model.Task, preds []Prediction) Metrics {
	names := t.Labels()
	m := Metrics{N: len(preds), Confusion: make([][]int, len(names))}
	for i := range m.Confusion {
		m.Confusion[i] = make([]int, len(names))
	}
	if len(preds) == 0 {
		return m
	}
	right := 0
	for _, p := range preds {
		m.Confusion[p.Gold][p.Label]++
		if p.Label == p.Gold {
			right++
		}
		for c, q := range p.Probabilities {
			y := 0.0
			if c == p.Gold {
				y = 1
			}
			m.Brier += (q - y) * (q - y)
		}
		m.NLL -= math.Log(max(p.Probabilities[p.Gold], 1e-12))
	}
	n := float64(len(preds))
	m.Accuracy = float64(right) / n
	m.Brier /= n
	m.NLL /= n
	m.ECE = calibrationError(preds, func(p *Prediction) (float64, bool) {
		return p.Probabilities[p.Label], p.Label == p.Gold
	})
	for c := range names {
		m.ClassECE += calibrationError(preds, func(p *Prediction) (float64, bool) {
			return p.Probabilities[c], p.Gold == c
		}) / float64(len(names))
	}
	m.labels(names)
	return m
}

func (m *Metrics) labels(names []string) {
	present := 0
	for c, name := range names {
		tp, predicted, support := m.Confusion[c][c], 0, 0
		for k := range names {
			predicted += m.Confusion[k][c]
			support += m.Confusion[c][k]
		}
		l := LabelMetrics{
			Label: name, Support: support,
			Precision: ratio(tp, predicted), Recall: ratio(tp, support),
			F1: ratio(2*tp, predicted+support),
		}
		m.Labels = append(m.Labels, l)
		if predicted+support > 0 {
			m.MacroF1 += l.F1
			present++
		}
	}
	m.MacroF1 /= float64(max(present, 1))
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// calibrationError is the mean distance of confidence and accuracy over bins of
// confidence, weighted by their size.
func calibrationError(preds []Prediction, f func(*Prediction) (confidence float64, right bool)) float64 {
	var sum, hits [calibrationBins]float64
	var count [calibrationBins]int
	for i := range preds {
		q, right := f(&preds[i])
		b := min(int(q*calibrationBins), calibrationBins-1)
		count[b]++
		sum[b] += q
		if right {
			hits[b]++
		}
	}
	e := 0.0
	for b := range count {
		if count[b] > 0 {
			e += math.Abs(sum[b]-hits[b]) / float64(len(preds))
		}
	}
	return e
}

// chanceDraws is how many times ChanceECE draws outcomes.
const chanceDraws = 200

// ChanceECE is the ECE that chance alone leaves: its mean over draws of outcomes
// under which every confidence is exactly right (consistency resampling; Bröcker
// and Smith 2007). With few rows it is far above 0, and an ECE near it says no
// more than that the confidences could be right. The same predictions give the
// same figure.
func ChanceECE(preds []Prediction) float64 {
	if len(preds) == 0 {
		return 0
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(preds))))
	sum := 0.0
	for range chanceDraws {
		sum += calibrationError(preds, func(p *Prediction) (float64, bool) {
			q := p.Probabilities[p.Label]
			return q, rng.Float64() < q
		})
	}
	return sum / chanceDraws
}
