package input

import (
	"fmt"
	"io"

	"github.com/parley-nlp/parley/model/text"
)

// documentReader reads an input that is one document.
type documentReader struct {
	source  *Source
	in      io.Reader
	closers *closeAll
	done    bool
}

// Next returns the document once. A file that is too large or not text is an
// error of the input.
func (d *documentReader) Next() (Batch, error) {
	if d.done {
		return Batch{}, io.EOF
	}
	d.done = true
	content, err := io.ReadAll(io.LimitReader(d.in, MaxDocument+1))
	if err != nil {
		return Batch{}, d.source.wrap(err)
	}
	if len(content) > MaxDocument {
		return Batch{}, d.source.wrap(fmt.Errorf("document is larger than %d MiB (split it, or give one document a row as JSONL)", MaxDocument>>20))
	}
	t := text.Plain
	if d.source.Format == HTML {
		t = text.HTML
	}
	name := d.source.Name()
	return Batch{Len: 1, Size: len(content), Parse: func() []Record {
		return []Record{{Input: name, ID: name, Content: content, Type: t}}
	}}, nil
}

// Close closes the file.
func (d *documentReader) Close() error { return d.closers.Close() }
