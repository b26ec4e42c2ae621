package model_test

import (
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// The benchmarks read paragraphs of about 70 words of the written corpus, English
// and Arabic in turn. What they report as an operation is one paragraph, but for
// Load.

const benchParagraphs = 256

// perParagraph runs score on one paragraph after another and reports its rates.
func perParagraph(b *testing.B, score func(s string)) {
	b.Helper()
	paragraphs := corpusParagraphs(b, benchParagraphs)
	size := 0
	for _, s := range paragraphs {
		size += len(s)
		score(s) // working memory grows
	}
	b.SetBytes(int64(size / benchParagraphs))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		score(paragraphs[i%benchParagraphs])
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "paragraphs/s")
}

// Split: from bytes to paragraphs and their languages.
func BenchmarkSplit(b *testing.B) {
	paragraphs := corpusParagraphs(b, benchParagraphs)
	content := []byte(strings.Join(paragraphs, "\n\n"))
	b.SetBytes(int64(len(content) / benchParagraphs))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n++; n%benchParagraphs != 1 { // one document is as many operations as it has paragraphs
			continue
		}
		d, err := text.Decode(content, text.Plain)
		if err != nil {
			b.Fatal(err)
		}
		found := 0
		for p := range text.EachParagraph(d.Text) {
			text.Detect(p.In(d.Text))
			found++
		}
		if found != benchParagraphs {
			b.Fatalf("%d paragraphs, want %d", found, benchParagraphs)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "paragraphs/s")
}

// Featurise: tokens, mentions, clauses, speakers and the lexicon, as the lexicon
// baseline of evidence needs them too.
func BenchmarkFeaturise(b *testing.B) {
	m := shipped(b)
	perParagraph(b, func(s string) { m.LexiconSpans(s, model.Stance, model.Against) })
}

// Score: both tasks, labels and probabilities.
func BenchmarkScore(b *testing.B) {
	m := shipped(b)
	perParagraph(b, func(s string) {
		if _, err := m.Paragraph(s, model.Options{Evidence: model.NoEvidence}); err != nil {
			b.Fatal(err)
		}
	})
}

// ScoreEvidence: the same with evidence.
func BenchmarkScoreEvidence(b *testing.B) {
	m := shipped(b)
	perParagraph(b, func(s string) {
		if _, err := m.Paragraph(s, model.Options{}); err != nil {
			b.Fatal(err)
		}
	})
}

// ScoreEvidenceParallel: the same on all cores.
func BenchmarkScoreEvidenceParallel(b *testing.B) {
	m := shipped(b)
	paragraphs := corpusParagraphs(b, benchParagraphs)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := m.Paragraph(paragraphs[i%benchParagraphs], model.Options{}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "paragraphs/s")
}

// Explain: every contribution.
func BenchmarkExplain(b *testing.B) {
	m := shipped(b)
	perParagraph(b, func(s string) {
		if _, err := m.Explain(s, text.Other); err != nil {
			b.Fatal(err)
		}
	})
}

// Load: the shipped model from its file.
func BenchmarkLoad(b *testing.B) {
	file, err := shipped(b).Params().Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := model.Load(file); err != nil {
			b.Fatal(err)
		}
	}
}
