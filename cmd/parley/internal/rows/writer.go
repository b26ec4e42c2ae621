package rows

import "io"

// Appender encodes rows one by one. It holds no state, so rows can be encoded
// by many goroutines.
type Appender interface {
	// Header returns what stands before the first row.
	Header() []byte
	// Append appends the row to dst.
	Append(dst []byte, r *Row) []byte
}

// Writer writes rows in order. What it writes to is the caller's to flush and
// to close.
type Writer interface {
	// Write writes a row; encoded is what the format's Appender made of it, nil
	// for formats that have none.
	Write(r *Row, encoded []byte) error
	// Whole tells whether all rows so far have been passed on, in a way that a
	// writer for the same file can go on from there.
	Whole() bool
	// Flush passes on what a reader of the output can use already.
	Flush() error
	// Close writes the end of the file.
	Close() error
}

// lineWriter writes rows that were encoded beforehand.
type lineWriter struct {
	w      io.Writer
	header []byte
}

// NewLineWriter returns the writer of rows that a encodes. The header is
// written even if no row follows, unless the writer is resumed: then it goes on
// with a file that has one.
func NewLineWriter(w io.Writer, a Appender, resumed bool) Writer {
	l := &lineWriter{w: w}
	if !resumed {
		l.header = a.Header()
	}
	return l
}

func (l *lineWriter) Write(_ *Row, encoded []byte) error {
	if err := l.Close(); err != nil {
		return err
	}
	_, err := l.w.Write(encoded)
	return err
}

func (l *lineWriter) Whole() bool { return l.header == nil }

func (l *lineWriter) Flush() error { return nil }

func (l *lineWriter) Close() error {
	if l.header == nil {
		return nil
	}
	_, err := l.w.Write(l.header)
	l.header = nil
	return err
}
