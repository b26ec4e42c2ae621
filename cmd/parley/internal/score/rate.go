package score

import (
	"context"

	"golang.org/x/time/rate"
)

// Limited scores at most so many paragraphs a second.
type Limited struct {
	scorer Scorer
	limit  *rate.Limiter
	piece  int
}

// NewLimited bounds what goes to s, in paragraphs a second, above 0.
func NewLimited(s Scorer, perSecond float64) *Limited {
	// A piece is what a tenth of a second may bring.
	piece := max(1, min(64, int(perSecond/10)))
	return &Limited{s, rate.NewLimiter(rate.Limit(perSecond), piece), piece}
}

// Score implements [Scorer].
func (l *Limited) Score(ctx context.Context, texts []string, results []Result) error {
	for len(texts) > 0 {
		n := min(l.piece, len(texts))
		if err := l.limit.WaitN(ctx, n); err != nil {
			return err
		}
		if err := l.scorer.Score(ctx, texts[:n], results[:n]); err != nil {
			return err
		}
		texts, results = texts[n:], results[n:]
	}
	return nil
}
