package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

func openStream(t *testing.T, ctx context.Context, c parleyv1.ClassifierServiceClient) parleyv1.ClassifierService_StreamClassifyClient {
	t.Helper()
	stream, err := c.StreamClassify(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func TestStreamKeepsOrderAndSurvivesBadItems(t *testing.T) {
	c := client(t, Options{Limits: Limits{Documents: 3, Workers: 4}})
	stream := openStream(t, testContext(t), c)
	type want struct {
		reason Reason // of the message
		items  []Reason
	}
	long := strings.Repeat("i", maxIDBytes+1)
	var sent []*parleyv1.StreamClassifyRequest
	var wants []want
	add := func(w want, req *parleyv1.StreamClassifyRequest) {
		if req.Id == "" {
			req.Id = fmt.Sprintf("m-%d", len(sent))
		}
		sent, wants = append(sent, req), append(wants, w)
	}
	for range 20 {
		add(want{items: []Reason{"", ContentEmpty}}, &parleyv1.StreamClassifyRequest{Documents: plains("Envoys met.", "")})
		add(want{reason: BatchEmpty}, &parleyv1.StreamClassifyRequest{})
		add(want{reason: BatchTooLarge}, &parleyv1.StreamClassifyRequest{Documents: plains("a", "b", "c", "d")})
		add(want{reason: ModelNotFound}, &parleyv1.StreamClassifyRequest{Documents: plains("a"), Options: &parleyv1.ClassifyOptions{Model: "nobody"}})
		add(want{reason: IDTooLong}, &parleyv1.StreamClassifyRequest{Id: long, Documents: plains("a")})
		add(want{items: []Reason{""}}, &parleyv1.StreamClassifyRequest{Documents: plains(article)})
	}
	go func() {
		for _, req := range sent {
			if err := stream.Send(req); err != nil {
				return
			}
		}
		_ = stream.CloseSend()
	}()
	for i, w := range wants {
		resp, err := stream.Recv()
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		if resp.Sequence != int64(i) {
			t.Fatalf("answer %d has sequence %d", i, resp.Sequence)
		}
		if resp.Id != sent[i].Id && w.reason != IDTooLong {
			t.Errorf("answer %d has id %q, want %q", i, resp.Id, sent[i].Id)
		}
		if got := Reason(resp.GetError().GetReason()); got != w.reason {
			t.Errorf("answer %d: reason %q, want %q", i, got, w.reason)
		}
		for k, item := range resp.GetResult().GetItems() {
			if got := Reason(item.GetError().GetReason()); got != w.items[k] {
				t.Errorf("answer %d item %d: reason %q, want %q", i, k, got, w.items[k])
			}
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last answer: %v, want EOF", err)
	}
}

func TestStreamLimit(t *testing.T) {
	ctx := testContext(t)
	_, addr := start(t, Options{Limits: Limits{Streams: 2}})
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	ping := func(s parleyv1.ClassifierService_StreamClassifyClient) error {
		_ = s.Send(&parleyv1.StreamClassifyRequest{Documents: plains("Hello there.")})
		_, err := s.Recv()
		return err
	}
	a, b := openStream(t, ctx, c), openStream(t, ctx, c)
	for _, s := range []parleyv1.ClassifierService_StreamClassifyClient{a, b} {
		if err := ping(s); err != nil {
			t.Fatal(err)
		}
	}
	err := ping(openStream(t, ctx, c))
	wantFailure(t, err, StreamsTooMany, "")
	if _, _, retry := reasonOf(t, err); retry == nil {
		t.Error("no RetryInfo")
	}
	other := parleyv1.NewClassifierServiceClient(dial(t, addr))
	if err := ping(openStream(t, ctx, other)); err != nil {
		t.Errorf("another connection: %v", err)
	}
	_ = a.CloseSend()
	if _, err := a.Recv(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if err := ping(openStream(t, ctx, c)); err != nil {
		t.Errorf("after one stream ended: %v", err)
	}
}

// TestStreamBackpressure holds the model and checks that only a few messages
// are taken in.
func TestStreamBackpressure(t *testing.T) {
	var scored atomic.Int32
	hold := make(chan struct{})
	m := &fakeModel{before: func(string) { scored.Add(1); <-hold }}
	s, addr := start(t, Options{Models: Single(m), Limits: Limits{Workers: 2}})
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	stream := openStream(t, testContext(t), c)
	var sent atomic.Int32
	const messages = 400
	big := strings.Repeat("word ", 2000) // 10 kB: more than the windows of HTTP/2 hold together
	go func() {
		for range messages {
			if stream.Send(&parleyv1.StreamClassifyRequest{Documents: plains(big)}) != nil {
				return
			}
			sent.Add(1)
		}
		_ = stream.CloseSend()
	}()
	for s.gate.Load().Waiting == 0 {
		if stream.Context().Err() != nil {
			t.Fatal("nothing waits for a worker")
		}
	}
	if n := s.gate.Load(); n.Busy != 2 || n.Waiting > 4 {
		t.Errorf("one stream has %+v in work, want 2 busy and at most 4 waiting", n)
	}
	close(hold)
	for i := range messages {
		if _, err := stream.Recv(); err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
	}
	if got := scored.Load(); got != messages {
		t.Errorf("%d paragraphs scored, want %d", got, messages)
	}
}

func TestStreamCallerLeaves(t *testing.T) {
	hold := make(chan struct{})
	m := &fakeModel{before: func(string) { <-hold }}
	s, addr := start(t, Options{Models: Single(m), Limits: Limits{Workers: 1}})
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	ctx, cancel := context.WithCancel(testContext(t))
	stream := openStream(t, ctx, c)
	for range 3 {
		if err := stream.Send(&parleyv1.StreamClassifyRequest{Documents: plains("Envoys met.")}); err != nil {
			t.Fatal(err)
		}
	}
	for s.gate.Load().Busy == 0 {
		if testContext(t).Err() != nil {
			t.Fatal("no work began")
		}
	}
	cancel()
	if _, err := stream.Recv(); status.Code(err) != codes.Canceled {
		t.Errorf("got %v, want Canceled", err)
	}
	close(hold)
	for s.gate.Load().Busy > 0 {
		runtime.Gosched()
	}
}

func TestManyStreamsAtOnce(t *testing.T) {
	c := client(t, Options{Limits: Limits{Workers: 2, Streams: 32}})
	var wg sync.WaitGroup
	for k := range 16 {
		wg.Go(func() {
			stream, err := c.StreamClassify(testContext(t))
			if err != nil {
				t.Error(err)
				return
			}
			go func() {
				for i := range 50 {
					_ = stream.Send(&parleyv1.StreamClassifyRequest{Id: fmt.Sprintf("%d/%d", k, i), Documents: plains("Envoys met.", "They talked.")})
				}
				_ = stream.CloseSend()
			}()
			for i := range 50 {
				resp, err := stream.Recv()
				if err != nil || resp.Id != fmt.Sprintf("%d/%d", k, i) {
					t.Errorf("stream %d answer %d: %v, %v", k, i, resp.GetId(), err)
					return
				}
			}
		})
	}
	wg.Wait()
}
