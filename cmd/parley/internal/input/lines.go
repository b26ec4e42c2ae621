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

	again []byte // read, but to be read again from at on
	at    int
	spare int // bytes that may still be read again
}

// Lines may be read again maxReread times on average, lest hostile quotes take
// quadratic time; at the end of that, quotes join no lines for a while.
const maxReread = 4

// splitter tells whether a line end that has been read ends the row, or stands
// within a quoted field.
type splitter interface {
	// feed reads a stretch of the row, which goes on if open.
	feed(data []byte) (open bool)
	// reset begins a new row.
	reset()
	// joins reports whether several lines that feed took for one row are one; row
	// is nil if they did not end, or became too long.
	joins(row []byte) bool
}

// everyLine is the splitter of JSONL.
type everyLine struct{}

func (everyLine) feed([]byte) bool  { return false }
func (everyLine) reset()            {}
func (everyLine) joins([]byte) bool { return true }

func newLines(s *Source, in io.Reader, parse func([]line) []Record, closers *closeAll) *lines {
	return &lines{source: s, in: bufio.NewReaderSize(in, 256<<10), split: everyLine{}, parse: parse, closers: closers, spare: maxReread * MaxRow}
}

// Next returns the rows up to a bound, or those that can be had without waiting.
func (l *lines) Next() (Batch, error) {
	var (
		rows []line
		size int
	)
	for len(rows) < batchRows && size < batchBytes && l.err == nil {
		if len(rows) > 0 && l.at == len(l.again) && l.in.Buffered() == 0 {
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

// rawRow reads the next row, blank or not: a line, or several that quotes join.
func (l *lines) rawRow() (line, error) {
	row := line{number: l.number + 1}
	first := 0       // the length of the first line, if the row goes on behind it
	partial := false // a part of a line was read
	l.split.reset()
	for {
		part, err := l.part()
		switch {
		case row.err != nil:
		case len(row.data)+len(part) <= MaxRow:
			row.data = append(row.data, part...)
		case first > 0 && !l.split.joins(nil):
			return l.firstLine(row, first, part), nil
		default:
			row.data = nil
			row.err = fmt.Errorf("row is longer than %d MiB", MaxRow>>20)
		}
		open := l.split.feed(part) && l.spare > 0
		if partial = partial || len(part) > 0; err == bufio.ErrBufferFull {
			continue
		}
		if partial && (err == nil || err == io.EOF) {
			l.number++
			partial = false
		}
		switch {
		case first > 0 && (err != nil && open && !l.split.joins(nil) || !open && !l.split.joins(row.data)):
			return l.firstLine(row, first, nil), nil
		case open && err == io.EOF && l.split.joins(nil):
			row.data, row.err = nil, fmt.Errorf("a quoted field that begins here is never closed, and takes all to line %d with it", l.number)
			return row, err
		case err != nil || !open || row.err != nil && !l.split.joins(nil):
			return row, err
		case first == 0:
			first = len(row.data)
		}
	}
}

// part reads on to the end of the line, or less with bufio.ErrBufferFull.
func (l *lines) part() ([]byte, error) {
	rest := l.again[l.at:]
	if n := bytes.IndexByte(rest, '\n') + 1; n > 0 {
		l.at += n
		return rest[:n], nil
	}
	l.again, l.at = nil, 0
	if len(rest) > 0 {
		return rest, bufio.ErrBufferFull
	}
	part, err := l.in.ReadSlice('\n')
	l.spare = min(l.spare+maxReread*len(part), maxReread*MaxRow)
	return part, err
}

// firstLine returns the first line of what is no row of several lines. The lines
// behind it, and the part that comes after them, are to be read again.
func (l *lines) firstLine(row line, first int, part []byte) line {
	n := len(row.data) - first + len(part)
	if l.again != nil {
		l.at -= n
	} else {
		l.again = append(bytes.Clone(row.data[first:]), part...)
	}
	l.spare -= n
	l.number = row.number
	row.data = bytes.Clone(row.data[:first]) // and not what stood behind it
	return row
}
