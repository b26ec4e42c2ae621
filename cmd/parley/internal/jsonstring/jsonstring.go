// Package jsonstring reads and writes JSON strings as encoding/json does, at a
// fraction of its cost: rows of text are little else.
package jsonstring

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model/text/eight"
)

// separator is the first byte of U+2028 and U+2029, and of other characters.
const separator = 0xE2

// special marks quotes, backslashes and control characters among eight bytes.
func special(x uint64) uint64 {
	return eight.Below(x, ' ') | eight.Equal(x, '"') | eight.Equal(x, '\\')
}

// Append appends s as a JSON string. Invalid bytes become U+FFFD. The two line
// separators of Unicode are escaped, since some readers take them for the end of a
// line; nothing is escaped for HTML.
func Append(dst []byte, s string) []byte {
	if utf8.ValidString(s) {
		return AppendValid(dst, s)
	}
	dst = append(dst, '"')
	for from, i := 0, 0; i <= len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n < 2 { // an invalid byte, or the end
			dst = appendEscaped(dst, s[from:i])
			if n == 0 {
				break
			}
			dst = append(dst, `\ufffd`...)
			from = i + 1
		}
		i += n
	}
	return append(dst, '"')
}

// AppendValid is [Append] for valid UTF-8.
func AppendValid(dst []byte, s string) []byte {
	return append(appendEscaped(append(dst, '"'), s), '"')
}

const hexDigits = "0123456789abcdef"

// appendEscaped appends valid UTF-8 as it stands within a JSON string.
func appendEscaped(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); i++ {
		for i+8 <= len(s) {
			x := eight.At(s, i)
			found := special(x) | eight.Equal(x, separator)
			i += eight.First(found)
			if found != 0 {
				break
			}
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if c != separator && c != '"' && c != '\\' && c >= ' ' {
			continue
		}
		if c == separator && (s[i:i+2] != "\u2028"[:2] || s[i+2]&^1 != "\u2028"[2]) {
			continue
		}
		dst = append(dst, s[done:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		case separator:
			dst = append(dst, `\u202`...)
			dst = append(dst, hexDigits[s[i+2]&0xF])
			i += 2
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
		}
		done = i + 1
	}
	return append(dst, s[done:]...)
}

// Skip returns where the JSON string that begins at data[i] ends, and whether it
// is free of escapes; -1 if there is none.
func Skip(data []byte, i int) (end int, plain bool) {
	if i == len(data) || data[i] != '"' {
		return -1, false
	}
	plain = true
	for i++; i < len(data); i++ {
		for i+8 <= len(data) {
			found := special(binary.LittleEndian.Uint64(data[i:]))
			i += eight.First(found)
			if found != 0 {
				break
			}
		}
		if i == len(data) {
			break
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1, plain
		case c < ' ':
			return -1, false
		case c == '\\':
			plain = false
			if i++; i == len(data) {
				return -1, false
			}
			if data[i] == 'u' {
				if _, ok := hex4(data[i+1:]); !ok {
					return -1, false
				}
				i += 4
			} else if escapes[data[i]] == 0 {
				return -1, false
			}
		}
	}
	return -1, false
}

// escapes are the characters that stand for others behind a backslash.
var escapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// Value returns what a string that [Skip] has found stands for, in valid UTF-8; it
// may be a part of quoted. Each byte of invalid UTF-8 and each unpaired surrogate
// becomes U+FFFD.
func Value(quoted []byte, plain bool) []byte {
	body := quoted[1 : len(quoted)-1]
	if !utf8.Valid(body) {
		var s string
		_ = json.Unmarshal(quoted, &s) // it is a string
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
			c = (c | 0x20) - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// Mend returns a valid JSON value with U+FFFD for each unpaired surrogate in its
// strings, which strict readers refuse. It is value itself if there is none.
func Mend(value []byte) []byte {
	out := value
	for i := 0; ; {
		n := bytes.IndexByte(value[i:], '\\')
		if n < 0 {
			return out
		}
		if i += n; value[i+1] != 'u' {
			i += 2
			continue
		}
		r, _ := hex4(value[i+2:])
		at := i
		i += 6
		if !utf16.IsSurrogate(r) {
			continue
		}
		if bytes.HasPrefix(value[i:], []byte(`\u`)) {
			if low, _ := hex4(value[i+2:]); utf16.DecodeRune(r, low) != utf8.RuneError {
				i += 6
				continue
			}
		}
		if &out[0] == &value[0] {
			out = bytes.Clone(value)
		}
		copy(out[at:], `\ufffd`)
	}
}
