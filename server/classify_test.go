package server

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

const article = "Envoys met in Geneva on Monday.\n\nThe ministry rejected the draft, a spokesman said.\n\nالتقى الوفدان في جنيف."

func TestClassify(t *testing.T) {
	c := client(t, Options{})
	resp, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: &parleyv1.Document{
		Source: &parleyv1.Document_Content{Content: article}, Id: "a-1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := resp.Result
	if r.Id != "a-1" || r.Model != fakeID {
		t.Errorf("got id %q model %q, want a-1 and %s", r.Id, r.Model, fakeID)
	}
	if len(r.Paragraphs) != 3 {
		t.Fatalf("got %d paragraphs, want 3", len(r.Paragraphs))
	}
	languages := []parleyv1.Language{parleyv1.Language_LANGUAGE_ENGLISH, parleyv1.Language_LANGUAGE_ENGLISH, parleyv1.Language_LANGUAGE_ARABIC}
	for i, p := range r.Paragraphs {
		if got := article[p.Span.Start:p.Span.End]; got != p.Text {
			t.Errorf("paragraph %d: span holds %q, text is %q", i, got, p.Text)
		}
		if p.Language != languages[i] {
			t.Errorf("paragraph %d: language %v, want %v", i, p.Language, languages[i])
		}
		checkPrediction(t, p)
	}
}

// checkPrediction checks what the schema promises of every paragraph.
func checkPrediction(t *testing.T, p *parleyv1.Paragraph) {
	t.Helper()
	var sum float64
	for i, x := range p.Stance.Probabilities {
		if int(x.Label) != i+1 {
			t.Errorf("stance probability %d is of %v", i, x.Label)
		}
		sum += x.Probability
	}
	if len(p.Stance.Probabilities) != 4 || sum < 1-1e-9 || sum > 1+1e-9 {
		t.Errorf("%d stance probabilities sum to %v, want 4 and 1", len(p.Stance.Probabilities), sum)
	}
	sum = 0
	for i, x := range p.Tone.Probabilities {
		if int(x.Label) != i+1 {
			t.Errorf("tone probability %d is of %v", i, x.Label)
		}
		sum += x.Probability
	}
	if len(p.Tone.Probabilities) != 3 || sum < 1-1e-9 || sum > 1+1e-9 {
		t.Errorf("%d tone probabilities sum to %v, want 3 and 1", len(p.Tone.Probabilities), sum)
	}
	if p.Stance.Confidence != p.Stance.Probabilities[p.Stance.Label-1].Probability {
		t.Errorf("confidence %v is not the probability of %v", p.Stance.Confidence, p.Stance.Label)
	}
	if got, want := p.Tone.Score, p.Tone.Probabilities[0].Probability-p.Tone.Probabilities[1].Probability; got != want {
		t.Errorf("tone score %v, want %v", got, want)
	}
}

func TestOffsets(t *testing.T) {
	const s = "🕊️ Talks resumed.\n\nقال الوزير 🕊 إنه يرحب بالاتفاق"
	units := map[parleyv1.EncodingType]func(s string, from, to int64) string{
		parleyv1.EncodingType_ENCODING_TYPE_UTF8:  func(s string, a, b int64) string { return s[a:b] },
		parleyv1.EncodingType_ENCODING_TYPE_UTF16: func(s string, a, b int64) string { return string(utf16.Decode(utf16.Encode([]rune(s))[a:b])) },
		parleyv1.EncodingType_ENCODING_TYPE_UTF32: func(s string, a, b int64) string { return string([]rune(s)[a:b]) },
	}
	c := client(t, Options{})
	for encoding, slice := range units {
		for _, unit := range []parleyv1.Unit{parleyv1.Unit_UNIT_DOCUMENT, parleyv1.Unit_UNIT_PARAGRAPH} {
			t.Run(fmt.Sprintf("%v/%v", encoding, unit), func(t *testing.T) {
				resp, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{
					Document: plain(s), Options: &parleyv1.ClassifyOptions{Encoding: encoding, Unit: unit},
				})
				if err != nil {
					t.Fatal(err)
				}
				want := 2
				if unit == parleyv1.Unit_UNIT_PARAGRAPH {
					want = 1
				}
				if got := len(resp.Result.Paragraphs); got != want {
					t.Fatalf("got %d paragraphs, want %d", got, want)
				}
				for _, p := range resp.Result.Paragraphs {
					if got := slice(s, p.Span.Start, p.Span.End); got != p.Text {
						t.Errorf("span holds %q, want %q", got, p.Text)
					}
					if len(p.Stance.Evidence) == 0 || len(p.Tone.Evidence) == 0 {
						t.Fatal("no evidence")
					}
					e, f := p.Stance.Evidence[0], p.Tone.Evidence[0]
					if got := slice(p.Text, e.Span.Start, e.Span.End); got != e.Text {
						t.Errorf("stance evidence holds %q, want %q", got, e.Text)
					}
					if got := slice(p.Text, f.Span.Start, f.Span.End); got != f.Text {
						t.Errorf("tone evidence holds %q, want %q", got, f.Text)
					}
				}
			})
		}
	}
}

func TestHTML(t *testing.T) {
	const page = "<html><body><p>Envoys <b>met</b> &amp; talked.</p><script>x()</script><p>More.</p></body></html>"
	c := client(t, Options{})
	resp, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: &parleyv1.Document{
		Source: &parleyv1.Document_Raw{Raw: []byte(page)}, Type: parleyv1.ContentType_CONTENT_TYPE_HTML,
	}})
	if err != nil {
		t.Fatal(err)
	}
	p := resp.Result.Paragraphs[0]
	if got, want := p.Text, "Envoys met & talked."; got != want {
		t.Errorf("text is %q, want %q", got, want)
	}
	if got, want := page[p.Span.Start:p.Span.End], "Envoys <b>met</b> &amp; talked."; got != want {
		t.Errorf("span holds %q, want %q", got, want)
	}
}

func TestOptions(t *testing.T) {
	c := client(t, Options{})
	classify := func(o *parleyv1.ClassifyOptions, d *parleyv1.Document) *parleyv1.Paragraph {
		t.Helper()
		resp, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: d, Options: o})
		if err != nil {
			t.Fatal(err)
		}
		return resp.Result.Paragraphs[0]
	}
	d := plain("Envoys met.")
	if p := classify(&parleyv1.ClassifyOptions{MaxEvidence: proto.Int32(0)}, d); len(p.Stance.Evidence) != 0 {
		t.Errorf("max_evidence 0 gives %d spans", len(p.Stance.Evidence))
	}
	if p := classify(&parleyv1.ClassifyOptions{Model: fakeID}, d); len(p.Stance.Evidence) != 1 {
		t.Errorf("by default there are %d spans, want 1", len(p.Stance.Evidence))
	}
	d = plain("Envoys met.")
	d.Language = parleyv1.Language_LANGUAGE_ARABIC
	if p := classify(&parleyv1.ClassifyOptions{Model: "default"}, d); p.Language != parleyv1.Language_LANGUAGE_ARABIC {
		t.Errorf("language is %v although the request says Arabic", p.Language)
	}
	blank, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain(" \n \n ")})
	if err != nil || len(blank.Result.Paragraphs) != 0 {
		t.Errorf("a blank document gives %v, %v, want no paragraph", blank, err)
	}
}

func TestSummary(t *testing.T) {
	c := client(t, Options{})
	resp, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain(strings.Repeat("One.\n\nTwo is here.\n\nThree comes.\n\nFour.\n\n", 5))})
	if err != nil {
		t.Fatal(err)
	}
	var stances, tones, abstained int32
	for _, s := range resp.Result.Summary.Stances {
		stances += s.Paragraphs
	}
	for _, s := range resp.Result.Summary.Tones {
		tones += s.Paragraphs
	}
	for _, p := range resp.Result.Paragraphs {
		if p.Tone.Abstained != 0 || p.Stance.Abstained != 0 {
			abstained++
		}
	}
	n := int32(len(resp.Result.Paragraphs))
	if stances != n || tones != n || resp.Result.Summary.Abstained != abstained {
		t.Errorf("summary counts %d stances, %d tones, %d abstained of %d paragraphs, %d abstained",
			stances, tones, resp.Result.Summary.Abstained, n, abstained)
	}
}

func TestSummarizeNothing(t *testing.T) {
	if diff := cmp.Diff(&parleyv1.Summary{}, summarize(nil), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestBatch(t *testing.T) {
	c := client(t, Options{Limits: Limits{DocumentBytes: 100, Workers: 3}})
	docs := plains("First paper.", "", strings.Repeat("long ", 30), "\x00\x01", "Fifth.")
	docs = append(docs, &parleyv1.Document{}, plain("Last one."))
	resp, err := c.BatchClassify(testContext(t), &parleyv1.BatchClassifyRequest{Documents: docs})
	if err != nil {
		t.Fatal(err)
	}
	want := []Reason{"", ContentEmpty, ContentTooLarge, ContentBinary, "", DocumentRequired, ""}
	fields := []string{"", "documents[1].content", "documents[2].content", "documents[3]", "", "documents[5]", ""}
	for i, item := range resp.Items {
		if int(item.Index) != i {
			t.Errorf("item %d has index %d", i, item.Index)
		}
		e := item.GetError()
		if e == nil {
			if want[i] != "" || item.GetResult().GetId() != docs[i].Id {
				t.Errorf("item %d: got %v, want %v", i, item, want[i])
			}
			continue
		}
		if Reason(e.Reason) != want[i] || e.Field != fields[i] || codes.Code(e.Code) != codeOf[want[i]] {
			t.Errorf("item %d: got %v, want %s at %s", i, e, want[i], fields[i])
		}
	}
	if len(resp.Items) != len(docs) {
		t.Errorf("%d items for %d documents", len(resp.Items), len(docs))
	}
}

// TestSameEverywhere compares the answers of all ways of asking, bit by bit.
func TestSameEverywhere(t *testing.T) {
	for _, procs := range []int{1, 4} {
		t.Run(fmt.Sprintf("procs=%d", procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			c := client(t, Options{})
			ctx := testContext(t)
			docs := plains(article, "Only one paragraph here.", "Another:\n\nwith two.", "قالت الوزارة إنها ترحب.", "Five.", "Six.", "Seven.", "Eight.")
			batch, err := c.BatchClassify(ctx, &parleyv1.BatchClassifyRequest{Documents: docs})
			if err != nil {
				t.Fatal(err)
			}
			stream, err := c.StreamClassify(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := stream.Send(&parleyv1.StreamClassifyRequest{Id: "m", Documents: docs}); err != nil {
				t.Fatal(err)
			}
			streamed, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			for i, d := range docs {
				alone, err := c.Classify(ctx, &parleyv1.ClassifyRequest{Document: d})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(alone.Result, batch.Items[i].GetResult(), protocmp.Transform()); diff != "" {
					t.Errorf("document %d in a batch: %s", i, diff)
				}
				if diff := cmp.Diff(alone.Result, streamed.GetResult().Items[i].GetResult(), protocmp.Transform()); diff != "" {
					t.Errorf("document %d in a stream: %s", i, diff)
				}
			}
		})
	}
}

func TestCancelInsideBatch(t *testing.T) {
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	scored := make(chan struct{}, 10000)
	m := &fakeModel{before: func(string) {
		scored <- struct{}{}
		if len(scored) == 3 {
			cancel()
			<-ctx.Done()
		}
	}}
	s, addr := start(t, Options{Models: Single(m), Limits: Limits{Workers: 1}})
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	long := strings.Repeat("word ", yieldBytes/5)
	var texts []string
	for range 200 {
		texts = append(texts, long)
	}
	_, err := c.BatchClassify(ctx, &parleyv1.BatchClassifyRequest{Documents: plains(texts...)})
	if status.Code(err) != codes.Canceled {
		t.Errorf("got %v, want Canceled", err)
	}
	for s.gate.Load().Admitted > 0 {
		runtime.Gosched()
	}
	if n := len(scored); n >= 200 {
		t.Errorf("all %d documents were scored although the caller left after 3", n)
	}
}

func TestMalformed(t *testing.T) {
	_, addr := start(t, Options{})
	conn := dial(t, addr, grpcInsecure)
	for _, raw := range []string{"\xff\xff\xff", "\x0a\x05\x0a\x03\xff\xfe\xfd", "\x0a\x7f"} {
		err := conn.Invoke(testContext(t), parleyv1.ClassifierService_Classify_FullMethodName, []byte(raw), new([]byte), grpc.ForceCodec(rawCodec{}))
		wantFailure(t, err, MalformedRequest, "")
	}
}

// In a stream a message that cannot be decoded is answered with an error, and the
// others as if it had not been there.
func TestMalformedInStream(t *testing.T) {
	_, addr := start(t, Options{})
	conn := dial(t, addr, grpcInsecure)
	stream, err := conn.NewStream(testContext(t), &grpc.StreamDesc{ClientStreams: true, ServerStreams: true},
		parleyv1.ClassifierService_StreamClassify_FullMethodName, grpc.ForceCodec(rawCodec{}))
	if err != nil {
		t.Fatal(err)
	}
	good, err := proto.Marshal(&parleyv1.StreamClassifyRequest{Id: "good", Documents: plains("Moscow thanked Assad.")})
	if err != nil {
		t.Fatal(err)
	}
	for i, raw := range []string{string(good), "\xff\xff\xff", "\x12\x05\x0a\x03\xff\xfe\xfd", string(good)} {
		if err := stream.SendMsg([]byte(raw)); err != nil {
			t.Fatal(err)
		}
		var data []byte
		if err := stream.RecvMsg(&data); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		var r parleyv1.StreamClassifyResponse
		if err := proto.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		want := "MALFORMED_REQUEST"
		if raw == string(good) {
			want = ""
		}
		if r.Sequence != int64(i) || r.GetError().GetReason() != want || want == "" && len(r.GetResult().GetItems()) != 1 {
			t.Errorf("message %d is answered with %v", i, &r)
		}
	}
}

func TestModelErrors(t *testing.T) {
	c := client(t, Options{Limits: Limits{DocumentBytes: 4 << 20, Paragraphs: 10}})
	_, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain(strings.Repeat("x", model.MaxParagraph+1))})
	wantFailure(t, err, ParagraphTooLong, "document")
	_, err = c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain(strings.Repeat("One.\n\n", 11))})
	wantFailure(t, err, ParagraphsTooMany, "document")
	_, err = c.BatchClassify(testContext(t), &parleyv1.BatchClassifyRequest{Documents: plains(strings.Repeat("One.\n\n", 6), strings.Repeat("One.\n\n", 5))})
	wantFailure(t, err, ParagraphsTooMany, "documents")
}

func TestInternalErrorsStayInside(t *testing.T) {
	m := &fakeModel{before: func(string) { panic("a secret that a caller must not see") }}
	c := client(t, Options{Models: Single(m)})
	_, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Envoys met.")})
	wantFailure(t, err, InternalError, "")
	if strings.Contains(fmt.Sprint(status.Convert(err).Proto()), "secret") {
		t.Errorf("the status holds the inner text: %v", err)
	}
}
