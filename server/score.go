package server

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/fair"
)

// Model labels paragraphs; *model.Model is one.
type Model interface {
	// ID returns the exact name, name@sha256:digest.
	ID() string
	// Paragraph scores one paragraph as it is.
	Paragraph(s string, opt model.Options) (model.Paragraph, error)
	// Document scores the paragraphs of a document.
	Document(d *text.Document, opt model.Options) iter.Seq2[model.DocumentParagraph, error]
}

// Models finds the models that requests name.
type Models interface {
	// Resolve returns the model of that alias or exact name; empty stands for
	// the default alias. The error is an *Error.
	Resolve(name string) (Model, error)
}

// work is what the documents of one call have in common.
type work struct {
	settings
	gate   *fair.Gate
	flow   *fair.Flow
	counts *modelMetrics

	limit int          // paragraphs of the call
	left  atomic.Int64 // of those
}

// yieldBytes is how much text is scored until others get their turn and the
// context is looked at: a millisecond or two.
const yieldBytes = 16 << 10

// slot is a worker slot that one goroutine holds while it scores documents.
type slot struct {
	w     *work
	done  int // bytes scored since the last turn
	tally tally
	lost  bool // somebody else has the slot
}

// open waits for a slot. If the error is nil, the caller closes it.
func (w *work) open(ctx context.Context) (slot, error) {
	err := w.gate.Acquire(ctx, w.flow)
	return slot{w: w, lost: err != nil}, err
}

// spend counts n bytes as scored and takes turns when it is time. After an
// error the slot is gone.
func (s *slot) spend(ctx context.Context, n int) error {
	if s.done += n; s.done < yieldBytes {
		return nil
	}
	s.done = 0
	if err := s.w.gate.Yield(ctx, s.w.flow); err != nil {
		s.lost = true
		return err
	}
	return nil
}

// close gives the slot back, unless it is gone.
func (s *slot) close() {
	if !s.lost {
		s.w.gate.Release()
	}
	s.w.counts.add(&s.tally)
}

// score labels one document. It returns an *Error that is the document's own,
// or any other error when the call as a whole is over.
func (w *work) score(ctx context.Context, s *slot, d document) (*parleyv1.DocumentResult, error) {
	doc, err := d.decode()
	if err != nil {
		return nil, toError(err)
	}
	out := &parleyv1.DocumentResult{Id: d.id, Model: w.model.ID()}
	opt := model.Options{Evidence: w.evidence, Language: d.language}
	where := doc.Locator(w.encoding)
	add := func(p *model.Paragraph, span text.Span) error {
		if w.left.Add(-1) < 0 {
			return &tooMany{w.limit}
		}
		out.Paragraphs = append(out.Paragraphs, toParagraph(p, span.In(doc.Text), where.Span(span), w.encoding))
		s.tally.count(p)
		return nil
	}
	if w.unit == parleyv1.Unit_UNIT_PARAGRAPH {
		p, err := w.model.Paragraph(doc.Text, opt)
		if err != nil {
			return nil, toError(err)
		}
		if err := add(&p, text.Span{End: len(doc.Text)}); err != nil {
			return nil, err
		}
		if err := s.spend(ctx, len(doc.Text)); err != nil {
			return nil, err
		}
	} else {
		for p, err := range w.model.Document(doc, opt) {
			if err != nil {
				return nil, toError(err)
			}
			if err := add(&p.Paragraph, p.Span); err != nil {
				return nil, err
			}
			if err := s.spend(ctx, p.Span.Len()); err != nil {
				return nil, err
			}
		}
	}
	out.Summary = summarize(out.Paragraphs)
	return out, nil
}

// tooMany ends a call whose documents hold more paragraphs than the limit. It
// is not an *Error, so that it is never taken for the fault of one document:
// which one crosses the limit depends on the order in which they are scored.
type tooMany struct{ limit int }

func (t *tooMany) Error() string { return "too many paragraphs" }

// callError turns an error of score that ends the call into what the caller sees.
func callError(err error) *Error {
	var t *tooMany
	if errors.As(err, &t) {
		return FieldErrorf(ParagraphsTooMany, "documents", "the documents hold more paragraphs than the limit of %d a call", t.limit)
	}
	return toError(err)
}
