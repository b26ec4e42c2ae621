package server

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/fair"
)

// FuzzBatch asks with whatever decodes as a batch. Every document has an item,
// and what is returned keeps the promises of the schema.
func FuzzBatch(f *testing.F) {
	for _, req := range []*parleyv1.BatchClassifyRequest{
		{}, {Documents: plains("Envoys met.", "", "🕊️ a\n\nb", "\x00")},
		{Documents: []*parleyv1.Document{{Source: &parleyv1.Document_Raw{Raw: []byte("\xff\xfea\x00 \x00\xd8\xdd")}, Type: parleyv1.ContentType_CONTENT_TYPE_HTML}}},
		{Documents: plains("x"), Options: &parleyv1.ClassifyOptions{Encoding: 3, MaxEvidence: proto.Int32(16), Unit: 2}},
	} {
		b, err := proto.Marshal(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	gate := fair.NewGate(2, 8)
	c := &classifier{models: Single(&fakeModel{}), limits: DefaultLimits(), gate: gate, metrics: newMetrics(gate), drain: newDrain()}
	f.Fuzz(func(t *testing.T, data []byte) {
		var req parleyv1.BatchClassifyRequest
		if proto.Unmarshal(data, &req) != nil {
			t.Skip()
		}
		resp, err := c.BatchClassify(context.Background(), &req)
		if err != nil {
			if e := toError(err); e.Reason == InternalError {
				t.Fatalf("internal error: %v", err)
			}
			return
		}
		if len(resp.Items) != len(req.Documents) {
			t.Fatalf("%d items for %d documents", len(resp.Items), len(req.Documents))
		}
		for i, item := range resp.Items {
			if int(item.Index) != i || (item.GetResult() == nil) == (item.GetError() == nil) {
				t.Fatalf("item %d: %v", i, item)
			}
			if e := item.GetError(); e != nil && (e.Code == 0 || e.Reason == "" || Reason(e.Reason) == InternalError) {
				t.Fatalf("item %d: %v", i, e)
			}
			end := int64(0)
			for _, p := range item.GetResult().GetParagraphs() {
				if p.Span.Start < end || p.Span.End < p.Span.Start {
					t.Fatalf("spans overlap or are reversed: %v after %d", p.Span, end)
				}
				end = p.Span.End
				if len(p.Stance.Evidence) > model.MaxEvidence {
					t.Fatalf("%d spans", len(p.Stance.Evidence))
				}
			}
		}
	})
}
