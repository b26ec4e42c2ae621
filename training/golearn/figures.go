package golearn

import (
	"math"

	"github.com/sjwhitworth/golearn/evaluation"
)

// Figures are those of package evaluation of golearn.
type Figures struct {
	Accuracy float64
	// MacroF1 is the mean F1 of the labels that occur.
	MacroF1               float64
	Precision, Recall, F1 []float64 // by label
}

// Measure works out the figures of a confusion matrix: rows by gold label
// (first index) and prediction. What golearn leaves undefined is 0.
func Measure(confusion [][]int, labels []string) Figures {
	c := evaluation.ConfusionMatrix{}
	for i, row := range confusion {
		c[labels[i]] = map[string]int{}
		for j, n := range row {
			c[labels[i]][labels[j]] = n
		}
	}
	f := Figures{Accuracy: defined(evaluation.GetAccuracy(c))}
	occur := 0
	for _, l := range labels {
		f.Precision = append(f.Precision, defined(evaluation.GetPrecision(l, c)))
		f.Recall = append(f.Recall, defined(evaluation.GetRecall(l, c)))
		f1 := defined(evaluation.GetF1Score(l, c))
		f.F1 = append(f.F1, f1)
		if evaluation.GetTruePositives(l, c)+evaluation.GetFalsePositives(l, c)+evaluation.GetFalseNegatives(l, c) > 0 {
			f.MacroF1 += f1
			occur++
		}
	}
	f.MacroF1 = defined(f.MacroF1 / float64(occur))
	return f
}

// defined turns the quotient of two zeros into 0.
func defined(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}
