package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// parquetReader reads the rows of a Parquet file.
type parquetReader struct {
	source  *Source
	schema  *parquet.Schema
	groups  []parquet.RowGroup
	rows    parquet.Rows // of the group that is being read
	parse   *parquetRows
	buf     []parquet.Row
	count   int64
	closers *closeAll
}

// parquetRows turns rows into records.
type parquetRows struct {
	name   string
	schema *parquet.Schema
	fields Fields
	times  map[string]*format.LogicalType // top-level dates and times
}

// newParquet opens a Parquet file, which has to be read at any offset: what
// comes from a pipe or an archive is first copied to a temporary file.
func newParquet(s *Source, plain io.Reader, file io.Reader, fields Fields, closers *closeAll) (r Reader, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("parquet data is damaged: %v", p)
		}
	}()
	onDisk, ok := file.(*os.File)
	read := s.Read
	if s.Path == "-" || s.Compression != Plain || !ok {
		if onDisk, err = spool(plain, closers); err != nil {
			return nil, err
		}
		read = nil // counted as it was copied
	}
	info, err := onDisk.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, errors.New("not parquet: it is empty")
	}
	f, err := parquet.OpenFile(&meterAt{onDisk, read}, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("not parquet: %w", err)
	}
	p := &parquetRows{name: s.Name(), schema: f.Schema(), fields: fields, times: map[string]*format.LogicalType{}}
	if err := p.setColumns(); err != nil {
		return nil, err
	}
	return &parquetReader{source: s, schema: f.Schema(), groups: f.RowGroups(), parse: p, closers: closers}, nil
}

// meterAt counts what is read, if n is not nil.
type meterAt struct {
	io.ReaderAt
	n *atomic.Int64
}

func (m *meterAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.ReaderAt.ReadAt(p, off)
	if m.n != nil {
		m.n.Add(int64(n))
	}
	return n, err
}

// spool copies a stream to a temporary file that is gone when it is closed.
func spool(in io.Reader, closers *closeAll) (*os.File, error) {
	f, err := os.CreateTemp("", "parley-*.parquet")
	if err != nil {
		return nil, err
	}
	*closers = append(*closers, func() error { return errors.Join(f.Close(), os.Remove(f.Name())) })
	_, err = io.Copy(f, in)
	return f, err
}

// setColumns checks that the text is a column of strings, and finds dates.
func (p *parquetRows) setColumns() error {
	var names []string
	found := false
	for _, f := range p.schema.Fields() {
		names = append(names, f.Name())
		leaf := f.Leaf() && !f.Repeated()
		if f.Name() == p.fields.Text {
			found = true
			switch {
			case f.Repeated():
				return fmt.Errorf("column %q is a list, want a string", f.Name())
			case !f.Leaf():
				return fmt.Errorf("column %q is a group, want a string", f.Name())
			case f.Type().Kind() != parquet.ByteArray:
				return fmt.Errorf("column %q is %s, want a string", f.Name(), f.Type())
			}
		}
		if leaf {
			if t := f.Type().LogicalType(); t != nil {
				p.times[f.Name()] = t
			}
		}
	}
	if !found {
		return fmt.Errorf("no column %q (there are %s; say --text-field)", p.fields.Text, quoted(names))
	}
	return nil
}

// Next returns the next rows of the current row group.
func (r *parquetReader) Next() (b Batch, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = r.source.wrap(fmt.Errorf("row %d: parquet data is damaged: %v", r.count+1, p))
		}
	}()
	for {
		if r.rows == nil {
			if len(r.groups) == 0 {
				return Batch{}, io.EOF
			}
			r.rows, r.groups = r.groups[0].Rows(), r.groups[1:]
		}
		if r.buf == nil {
			r.buf = make([]parquet.Row, batchRows)
		}
		n, err := r.rows.ReadRows(r.buf)
		if n > 0 {
			return r.batch(n), nil
		}
		if err != nil && err != io.EOF {
			return Batch{}, r.source.wrap(fmt.Errorf("row %d: parquet data is damaged: %w", r.count+1, err))
		}
		if err := r.rows.Close(); err != nil {
			return Batch{}, r.source.wrap(err)
		}
		r.rows = nil
	}
}

func (r *parquetReader) batch(n int) Batch {
	rows := make([]parquet.Row, n)
	size := 0
	for i := range rows {
		rows[i] = r.buf[i].Clone()
		for _, v := range rows[i] {
			if v.Kind() == parquet.ByteArray {
				size += len(v.ByteArray())
			}
		}
	}
	first := r.count
	r.count += int64(n)
	return Batch{First: first, Len: n, Size: size, Parse: func() []Record { return r.parse.records(rows, first) }}
}

// Close closes the file.
func (r *parquetReader) Close() error {
	if r.rows != nil {
		_ = r.rows.Close() // nothing was written
	}
	return r.closers.Close()
}

func (p *parquetRows) records(rows []parquet.Row, first int64) []Record {
	records := make([]Record, len(rows))
	for i, row := range rows {
		rec := &records[i]
		rec.Input, rec.Line = p.name, first+int64(i)+1
		if rec.Err = p.fill(rec, row); rec.Err != nil {
			rec.Content = nil
		}
		rec.nameByPlace()
	}
	return records
}

func (p *parquetRows) fill(rec *Record, row parquet.Row) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("parquet row is damaged: %v", r)
		}
	}()
	values := map[string]any{}
	if err := p.schema.Reconstruct(&values, row); err != nil {
		return fmt.Errorf("parquet row is damaged: %w", err)
	}
	switch t := values[p.fields.Text].(type) {
	case string:
		rec.Content = []byte(t)
	case []byte:
		rec.Content = t
	case nil:
		return fmt.Errorf("field %q is null", p.fields.Text)
	default:
		return fmt.Errorf("field %q is %T, want a string", p.fields.Text, t)
	}
	switch id := plainValue(values[p.fields.ID], p.times[p.fields.ID]).(type) {
	case nil:
	case []any, map[string]any:
		return fmt.Errorf("field %q is a list or a group, want a string or a number", p.fields.ID)
	default:
		rec.ID = strings.ToValidUTF8(fmt.Sprint(id), "\uFFFD")
	}
	var extra []member
	for name, v := range values {
		if !p.fields.passes(name) {
			continue
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(plainValue(v, p.times[name])); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
		extra = append(extra, member{name: []byte(name), value: bytes.TrimSpace(b.Bytes())})
	}
	rec.Extra = object(extra)
	return nil
}

// plainValue turns a value into one that JSON can show: dates and times in ISO
// 8601, bytes that are text as text, NaN and the infinities as null.
func plainValue(v any, t *format.LogicalType) any {
	switch v := v.(type) {
	case int32:
		if t != nil && isDate(t) {
			return time.Unix(0, 0).UTC().AddDate(0, 0, int(v)).Format(time.DateOnly)
		}
	case int64:
		if at, ok := timestamp(v, t); ok {
			return at.UTC().Format(time.RFC3339Nano)
		}
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case float32:
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil
		}
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = plainValue(out[i], nil)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = plainValue(v[k], nil)
		}
		return out
	}
	return v
}

func isDate(t *format.LogicalType) bool {
	_, ok := t.Value.(*format.DateType)
	return ok
}

func timestamp(v int64, t *format.LogicalType) (time.Time, bool) {
	if t == nil {
		return time.Time{}, false
	}
	ts, ok := t.Value.(*format.TimestampType)
	if !ok {
		return time.Time{}, false
	}
	switch ts.Unit.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(v), true
	case *format.MicroSeconds:
		return time.UnixMicro(v), true
	}
	return time.Unix(0, v), true
}
