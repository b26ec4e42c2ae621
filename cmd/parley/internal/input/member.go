package input

import (
	"bytes"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// member is a field of a JSON object.
type member struct {
	name  []byte
	value []byte // as it stands in the object
	plain bool   // the value is a string without escapes
}

// kind names the type of the value; it is empty where there is none.
func (m *member) kind() string {
	if len(m.value) == 0 {
		return ""
	}
	switch m.value[0] {
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
func (m *member) text() []byte { return unquote(m.value, m.plain) }

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
		end, plain := skipString(obj, i)
		if end < 0 {
			return false
		}
		m.name = unquote(obj[i:end], plain)
		if i = skipSpace(obj, end); i == len(obj) || obj[i] != ':' {
			return false
		}
		i = skipSpace(obj, i+1)
		if end, m.plain = skipString(obj, i); end < 0 {
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

// skipString returns where the JSON string that begins at i ends, and whether it
// is free of escapes; -1 if there is none.
func skipString(s []byte, i int) (end int, plain bool) {
	if i == len(s) || s[i] != '"' {
		return -1, false
	}
	plain = true
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1, plain
		case c < ' ':
			return -1, false
		case c == '\\':
			plain = false
			if i++; i == len(s) {
				return -1, false
			}
			if s[i] == 'u' {
				if _, ok := hex4(s[i+1:]); !ok {
					return -1, false
				}
				i += 4
			} else if escapes[s[i]] == 0 {
				return -1, false
			}
		}
	}
	return -1, false
}

// skipOther returns where a JSON value other than a string that begins at i ends,
// if it is one.
func skipOther(s []byte, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			end, _ := skipString(s, i)
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

// escapes are the characters that stand for others behind a backslash.
var escapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// unquote returns what a JSON string stands for; it may be a part of value. Each
// byte of invalid UTF-8 and each unpaired surrogate becomes U+FFFD.
func unquote(value []byte, plain bool) []byte {
	body := value[1 : len(value)-1]
	if !utf8.Valid(body) {
		var s string
		_ = json.Unmarshal(value, &s) // it is a string
		return []byte(s)
	}
	if plain {
		return body
	}
	out := make([]byte, 0, len(body))
	for {
		i := bytes.IndexByte(body, '\\')
		if i < 0 {
			return append(out, body...)
		}
		out = append(out, body[:i]...)
		c := body[i+1]
		body = body[i+2:]
		if c != 'u' {
			out = append(out, escapes[c])
			continue
		}
		r, _ := hex4(body)
		body = body[4:]
		if utf16.IsSurrogate(r) {
			low, ok := rune(0), false
			if bytes.HasPrefix(body, []byte(`\u`)) {
				low, ok = hex4(body[2:])
			}
			if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
				body = body[6:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
}

// hex4 reads the four hexadecimal digits at the beginning of s.
func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
