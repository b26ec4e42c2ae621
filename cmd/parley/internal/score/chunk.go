package score

import (
	"fmt"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
)

// Position is a place between two rows of a run, from which it can go on.
type Position struct {
	// Input is the number of the input, from 0.
	Input int `json:"input"`
	// Record is the number of the document in the input, from 0.
	Record int64 `json:"record"`
	// Paragraph is the number of the paragraph in the document, from 0.
	Paragraph int `json:"paragraph"`
}

// Before tells whether p comes before q.
func (p Position) Before(q Position) bool {
	switch {
	case p.Input != q.Input:
		return p.Input < q.Input
	case p.Record != q.Record:
		return p.Record < q.Record
	}
	return p.Paragraph < q.Paragraph
}

// Kind is what became of an item.
type Kind uint8

// The kinds of items.
const (
	// Scored is a row.
	Scored Kind = iota
	// Dropped is a row that was scored and that the filter left out.
	Dropped
	// Failed is a paragraph or a document that could not be scored.
	Failed
	// Empty is a document without text, which has no rows.
	Empty
	// Unreadable is an input that could not be read, or not to its end.
	Unreadable
)

// Item is one outcome in the order of the input.
type Item struct {
	Kind Kind
	// Row is set when Kind is Scored or Dropped.
	Row rows.Row
	// Encoded is the row as the configured Append wrote it.
	Encoded []byte
	// Failure is set for the other kinds.
	Failure
	// Next is the position after the item.
	Next Position
}

// Failure says what could not be scored, where and why.
type Failure struct {
	// Input is the name of the input.
	Input string
	// Line is the line of a row, 0 for a document that is a file.
	Line int64
	// ID is the id of the document.
	ID string
	// Paragraph is the number of the paragraph, -1 for the whole document.
	Paragraph int
	// Err says why.
	Err error
}

// Error names the place and the reason.
func (f *Failure) Error() string {
	place := input.Place(f.Input, f.Line)
	if f.Paragraph >= 0 {
		place = fmt.Sprintf("%s: paragraph %d", place, f.Paragraph)
	}
	return fmt.Sprintf("%s: %v", place, f.Err)
}

// Unwrap returns the reason.
func (f *Failure) Unwrap() error { return f.Err }

// Chunk is a run of consecutive items. It is used again for others.
type Chunk struct {
	Items []Item
	// End is the position after the chunk.
	End Position

	texts   []string // of the items that are scored
	results []Result // of the texts
	encoded []byte   // what the items' Encoded are parts of
}

// What the next chunk takes over is bounded.
const (
	maxReusedItems = 4096
	maxReusedBytes = 4 << 20
)

// reset empties the chunk for the next job; its buffers stay.
func (c *Chunk) reset() {
	if cap(c.encoded) > maxReusedBytes || cap(c.Items) > maxReusedItems {
		*c = Chunk{}
		return
	}
	clear(c.Items)
	clear(c.texts)
	clear(c.results)
	c.Items, c.texts, c.results, c.encoded = c.Items[:0], c.texts[:0], c.results[:0], c.encoded[:0]
}
