package input

import (
	"encoding/json"

	"github.com/parley-nlp/parley/cmd/parley/internal/jsonstring"
)

// member is a field of a JSON object.
type member struct {
	name  []byte
	value []byte // as it stands in the object
	plain bool   // the value is a string without escapes
}

// kind names the type of a valid JSON value; it is empty for none.
func kind(value []byte) string {
	if len(value) == 0 {
		return ""
	}
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

// text returns what a string stands for.
func (m *member) text() []byte { return jsonstring.Value(m.value, m.plain) }

// members calls yield with the fields of a JSON object in their order, and reports
// whether obj is one, and nothing else, as encoding/json would. Fields before a
// fault are yielded. Long strings are what objects here are made of, so these
// are read in one pass; all other values are left to encoding/json.
func members(obj []byte, yield func(member)) bool {
	i := skipSpace(obj, 0)
	if i == len(obj) || obj[i] != '{' {
		return false
	}
	if i = skipSpace(obj, i+1); i < len(obj) && obj[i] == '}' {
		return skipSpace(obj, i+1) == len(obj)
	}
	for {
		var m member
		end, plain := jsonstring.Skip(obj, i)
		if end < 0 {
			return false
		}
		m.name = jsonstring.Value(obj[i:end], plain)
		if i = skipSpace(obj, end); i == len(obj) || obj[i] != ':' {
			return false
		}
		i = skipSpace(obj, i+1)
		if end, m.plain = jsonstring.Skip(obj, i); end < 0 {
			if end = skipOther(obj, i); !json.Valid(obj[i:end]) {
				return false
			}
		}
		m.value = obj[i:end]
		yield(m)
		if i = skipSpace(obj, end); i == len(obj) {
			return false
		}
		switch obj[i] {
		case ',':
			i = skipSpace(obj, i+1)
		case '}':
			return skipSpace(obj, i+1) == len(obj)
		default:
			return false
		}
	}
}

func skipSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// skipOther returns where a JSON value other than a string that begins at i ends,
// if it is one.
func skipOther(s []byte, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			end, _ := jsonstring.Skip(s, i)
			if end < 0 {
				return len(s)
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}
