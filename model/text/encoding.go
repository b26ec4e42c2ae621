package text

import (
	"fmt"
	"unicode/utf8"
)

// Encoding is the unit in which offsets are counted.
type Encoding uint8

// The encodings; the zero value is UTF8.
const (
	UTF8  Encoding = iota // bytes
	UTF16                 // 16-bit code units, as JavaScript, Java and C# count
	UTF32                 // code points, as Python counts
)

// String returns "utf8", "utf16" or "utf32".
func (e Encoding) String() string {
	switch e {
	case UTF8:
		return "utf8"
	case UTF16:
		return "utf16"
	case UTF32:
		return "utf32"
	default:
		return fmt.Sprintf("Encoding(%d)", uint8(e))
	}
}

// ParseEncoding is the inverse of String; any other name is an error.
func ParseEncoding(s string) (Encoding, error) {
	for e := UTF8; e <= UTF32; e++ {
		if s == e.String() {
			return e, nil
		}
	}
	return 0, fmt.Errorf("unknown encoding %q (want utf8, utf16 or utf32)", s)
}

// Converter turns byte offsets of one string into offsets in code units. Offsets asked for in ascending order cost one
// pass over the string together; one that goes back starts again from the front. An invalid byte counts as one unit.
type Converter struct {
	s        string
	e        Encoding
	at, unit int // byte offset reached, and the units before it
}

// NewConverter returns a converter for the offsets of s. An unknown encoding counts bytes.
func NewConverter(s string, e Encoding) Converter { return Converter{s: s, e: e} }

// Offset returns how many units of the encoding stand before byte offset i. An i inside a character counts up to the
// beginning of that character (except in bytes); an i outside 0..len(s) is moved to the nearer end.
func (c *Converter) Offset(i int) int {
	i = max(0, min(i, len(c.s)))
	if c.e != UTF16 && c.e != UTF32 {
		return i
	}
	if i < c.at {
		c.at, c.unit = 0, 0
	}
	for c.at < i {
		n := 1
		if c.s[c.at] >= utf8.RuneSelf {
			if _, n = utf8.DecodeRuneInString(c.s[c.at:]); c.at+n > i {
				break
			}
			if n == 4 && c.e == UTF16 {
				c.unit++
			}
		}
		c.at += n
		c.unit++
	}
	return c.unit
}

// Span converts both ends of a span.
func (c *Converter) Span(s Span) Span { return Span{c.Offset(s.Start), c.Offset(s.End)} }

// Offset converts one byte offset of s as [Converter.Offset] does. It walks s up to i each time.
func Offset(s string, i int, e Encoding) int {
	c := NewConverter(s, e)
	return c.Offset(i)
}

// Locator turns spans of a document's Text into offsets in the content as it was sent:
//
//   - UTF8 counts bytes of the content, whatever it was encoded in, as [Document.SourceSpan] does;
//   - UTF16 and UTF32 count code units and code points of the decoded content, markup included, in which a byte order
//     mark is one unit and each invalid byte one U+FFFD.
//
// Spans located in ascending order cost one pass over the content together.
type Locator struct {
	doc *Document
	c   Converter
}

// Locator returns a locator that answers in units of e.
func (d *Document) Locator(e Encoding) Locator { return Locator{doc: d, c: NewConverter(d.raw, e)} }

// Span returns where the characters of s, a span of Text in bytes, stand in the content. Each end is treated as by
// [Document.SourceSpan].
func (l *Locator) Span(s Span) Span {
	if l.c.e != UTF16 && l.c.e != UTF32 {
		start, end := l.doc.SourceSpan(s.Start, s.End)
		return Span{start, end}
	}
	start, end := l.doc.rawSpan(s.Start, s.End)
	located := l.c.Span(Span{start, end})
	return Span{located.Start + l.doc.bom, located.End + l.doc.bom}
}
