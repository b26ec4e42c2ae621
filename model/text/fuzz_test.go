package text

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// seeds are texts of every kind that the package treats apart.
var seeds = []string{
	"", "war", "\uFEFFwar\r\n\r\npeace", "caf\xe9 \xff\xfe", "\xff\xfea\x00b\x00c", "\xfe\xff\xd8\x3d\xde\x00\x00a",
	"قال الأسد: «نعم.» 😀\u200f\nثم غادر؟لا", "e\u0301\u2028x\u2029y\fz\u0085w", "Mr. A. Smith of the U.S. left... “So?” 1. 2.",
	"- one\n  two\n- three\n\n1. four", "a\x01b\x02c", "<p>one &amp; two<br>three</p><script>x</script>", "<svg><title/>x</svg>&notit;&#0;",
	"<head><title>T</title><pre> a\n b</pre>&nbsp;&NotEqualTilde;<b>x</b> y", "<table><tr><td>&#1587;</td><td><!-- c -->\xff",
	"\uFEFF<p>\xe9&lt", "گفت که این ۱۲۳", ". ) . ) \"", "A heading\nThe text that follows goes on and on until it is\nbroken in mid-sentence.",
}

func fuzzSeeds(f *testing.F) {
	f.Helper()
	for _, s := range seeds {
		f.Add([]byte(s))
	}
}

func FuzzDecode(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := Decode(content, Plain)
		if err != nil {
			return
		}
		checkDocument(t, d, content)
		wide := len(content) > 1 && (content[0] == 0xFF && content[1] == 0xFE || content[0] == 0xFE && content[1] == 0xFF)
		if wide || !utf8.Valid(content) {
			return
		}
		for _, kind := range []ContentType{Plain, HTML} {
			want, wantErr := Decode(content, kind)
			if got, err := DecodeString(string(content), kind); !reflect.DeepEqual(got, want) || !errors.Is(err, wantErr) {
				t.Fatalf("%q is %+v, %v as a string, %+v, %v as bytes", content, got, err, want, wantErr)
			}
		}
		for i := range d.Text {
			if a, b := d.Source(i), d.Source(len(d.Text)); string(content[a:b]) != d.Text[i:] {
				t.Fatalf("content[%d:%d] = %q, want %q", a, b, content[a:b], d.Text[i:])
			}
		}
	})
}

func FuzzHTML(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := Decode(content, HTML)
		if err != nil {
			return
		}
		checkDocument(t, d, content)
		// Where the text is copied byte for byte, it must be what stands there.
		for i := 0; d.bytes == nil && i < len(d.Text); i++ {
			if r := d.markup.at(i); r.width == verbatim && d.Text[i] != content[d.Source(i)] && d.Text[i] != ' ' {
				t.Fatalf("text %q and content %q differ at %d", d.Text[i], content[d.Source(i)], i)
			}
		}
	})
}

func FuzzParagraphs(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		s := string(content)
		spans := Paragraphs(s)
		checkSpans(t, s, spans)
		for _, p := range spans {
			if strings.ContainsAny(p.In(s), "\f\u2028\u2029") || strings.Contains(p.In(s), "\n\n") {
				t.Fatalf("%q is more than a paragraph", p.In(s))
			}
			Detect(p.In(s))
		}
		if again := slices.Collect(EachParagraph(s)); !slices.Equal(spans, again) {
			t.Fatalf("%v, then %v", spans, again)
		}
	})
}

func FuzzSentences(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		s := string(content)
		checkSpans(t, s, slices.Collect(Sentences(s)))
	})
}

func FuzzOffsets(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), uint(1), uint(4))
	}
	f.Fuzz(func(t *testing.T, content []byte, a, b uint) {
		s := string(content)
		runes := []rune(s)
		units := utf16.Encode(runes)
		start, end := cut(s, a), cut(s, b)
		if start > end {
			start, end = end, start
		}
		want := []rune(s[start:end])
		c16, c32 := NewConverter(s, UTF16), NewConverter(s, UTF32)
		p, q := c16.Span(Span{start, end}), c32.Span(Span{start, end})
		if got := utf16.Decode(units[p.Start:p.End]); !slices.Equal(got, want) {
			t.Fatalf("UTF-16 %v of %q holds %q, want %q", p, s, string(got), string(want))
		}
		if got := runes[q.Start:q.End]; !slices.Equal(got, want) {
			t.Fatalf("UTF-32 %v of %q holds %q, want %q", q, s, string(got), string(want))
		}
		for _, kind := range []ContentType{Plain, HTML} {
			if d, err := Decode(content, kind); err == nil {
				checkLocator(t, d, a, b)
			}
		}
	})
}

// checkLocator asserts that a span located in units of the decoded content is the span located in bytes.
func checkLocator(t *testing.T, d *Document, a, b uint) {
	t.Helper()
	start, end := cut(d.Text, a), cut(d.Text, b)
	if start >= end {
		return
	}
	from, to := d.rawSpan(start, end)
	decoded := []rune(strings.Repeat("\uFEFF", d.bom) + d.raw)
	l := d.Locator(UTF32)
	p := l.Span(Span{start, end})
	if got := string(decoded[p.Start:p.End]); got != d.raw[from:to] {
		t.Fatalf("UTF-32 %v is %q, want %q", p, got, d.raw[from:to])
	}
	l = d.Locator(UTF16)
	p = l.Span(Span{start, end})
	if got := string(utf16.Decode(utf16.Encode(decoded)[p.Start:p.End])); got != d.raw[from:to] {
		t.Fatalf("UTF-16 %v is %q, want %q", p, got, d.raw[from:to])
	}
}

// cut turns any number into a byte offset of s at which a character begins.
func cut(s string, i uint) int {
	at := int(i % uint(len(s)+1))
	last := 0
	for k := range s {
		if k > at {
			return last
		}
		last = k
	}
	if at == len(s) {
		return at
	}
	return last
}
