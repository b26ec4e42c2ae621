package rows

import "bufio"

// Appender encodes rows one by one. It holds no state, so rows can be encoded
// by many goroutines.
type Appender interface {
	// Header returns what stands before the first row.
	Header() []byte
	// Append appends the row to dst.
	Append(dst []byte, r *Row) []byte
}

// Writer writes rows in order.
type Writer interface {
	// Write writes a row; encoded is what the format's Appender made of it, nil
	// for formats that have none.
	Write(r *Row, encoded []byte) error
	// Flush passes on what is held back.
	Flush() error
	// Close writes the end of the file and flushes. It does not close what is
	// written to.
	Close() error
}

// lineWriter writes rows that were encoded beforehand.
type lineWriter struct {
	w      *bufio.Writer
	header []byte
}

// NewLineWriter returns the writer of rows that a encodes. The header is
// written even if no row follows.
func NewLineWriter(w *bufio.Writer, a Appender) Writer {
	return &lineWriter{w, a.Header()}
}

func (l *lineWriter) Write(_ *Row, encoded []byte) error {
	if err := l.begin(); err != nil {
		return err
	}
	_, err := l.w.Write(encoded)
	return err
}

func (l *lineWriter) begin() error {
	if l.header == nil {
		return nil
	}
	_, err := l.w.Write(l.header)
	l.header = nil
	return err
}

func (l *lineWriter) Flush() error { return l.w.Flush() }

func (l *lineWriter) Close() error {
	if err := l.begin(); err != nil {
		return err
	}
	return l.w.Flush()
}
