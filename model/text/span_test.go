package text

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// checkSpans asserts what holds for every list of spans: sorted, apart, not empty, inside s, on rune starts, and no
// visible character left out.
func checkSpans(t testing.TB, s string, spans []Span) {
	t.Helper()
	last := 0
	for _, p := range spans {
		if p.Start < last || p.End <= p.Start || p.End > len(s) {
			t.Fatalf("span %v after %d in %q", p, last, s)
		}
		if gap := trim(s, last, p.Start); gap.Len() > 0 {
			t.Fatalf("%q left out before %v in %q", gap.In(s), p, s)
		}
		if trim(s, p.Start, p.End) != p {
			t.Fatalf("span %v not trimmed in %q", p, s)
		}
		if utf8.ValidString(s) && (!utf8.RuneStart(s[p.Start]) || p.End < len(s) && !utf8.RuneStart(s[p.End])) {
			t.Fatalf("span %v cuts a character of %q", p, s)
		}
		last = p.End
	}
	if gap := trim(s, last, len(s)); gap.Len() > 0 {
		t.Fatalf("%q left out at the end of %q", gap.In(s), s)
	}
}

// texts returns what the spans hold.
func texts(s string, spans []Span) []string {
	var out []string
	for _, p := range spans {
		out = append(out, p.In(s))
	}
	return out
}

func TestSpan(t *testing.T) {
	s := Span{3, 7}
	assert.Equal(t, 4, s.Len())
	assert.Equal(t, "lo w", s.In("hello world"))
	assert.Zero(t, Span{}.Len())
}

func TestTrim(t *testing.T) {
	tests := []struct{ name, s, want string }{
		{"nothing", "war", "war"},
		{"empty", "", ""},
		{"ASCII white space", " \t\r\n\v\fwar \n", "war"},
		{"only white space", " \n\u00a0\u200b ", ""},
		{"inside stays", " a\u00a0\u200fb ", "a\u00a0b"[:3] + "\u200fb"},
		{"no-break space", "\u00a0war\u202f", "war"},
		{"wide spaces", "\u2003\u3000war\u2009", "war"},
		{"zero width", "\u200b\u200c\u200d\u2060war\ufeff", "war"},
		{"directional marks", "\u200f\u202bسلام\u202c\u061c", "سلام"},
		{"isolates", "\u2067سلام\u2069", "سلام"},
		{"soft hyphen", "\u00adwar\u00ad", "war"},
		{"next line", "\u0085war\u0085", "war"},
		{"separators", "\u2028war\u2029", "war"},
		{"controls", "\x1awar\x7f", "war"},
		{"combining mark stays", "e\u0301", "e\u0301"},
		{"punctuation stays", "«war…»", "«war…»"},
		{"invalid byte stays", " \xff ", "\xff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, trim(tt.s, 0, len(tt.s)).In(tt.s))
		})
	}
}

func TestTrimAgreesWithIsBlank(t *testing.T) {
	for r := rune(1); r < 0x3100; r++ {
		s := string(r)
		assert.Equal(t, isBlank(r), trim(s, 0, len(s)).Len() == 0, "%U forwards", r)
		assert.Equal(t, isBlank(r), trim("x"+s, 0, len(s)+1).Len() == 1, "%U backwards", r)
	}
}

func TestNextLine(t *testing.T) {
	tests := []struct {
		name, s   string
		end, next int
		hard      bool
	}{
		{"none", "ab", 2, 2, false},
		{"LF", "ab\nc", 2, 3, false},
		{"CR", "ab\rc", 2, 3, false},
		{"CRLF", "ab\r\nc", 2, 4, false},
		{"LFCR is two", "ab\n\rc", 2, 3, false},
		{"vertical tab", "ab\vc", 2, 3, false},
		{"form feed", "ab\fc", 2, 3, true},
		{"next line", "ab\u0085c", 2, 4, false},
		{"line separator", "ab\u2028c", 2, 5, true},
		{"paragraph separator", "ab\u2029c", 2, 5, true},
		{"no-break space is none", "ab\u00a0c", 5, 5, false},
		{"dash is none", "ab\u2014", 5, 5, false},
		{"cut character at the end", "ab\xe2\x80", 4, 4, false},
		{"lead byte at the end", "ab\xc2", 3, 3, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			end, next, hard := nextLine(tt.s, 0)
			assert.Equal(t, []any{tt.end, tt.next, tt.hard}, []any{end, next, hard})
		})
	}
}
