package server

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

func TestRefusedRequests(t *testing.T) {
	good := func(change func(d *parleyv1.Document)) *parleyv1.ClassifyRequest {
		d := plain("Envoys met.")
		change(d)
		return &parleyv1.ClassifyRequest{Document: d}
	}
	opt := func(o *parleyv1.ClassifyOptions) *parleyv1.ClassifyRequest {
		return &parleyv1.ClassifyRequest{Document: plain("Envoys met."), Options: o}
	}
	tests := []struct {
		name   string
		req    *parleyv1.ClassifyRequest
		reason Reason
		field  string
		says   []string // parts of the message
	}{
		{"nothing", &parleyv1.ClassifyRequest{}, DocumentRequired, "document", []string{"content or raw"}},
		{"no source", &parleyv1.ClassifyRequest{Document: &parleyv1.Document{}}, DocumentRequired, "document", nil},
		{"empty content", &parleyv1.ClassifyRequest{Document: plain("")}, ContentEmpty, "document.content", []string{"at least 1"}},
		{"empty raw", good(func(d *parleyv1.Document) { d.Source = &parleyv1.Document_Raw{} }), ContentEmpty, "document.raw", nil},
		{"too large", good(func(d *parleyv1.Document) { d.Source = plain(strings.Repeat("a", 51)).Source }), ContentTooLarge, "document.content", []string{"51", "50"}},
		{"too large raw", good(func(d *parleyv1.Document) { d.Source = &parleyv1.Document_Raw{Raw: make([]byte, 51)} }), ContentTooLarge, "document.raw", []string{"51", "50"}},
		{"binary", good(func(d *parleyv1.Document) { d.Source = &parleyv1.Document_Raw{Raw: []byte("PK\x03\x04\x00\x00")} }), ContentBinary, "document", []string{"not text"}},
		{"long id", good(func(d *parleyv1.Document) { d.Id = strings.Repeat("i", 1025) }), IDTooLong, "document.id", []string{"1025", "1024"}},
		{"content type", good(func(d *parleyv1.Document) { d.Type = 9 }), EnumUnknown, "document.type", []string{"9", "HTML"}},
		{"language", good(func(d *parleyv1.Document) { d.Language = 9 }), EnumUnknown, "document.language", []string{"9", "Arabic"}},
		{"language other as a hint", good(func(d *parleyv1.Document) { d.Language = parleyv1.Language_LANGUAGE_OTHER }), EnumUnknown, "document.language", []string{"detected"}},
		{"encoding", opt(&parleyv1.ClassifyOptions{Encoding: 4}), EnumUnknown, "options.encoding", []string{"UTF-16"}},
		{"unit", opt(&parleyv1.ClassifyOptions{Unit: -1}), EnumUnknown, "options.unit", []string{"paragraph"}},
		{"evidence below", opt(&parleyv1.ClassifyOptions{MaxEvidence: proto.Int32(-1)}), EvidenceOutOfRange, "options.max_evidence", []string{"0 to 16"}},
		{"evidence above", opt(&parleyv1.ClassifyOptions{MaxEvidence: proto.Int32(17)}), EvidenceOutOfRange, "options.max_evidence", []string{"17"}},
		{"model", opt(&parleyv1.ClassifyOptions{Model: "nobody"}), ModelNotFound, "options.model", []string{`"nobody"`}},
	}
	c := client(t, Options{Limits: Limits{DocumentBytes: 50, Documents: 2}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.Classify(testContext(t), tt.req)
			wantFailure(t, err, tt.reason, tt.field)
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message %q does not say %q", err, part)
				}
			}
		})
	}
	t.Run("empty batch", func(t *testing.T) {
		_, err := c.BatchClassify(testContext(t), &parleyv1.BatchClassifyRequest{})
		wantFailure(t, err, BatchEmpty, "documents")
	})
	t.Run("batch above the limit", func(t *testing.T) {
		_, err := c.BatchClassify(testContext(t), &parleyv1.BatchClassifyRequest{Documents: plains("a", "b", "c")})
		wantFailure(t, err, BatchTooLarge, "documents")
	})
}

func TestLimitsThatAreJustMet(t *testing.T) {
	c := client(t, Options{Limits: Limits{DocumentBytes: 50, Documents: 2}})
	d := plain(strings.Repeat("a", 50))
	d.Id = strings.Repeat("i", 1024)
	_, err := c.BatchClassify(testContext(t), &parleyv1.BatchClassifyRequest{
		Documents: []*parleyv1.Document{d, d}, Options: &parleyv1.ClassifyOptions{MaxEvidence: proto.Int32(16)},
	})
	if err != nil {
		t.Error(err)
	}
}
