package model

import (
	"iter"

	"github.com/parley-nlp/parley/model/text"
)

// DocumentParagraph is a scored paragraph of a document.
type DocumentParagraph struct {
	// Span is where the paragraph stands in the document's Text, in bytes.
	Span text.Span
	// Source is where it stands in the bytes that the document was decoded from.
	Source text.Span
	Paragraph
}

// Document scores the paragraphs of a document in the order of the text. The
// error of a paragraph that is too long is yielded with its spans; the
// paragraphs after it are scored.
func (m *Model) Document(d *text.Document, opt Options) iter.Seq2[DocumentParagraph, error] {
	return func(yield func(DocumentParagraph, error) bool) {
		for span := range text.EachParagraph(d.Text) {
			p := DocumentParagraph{Span: span}
			p.Source.Start, p.Source.End = d.SourceSpan(span.Start, span.End)
			var err error
			p.Paragraph, err = m.Paragraph(d.Text[span.Start:span.End], opt)
			if !yield(p, err) {
				return
			}
		}
	}
}
