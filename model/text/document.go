package text

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model/text/eight"
)

// ErrBinary says that the content is not text. It is returned when the decoded content holds a NUL, or when more than
// one in ten of its bytes is a control character other than tab, line ends and escape. Invalid UTF-8 alone is never
// binary: Latin-1 prose decodes to text with replacement characters in it. UTF-16 without a byte order mark, UTF-32,
// images and archives all hold NULs.
var ErrBinary = errors.New("content is binary, not text")

// ContentType says how content is written.
type ContentType uint8

// The content types; the zero value is Plain.
const (
	Plain ContentType = iota // readable text as it is
	HTML                     // markup, of which the visible text is read
)

// String returns the MIME type.
func (t ContentType) String() string {
	switch t {
	case Plain:
		return "text/plain"
	case HTML:
		return "text/html"
	default:
		return fmt.Sprintf("ContentType(%d)", uint8(t))
	}
}

// Document is the readable text of some content and the way back to it. It is immutable but for Text, which callers
// must leave alone.
type Document struct {
	// Text is the readable text, always valid UTF-8, without byte order mark or NUL.
	Text string

	raw    string   // the content decoded to UTF-8, markup included; Text itself for Plain
	bom    int      // 1 when the content began with a byte order mark
	bytes  *offsets // raw to content; nil is the identity
	markup *offsets // Text to raw; nil is the identity
}

// Decode reads content as UTF-8, or as UTF-16 when it begins with a UTF-16 byte order mark, and for HTML extracts the
// visible text. Each byte of invalid UTF-8, each unpaired surrogate and an odd last byte of UTF-16 becomes one U+FFFD.
// A charset named inside HTML is not followed. Empty content gives an empty document. The only error is ErrBinary; an
// unknown content type is read as Plain.
func Decode(content []byte, t ContentType) (*Document, error) {
	var d Document
	switch {
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}):
		d.fromUTF16(content, func(i int) uint16 { return uint16(content[i]) | uint16(content[i+1])<<8 })
	case bytes.HasPrefix(content, []byte{0xFE, 0xFF}):
		d.fromUTF16(content, func(i int) uint16 { return uint16(content[i])<<8 | uint16(content[i+1]) })
	case utf8.Valid(content):
		d.fromValid(string(content))
	default:
		d.fromInvalid(content)
	}
	return d.read(t)
}

// DecodeString is [Decode] for content that is known to be valid UTF-8, which it neither checks nor copies.
func DecodeString(content string, t ContentType) (*Document, error) {
	var d Document
	d.fromValid(content)
	return d.read(t)
}

// read sets Text from raw.
func (d *Document) read(t ContentType) (*Document, error) {
	if IsBinary(d.raw) {
		return nil, ErrBinary
	}
	d.Text = d.raw
	if t == HTML {
		d.markup = readHTML(d.raw)
		d.Text = d.markup.text
	}
	return d, nil
}

// Source returns the byte offset in the content at which the character at byte offset i of Text begins. It never
// decreases as i grows; len(Text) gives the length of the content. An i outside 0..len(Text) is moved to the nearer end.
func (d *Document) Source(i int) int {
	i = max(0, min(i, len(d.Text)))
	if d.markup != nil {
		i = d.markup.start(i)
	}
	if d.bytes != nil {
		i = d.bytes.start(i)
	}
	return i
}

// SourceSpan returns the bytes [start,end) of the content that hold the span [a,b) of Text. Unlike Source(b), end is
// the end of the last character of the span: an entity is wholly inside, a tag that follows is outside. A span that is
// empty or reversed gives start == end == Source(a).
func (d *Document) SourceSpan(a, b int) (start, end int) {
	a, b = d.rawSpan(a, b)
	if d.bytes == nil {
		return a, b
	}
	if a == b {
		a = d.bytes.start(a)
		return a, a
	}
	return d.bytes.start(a), d.bytes.end(b)
}

// rawSpan maps a span of Text to one of raw.
func (d *Document) rawSpan(a, b int) (start, end int) {
	a = max(0, min(a, len(d.Text)))
	b = max(a, min(b, len(d.Text)))
	if d.markup == nil {
		return a, b
	}
	if a == b {
		a = d.markup.start(a)
		return a, a
	}
	return d.markup.start(a), d.markup.end(b)
}

// byteOrderMark may begin UTF-8.
const byteOrderMark = "\uFEFF"

// fromValid sets raw and its map from valid UTF-8. Without a byte order mark it needs no map.
func (d *Document) fromValid(content string) {
	d.raw = strings.TrimPrefix(content, byteOrderMark)
	if skip := len(content) - len(d.raw); skip > 0 {
		d.bom = 1
		d.bytes = &offsets{text: d.raw, size: len(content), runs: []run{{source: skip}}}
	}
}

// fromInvalid sets raw and its map from what is not quite UTF-8.
func (d *Document) fromInvalid(content []byte) {
	body := bytes.TrimPrefix(content, []byte(byteOrderMark))
	skip := len(content) - len(body)
	d.bom = min(skip, 1)
	var b builder
	b.text = make([]byte, 0, len(body)+len(body)/4)
	for i := 0; i < len(body); {
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			b.mark(skip+i, invalid)
		} else {
			b.mark(skip+i, verbatim)
		}
		b.text = utf8.AppendRune(b.text, r)
		i += n
	}
	d.bytes = b.offsets(len(content))
	d.raw = d.bytes.text
}

// fromUTF16 sets raw and its map from content that begins with a byte order mark; unit reads two bytes of it.
func (d *Document) fromUTF16(content []byte, unit func(int) uint16) {
	d.bom = 1
	var b builder
	b.text = make([]byte, 0, len(content))
	i := 2
	for i+1 < len(content) {
		b.mark(i, wide)
		r := rune(unit(i))
		i += 2
		if utf16.IsSurrogate(r) {
			pair := utf8.RuneError
			if i+1 < len(content) {
				pair = utf16.DecodeRune(r, rune(unit(i)))
			}
			if r = pair; r != utf8.RuneError {
				i += 2
			}
		}
		b.text = utf8.AppendRune(b.text, r)
	}
	if i < len(content) {
		b.mark(i, 1)
		b.text = utf8.AppendRune(b.text, utf8.RuneError)
	}
	d.bytes = b.offsets(len(content))
	d.raw = d.bytes.text
}

// IsBinary applies the rule of [ErrBinary] to valid UTF-8.
func IsBinary(s string) bool {
	if !hasControls(s) {
		return false
	}
	if strings.IndexByte(s, 0) >= 0 {
		return true
	}
	controls := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && (c < '\t' || c > '\r') && c != 0x1B || c == 0x7F {
			controls++
		}
	}
	return controls*10 > len(s)
}

// hasControls reports whether s has a control character of ASCII; most texts of a row have none.
func hasControls(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := eight.At(s, i)
		if eight.Below(x, ' ')|eight.Equal(x, 0x7F) != 0 {
			return true
		}
	}
	for ; i < len(s); i++ {
		if s[i] < ' ' || s[i] == 0x7F {
			return true
		}
	}
	return false
}
