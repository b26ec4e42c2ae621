package text

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEncodingNames(t *testing.T) {
	for e := UTF8; e <= UTF32; e++ {
		got, err := ParseEncoding(e.String())
		require.NoError(t, err)
		assert.Equal(t, e, got)
	}
	assert.Equal(t, "Encoding(3)", (UTF32 + 1).String(), "a new encoding needs a name")
	for _, name := range []string{"", "UTF8", "utf-8", "latin1", "Encoding(3)"} {
		_, err := ParseEncoding(name)
		assert.ErrorContains(t, err, "unknown encoding", name)
	}
}

func TestOffset(t *testing.T) {
	const s = "aé\u0301😀\r\n\u200fب\xff\xe2\x82z" // one to four bytes, marks, CRLF, two kinds of invalid bytes
	tests := []struct {
		name               string
		at                 int
		utf8, utf16, utf32 int
	}{
		{"before the text", -1, 0, 0, 0},
		{"start", 0, 0, 0, 0},
		{"after ASCII", 1, 1, 1, 1},
		{"inside two bytes", 2, 2, 1, 1},
		{"after two bytes", 3, 3, 2, 2},
		{"after a combining mark", 5, 5, 3, 3},
		{"inside an emoji", 7, 7, 3, 3},
		{"after an emoji", 9, 9, 5, 4},
		{"inside CRLF", 10, 10, 6, 5},
		{"after CRLF", 11, 11, 7, 6},
		{"after a directional mark", 14, 14, 8, 7},
		{"after Arabic", 16, 16, 9, 8},
		{"after an invalid byte", 17, 17, 10, 9},
		{"inside a cut character", 18, 18, 11, 10},
		{"after a cut character", 19, 19, 12, 11},
		{"end", 20, 20, 13, 12},
		{"behind the end", 99, 20, 13, 12},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.utf8, Offset(s, tt.at, UTF8))
			assert.Equal(t, tt.utf16, Offset(s, tt.at, UTF16))
			assert.Equal(t, tt.utf32, Offset(s, tt.at, UTF32))
			assert.Equal(t, tt.utf8, Offset(s, tt.at, UTF32+1), "unknown encoding")
		})
	}
}

func TestConverterOrder(t *testing.T) {
	const s = "سلام 😀 war and peace 😀 سلام"
	for e := UTF8; e <= UTF32; e++ {
		c := NewConverter(s, e)
		for _, i := range []int{0, 9, 9, 13, 30, 4, 0, len(s), 13} {
			assert.Equal(t, Offset(s, i, e), c.Offset(i), "%v offset %d", e, i)
		}
	}
}

func TestConverterCutsWhatOtherLanguagesCut(t *testing.T) {
	const s = "قال الأسد 😀 that e\u0301tat\r\n\u200fنعم"
	for start := range s {
		for end := range s {
			if end < start {
				continue
			}
			c := NewConverter(s, UTF16)
			span := c.Span(Span{start, end})
			assert.Equal(t, s[start:end], string(utf16.Decode(utf16.Encode([]rune(s))[span.Start:span.End])))
			c = NewConverter(s, UTF32)
			span = c.Span(Span{start, end})
			assert.Equal(t, s[start:end], string([]rune(s)[span.Start:span.End]))
		}
	}
}

func TestConverterDoesNotAllocate(t *testing.T) {
	s := strings.Repeat("سلام war ", 50)
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		c := NewConverter(s, UTF16)
		for i := range s {
			c.Offset(i)
		}
	}))
}

func TestLocator(t *testing.T) {
	tests := []struct {
		name, content, find string
		kind                ContentType
		utf8, utf16, utf32  Span
	}{
		{"plain", "سلام 😀 x", "x", Plain, Span{14, 15}, Span{8, 9}, Span{7, 8}},
		{"BOM is one unit", "\uFEFFسلام x", "x", Plain, Span{12, 13}, Span{6, 7}, Span{6, 7}},
		{"invalid byte is one unit", "\xff\xfd😀x", "x", Plain, Span{6, 7}, Span{4, 5}, Span{3, 4}},
		{"UTF-16", string(utf16Bytes("س😀x", false)), "x", Plain, Span{8, 10}, Span{4, 5}, Span{3, 4}},
		{"HTML counts markup", "<p>سلام</p><p>&amp;😀</p>", "&😀", HTML, Span{18, 27}, Span{14, 21}, Span{14, 20}},
		{"HTML with BOM", "\uFEFF<p>&lt;</p>", "<", HTML, Span{6, 10}, Span{4, 8}, Span{4, 8}},
		{"HTML in UTF-16", string(utf16Bytes("<p>😀&lt;</p>", true)), "<", HTML, Span{12, 20}, Span{6, 10}, Span{5, 9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decode(t, tt.content, tt.kind)
			at := strings.Index(d.Text, tt.find)
			require.GreaterOrEqual(t, at, 0)
			for e, want := range []Span{UTF8: tt.utf8, UTF16: tt.utf16, UTF32: tt.utf32} {
				l := d.Locator(Encoding(e))
				assert.Equal(t, want, l.Span(Span{at, at + len(tt.find)}), Encoding(e))
			}
		})
	}
}

func TestLocatorOfPlainIsConverter(t *testing.T) {
	const s = "قال: «نعم» 😀 and no"
	d := decode(t, s, Plain)
	for e := UTF8; e <= UTF32; e++ {
		l, c := d.Locator(e), NewConverter(s, e)
		for i, r := range s {
			span := Span{i, i + utf8.RuneLen(r)}
			assert.Equal(t, c.Span(span), l.Span(span))
		}
	}
}
