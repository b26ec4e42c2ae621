package input

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/parley-nlp/parley/cmd/parley/internal/jsonstring"
)

// jsonRows parses rows of JSONL.
func jsonRows(name string, fields Fields) func([]line) []Record {
	return func(rows []line) []Record {
		records := make([]Record, len(rows))
		for i, row := range rows {
			rec := &records[i]
			rec.Input, rec.Line = name, row.number
			if rec.Err = row.err; rec.Err == nil {
				rec.Err = fields.parseJSON(rec, row.data)
			}
			rec.nameByPlace()
		}
		return records
	}
}

// parseJSON fills in the record from an object; of two fields with the same name
// the last one counts. The content may be a part of row, and is set only when there
// is no error.
func (f *Fields) parseJSON(rec *Record, row []byte) error {
	row = bytes.TrimSpace(row)
	var (
		text, id member
		extra    []member
	)
	isObject := members(row, func(m member) {
		switch {
		case string(m.name) == f.Text:
			text = m
		case string(m.name) == f.ID:
			id = m
		case f.passes(string(m.name)):
			extra = append(extra, m)
		}
	})
	if !isObject {
		var v json.RawMessage
		if err := json.Unmarshal(row, &v); err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		return fmt.Errorf("row is a JSON %s, want an object", kind(row))
	}
	switch kind(id.value) {
	case "string":
		rec.ID = string(id.text())
	case "number":
		rec.ID = string(id.value)
	case "null", "":
	default:
		return fmt.Errorf("field %q is %s, want a string or a number", f.ID, kind(id.value))
	}
	switch kind(text.value) {
	case "string":
		rec.Content, rec.UTF8 = text.text(), true
	case "":
		return fmt.Errorf("field %q is missing", f.Text)
	default:
		return fmt.Errorf("field %q is %s, want a string", f.Text, kind(text.value))
	}
	rec.Extra = object(extra)
	return nil
}

// object writes members as a JSON object with sorted keys; of two with the same
// name the last one counts.
func object(members []member) []byte {
	if len(members) == 0 {
		return nil
	}
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.name, b.name) })
	b := []byte{'{'}
	for i, m := range members {
		if i+1 < len(members) && bytes.Equal(members[i+1].name, m.name) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = jsonstring.Append(b, string(m.name))
		b = append(b, ':')
		b = append(b, jsonstring.Mend(compact(m.value))...)
	}
	b = append(b, '}')
	if !utf8.Valid(b) {
		return bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	return b
}

// compact returns a JSON value without white space.
func compact(value []byte) []byte {
	if kind(value) != "object" && kind(value) != "array" {
		return value // has none
	}
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return value // cannot be: the row was checked
	}
	return b.Bytes()
}
