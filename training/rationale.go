package training

import (
	"math"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// rationale is the evidence that annotators marked in a row for a task.
type rationale struct {
	row  int
	task model.Task
}

// rationaleFeatures returns the features of the tokens that lie in the spans,
// as if nothing else stood in the paragraph; what is known of their
// surroundings they keep.
func rationaleFeatures(fs []model.Feature, tokens, spans []text.Span) []model.Feature {
	if len(spans) == 0 {
		return nil
	}
	in := make([]bool, len(tokens))
	n := 0
	for i, k := range tokens {
		for _, s := range spans {
			if s.Start <= k.Start && k.End <= s.End {
				in[i] = true
				n++
				break
			}
		}
	}
	grow := math.Sqrt(float64(len(tokens)+model.LengthPrior) / float64(n+model.LengthPrior))
	var out []model.Feature
	for _, f := range fs {
		if f.Token >= 0 && in[f.Token] {
			if f.Family != model.FormFamily {
				f.Value *= grow
			}
			out = append(out, f)
		}
	}
	return out
}
