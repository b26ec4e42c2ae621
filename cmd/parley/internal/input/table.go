package input

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/cmd/parley/internal/jsonstring"
)

// quotes follows the quoting of RFC 4180, so that rows can be told apart
// before they are parsed. A quote counts only at the beginning of a field; a
// malformed quoted field ends with its line.
type quotes struct {
	comma byte
	state quoteState
	isRow func(lines []byte) bool // whether several lines are one row; nil for always
}

type quoteState uint8

const (
	fieldStart quoteState = iota
	bare
	inQuotes
	quoteInQuotes
)

func (q *quotes) reset() { q.state = fieldStart }

func (q *quotes) joins(row []byte) bool { return q.isRow == nil || row != nil && q.isRow(row) }

func (q *quotes) feed(data []byte) (open bool) {
	s := q.state
	for _, c := range data {
		switch s {
		case fieldStart:
			if c == '"' {
				s = inQuotes
			} else if c != q.comma {
				s = bare
			}
		case bare:
			if c == q.comma {
				s = fieldStart
			}
		case inQuotes:
			if c == '"' {
				s = quoteInQuotes
			}
		case quoteInQuotes:
			switch c {
			case '"':
				s = inQuotes
			case q.comma:
				s = fieldStart
			default:
				s = bare
			}
		}
	}
	q.state = s
	return s == inQuotes
}

// tableRows parses rows of CSV or TSV.
type tableRows struct {
	name    string
	comma   byte
	fields  Fields
	columns []string // names, distinct and not empty
	text    int      // columns of the text and the id; id is -1 if there is none
	id      int
	extra   []int // columns that go through, sorted by name
}

// newTable reads the header and returns the reader of the rows below it.
func newTable(s *Source, in io.Reader, fields Fields, closers *closeAll) (Reader, error) {
	t := &tableRows{name: s.Name(), comma: ',', fields: fields}
	split := &quotes{}
	if s.Format == TSV {
		t.comma, split.isRow = '\t', t.isRow
	}
	split.comma = t.comma
	l := newLines(s, in, t.parse, closers)
	l.split = split
	head, err := l.row()
	if err != nil && err != io.EOF {
		return nil, err
	}
	if err == io.EOF {
		l.err = io.EOF
	}
	if head.err != nil {
		return nil, fmt.Errorf("header: %w", head.err)
	}
	if head.data == nil {
		return l, nil // an empty file
	}
	names, err := t.split(head.data)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	return l, t.setColumns(names)
}

// setColumns finds the text and the id among the names of the header. Columns
// without a name are called column_2 by their place, and of two with one name
// the later is called name_2.
func (t *tableRows) setColumns(names []string) error {
	t.id = slices.Index(names, t.fields.ID)
	t.text = slices.Index(names, t.fields.Text)
	if t.text < 0 {
		return fmt.Errorf("no column %q (there are %s; say --text-field)", t.fields.Text, quoted(names))
	}
	taken, copies := map[string]bool{}, map[string]int{}
	for i, name := range names {
		if name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		unique := name
		for taken[unique] {
			copies[name] = max(copies[name], 1) + 1
			unique = fmt.Sprintf("%s_%d", name, copies[name])
		}
		taken[unique] = true
		names[i] = unique
		if i != t.text && i != t.id && t.fields.passes(unique) {
			t.extra = append(t.extra, i)
		}
	}
	t.columns = names
	slices.SortFunc(t.extra, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	return nil
}

// quoted lists names for a message, at most the first ten.
func quoted(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i == 10 {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", clip(n))
	}
	return b.String()
}

// clip shortens a name that came from a file to what a message can show.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}

func (t *tableRows) parse(rows []line) []Record {
	records := make([]Record, len(rows))
	for i, row := range rows {
		rec := &records[i]
		rec.Input, rec.Line = t.name, row.number
		if rec.Err = row.err; rec.Err == nil {
			rec.Err = t.fill(rec, row.data)
		}
		rec.nameByPlace()
		if n := bytes.Count(bytes.TrimSpace(row.data), []byte{'\n'}); rec.Err != nil && n > 0 {
			rec.Err = fmt.Errorf("%w (by its quotes it goes on to line %d)", rec.Err, row.number+int64(n))
		}
	}
	return records
}

// fill sets the record from the fields of a row.
func (t *tableRows) fill(rec *Record, row []byte) error {
	values, err := t.split(row)
	if err != nil {
		return err
	}
	if len(values) != len(t.columns) {
		return fmt.Errorf("row has %d fields, the header %d", len(values), len(t.columns))
	}
	rec.Content = []byte(values[t.text])
	if t.id >= 0 && values[t.id] != "" {
		rec.ID = strings.ToValidUTF8(values[t.id], "\uFFFD")
	}
	if len(t.extra) == 0 {
		return nil
	}
	for i, c := range t.extra {
		rec.Extra = append(rec.Extra, "{,"[min(i, 1)])
		rec.Extra = jsonstring.Append(rec.Extra, t.columns[c])
		rec.Extra = append(rec.Extra, ':')
		rec.Extra = jsonstring.AppendValid(rec.Extra, strings.ToValidUTF8(values[c], "\uFFFD"))
	}
	rec.Extra = append(rec.Extra, '}')
	return nil
}

// isRow reports whether several lines of TSV are a row by their quotes, and not
// lines of a file without quotes, some fields of which happen to begin with one:
// of those each has the columns of the header.
func (t *tableRows) isRow(lines []byte) bool {
	values, err := t.splitQuoted(lines)
	if err != nil || t.columns == nil {
		return err == nil
	}
	if len(values) != len(t.columns) {
		return false
	}
	if len(t.columns) == 1 {
		return true
	}
	for line := range bytes.Lines(lines) {
		if bytes.Count(line, []byte{'\t'}) != len(t.columns)-1 {
			return true
		}
	}
	return false
}

// splitQuoted returns the fields of a row by the quotes of CSV. Line ends within
// quotes stay as they are, so that offsets are those of the file: encoding/csv
// would leave out a carriage return, but not a NUL, which no text holds.
func (t *tableRows) splitQuoted(row []byte) ([]string, error) {
	body := bytes.TrimRight(row, "\r\n")
	hidden := bytes.Contains(body, crlf) && bytes.IndexByte(body, 0) < 0
	if hidden {
		row = bytes.ReplaceAll(body, crlf, hiddenCRLF)
	}
	r := csv.NewReader(bytes.NewReader(row))
	r.Comma = rune(t.comma)
	r.FieldsPerRecord = -1
	values, err := r.Read()
	if hidden {
		for i := range values {
			values[i] = strings.ReplaceAll(values[i], string(hiddenCRLF), string(crlf))
		}
	}
	return values, err
}

var crlf, hiddenCRLF = []byte("\r\n"), []byte("\x00\n")

// split returns the fields of one row. TSV is written both with the quotes of
// CSV and without any; a line whose quotes do not add up is taken without.
func (t *tableRows) split(row []byte) ([]string, error) {
	values, err := t.splitQuoted(row)
	if err == nil {
		return values, nil
	}
	if t.comma == '\t' && !bytes.ContainsRune(row[:len(row)-1], '\n') {
		return strings.Split(strings.TrimRight(string(row), "\r\n"), "\t"), nil
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		err = parse.Err
	}
	return nil, fmt.Errorf("not CSV: %w", err)
}
