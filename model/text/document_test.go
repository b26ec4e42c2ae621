package text

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// utf16Bytes encodes s with a byte order mark.
func utf16Bytes(s string, bigEndian bool) []byte {
	var b []byte
	for _, u := range append([]uint16{0xFEFF}, utf16.Encode([]rune(s))...) {
		if bigEndian {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

// decode decodes content that must be text.
func decode(t testing.TB, content string, kind ContentType) *Document {
	t.Helper()
	d, err := Decode([]byte(content), kind)
	require.NoError(t, err)
	return d
}

// checkDocument asserts what holds for every document: valid text, and offsets that stay inside the content and never
// go back.
func checkDocument(t testing.TB, d *Document, content []byte) {
	t.Helper()
	if !utf8.ValidString(d.Text) {
		t.Fatalf("invalid UTF-8 in %q", d.Text)
	}
	if got := d.Source(len(d.Text)); got != len(content) {
		t.Fatalf("Source(len(Text)) = %d, want %d", got, len(content))
	}
	last, lastEnd := 0, 0
	for i := range len(d.Text) {
		got := d.Source(i)
		if got < last || got > len(content) {
			t.Fatalf("Source(%d) = %d after %d, of %d bytes", i, got, last, len(content))
		}
		last = got
		start, end := d.SourceSpan(i, i+1)
		if start != got || end < start || end < lastEnd || end > len(content) {
			t.Fatalf("SourceSpan(%d, %d) = %d, %d after %d, Source %d", i, i+1, start, end, lastEnd, got)
		}
		lastEnd = end
	}
}

func TestDecodePlain(t *testing.T) {
	tests := []struct {
		name, content, text string
		offsets             []int // Source of each character and of the end
	}{
		{"empty", "", "", []int{0}},
		{"ASCII", "war", "war", []int{0, 1, 2, 3}},
		{"Arabic", "لا", "لا", []int{0, 2, 4}},
		{"CRLF stays", "a\r\nb", "a\r\nb", []int{0, 1, 2, 3, 4}},
		{"BOM", "\uFEFFab", "ab", []int{3, 4, 5}},
		{"BOM alone", "\uFEFF", "", []int{3}},
		{"second BOM is text", "\uFEFF\uFEFFa", "\uFEFFa", []int{3, 6, 7}},
		{"Latin-1", "caf\xe9 \xe0", "caf\uFFFD \uFFFD", []int{0, 1, 2, 3, 4, 5, 6}},
		{"each invalid byte", "a\xff\xfe\xfdb", "a\uFFFD\uFFFD\uFFFDb", []int{0, 1, 2, 3, 4, 5}},
		{"truncated character", "\xd8", "\uFFFD", []int{0, 1}},
		{"replacement character sent as such", "\uFFFD\xff!", "\uFFFD\uFFFD!", []int{0, 3, 4, 5}},
		{"BOM and invalid byte", "\uFEFFa\xffb", "a\uFFFDb", []int{3, 4, 5, 6}},
		{"UTF-16 little endian", string(utf16Bytes("aب😀b", false)), "aب😀b", []int{2, 4, 6, 10, 12}},
		{"UTF-16 big endian", string(utf16Bytes("aب😀b", true)), "aب😀b", []int{2, 4, 6, 10, 12}},
		{"UTF-16 odd byte", "\xff\xfea\x00b", "a\uFFFD", []int{2, 4, 5}},
		{"UTF-16 lone surrogates", "\xfe\xff\xd8\x00\xdc\x00\xdc\x00\x00a", "𐀀\uFFFDa", []int{2, 6, 8, 10}},
		{"UTF-16 surrogate at the end", "\xfe\xff\x00a\xd8\x00", "a\uFFFD", []int{2, 4, 6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decode(t, tt.content, Plain)
			assert.Equal(t, tt.text, d.Text)
			var got []int
			for i := range d.Text {
				got = append(got, d.Source(i))
			}
			assert.Equal(t, tt.offsets, append(got, d.Source(len(d.Text))))
			checkDocument(t, d, []byte(tt.content))
		})
	}
}

func TestDecodePlainKeepsNoMap(t *testing.T) {
	d := decode(t, "Plain prose, in Arabic as well: سلام", Plain)
	assert.Nil(t, d.bytes)
	assert.Nil(t, d.markup)
}

func TestDecodeMapIsCompact(t *testing.T) {
	d := decode(t, strings.Repeat("latin one \xe9\xe8 ", 100), Plain)
	assert.Len(t, d.bytes.runs, 201)
	d = decode(t, string(utf16Bytes(strings.Repeat("نص طويل ", 200), false)), Plain)
	assert.LessOrEqual(t, len(d.bytes.runs), len(d.Text)/wideRun+1)
}

func TestDecodeWideOffsets(t *testing.T) {
	s := strings.Repeat("مرحبا hello 😀 ", 100)
	d := decode(t, string(utf16Bytes(s, true)), Plain)
	require.Equal(t, s, d.Text)
	units := 0
	for i, r := range s {
		require.Equal(t, 2+2*units, d.Source(i), "offset %d", i)
		units += utf16.RuneLen(r)
	}
}

func TestDecodeBinary(t *testing.T) {
	tests := []struct {
		name, content string
		want          error
	}{
		{"NUL", "text\x00text", ErrBinary},
		{"NUL far behind", strings.Repeat("prose ", 1000) + "\x00", ErrBinary},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ErrBinary},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00", ErrBinary},
		{"UTF-16 without a mark", "a\x00b\x00", ErrBinary},
		{"UTF-32", "\xff\xfe\x00\x00a\x00\x00\x00", ErrBinary},
		{"control characters", "a\x01b\x02c\x03d\x04", ErrBinary},
		{"few control characters", "a stray \x1a in much prose", nil},
		{"terminal colours", "\x1b[1mbold\x1b[0m", nil},
		{"line ends and tabs", "\t\n\v\f\r", nil},
		{"Latin-1", "\xe9t\xe9 \xe0 No\xebl", nil},
		{"Windows-1256", "\xe3\xd1\xcd\xc8\xc7", nil},
		{"empty", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, kind := range []ContentType{Plain, HTML} {
				_, err := Decode([]byte(tt.content), kind)
				assert.ErrorIs(t, err, tt.want, kind)
			}
		})
	}
}

func TestSourceOutOfRange(t *testing.T) {
	d := decode(t, "\uFEFFabc", Plain)
	assert.Equal(t, 3, d.Source(-5))
	assert.Equal(t, 6, d.Source(99))
	start, end := d.SourceSpan(2, 99)
	assert.Equal(t, []int{5, 6}, []int{start, end})
	start, end = d.SourceSpan(2, 1)
	assert.Equal(t, []int{5, 5}, []int{start, end}, "reversed")
}

func TestSourceSpanPlain(t *testing.T) {
	const content = "a\xff\xfe b"
	d := decode(t, content, Plain)
	at := strings.Index(d.Text, "\uFFFD")
	start, end := d.SourceSpan(at, at+2*replacementSize)
	assert.Equal(t, "\xff\xfe", content[start:end])
	start, end = d.SourceSpan(at, at+1)
	assert.Equal(t, "\xff", content[start:end], "a cut character is widened")
}

func TestContentTypeString(t *testing.T) {
	assert.Equal(t, "text/plain", Plain.String())
	assert.Equal(t, "text/html", HTML.String())
	assert.Equal(t, "ContentType(7)", ContentType(7).String())
}
