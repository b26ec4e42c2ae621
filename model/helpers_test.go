package model_test

import (
	"math"
	"slices"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// shipped returns the embedded model.
func shipped(tb testing.TB) *model.Model {
	tb.Helper()
	m, err := model.Default()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// hostile are paragraphs that go wrong easily: each is valid UTF-8.
var hostile = []string{
	"", " ", ".", "\u200f", "é", "😀", "e\u0301\u0301\u0301", "\u200f«»\u200f", "\"", "\"\"\"", "'s", "’s ’", "…", "12,5", "U.S.", "a.b.c",
	"Assad", "ASSAD!", "Assad's", "الأسد", "والأسد", "بشار ٱلأسد",
	"Assad, Assad; Assad: \"Assad\" (Assad) — Assad?",
	"😀 The tyrant 😡😡 must go 👨\u200d👩\u200d👧\u200d👦, she said.",
	"He said: “Assad is a murderer.”\r\nThe crowd cheered.\r\n\r\n“He must go!”",
	"قال الوزير: «إنّ الأسدَ فقدَ شرعيّته» 😀 وعليه أن يرحل.",
	"\u202bأكّد الرئيسُ بشّار الأســـد\u202c أنّ \u2067الحوار\u2069 مستمر\u200f.",
	"ﺑﺸﺎﺭ ﺍﻷﺳﺪ ﻗﺎﻝ ﻻ ﻟﻠﺤﻮﺍﺭ", "ﹷ", "ﳳ ﹷ", "In ١٩٩٩ and ۲۰۱۱ the regime’s troops shelled Homs.",
	"Le tyran a e\u0301te\u0301 condamne\u0301", "Асад должен уйти", "アサド大統領は辞任すべきだ", "\ufeffAssad must go\ufeff",
	"Mr. J. Kerry of the U.S. told Dr. Bashar... \"no\" \"no\" no 'no' said said said says",
	"a\u00adb\u200cc\u200dd \u00a0 x\u2028y\u2029z", "\x01\x02\x03 Assad \x7f", "�����", "[(«“\"'", "')]»”",
	"regime regime regime regime regime regime regime regime regime regime regime regime regime regime regime regime",
}

// checkParagraph asserts what holds of every scored paragraph.
func checkParagraph(tb testing.TB, s string, p *model.Paragraph, most int) {
	tb.Helper()
	for t := range model.Task(model.NumTasks) {
		q := p.Task(t)
		n := len(t.Labels())
		sum, best := 0.0, 0
		for c, x := range q.Probabilities {
			if math.IsNaN(x) || x < 0 || x > 1 || c >= n && x != 0 {
				tb.Fatalf("%s of %q: probabilities %v", t, s, q.Probabilities)
			}
			if x > q.Probabilities[best] {
				best = c
			}
			sum += x
		}
		if math.Abs(sum-1) > 1e-9 || q.Label != best {
			tb.Fatalf("%s of %q: label %d, probabilities %v", t, s, q.Label, q.Probabilities)
		}
		if len(q.Evidence) > most {
			tb.Fatalf("%s of %q: %d spans, want at most %d", t, s, len(q.Evidence), most)
		}
		checkEvidence(tb, t, s, q.Evidence)
	}
}

// checkEvidence asserts what holds of every list of evidence, in all three units
// of offsets.
func checkEvidence(tb testing.TB, t model.Task, s string, evidence []model.Evidence) {
	tb.Helper()
	runes, units, last := []rune(s), utf16.Encode([]rune(s)), 0
	c16, c32 := text.NewConverter(s, text.UTF16), text.NewConverter(s, text.UTF32)
	for _, e := range evidence {
		if e.Start < last || e.End <= e.Start || e.End > len(s) {
			tb.Fatalf("%s of %q: span %d:%d behind %d", t, s, e.Start, e.End, last)
		}
		if !utf8.RuneStart(s[e.Start]) || e.End < len(s) && !utf8.RuneStart(s[e.End]) {
			tb.Fatalf("%s of %q: span %d:%d cuts a character", t, s, e.Start, e.End)
		}
		if t.Polarity(e.Label) == 0 || !(e.Weight > 0) || math.IsInf(e.Weight, 0) {
			tb.Fatalf("%s of %q: %+v", t, s, e)
		}
		last = e.End
		want := []rune(s[e.Start:e.End])
		p := c16.Span(text.Span{Start: e.Start, End: e.End})
		if got := utf16.Decode(units[p.Start:p.End]); !slices.Equal(got, want) {
			tb.Fatalf("UTF-16 span %v of %q holds %q, want %q", p, s, string(got), string(want))
		}
		p = c32.Span(text.Span{Start: e.Start, End: e.End})
		if got := runes[p.Start:p.End]; !slices.Equal(got, want) {
			tb.Fatalf("UTF-32 span %v of %q holds %q, want %q", p, s, string(got), string(want))
		}
	}
}

// bits returns everything in p that is a number, exactly, and every span.
func bits(p *model.Paragraph) []uint64 {
	out := []uint64{uint64(p.Language)}
	for t := range model.Task(model.NumTasks) {
		q := p.Task(t)
		out = append(out, uint64(q.Label), uint64(q.Abstained), uint64(len(q.Evidence)))
		for _, x := range q.Probabilities {
			out = append(out, math.Float64bits(x))
		}
		for _, e := range q.Evidence {
			out = append(out, uint64(e.Start), uint64(e.End), uint64(e.Label), math.Float64bits(e.Weight), text.Hash(e.Holder))
		}
	}
	return out
}

// noStats is an extractor's knowledge of words when it has none.
type noStats struct{}

func (noStats) Dim() int                               { return 0 }
func (noStats) Rarity(uint64) float64                  { return 1 }
func (noStats) Vector(uint64, float64, []float64) bool { return false }

// reader returns an extractor for the shipped target and lexicon.
func reader(tb testing.TB) *model.Extractor {
	tb.Helper()
	x, err := model.NewExtractor(model.AssadTarget, model.AttitudeLexicon, noStats{})
	if err != nil {
		tb.Fatal(err)
	}
	return x
}
