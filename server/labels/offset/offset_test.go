package offset_test

import (
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model/text"
	"github.com/parley-nlp/parley/server/labels/offset"
)

func TestToBytes(t *testing.T) {
	const s = "قال 😀😀 إن e\u0301 الرئيس باق\r\n"
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
		for _, part := range []string{"😀", "😀😀", "الرئيس", "باق\r\n", "e\u0301", s} {
			at := strings.Index(s, part)
			got, err := offset.ToBytes(s, enc, int64(text.Offset(s, at, enc)), int64(text.Offset(s, at+len(part), enc)))
			if err != nil || got.In(s) != part {
				t.Errorf("%q in %s: %v, %v", part, enc, got, err)
			}
		}
	}
	for _, tc := range []struct {
		name       string
		enc        text.Encoding
		start, end int64
		want       string
	}{
		{"cuts a byte", text.UTF8, 1, 4, "cuts a character when counted in bytes"},
		{"cuts a surrogate pair", text.UTF16, 5, 6, "cuts a character when counted in UTF-16 units"},
		{"too long", text.UTF32, 0, 100, "ends after the text, which has 25 characters"},
		{"negative", text.UTF32, -1, 1, "empty or negative"},
		{"huge", text.UTF16, 0, 1 << 62, "ends after the text"},
	} {
		if _, err := offset.ToBytes(s, tc.enc, tc.start, tc.end); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

func FuzzToBytes(f *testing.F) {
	f.Add("a😀ب", 1, 2, uint8(1))
	f.Fuzz(func(t *testing.T, s string, start, end int, e uint8) {
		enc := text.Encoding(e % 3)
		s = strings.ToValidUTF8(s, "?")
		span, err := offset.ToBytes(s, enc, int64(start), int64(end))
		if err != nil {
			return
		}
		c := text.NewConverter(s, enc)
		if got := c.Span(span); got.Start != start || got.End != end {
			t.Errorf("%d:%d of %q in %s became %v, which is %v", start, end, s, enc, span, got)
		}
	})
}
