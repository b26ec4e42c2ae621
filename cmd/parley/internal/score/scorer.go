// Package score turns inputs into scored rows: it splits documents into
// paragraphs, has them scored by all workers at once and hands the rows on in
// the order of the input.
//
// The paragraph is the unit of work for every [Scorer], in-process or remote,
// so documents may have any number of them and both print the same rows. What
// is under way at a time is bounded; the order and the bytes of the rows do not
// depend on how many workers there are.
package score

import (
	"context"

	"github.com/parley-nlp/parley/model"
)

// Scorer labels paragraphs. It is safe for concurrent use.
type Scorer interface {
	// Score labels the texts, each one paragraph as it is, and sets the result
	// of the same index. An error is one of the call as a whole; that of a
	// single paragraph is in its result.
	Score(ctx context.Context, texts []string, results []Result) error
}

// Result is the outcome for one paragraph.
type Result struct {
	model.Paragraph
	// Model is the exact name of the model that answered.
	Model string
	// Err says why the paragraph could not be scored.
	Err error
}

// Local scores in-process.
type Local struct {
	Model   *model.Model
	Options model.Options
}

// Score implements [Scorer].
func (l *Local) Score(ctx context.Context, texts []string, results []Result) error {
	id := l.Model.ID()
	for i, s := range texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := &results[i]
		r.Paragraph, r.Err = l.Model.Paragraph(s, l.Options)
		r.Model = id
	}
	return nil
}
