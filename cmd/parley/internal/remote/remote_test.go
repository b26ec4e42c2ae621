package remote

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/parley-nlp/parley/cmd/parley/internal/score"
	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// fake answers with what a test wants.
type fake struct {
	parleyv1.UnimplementedClassifierServiceServer
	// before may fail the stream at its nth message, from 1.
	before func(n int64) error
	// change may spoil an answer.
	change func(n int64, r *parleyv1.StreamClassifyResponse)
	n      atomic.Int64
}

const fakeModel = "fake@sha256:0"

func (f *fake) Classify(context.Context, *parleyv1.ClassifyRequest) (*parleyv1.ClassifyResponse, error) {
	return &parleyv1.ClassifyResponse{Result: &parleyv1.DocumentResult{Model: fakeModel}}, nil
}

func (f *fake) StreamClassify(s grpc.BidiStreamingServer[parleyv1.StreamClassifyRequest, parleyv1.StreamClassifyResponse]) error {
	for {
		req, err := s.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		n := f.n.Add(1)
		if f.before != nil {
			if err := f.before(n); err != nil {
				return err
			}
		}
		r := answerTo(req)
		if f.change != nil {
			f.change(n, r)
		}
		if err := s.Send(r); err != nil {
			return err
		}
	}
}

// answerTo marks the first byte of each document as evidence.
func answerTo(req *parleyv1.StreamClassifyRequest) *parleyv1.StreamClassifyResponse {
	batch := &parleyv1.BatchClassifyResponse{}
	for i, d := range req.Documents {
		p := &parleyv1.Paragraph{
			Language: parleyv1.Language_LANGUAGE_ENGLISH, Text: d.GetContent(),
			Stance: &parleyv1.StancePrediction{Label: 1}, Tone: &parleyv1.TonePrediction{Label: 3},
		}
		for l := range 4 {
			p.Stance.Probabilities = append(p.Stance.Probabilities, &parleyv1.StanceProbability{Label: parleyv1.Stance(l + 1), Probability: 0.25})
		}
		for l := range 3 {
			p.Tone.Probabilities = append(p.Tone.Probabilities, &parleyv1.ToneProbability{Label: parleyv1.Tone(l + 1), Probability: 0.25 + 0.125*float64(l/2*2)})
		}
		p.Stance.Evidence = []*parleyv1.StanceEvidence{{Span: &parleyv1.Span{End: 1}, Label: 1, Weight: 1}}
		batch.Items = append(batch.Items, &parleyv1.BatchItem{Index: int32(i), Outcome: &parleyv1.BatchItem_Result{
			Result: &parleyv1.DocumentResult{Model: fakeModel, Paragraphs: []*parleyv1.Paragraph{p}},
		}})
	}
	return &parleyv1.StreamClassifyResponse{Id: req.Id, Outcome: &parleyv1.StreamClassifyResponse_Result{Result: batch}}
}

// serve serves f and returns its address.
func serve(t *testing.T, f *fake, opts ...grpc.ServerOption) string {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer(opts...)
	parleyv1.RegisterClassifierServiceServer(g, f)
	go func() { _ = g.Serve(lis) }()
	t.Cleanup(g.Stop)
	return lis.Addr().String()
}

// connect returns a scorer.
func connect(t *testing.T, ctx context.Context, opt Options) *Scorer {
	t.Helper()
	s, err := Dial(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// start serves f and returns a scorer that asks it.
func start(t *testing.T, f *fake, opt Options) *Scorer {
	t.Helper()
	opt.Addrs = []string{serve(t, f)}
	return connect(t, t.Context(), opt)
}

func texts(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strings.Repeat("x", i%7+1)
	}
	return out
}

func TestScoreSplitsMessages(t *testing.T) {
	f := &fake{}
	s := start(t, f, Options{})
	results := make([]score.Result, 200)
	if err := s.Score(t.Context(), texts(200), results); err != nil {
		t.Fatal(err)
	}
	if n := f.n.Load(); n != 4 {
		t.Errorf("%d messages for 200 paragraphs, want 4", n)
	}
	for i, r := range results {
		if r.Err != nil || r.Model != fakeModel || r.Stance.Evidence[0].End != 1 {
			t.Fatalf("result %d is %+v", i, r)
		}
	}
	large := []string{strings.Repeat("a", messageBytes-1), "b", "c", strings.Repeat("d", messageBytes+1)}
	f.n.Store(0)
	if err := s.Score(t.Context(), large, make([]score.Result, 4)); err != nil {
		t.Fatal(err)
	}
	if n := f.n.Load(); n != 3 {
		t.Errorf("%d messages for paragraphs of many bytes, want 3", n)
	}
}

// item replaces the outcome of the first document by an error.
func item(code codes.Code, reason string) func(*parleyv1.StreamClassifyResponse) {
	return func(r *parleyv1.StreamClassifyResponse) {
		r.GetResult().Items[0].Outcome = &parleyv1.BatchItem_Error{Error: &parleyv1.ItemError{Code: int32(code), Reason: reason, Message: "no"}}
	}
}

// whole replaces the answer by an error.
func whole(code codes.Code, reason string) func(*parleyv1.StreamClassifyResponse) {
	return func(r *parleyv1.StreamClassifyResponse) {
		r.Outcome = &parleyv1.StreamClassifyResponse_Error{Error: &parleyv1.ItemError{Code: int32(code), Reason: reason, Message: "no"}}
	}
}

// Failures that pass are tried again; the others are told.
func TestScoreRetries(t *testing.T) {
	unavailable := status.Error(codes.Unavailable, "draining")
	for name, test := range map[string]struct {
		before func(n int64) error
		change func(*parleyv1.StreamClassifyResponse) // of the first two messages
		code   codes.Code
		item   string // the error of the first result
	}{
		"stream unavailable": {before: func(n int64) error {
			if n <= 2 {
				return unavailable
			}
			return nil
		}},
		"stream ends": {before: func(n int64) error {
			if n <= 2 {
				return status.Error(codes.OK, "")
			}
			return nil
		}},
		"message overloaded":    {change: whole(codes.ResourceExhausted, "OVERLOADED")},
		"item overloaded":       {change: item(codes.ResourceExhausted, "OVERLOADED")},
		"item unavailable":      {change: item(codes.Unavailable, "SHUTTING_DOWN")},
		"item invalid":          {change: item(codes.InvalidArgument, "CONTENT_TOO_LARGE"), item: "no"},
		"message not found":     {change: whole(codes.NotFound, "MODEL_NOT_FOUND"), code: codes.NotFound},
		"stream internal":       {before: func(int64) error { return status.Error(codes.Internal, "x") }, code: codes.Internal},
		"stream not authorised": {before: func(int64) error { return status.Error(codes.PermissionDenied, "x") }, code: codes.PermissionDenied},
		"deadline":              {before: func(int64) error { time.Sleep(300 * time.Millisecond); return nil }, code: codes.DeadlineExceeded},
		"unavailable for good":  {before: func(int64) error { return unavailable }, code: codes.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{before: test.before}
			if test.change != nil {
				f.change = func(n int64, r *parleyv1.StreamClassifyResponse) {
					if n <= 2 {
						test.change(r)
					}
				}
			}
			opt := Options{RetryFor: 2 * time.Second}
			switch test.code {
			case codes.DeadlineExceeded:
				opt.Timeout = 100 * time.Millisecond
			case codes.Unavailable:
				opt.RetryFor = 200 * time.Millisecond
			}
			results := make([]score.Result, 3)
			err := start(t, f, opt).Score(t.Context(), texts(3), results)
			if status.Code(err) != test.code {
				t.Fatalf("error is %v, want code %v", err, test.code)
			}
			if err != nil {
				return
			}
			got := ""
			if results[0].Err != nil {
				got = results[0].Err.Error()
			}
			if got != test.item || results[1].Err != nil {
				t.Errorf("results are %v and %v, want %q", results[0].Err, results[1].Err, test.item)
			}
		})
	}
}

// Nothing that a server says is believed unseen.
func TestScoreMalformedAnswers(t *testing.T) {
	first := func(r *parleyv1.StreamClassifyResponse) *parleyv1.Paragraph {
		return r.GetResult().Items[0].GetResult().Paragraphs[0]
	}
	for name, change := range map[string]func(*parleyv1.StreamClassifyResponse){
		"id":                func(r *parleyv1.StreamClassifyResponse) { r.Id = "other" },
		"no outcome":        func(r *parleyv1.StreamClassifyResponse) { r.Outcome = nil },
		"items missing":     func(r *parleyv1.StreamClassifyResponse) { r.GetResult().Items = r.GetResult().Items[1:] },
		"no paragraph":      func(r *parleyv1.StreamClassifyResponse) { r.GetResult().Items[0].GetResult().Paragraphs = nil },
		"language":          func(r *parleyv1.StreamClassifyResponse) { first(r).Language = 9 },
		"no tone":           func(r *parleyv1.StreamClassifyResponse) { first(r).Tone = nil },
		"label":             func(r *parleyv1.StreamClassifyResponse) { first(r).Stance.Label = 5 },
		"label unspecified": func(r *parleyv1.StreamClassifyResponse) { first(r).Stance.Label = 0 },
		"probability":       func(r *parleyv1.StreamClassifyResponse) { first(r).Stance.Probabilities[0].Probability = 1.5 },
		"probability nan":   func(r *parleyv1.StreamClassifyResponse) { first(r).Tone.Probabilities[0].Probability = math.NaN() },
		"probability order": func(r *parleyv1.StreamClassifyResponse) { first(r).Tone.Probabilities[0].Label = 2 },
		"reason":            func(r *parleyv1.StreamClassifyResponse) { first(r).Tone.Abstained = 9 },
		"span beyond":       func(r *parleyv1.StreamClassifyResponse) { first(r).Stance.Evidence[0].Span.End = 100 },
		"span reversed":     func(r *parleyv1.StreamClassifyResponse) { first(r).Stance.Evidence[0].Span.Start = 2 },
		"span negative":     func(r *parleyv1.StreamClassifyResponse) { first(r).Stance.Evidence[0].Span.Start = -1 },
		"weight":            func(r *parleyv1.StreamClassifyResponse) { first(r).Stance.Evidence[0].Weight = math.Inf(1) },
		"label of evidence": func(r *parleyv1.StreamClassifyResponse) { first(r).Stance.Evidence[0].Label = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{change: func(_ int64, r *parleyv1.StreamClassifyResponse) { change(r) }}
			err := start(t, f, Options{}).Score(t.Context(), texts(2), make([]score.Result, 2))
			if status.Code(err) != codes.Internal {
				t.Errorf("error is %v, want code Internal", err)
			}
		})
	}
}

// A span that cuts a character is refused.
func TestParagraphSpanInsideCharacter(t *testing.T) {
	r := answerTo(&parleyv1.StreamClassifyRequest{Documents: []*parleyv1.Document{{}}})
	p := r.GetResult().Items[0].GetResult().Paragraphs[0]
	if _, err := paragraph(p, "\u0627x"); err == nil {
		t.Error("a span of half a character is accepted")
	}
	if got, err := paragraph(p, "x\u0627"); err != nil || got.Stance.Label != model.Favor {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestScoreCancelled(t *testing.T) {
	f := &fake{before: func(int64) error { time.Sleep(time.Second); return nil }}
	s := start(t, f, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Score(ctx, texts(1), make([]score.Result, 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
}

// A server that takes connections but says nothing costs no more than the
// timeout; the other one does the work.
func TestSilentServer(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	good := serve(t, &fake{})
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second) // less than gRPC waits for a connection
	defer cancel()
	s := connect(t, ctx, Options{Addrs: []string{silent.Addr().String(), good}, Timeout: 200 * time.Millisecond})
	results := make([]score.Result, 300)
	if err := s.Score(ctx, texts(300), results); err != nil {
		t.Fatal(err)
	}
	if results[299].Model != fakeModel {
		t.Errorf("the last result is %+v", results[299])
	}
}

// A server that lets a call wait for others is told of, not waited for.
func TestNoStreamInTime(t *testing.T) {
	addr := serve(t, &fake{}, grpc.MaxConcurrentStreams(1))
	s := connect(t, t.Context(), Options{Addrs: []string{addr}, Timeout: 200 * time.Millisecond})
	err := s.Score(t.Context(), texts(300), make([]score.Result, 300)) // on two streams in turns
	if status.Code(err) != codes.DeadlineExceeded || !strings.Contains(err.Error(), "no stream within 200ms") {
		t.Errorf("error is %v", err)
	}
}

// Messages shrink to what a server takes.
func TestScoreShrinksMessages(t *testing.T) {
	for _, reason := range []string{"BATCH_TOO_LARGE", "PARAGRAPHS_TOO_MANY", "MESSAGE_TOO_LARGE"} {
		largest := atomic.Int64{}
		f := &fake{}
		f.change = func(_ int64, r *parleyv1.StreamClassifyResponse) {
			if n := int64(len(r.GetResult().GetItems())); n > 10 {
				whole(codes.InvalidArgument, reason)(r)
			} else {
				largest.Store(max(largest.Load(), n))
			}
		}
		s := start(t, f, Options{})
		results := make([]score.Result, 200)
		if err := s.Score(t.Context(), texts(200), results); err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		for i, r := range results {
			if r.Err != nil || r.Model != fakeModel {
				t.Fatalf("%s: result %d is %+v", reason, i, r)
			}
		}
		if n := largest.Load(); n != 8 {
			t.Errorf("%s: messages of %d documents, want 8", reason, n)
		}
	}
	f := &fake{change: func(_ int64, r *parleyv1.StreamClassifyResponse) { whole(codes.InvalidArgument, "BATCH_TOO_LARGE")(r) }}
	if err := start(t, f, Options{}).Score(t.Context(), texts(3), make([]score.Result, 3)); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a server that takes nothing: %v", err)
	}
}

// The last attempt is made when the time for attempts is up, not before.
func TestRetriesUntilTimeIsUp(t *testing.T) {
	begin := time.Now()
	f := &fake{before: func(int64) error {
		if time.Since(begin) < 2*time.Second {
			return status.Error(codes.Unavailable, "away")
		}
		return nil
	}}
	s := start(t, f, Options{RetryFor: 2500 * time.Millisecond})
	if err := s.Score(t.Context(), texts(1), make([]score.Result, 1)); err != nil {
		t.Error(err)
	}
}
