package server

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// fakeModel labels by a hash of the text, so that answers can be told apart and
// compared. The first word is evidence for the stance, the last for the tone.
type fakeModel struct {
	id string
	// before, if set, runs before a paragraph is scored.
	before func(s string)
}

const fakeID = "fake@sha256:0000000000000000000000000000000000000000000000000000000000000000"

func (f *fakeModel) ID() string {
	if f.id == "" {
		return fakeID
	}
	return f.id
}

func (f *fakeModel) Paragraph(s string, opt model.Options) (model.Paragraph, error) {
	if f.before != nil {
		f.before(s)
	}
	if len(s) > model.MaxParagraph {
		return model.Paragraph{}, model.ErrTooLong
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	sum := h.Sum32()
	p := model.Paragraph{Language: opt.Language}
	if p.Language == text.Other {
		p.Language = text.Detect(s)
	}
	p.Stance.Label, p.Tone.Label = int(sum%4), int(sum%3)
	p.Stance.Probabilities = [4]float64{0.1, 0.1, 0.1, 0.1}
	p.Stance.Probabilities[p.Stance.Label] = 0.7
	p.Tone.Probabilities = [4]float64{0.2, 0.2, 0.2, 0}
	p.Tone.Probabilities[p.Tone.Label] = 0.6
	if sum%5 == 0 {
		p.Tone.Abstained = model.LowConfidence
	}
	words := strings.Fields(s)
	if opt.Evidence != model.NoEvidence && len(words) > 0 {
		first, last := strings.Index(s, words[0]), strings.LastIndex(s, words[len(words)-1])
		p.Stance.Evidence = []model.Evidence{{Start: first, End: first + len(words[0]), Label: p.Stance.Label, Weight: 1.5, Holder: "Somebody"}}
		p.Tone.Evidence = []model.Evidence{{Start: last, End: last + len(words[len(words)-1]), Label: p.Tone.Label, Weight: 0.5}}
	}
	return p, nil
}

func (f *fakeModel) Document(d *text.Document, opt model.Options) iter.Seq2[model.DocumentParagraph, error] {
	return func(yield func(model.DocumentParagraph, error) bool) {
		for _, span := range text.Paragraphs(d.Text) {
			p := model.DocumentParagraph{Span: span}
			p.Source.Start, p.Source.End = d.SourceSpan(span.Start, span.End)
			var err error
			p.Paragraph, err = f.Paragraph(span.In(d.Text), opt)
			if !yield(p, err) {
				return
			}
		}
	}
}

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// start serves on a free port of the loopback until the end of the test.
func start(t testing.TB, opt Options) (*Server, string) {
	t.Helper()
	return startWith(t, opt, func(*Server) {})
}

// startWith serves more services than the classifier.
func startWith(t testing.TB, opt Options, register func(*Server)) (*Server, string) {
	t.Helper()
	if opt.Models == nil {
		opt.Models = Single(&fakeModel{})
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	register(s)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(lis) }()
	s.SetServing(true)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx)
		if err := <-failed; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s, lis.Addr().String()
}

// dial connects to addr until the end of the test.
func dial(t testing.TB, addr string, opts ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	if len(opts) == 0 {
		opts = []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	}
	opts = append(opts, grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	conn, err := grpc.NewClient(addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// client starts a server and connects to it.
func client(t testing.TB, opt Options) parleyv1.ClassifierServiceClient {
	t.Helper()
	_, addr := start(t, opt)
	return parleyv1.NewClassifierServiceClient(dial(t, addr))
}

func plain(s string) *parleyv1.Document {
	return &parleyv1.Document{Source: &parleyv1.Document_Content{Content: s}}
}

func plains(s ...string) (docs []*parleyv1.Document) {
	for i, s := range s {
		d := plain(s)
		d.Id = fmt.Sprintf("doc-%d", i)
		docs = append(docs, d)
	}
	return docs
}

// reasonOf returns the reason of a failed call and the details that came with it.
func reasonOf(t testing.TB, err error) (reason Reason, field string, retry *errdetails.RetryInfo) {
	t.Helper()
	for _, d := range status.Convert(err).Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			if d.Domain != Domain {
				t.Errorf("domain is %q, want %q", d.Domain, Domain)
			}
			reason = Reason(d.Reason)
		case *errdetails.BadRequest:
			field = d.FieldViolations[0].Field
		case *errdetails.RetryInfo:
			retry = d
		}
	}
	return reason, field, retry
}

// wantFailure checks code, reason and field of a failed call.
func wantFailure(t testing.TB, err error, reason Reason, field string) {
	t.Helper()
	if err == nil {
		t.Fatalf("the call succeeded, want %s", reason)
	}
	gotReason, gotField, _ := reasonOf(t, err)
	if gotReason != reason || gotField != field {
		t.Errorf("got reason %q field %q (%v), want %q %q", gotReason, gotField, err, reason, field)
	}
	if got, want := status.Code(err), codeOf[reason]; got != want {
		t.Errorf("got code %v, want %v", got, want)
	}
}
