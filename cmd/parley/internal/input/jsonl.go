package input

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// jsonRows parses rows of JSONL.
func jsonRows(name string, fields Fields) func([]line) []Record {
	return func(rows []line) []Record {
		records := make([]Record, len(rows))
		for i, row := range rows {
			rec := &records[i]
			rec.Input, rec.Line = name, row.number
			rec.Err = row.err
			if row.err == nil {
				if rec.Err = fields.parseJSON(rec, row.data); rec.Err != nil {
					rec.Content = nil
				}
			}
			rec.nameByPlace()
		}
		return records
	}
}

// parseJSON fills in the record from an object; of two fields with the same name
// the last one counts. The content may be a part of row.
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
		return fmt.Errorf("row is a JSON %s, want an object", (&member{value: row}).kind())
	}
	switch id.kind() {
	case "string":
		rec.ID = string(id.text())
	case "number":
		rec.ID = string(id.value)
	case "null", "":
	default:
		return fmt.Errorf("field %q is %s, want a string or a number", f.ID, id.kind())
	}
	switch text.kind() {
	case "string":
		rec.Content, rec.UTF8 = text.text(), true
	case "":
		return fmt.Errorf("field %q is missing", f.Text)
	default:
		return fmt.Errorf("field %q is %s, want a string", f.Text, text.kind())
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
	var b bytes.Buffer
	for i, m := range members {
		if i+1 < len(members) && bytes.Equal(members[i+1].name, m.name) {
			continue
		}
		if b.Len() == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		writeJSON(&b, string(m.name))
		b.WriteByte(':')
		if c := m.value[0]; (c == '{' || c == '[') && json.Compact(&b, m.value) == nil {
			continue
		}
		b.Write(m.value)
	}
	b.WriteByte('}')
	if !utf8.Valid(b.Bytes()) {
		return bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD"))
	}
	return b.Bytes()
}

// writeJSON writes a string without escaping it for HTML.
func writeJSON(b *bytes.Buffer, s string) {
	if isPlain(s) {
		b.WriteByte('"')
		b.WriteString(s)
		b.WriteByte('"')
		return
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if e.Encode(s) == nil { // a string always encodes
		b.Truncate(b.Len() - 1)
	}
}

// isPlain reports whether s is its own spelling in JSON; names of fields mostly
// are.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
