package server

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// TestOverload floods a server of one worker that is held, with ten times what
// it takes.
func TestOverload(t *testing.T) {
	const workers, queue = 1, 8
	hold := make(chan struct{})
	m := &fakeModel{before: func(string) { <-hold }}
	s, addr := start(t, Options{Models: Single(m), Limits: Limits{Workers: workers, Queue: queue}})
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	const calls = 10 * (workers + queue)
	var ok, refused atomic.Int32
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			_, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Envoys met.")})
			switch status.Code(err) {
			case codes.OK:
				ok.Add(1)
			case codes.ResourceExhausted:
				refused.Add(1)
				reason, _, retry := reasonOf(t, err)
				if reason != Overloaded || retry == nil || retry.RetryDelay.AsDuration() <= 0 {
					t.Errorf("refused with %q and %v, want OVERLOADED and a delay", reason, retry)
				}
			default:
				t.Error(err)
			}
		})
	}
	const want = workers + queue/2 // what one connection may have admitted
	for refused.Load() < calls-want {
		runtime.Gosched()
	}
	// Another connection finds room although this one floods.
	other := parleyv1.NewClassifierServiceClient(dial(t, addr))
	wg.Go(func() {
		if _, err := other.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Let me in.")}); err != nil {
			t.Errorf("another connection: %v", err)
		}
	})
	for s.gate.Load().Admitted < want+1 {
		runtime.Gosched()
	}
	close(hold)
	wg.Wait()
	if got := ok.Load(); got != want {
		t.Errorf("%d calls were answered, want all of the %d admitted", got, want)
	}
	if l := s.gate.Load(); l.Admitted != 0 || l.Busy != 0 || l.Waiting != 0 {
		t.Errorf("load when all is over: %+v", l)
	}
}

// TestUnaryBesideFlood checks that a call does not wait for the backlog of a
// stream on another connection.
func TestUnaryBesideFlood(t *testing.T) {
	var flooded, before atomic.Int32 // documents of the flood scored, and those before the call
	step := make(chan struct{})
	m := &fakeModel{before: func(s string) {
		if strings.HasPrefix(s, "flood") {
			<-step
			flooded.Add(1)
			return
		}
		before.Store(flooded.Load())
	}}
	s, addr := start(t, Options{Models: Single(m), Limits: Limits{Workers: 1}})
	flood := openStream(t, testContext(t), parleyv1.NewClassifierServiceClient(dial(t, addr)))
	go func() {
		for range 50 {
			_ = flood.Send(&parleyv1.StreamClassifyRequest{Documents: plains("flood one.")})
		}
		_ = flood.CloseSend()
	}()
	// The stream has a message at the worker, one in the order of answers for each
	// worker and one more, and so no further one is read.
	const backlog = 2
	for s.gate.Load().Waiting < backlog {
		runtime.Gosched()
	}
	answered := make(chan error, 1)
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	go func() {
		_, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Envoys met.")})
		answered <- err
	}()
	for s.gate.Load().Waiting <= backlog {
		runtime.Gosched()
	}
	go func() {
		for range 50 {
			step <- struct{}{}
		}
	}()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if n := before.Load(); n > 3 {
		t.Errorf("%d documents of the flood were scored before the call", n)
	}
	for range 50 {
		if _, err := flood.Recv(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLongDocumentYields checks that a long document lets others have their turn.
func TestLongDocumentYields(t *testing.T) {
	const paragraphs = 200
	var scored atomic.Int32
	gate := make(chan struct{})
	overtaken := make(chan int32, 1)
	var first sync.Once
	m := &fakeModel{before: func(s string) {
		if strings.HasPrefix(s, "short") {
			overtaken <- scored.Load()
			return
		}
		first.Do(func() { <-gate })
		scored.Add(1)
	}}
	s, addr := start(t, Options{Models: Single(m), Limits: Limits{Workers: 1}})
	long := strings.Repeat("word "+strings.Repeat("and more ", 100)+"\n\n", paragraphs)
	done := make(chan error, 2)
	classify := func(text string) {
		c := parleyv1.NewClassifierServiceClient(dial(t, addr))
		go func() {
			_, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain(text)})
			done <- err
		}()
	}
	classify(long)
	for s.gate.Load().Busy == 0 {
		runtime.Gosched()
	}
	classify("short one.")
	for s.gate.Load().Waiting == 0 {
		runtime.Gosched()
	}
	close(gate)
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if n := <-overtaken; n == paragraphs {
		t.Error("the short document waited for all of the long one")
	}
}

func TestDeadlineWhileWaiting(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	m := &fakeModel{before: func(string) { <-hold }}
	s, addr := start(t, Options{Models: Single(m), Limits: Limits{Workers: 1}})
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	ctx, cancel := context.WithCancel(testContext(t))
	go func() { _, _ = c.Classify(ctx, &parleyv1.ClassifyRequest{Document: plain("first.")}) }()
	for s.gate.Load().Busy == 0 {
		runtime.Gosched()
	}
	short, stop := context.WithTimeout(testContext(t), 20_000_000)
	defer stop()
	_, err := c.Classify(short, &parleyv1.ClassifyRequest{Document: plain("second.")})
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
	for s.gate.Load().Waiting > 0 {
		runtime.Gosched()
	}
	cancel()
}

func TestConnectionLimit(t *testing.T) {
	_, addr := start(t, Options{Limits: Limits{Connections: 2}})
	var conns []parleyv1.ClassifierServiceClient
	for range 2 {
		c := parleyv1.NewClassifierServiceClient(dial(t, addr))
		if _, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Hello.")}); err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	_, err := parleyv1.NewClassifierServiceClient(dial(t, addr)).Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Hello.")})
	if status.Code(err) != codes.Unavailable {
		t.Errorf("third connection: %v, want Unavailable", err)
	}
	for _, c := range conns {
		if _, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Hello.")}); err != nil {
			t.Errorf("an earlier connection: %v", err)
		}
	}
}

func TestMessageTooLarge(t *testing.T) {
	c := client(t, Options{Limits: Limits{MessageBytes: 1000}})
	big := plain(strings.Repeat("word ", 1000))
	_, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: big})
	if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "1000") {
		t.Errorf("got %v, want ResourceExhausted that names the limit", err)
	}
	stream := openStream(t, testContext(t), c)
	_ = stream.Send(&parleyv1.StreamClassifyRequest{Documents: []*parleyv1.Document{big}})
	_, err = stream.Recv()
	if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "1000") {
		t.Errorf("stream: got %v, want ResourceExhausted that names the limit", err)
	}
}
