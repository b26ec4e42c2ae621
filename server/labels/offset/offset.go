// Package offset turns offsets that callers and annotation tools send, in
// whatever unit they count, into byte offsets.
package offset

import (
	"fmt"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model/text"
)

// ToBytes turns a span of s that is counted in units of enc into byte offsets.
// The error says what is wrong with a span that is empty, lies outside s or
// cuts a character.
func ToBytes(s string, enc text.Encoding, start, end int64) (text.Span, error) {
	unit := map[text.Encoding]string{text.UTF8: "bytes", text.UTF16: "UTF-16 units", text.UTF32: "characters"}[enc]
	if start < 0 || end <= start {
		return text.Span{}, fmt.Errorf("the span %d to %d is empty or negative", start, end)
	}
	from, ok := byteOffset(s, enc, start)
	if ok {
		var to int
		if to, ok = byteOffset(s, enc, end); ok {
			return text.Span{Start: from, End: to}, nil
		}
	}
	total := int64(text.Offset(s, len(s), enc))
	if end > total {
		return text.Span{}, fmt.Errorf("the span %d to %d ends after the text, which has %d %s", start, end, total, unit)
	}
	return text.Span{}, fmt.Errorf("the span %d to %d cuts a character when counted in %s", start, end, unit)
}

// byteOffset returns the byte at which unit n begins; false if none does.
func byteOffset(s string, enc text.Encoding, n int64) (int, bool) {
	if enc == text.UTF8 {
		return int(min(n, int64(len(s)))), n <= int64(len(s)) && (n == int64(len(s)) || utf8.RuneStart(s[n]))
	}
	var units int64
	for i, r := range s {
		if units >= n {
			return i, units == n
		}
		if units++; r > 0xFFFF && enc == text.UTF16 {
			units++
		}
	}
	return len(s), units == n
}
