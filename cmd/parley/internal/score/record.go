package score

import (
	"context"
	"iter"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
)

// Record scores one record by itself and returns its items in their order. The
// error is one of the scorer as a whole.
func (c *Config) Record(ctx context.Context, rec *input.Record) ([]Item, error) {
	j := &job{chunk: new(Chunk), split: func() iter.Seq[Item] { return c.split(rec, Position{}) }}
	if err := c.score(ctx, j); err != nil {
		return nil, err
	}
	return j.chunk.Items, nil
}
