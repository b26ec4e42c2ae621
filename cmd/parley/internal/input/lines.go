package input

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// line is a row as it stands in the file.
type line struct {
	number int64 // of its first line in the file, from 1
	data   []byte
	err    error // the row is too long
}

// lines reads rows that are separated by line ends. Parsing them is left to
// the batches.
type lines struct {
	source  *Source
	in      *bufio.Reader
	split   splitter
	parse   func([]line) []Record
	closers *closeAll

	number int64 // lines read so far
	count  int64 // rows returned so far
	err    error // met after rows that are still to be returned
}

// splitter tells whether a line end that has been read ends the row, or stands
// within a quoted field.
type splitter interface {
	// feed reads a stretch of the row, which goes on if open.
	feed(data []byte) (open bool)
	// reset begins a new row.
	reset()
}

// everyLine is the splitter of JSONL.
type everyLine struct{}

func (everyLine) feed([]byte) bool { return false }
func (everyLine) reset()           {}

func newLines(s *Source, in io.Reader, parse func([]line) []Record, closers *closeAll) *lines {
	return &lines{source: s, in: bufio.NewReaderSize(in, 256<<10), split: everyLine{}, parse: parse, closers: closers}
}

// Next returns the rows up to a bound, or those that can be had without waiting.
func (l *lines) Next() (Batch, error) {
	var (
		rows []line
		size int
	)
	for len(rows) < batchRows && size < batchBytes && l.err == nil {
		if len(rows) > 0 && l.in.Buffered() == 0 {
			break
		}
		row, err := l.row()
		if err != nil {
			l.err = err
		}
		if row.data != nil || row.err != nil {
			rows = append(rows, row)
			size += len(row.data)
		}
	}
	if len(rows) == 0 {
		if l.err == io.EOF {
			return Batch{}, io.EOF
		}
		return Batch{}, fmt.Errorf("%s: line %d: %w", l.source.Name(), l.number+1, l.err)
	}
	b := Batch{First: l.count, Len: len(rows), Size: size, Parse: func() []Record { return l.parse(rows) }}
	l.count += int64(len(rows))
	return b, nil
}

// Close closes the file.
func (l *lines) Close() error { return l.closers.Close() }

// row reads the next row that is not blank. Of a row that is too long only the
// place is kept. A row that a read error cuts off is not returned.
func (l *lines) row() (line, error) {
	for {
		row, err := l.rawRow()
		if err != nil && err != io.EOF {
			return line{}, err
		}
		if row.err != nil || len(bytes.TrimSpace(row.data)) > 0 {
			return row, err
		}
		if err != nil {
			return line{}, err
		}
	}
}

func (l *lines) rawRow() (line, error) {
	row := line{number: l.number + 1}
	l.split.reset()
	for {
		part, err := l.in.ReadSlice('\n')
		switch {
		case row.err != nil:
		case len(row.data)+len(part) > MaxRow:
			row.data = nil
			row.err = fmt.Errorf("row is longer than %d MiB", MaxRow>>20)
		default:
			row.data = append(row.data, part...)
		}
		open := l.split.feed(part)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			if len(part) > 0 {
				l.number++
			}
			if open && err == io.EOF {
				row.data, row.err = nil, fmt.Errorf("a quoted field that begins here is never closed, and takes all to line %d with it", l.number)
			}
			return row, err
		}
		l.number++
		if !open {
			return row, nil
		}
	}
}
