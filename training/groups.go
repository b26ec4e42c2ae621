package training

import (
	"context"

	"github.com/parley-nlp/parley/model"
)

// Group is a group of families whose features are alike in number and
// frequency.
//
// The groups are fitted apart and their logits averaged, a logarithmic opinion
// pool (Smith, Cohn and Osborne 2005). Fitted together, the few dense features
// explain the training rows so soon that the many hashed ones are never given
// the weights that they deserve (weight undertraining; Sutton, Sindelar and
// McCallum 2006). The pool of linear classifiers is a linear classifier: it
// costs nothing in serving, and contributions stay exact.
type Group int

// The groups.
const (
	Hashed    Group = iota // many rare features: words, stems, n-grams and pairs
	Dense                  // few common ones: vectors, frame and form
	NumGroups = 2
)

// String returns the name of the group.
func (g Group) String() string { return [NumGroups]string{"hashed", "dense"}[g] }

func groupOf(f model.Family) Group {
	if f.DenseSize(1) > 0 {
		return Dense
	}
	return Hashed
}

// fitGroups fits the problem without its penalty, each group of families on its
// own, and returns the weights of the pool, those of all columns and the bias.
func (p *problem) fitGroups(ctx context.Context, cfg *Config) ([]float64, error) {
	n, dense := len(p.x.keys), 0
	for dense < n && groupOf(p.x.keys[dense].family) == Hashed {
		dense++
	}
	ends := []int{dense, n}
	if cfg.Joint {
		ends = []int{n}
	}
	pool := make([]float64, (n+1)*outputs)
	from := 0
	for g, to := range ends {
		member := *p
		member.x, member.l2 = p.x.part(from, to), cfg.L2[g]
		if cfg.NaiveBayes {
			member.ratio = logCountRatios(&member)
		}
		w, err := member.fit(ctx, cfg.Iterations, 1e-3)
		if err != nil {
			return nil, err
		}
		features := (to - from) * outputs
		for i, x := range w {
			k := from*outputs + i
			if i >= features {
				k = n*outputs + i - features
			}
			pool[k] += x / float64(len(ends))
		}
		from = to
	}
	return pool, nil
}
