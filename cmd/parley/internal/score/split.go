package score

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// Unit is what a row speaks of.
type Unit uint8

// The units.
const (
	Document  Unit = iota // the content is split into paragraphs
	Paragraph             // the content is one paragraph as it is
)

// split yields the paragraphs of a record as items that are still to be
// scored, or one item that says why there are none.
func (c *Config) split(rec *input.Record, at Position) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		at.Paragraph = 0
		after := Position{at.Input, at.Record + 1, 0}
		none := func(k Kind, err error) {
			yield(Item{Kind: k, Next: after, Failure: Failure{rec.Input, rec.Line, rec.ID, -1, err}})
		}
		if rec.Err != nil {
			none(Failed, rec.Err)
			return
		}
		doc, err := rec.Decode()
		if err == nil {
			err = checkDamage(doc.Text)
		}
		if err != nil {
			if rec.Line == 0 {
				none(Unreadable, fmt.Errorf("%s: %w", rec.Input, err))
			} else {
				none(Failed, err)
			}
			return
		}
		spans := text.EachParagraph(doc.Text)
		if c.Unit == Paragraph {
			// A server would take a byte order mark for one of its own.
			start := len(doc.Text) - len(strings.TrimLeft(doc.Text, "\uFEFF"))
			spans = func(yield func(text.Span) bool) { yield(text.Span{Start: start, End: len(doc.Text)}) }
			if rec.Line == 0 && len(doc.Text) == 0 {
				spans = func(func(text.Span) bool) {}
			}
		}
		locate := doc.Locator(c.Offsets)
		n := 0
		for span := range spans {
			source := locate.Span(span)
			n++
			item := Item{Row: rows.Row{
				ID: rec.ID, Paragraph: n - 1, Start: source.Start, End: source.End,
				Text: doc.Text[span.Start:span.End], Extra: rec.Extra,
			}, Next: Position{at.Input, at.Record, n}, Failure: Failure{rec.Input, rec.Line, rec.ID, n - 1, nil}}
			if err := checkText(item.Row.Text); err != nil {
				item.Kind, item.Err = Failed, err
			}
			if !yield(item) {
				return
			}
		}
		if n == 0 {
			none(Empty, nil)
		}
	}
}

// checkDamage refuses text of which more than a tenth could not be decoded: it is
// in another encoding, and what is left of it would be scored as noise.
func checkDamage(s string) error {
	damaged := strings.Count(s, "\uFFFD")
	if damaged == 0 {
		return nil
	}
	if all := utf8.RuneCountInString(s); damaged*10 > all {
		return fmt.Errorf("text is not UTF-8: %d of %d characters cannot be read (convert it first, as iconv -f WINDOWS-1256 -t UTF-8 does)", damaged, all)
	}
	return nil
}

// checkText refuses the paragraphs that a server refuses, so that both paths
// fail alike.
func checkText(s string) error {
	if len(s) > model.MaxParagraph {
		return model.ErrTooLong
	}
	if text.IsBinary(s) {
		return text.ErrBinary
	}
	return nil
}
