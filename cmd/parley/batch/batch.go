// Package batch is the reading and scoring of parley score for programs that
// spread the work themselves: records are read in one place and scored in
// another, and each gives the rows, byte for byte, that parley score writes for
// it.
package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// Record is a document that was read, of a type that can be sent on.
type Record struct {
	// Input is the name of the file.
	Input string
	// Line is the line or the row of the file, from 1; 0 when the file is one
	// document.
	Line int64
	// ID is the id of the document.
	ID string
	// Content is the document, HTML if HTML is set.
	Content []byte
	HTML    bool
	// Extra is a JSON object of the other fields, or empty.
	Extra []byte
	// Error says why the record could not be read; empty if it could.
	Error string
}

// Options say how to read and to score, as the flags of parley score of the
// same name do. The zero value is their default.
type Options struct {
	TextField   string
	IDField     string
	PassThrough string // "all" (also when empty), "none", or names with commas
	Unit        string // "document" (also when empty) or "paragraph"
	Offsets     string // "utf8" (also when empty), "utf16" or "utf32"
	Language    string // "en", "ar", or empty to detect
	// Evidence is the most spans a task: 0 means model.DefaultEvidence, a
	// negative number none.
	Evidence int
}

// parsed are checked options.
type parsed struct {
	fields  input.Fields
	unit    score.Unit
	offsets text.Encoding
	model   model.Options
}

func (o *Options) parse() (p parsed, err error) {
	p.fields = input.Fields{Text: o.TextField, ID: o.IDField}
	switch o.PassThrough {
	case "", "all":
	case "none":
		p.fields.PassNone = true
	default:
		p.fields.Pass = strings.Split(o.PassThrough, ",")
	}
	if o.TextField != "" && o.TextField == o.IDField {
		return p, fmt.Errorf("text field and id field are both %q", o.TextField)
	}
	switch o.Unit {
	case "", "document":
	case "paragraph":
		p.unit = score.Paragraph
	default:
		return p, fmt.Errorf("unknown unit %q (want document or paragraph)", o.Unit)
	}
	if o.Offsets != "" {
		if p.offsets, err = text.ParseEncoding(o.Offsets); err != nil {
			return p, fmt.Errorf("offsets: %w", err)
		}
	}
	if o.Language != "" {
		if p.model.Language, err = text.ParseLanguage(o.Language); err != nil || p.model.Language == text.Other {
			return p, fmt.Errorf("unknown language %q (want en or ar)", o.Language)
		}
	}
	if o.Evidence > model.MaxEvidence {
		return p, fmt.Errorf("evidence is %d (want at most %d)", o.Evidence, model.MaxEvidence)
	}
	p.model.Evidence = o.Evidence
	return p, nil
}

// Check returns what is wrong with the options, nil if nothing is.
func (o *Options) Check() error {
	_, err := o.parse()
	return err
}

// Read reads the file at path, whose format its suffix tells, and emits its
// records in order; they bear the given name instead of the path. What breaks
// the file is emitted as a last record with an error, so that one damaged file
// does not end a run; an error of emit or of the context ends the reading.
func Read(ctx context.Context, path, name string, o Options, emit func(Record) error) error {
	p, err := o.parse()
	if err != nil {
		return err
	}
	s := input.Source{Path: path}
	s.Format, s.Compression, s.Err = input.Detect(name)
	r := renamer{path, name}
	broken := func(err error) error {
		return emit(Record{Input: name, ID: name, Error: r.text(err)})
	}
	in, err := s.Open(p.fields)
	if err != nil {
		return broken(err)
	}
	defer in.Close()
	for {
		batch, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		for _, rec := range batch.Parse() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := emit(r.record(&rec)); err != nil {
				return err
			}
		}
	}
}

// renamer puts the name of a file in the place of the path of its copy.
type renamer struct{ path, name string }

func (r renamer) text(err error) string {
	s := err.Error()
	if rest, ok := strings.CutPrefix(s, r.path+":"); ok {
		return r.name + ":" + rest
	}
	return s
}

func (r renamer) record(rec *input.Record) Record {
	out := Record{Input: r.name, Line: rec.Line, ID: rec.ID, Content: rec.Content, HTML: rec.Type == text.HTML, Extra: rec.Extra}
	if rec.ID == rec.Place() {
		out.ID = r.name + strings.TrimPrefix(rec.ID, r.path)
	}
	if rec.Err != nil {
		out.Error = r.text(rec.Err)
	}
	return out
}

// Scorer scores records. It is safe for concurrent use.
type Scorer struct{ config score.Config }

// NewScorer returns a scorer with a model.
func NewScorer(m *model.Model, o Options) (*Scorer, error) {
	p, err := o.parse()
	if err != nil {
		return nil, err
	}
	return &Scorer{score.Config{
		Scorer:  &score.Local{Model: m, Options: p.model},
		Workers: 1, Unit: p.unit, Offsets: p.offsets, Append: rows.JSONL{}.Append,
	}}, nil
}

// failure is a line of what failed, as parley score --errors writes it.
type failure struct {
	Input     string `json:"input"`
	Line      int64  `json:"line,omitempty"`
	ID        string `json:"id"`
	Paragraph *int   `json:"paragraph,omitempty"`
	Error     string `json:"error"`
}

// readError is what a record says of why it could not be read.
type readError string

func (e readError) Error() string { return string(e) }

// Score hands each row of the record to row, and what could not be scored to
// bad, both as JSON without a line feed.
func (s *Scorer) Score(ctx context.Context, r *Record, row, bad func(line []byte)) error {
	rec := input.Record{Input: r.Input, Line: r.Line, ID: r.ID, Content: r.Content, Extra: r.Extra}
	if r.HTML {
		rec.Type = text.HTML
	}
	if len(r.Extra) == 0 {
		rec.Extra = nil
	}
	if r.Error != "" {
		rec.Err = readError(r.Error)
	}
	items, err := s.config.Record(ctx, &rec)
	if err != nil {
		return err
	}
	for i := range items {
		item := &items[i]
		switch item.Kind {
		case score.Scored:
			row(item.Encoded[:len(item.Encoded)-1])
		case score.Failed, score.Unreadable:
			f := failure{Input: item.Input, Line: item.Line, ID: item.ID, Error: item.Err.Error()}
			if item.Paragraph >= 0 {
				f.Paragraph = &item.Paragraph
			}
			line, err := json.Marshal(f)
			if err != nil {
				return err
			}
			bad(line)
		}
	}
	return nil
}
