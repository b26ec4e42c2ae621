package input

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// jsonRows parses rows of JSONL.
func jsonRows(name string, fields Fields) func([]line) []Record {
	return func(rows []line) []Record {
		records := make([]Record, len(rows))
		for i, row := range rows {
			rec := &records[i]
			rec.Input, rec.Line = name, row.number
			rec.ID = rec.Place()
			if row.err != nil {
				rec.Err = row.err
				continue
			}
			if err := fields.parseJSON(rec, row.data); err != nil {
				rec.Content, rec.Err = nil, err
			}
		}
		return records
	}
}

// member is a field of an object with its value as it stands in the row.
type member struct {
	name  string
	value []byte
}

// parseJSON fills in the record from an object.
func (f *Fields) parseJSON(rec *Record, row []byte) error {
	row = bytes.TrimSpace(row)
	if !json.Valid(row) {
		var v json.RawMessage
		return fmt.Errorf("not JSON: %w", json.Unmarshal(row, &v))
	}
	if row[0] != '{' {
		return fmt.Errorf("row is a JSON %s, want an object", kind(row))
	}
	var extra []member
	found := false
	for m := range members(row) {
		switch {
		case m.name == f.Text:
			if kind(m.value) != "string" {
				return fmt.Errorf("field %q is %s, want a string", f.Text, kind(m.value))
			}
			rec.Content, found = []byte(unquote(m.value)), true
		case m.name == f.ID:
			switch kind(m.value) {
			case "string":
				rec.ID = unquote(m.value)
			case "number":
				rec.ID = string(m.value)
			case "null":
			default:
				return fmt.Errorf("field %q is %s, want a string or a number", f.ID, kind(m.value))
			}
		case f.passes(m.name):
			extra = append(extra, m)
		}
	}
	if !found {
		return fmt.Errorf("field %q is missing", f.Text)
	}
	rec.Extra = object(extra)
	return nil
}

// kind names the type of a valid JSON value.
func kind(value []byte) string {
	switch value[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

// members yields the fields of a valid JSON object in their order.
func members(obj []byte) func(func(member) bool) {
	return func(yield func(member) bool) {
		i := 1
		for {
			i = skipSpace(obj, i)
			if obj[i] == '}' {
				return
			}
			if obj[i] == ',' {
				i++
				continue
			}
			end := skipValue(obj, i)
			name := unquote(obj[i:end])
			i = skipSpace(obj, skipSpace(obj, end)+1)
			end = skipValue(obj, i)
			if !yield(member{name, obj[i:end]}) {
				return
			}
			i = end
		}
	}
}

func skipSpace(s []byte, i int) int {
	for s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r' {
		i++
	}
	return i
}

// skipValue returns where the valid JSON value that begins at i ends.
func skipValue(s []byte, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
			if depth < 0 {
				return i
			}
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
			continue
		default:
			if depth > 0 {
				continue
			}
			for i < len(s) && strings.IndexByte(",:}] \t\r\n", s[i]) < 0 {
				i++
			}
			return i
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// unquote returns the value of a valid JSON string; invalid UTF-8 in it becomes
// U+FFFD.
func unquote(value []byte) string {
	body := value[1 : len(value)-1]
	if bytes.IndexByte(body, '\\') < 0 && utf8.Valid(body) {
		return string(body)
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return "" // cannot be: the row was checked
	}
	return s
}

// object writes members as a JSON object with sorted keys; of two with the same
// name the last one counts.
func object(members []member) []byte {
	if len(members) == 0 {
		return nil
	}
	sort.SliceStable(members, func(i, j int) bool { return members[i].name < members[j].name })
	var b bytes.Buffer
	for i, m := range members {
		if i+1 < len(members) && members[i+1].name == m.name {
			continue
		}
		if b.Len() == 0 {
			b.WriteByte('{')
		} else {
			b.WriteByte(',')
		}
		writeJSON(&b, m.name)
		b.WriteByte(':')
		if c := m.value[0]; (c == '{' || c == '[') && json.Compact(&b, m.value) == nil {
			continue
		}
		b.Write(m.value)
	}
	b.WriteByte('}')
	return bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD"))
}

// writeJSON writes a string without escaping it for HTML.
func writeJSON(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if e.Encode(s) == nil { // a string always encodes
		b.Truncate(b.Len() - 1)
	}
}
