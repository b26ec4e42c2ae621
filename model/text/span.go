package text

import (
	"unicode/utf8"

	"github.com/parley-nlp/parley/model/text/eight"
)

// Span is a half-open range of byte offsets.
type Span struct{ Start, End int }

// Len returns the number of bytes in the span.
func (s Span) Len() int { return s.End - s.Start }

// In returns the text of the span; the span must lie inside s.
func (s Span) In(text string) string { return text[s.Start:s.End] }

// trim narrows s[start:end] to what lies between blanks.
func trim(s string, start, end int) Span {
	for start < end {
		n := blankAt(s[start:end])
		if n == 0 {
			break
		}
		start += n
	}
	for start < end {
		if c := s[end-1]; c < utf8.RuneSelf {
			if c > ' ' && c != 0x7F {
				break
			}
			end--
			continue
		}
		r, n := utf8.DecodeLastRuneInString(s[start:end])
		if !isBlank(r) {
			break
		}
		end -= n
	}
	return Span{start, end}
}

// blankAt returns the length of the blank character at the beginning of s, 0 when there is none.
func blankAt(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] <= ' ' || s[0] == 0x7F:
		return 1
	case s[0] < utf8.RuneSelf:
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s); isBlank(r) {
		return n
	}
	return 0
}

// isBlank tells whether a character shows nothing at the edge of a text: white space of any width, controls,
// zero-width and directional marks, byte order marks.
func isBlank(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r <= ' ' || r == 0x7F
	case r < 0x2000:
		return r <= 0xA0 || r == 0xAD || r == 0x034F || r == 0x061C || r == 0x1680 || r == 0x180E
	case r <= 0x206F:
		return r <= 0x200F || r >= 0x2028 && r <= 0x202F || r >= 0x205F
	default:
		return r == 0x3000 || r == 0xFEFF
	}
}

// nextLine finds the line of s that begins at i: it ends before end, and next begins the one after it. Hard says that
// the two can never share a paragraph: they stand on either side of a form feed or of U+2028 or U+2029.
func nextLine(s string, i int) (end, next int, hard bool) {
	for ; i < len(s); i++ {
		for i+8 <= len(s) {
			x := eight.At(s, i)
			found := eight.Below(x, '\r'+1) | eight.Equal(x, 0xC2) | eight.Equal(x, 0xE2)
			i += eight.First(found)
			if found != 0 {
				break
			}
		}
		if i == len(s) {
			break
		}
		switch c := s[i]; {
		case c > '\r' && c != 0xC2 && c != 0xE2 || c < '\n':
		case c == '\f':
			return i, i + 1, true
		case c == '\r' && i+1 < len(s) && s[i+1] == '\n':
			return i, i + 2, false
		case c <= '\r':
			return i, i + 1, false
		case c == 0xC2:
			if i+1 < len(s) && s[i+1] == 0x85 { // U+0085, next line
				return i, i + 2, false
			}
		case i+2 < len(s) && s[i+1] == 0x80 && (s[i+2] == 0xA8 || s[i+2] == 0xA9):
			return i, i + 3, true
		}
	}
	return i, i, false
}

// isCloser tells whether a character closes a quotation or a bracket and so belongs to the sentence before it.
func isCloser(r rune) bool {
	switch r {
	case '"', '\'', ')', ']', '}', '’', '”', '»', '›', '“', '﴾':
		return true
	default:
		return false
	}
}

// isOpener tells whether a character may stand before the first word of a sentence.
func isOpener(r rune) bool {
	switch r {
	case '"', '\'', '(', '[', '{', '‘', '“', '”', '„', '«', '‹', '¿', '¡', '-', '–', '—', '•', '*', '﴿':
		return true
	default:
		return false
	}
}

// isStop tells whether a character may end a sentence.
func isStop(r rune) bool {
	switch r {
	case '.', '!', '?', '…', '؟', '۔', '‼', '⁇', '⁈', '⁉', '。', '！', '？', '।':
		return true
	default:
		return false
	}
}
