package text

import (
	"strings"
	"testing"
)

// page is a page of a news site: a few thousand bytes of text among as much markup.
func page() string {
	var b strings.Builder
	b.WriteString("<!doctype html><html><head><title>News</title><script>var a = '<p>';</script></head><body><nav><ul>")
	for range 10 {
		b.WriteString("<li><a href=\"/section/world\" class=\"nav-item\">World</a></li>\n")
	}
	b.WriteString("</ul></nav><article>\n")
	for range 4 {
		for _, p := range append(prose, arabicProse...) {
			b.WriteString("  <p class=\"story\">" + strings.ReplaceAll(p, "said", "<b>said</b> &amp;") + "</p>\n")
		}
	}
	b.WriteString("</article></body></html>")
	return b.String()
}

func BenchmarkDecodePlain(b *testing.B) {
	content := []byte(strings.Repeat(strings.Join(append(prose, arabicProse...), "\n\n"), 4))
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(content, Plain); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeHTML(b *testing.B) {
	content := []byte(page())
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(content, HTML); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParagraphs(b *testing.B) {
	article := append(append(append(prose, arabicProse...), prose...), arabicProse...)
	for name, s := range map[string]string{
		"blank lines": strings.Join(article, "\n\n"),
		"lines":       strings.Join(article, "\n"),
		"wrapped":     wrapped(72, "\n\n", article...),
		"one":         prose[0],
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				for p := range EachParagraph(s) {
					_ = p
				}
			}
		})
	}
}

func BenchmarkSentences(b *testing.B) {
	for name, s := range map[string]string{"en": strings.Join(prose, " "), "ar": strings.Join(arabicProse, " ")} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				for p := range Sentences(s) {
					_ = p
				}
			}
		})
	}
}

func BenchmarkDetect(b *testing.B) {
	for name, s := range map[string]string{
		"en": strings.Join(prose, " ")[:420], "ar": strings.Join(arabicProse, " ")[:420], "long": strings.Repeat(prose[0], 20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				Detect(s)
			}
		})
	}
}

func BenchmarkConverter(b *testing.B) {
	s := strings.Join(append(prose, arabicProse...), " ")
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		c := NewConverter(s, UTF16)
		for p := range Sentences(s) {
			c.Span(p)
		}
	}
}
