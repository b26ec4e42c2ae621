// Package input reads documents from files and standard input: one document a
// file (.txt, .md, .html), or one a row (.jsonl, .csv, .tsv, .parquet), each as
// it is or compressed (.gz, .zst).
//
// Memory is bounded whatever the input: a row by [MaxRow], a document that is a
// file by [MaxDocument]. A row that cannot be read is a [Record] with an error
// that names its place, and the rows after it are read; only what breaks the
// file itself (a truncated archive, a missing column) ends the input.
package input

import (
	"strconv"

	"github.com/parley-nlp/parley/model/text"
)

const (
	// MaxRow is the length in bytes of the longest row of JSONL, CSV or TSV.
	MaxRow = 16 << 20
	// MaxDocument is the size in bytes of the largest file that is one
	// document, after decompression.
	MaxDocument = 256 << 20
)

// Record is one document of an input.
type Record struct {
	// Input is the name of the input as it was given; "stdin" for "-".
	Input string
	// Line is the line, in Parquet the row, at which the record begins, from 1;
	// 0 when the input is one document.
	Line int64
	// ID is the id of the document.
	ID string
	// Content is the document, to be read as Type.
	Content []byte
	// UTF8 says that Content is known to be valid UTF-8.
	UTF8 bool
	// Type is how Content is written.
	Type text.ContentType
	// Extra is a JSON object of the other fields, keys sorted; nil for none.
	Extra []byte
	// Err says why the record cannot be scored; Content is then nil.
	Err error
}

// Place names where the record stands, as FILE or FILE:LINE.
func (r *Record) Place() string { return Place(r.Input, r.Line) }

// nameByPlace gives a record without an id its place for one.
func (r *Record) nameByPlace() {
	if r.ID == "" {
		r.ID = r.Place()
	}
}

// Place names a document by its input and line, as FILE, or FILE:LINE for a row.
func Place(input string, line int64) string {
	if line == 0 {
		return input
	}
	return input + ":" + strconv.FormatInt(line, 10)
}

// Decode returns the text of the record's content. Its error is
// [text.ErrBinary].
func (r *Record) Decode() (*text.Document, error) {
	if r.UTF8 {
		return text.DecodeString(string(r.Content), r.Type)
	}
	return text.Decode(r.Content, r.Type)
}

// Batch is a run of consecutive records that has been read but not yet parsed,
// so that parsing can go on beside reading.
type Batch struct {
	// First is the number of its first record in the input, from 0. Records
	// that cannot be read are counted, blank lines are not.
	First int64
	// Len is the number of records.
	Len int
	// Size is their length in bytes.
	Size int
	// Parse returns the records. It must be called at most once, and needs
	// nothing of the Reader.
	Parse func() []Record
}

// Reader reads the records of one input in batches.
type Reader interface {
	// Next returns the next batch of at least one record, or io.EOF after the
	// last one. Any other error is final and says why the input cannot be read
	// (on); batches returned before it stand.
	Next() (Batch, error)
	// Close releases the input.
	Close() error
}

// Batches are cut when they reach either bound.
const (
	batchRows  = 64
	batchBytes = 128 << 10
)

// Fields says which fields of a row mean what.
type Fields struct {
	// Text names the field with the document; "text" when empty.
	Text string
	// ID names the field with its id; "id" when empty. A row without one gets
	// the id FILE:LINE.
	ID string
	// Pass lists the fields that go through to Extra; nil passes all.
	Pass []string
	// PassNone passes none of them.
	PassNone bool
}

func (f Fields) withDefaults() Fields {
	if f.Text == "" {
		f.Text = "text"
	}
	if f.ID == "" {
		f.ID = "id"
	}
	return f
}

// passes tells whether the field of that name goes through.
func (f *Fields) passes(name string) bool {
	switch {
	case f.PassNone || name == f.Text || name == f.ID:
		return false
	case f.Pass == nil:
		return true
	}
	for _, p := range f.Pass {
		if p == name {
			return true
		}
	}
	return false
}
