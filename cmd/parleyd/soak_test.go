package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

var soak = flag.Duration("soak", 0, "how long TestSoak runs; 0 skips it")

// TestSoak runs phases of equal length on one server: steady load, the same
// with a swap every 100 ms, a flood of ten times the queue, streams that read
// slowly, and steady load again. It prints latencies and memory, and fails when
// a call fails that must not, or when memory does not come back.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("takes minutes; run with -soak 2m, or make soak")
	}
	dir := t.TempDir()
	ids := store(t, dir, 1, 2)
	const queue = 64
	d := start(t, "--models", dir, "--queue", "64")
	phase := *soak / 5
	ctx, cancel := context.WithTimeout(context.Background(), *soak+time.Minute)
	defer cancel()
	models := parleyv1.NewModelServiceClient(d.dial())
	if err := activate(ctx, models, ids[0]); err != nil {
		t.Fatal(err)
	}

	load(t, ctx, d, 4, time.Second) // warm
	steady := load(t, ctx, d, 4, phase)
	memory := d.rss()
	t.Logf("steady:      %s, %d MiB", steady, memory>>10)

	swapping, stop := context.WithCancel(ctx)
	swaps := 0
	swapped := make(chan struct{})
	go func() {
		defer close(swapped)
		for swapping.Err() == nil {
			if err := activate(ctx, models, ids[swaps%2]); err != nil {
				t.Errorf("swap %d: %v", swaps, err)
			}
			swaps++
			time.Sleep(100 * time.Millisecond)
		}
	}()
	during := load(t, ctx, d, 4, phase)
	stop()
	<-swapped
	t.Logf("swapping:    %s, %d swaps, p99 %.2f of steady", during, swaps, float64(during.p99)/float64(steady.p99))

	flood, refusals := floodFor(t, ctx, d, 10*queue, phase)
	t.Logf("flood:       %s answered; %s refused, %s of them by the server in under 5 ms; %d MiB", flood, refusals, quickRefusals(t, d), d.rss()>>10)

	slow(t, ctx, d, phase)
	t.Logf("slow reader: %d MiB", d.rss()>>10)

	time.Sleep(3 * time.Second)
	again := load(t, ctx, d, 4, phase)
	after := d.rss()
	t.Logf("steady:      %s, %d MiB", again, after>>10)
	if after > memory+memory/4+(32<<10) {
		t.Errorf("memory went from %d to %d MiB and stays there", memory>>10, after>>10)
	}
}

// latencies are those of one phase.
type latencies struct {
	n        int
	p50, p99 time.Duration
	worst    time.Duration
}

func (l latencies) String() string {
	if l.n == 0 {
		return "none"
	}
	return fmt.Sprintf("%d calls, p50 %v, p99 %v, worst %v", l.n, l.p50.Round(time.Microsecond), l.p99.Round(time.Microsecond), l.worst.Round(time.Microsecond))
}

func summarize(took []time.Duration) latencies {
	if len(took) == 0 {
		return latencies{}
	}
	slices.Sort(took)
	return latencies{len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1]}
}

// load keeps n calls in flight; none may fail.
func load(t *testing.T, ctx context.Context, d *daemonProcess, n int, length time.Duration) latencies {
	t.Helper()
	c := d.classifier()
	end := time.Now().Add(length)
	took := make([][]time.Duration, n)
	var wg sync.WaitGroup
	for k := range n {
		wg.Go(func() {
			for time.Now().Before(end) {
				start := time.Now()
				if _, err := c.Classify(ctx, request(paragraph)); err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
				took[k] = append(took[k], time.Since(start))
			}
		})
	}
	wg.Wait()
	return summarize(slices.Concat(took...))
}

// floodFor keeps n calls in flight from four connections; each must be answered
// or refused for overload.
func floodFor(t *testing.T, ctx context.Context, d *daemonProcess, n int, length time.Duration) (answered, refused latencies) {
	t.Helper()
	end := time.Now().Add(length)
	var mu sync.Mutex
	var ok, no []time.Duration
	var wg sync.WaitGroup
	clients := []parleyv1.ClassifierServiceClient{d.classifier(), d.classifier(), d.classifier(), d.classifier()}
	for k := range n {
		wg.Go(func() {
			for time.Now().Before(end) {
				start := time.Now()
				_, err := clients[k%len(clients)].Classify(ctx, request(strings.Repeat(paragraph+"\n\n", 10)))
				took := time.Since(start)
				mu.Lock()
				switch status.Code(err) {
				case codes.OK:
					ok = append(ok, took)
				case codes.ResourceExhausted:
					no = append(no, took)
				default:
					t.Errorf("a call of the flood: %v", err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return summarize(ok), summarize(no)
}

// quickRefusals reads from the server's own histogram which share of refusals
// took under 5 ms. What the client sees on top is the time in which a client and a
// server that share all cores get round to it.
func quickRefusals(t *testing.T, d *daemonProcess) string {
	t.Helper()
	resp, err := http.Get("http://" + d.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var under, all float64
	sc := bufio.NewScanner(resp.Body)
	for sc.Scan() {
		const labels = `{code="ResourceExhausted",method="/parley.v1.ClassifierService/Classify"`
		_, _ = fmt.Sscanf(sc.Text(), "parley_call_duration_seconds_bucket"+labels+`,le="0.005"} %g`, &under)
		_, _ = fmt.Sscanf(sc.Text(), "parley_call_duration_seconds_count"+labels+"} %g", &all)
	}
	if all == 0 {
		t.Error("the server has counted no refusal")
		return "none"
	}
	return fmt.Sprintf("%.2f %%", 100*under/all)
}

// slow opens streams that send all the time and read an answer now and then.
func slow(t *testing.T, ctx context.Context, d *daemonProcess, length time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var read atomic.Int64
	var wg sync.WaitGroup
	text := strings.Repeat(paragraph+"\n\n", 50)
	c := d.classifier()
	for range 8 {
		s, err := c.StreamClassify(ctx)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for s.Send(&parleyv1.StreamClassifyRequest{Documents: []*parleyv1.Document{request(text).Document}}) == nil {
			}
		})
		wg.Go(func() {
			for {
				if _, err := s.Recv(); err != nil {
					return
				}
				read.Add(1)
				time.Sleep(200 * time.Millisecond)
			}
		})
	}
	wg.Wait()
	if read.Load() == 0 {
		t.Error("the slow streams got no answer")
	}
}
