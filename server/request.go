package server

import (
	"fmt"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// settings are the checked options of a call.
type settings struct {
	model    Model
	encoding text.Encoding
	unit     parleyv1.Unit
	evidence int // as model.Options.Evidence
}

var encodings = map[parleyv1.EncodingType]text.Encoding{
	parleyv1.EncodingType_ENCODING_TYPE_UNSPECIFIED: text.UTF8,
	parleyv1.EncodingType_ENCODING_TYPE_UTF8:        text.UTF8,
	parleyv1.EncodingType_ENCODING_TYPE_UTF16:       text.UTF16,
	parleyv1.EncodingType_ENCODING_TYPE_UTF32:       text.UTF32,
}

var contentTypes = map[parleyv1.ContentType]text.ContentType{
	parleyv1.ContentType_CONTENT_TYPE_UNSPECIFIED: text.Plain,
	parleyv1.ContentType_CONTENT_TYPE_PLAIN_TEXT:  text.Plain,
	parleyv1.ContentType_CONTENT_TYPE_HTML:        text.HTML,
}

// hints are the languages that a request may name.
var hints = map[parleyv1.Language]text.Language{
	parleyv1.Language_LANGUAGE_UNSPECIFIED: text.Other, // detects
	parleyv1.Language_LANGUAGE_ENGLISH:     text.English,
	parleyv1.Language_LANGUAGE_ARABIC:      text.Arabic,
}

// settings checks the options of a call.
func (c *classifier) settings(opt *parleyv1.ClassifyOptions) (settings, error) {
	var s settings
	var ok bool
	if s.encoding, ok = encodings[opt.GetEncoding()]; !ok {
		return s, FieldErrorf(EnumUnknown, "options.encoding", "encoding type %d is none of 1 (UTF-8), 2 (UTF-16) and 3 (UTF-32)", opt.GetEncoding())
	}
	switch opt.GetUnit() {
	case parleyv1.Unit_UNIT_UNSPECIFIED, parleyv1.Unit_UNIT_DOCUMENT:
		s.unit = parleyv1.Unit_UNIT_DOCUMENT
	case parleyv1.Unit_UNIT_PARAGRAPH:
		s.unit = parleyv1.Unit_UNIT_PARAGRAPH
	default:
		return s, FieldErrorf(EnumUnknown, "options.unit", "unit %d is none of 1 (document) and 2 (paragraph)", opt.GetUnit())
	}
	if opt != nil && opt.MaxEvidence != nil {
		n := *opt.MaxEvidence
		if n < 0 || n > model.MaxEvidence {
			return s, FieldErrorf(EvidenceOutOfRange, "options.max_evidence", "%d is not in 0 to %d", n, model.MaxEvidence)
		}
		if s.evidence = int(n); n == 0 {
			s.evidence = model.NoEvidence
		}
	}
	var err error
	if s.model, err = c.models.Resolve(opt.GetModel()); err != nil {
		e := toError(err)
		return s, &Error{Reason: e.Reason, Message: e.Message, Field: "options.model", Metadata: e.Metadata}
	}
	return s, nil
}

// checkBatch checks how many documents there are.
func (c *classifier) checkBatch(docs []*parleyv1.Document) error {
	if len(docs) == 0 {
		return FieldErrorf(BatchEmpty, "documents", "there is no document; at least 1 is required")
	}
	if len(docs) > c.limits.Documents {
		return FieldErrorf(BatchTooLarge, "documents", "%d documents are more than the limit of %d", len(docs), c.limits.Documents)
	}
	return nil
}

// document is a checked document.
type document struct {
	id       string
	content  string // valid UTF-8; or else raw holds the document
	raw      []byte
	kind     text.ContentType
	language text.Language
}

// decode returns the document's text.
func (d *document) decode() (*text.Document, error) {
	if d.raw != nil {
		return text.Decode(d.raw, d.kind)
	}
	return text.DecodeString(d.content, d.kind)
}

// document checks a document that stands at path in the request.
func (c *classifier) document(d *parleyv1.Document, path func() string) (document, error) {
	var out document
	var field string
	switch src := d.GetSource().(type) {
	case *parleyv1.Document_Content:
		out.content, field = src.Content, ".content"
	case *parleyv1.Document_Raw:
		out.raw, field = src.Raw, ".raw"
	default:
		return out, FieldErrorf(DocumentRequired, path(), "a document with content or raw is required")
	}
	n := len(out.content) + len(out.raw)
	if n == 0 {
		return out, FieldErrorf(ContentEmpty, path()+field, "content is empty; at least 1 byte is required")
	}
	if n > c.limits.DocumentBytes {
		return out, FieldErrorf(ContentTooLarge, path()+field, "content of %d bytes is longer than the limit of %d", n, c.limits.DocumentBytes)
	}
	if len(d.Id) > maxIDBytes {
		return out, FieldErrorf(IDTooLong, path()+".id", "id of %d bytes is longer than the limit of %d", len(d.Id), maxIDBytes)
	}
	out.id = d.Id
	var ok bool
	if out.kind, ok = contentTypes[d.Type]; !ok {
		return out, FieldErrorf(EnumUnknown, path()+".type", "content type %d is none of 1 (plain text) and 2 (HTML)", d.Type)
	}
	if out.language, ok = hints[d.Language]; !ok {
		return out, FieldErrorf(EnumUnknown, path()+".language", "language %d is none of 1 (English) and 2 (Arabic); leave it out to have it detected", d.Language)
	}
	return out, nil
}

// pathOf names the document at index i of a batch.
func pathOf(i int) func() string { return func() string { return fmt.Sprintf("documents[%d]", i) } }

// onlyDocument names the document of a ClassifyRequest.
func onlyDocument() string { return "document" }
