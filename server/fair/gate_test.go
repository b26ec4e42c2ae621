package fair

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// waitFor waits until n pieces of work wait at g.
func waitFor(t *testing.T, ctx context.Context, g *Gate, n int) {
	t.Helper()
	for g.Load().Waiting != n {
		if ctx.Err() != nil {
			t.Fatalf("%d wait, want %d", g.Load().Waiting, n)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

func TestEnter(t *testing.T) {
	tests := []struct {
		name         string
		slots, queue int
		flood        int // calls that the first flow tries
		want         int // admitted of them
		second       int // admitted of as many tries by a second flow
	}{
		{"one flow gets the slots and half of the queue", 2, 8, 100, 6, 3},
		{"no queue", 3, 0, 100, 3, 0},
		{"a flow below its share is not refused", 2, 8, 3, 3, 5},
		{"queue of one", 1, 1, 100, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := NewGate(tt.slots, tt.queue)
			var a, b Flow
			admit := func(f *Flow) (n int) {
				for range 100 {
					if n == tt.flood && f == &a {
						break
					}
					if g.Enter(f) {
						n++
					}
				}
				return n
			}
			if got := admit(&a); got != tt.want {
				t.Errorf("first flow: admitted %d, want %d", got, tt.want)
			}
			if got := admit(&b); got != tt.second {
				t.Errorf("second flow: admitted %d, want %d", got, tt.second)
			}
			if got := g.Load().Admitted; got > tt.slots+tt.queue {
				t.Errorf("admitted %d, more than %d slots and %d places", got, tt.slots, tt.queue)
			}
		})
	}
}

func TestLeaveMakesRoom(t *testing.T) {
	g := NewGate(1, 0)
	var f Flow
	for i := range 3 {
		if !g.Enter(&f) {
			t.Fatalf("call %d refused by an empty gate", i)
		}
		if g.Enter(&f) {
			t.Fatal("second call admitted to a gate of one place")
		}
		g.Leave(&f)
	}
}

func TestTurns(t *testing.T) {
	ctx := testContext(t)
	g := NewGate(1, 100)
	var flood, a, b Flow
	if err := g.Acquire(ctx, &flood); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var order []string
	var wg sync.WaitGroup
	waiting := 0
	line := func(f *Flow, name string) {
		wg.Go(func() {
			if err := g.Acquire(ctx, f); err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			order = append(order, name)
			mu.Unlock()
			g.Release()
		})
		waiting++
		waitFor(t, ctx, g, waiting)
	}
	for range 5 {
		line(&flood, "flood")
	}
	line(&a, "a")
	line(&b, "b")
	line(&a, "a")
	g.Release()
	wg.Wait()
	want := []string{"flood", "a", "b", "flood", "a", "flood", "flood", "flood"}
	if !slices.Equal(order, want) {
		t.Errorf("served in the order %v, want %v", order, want)
	}
}

func TestAcquireCancelled(t *testing.T) {
	ctx := testContext(t)
	g := NewGate(1, 10)
	var f Flow
	if err := g.Acquire(ctx, &f); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithCancel(ctx)
	failed := make(chan error, 2)
	for range 2 {
		go func() { failed <- g.Acquire(short, &f) }()
	}
	waitFor(t, ctx, g, 2)
	cancel()
	for range 2 {
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	}
	if err := g.Acquire(short, &f); !errors.Is(err, context.Canceled) {
		t.Errorf("acquire with a dead context: got %v, want context.Canceled", err)
	}
	g.Release()
	if got, want := g.Load(), (Load{}); got != want {
		t.Errorf("load after all is over: %+v, want %+v", got, want)
	}
}

func TestYield(t *testing.T) {
	ctx := testContext(t)
	g := NewGate(1, 10)
	var long, other Flow
	if err := g.Acquire(ctx, &long); err != nil {
		t.Fatal(err)
	}
	if err := g.Yield(ctx, &long); err != nil {
		t.Fatalf("yield with nobody waiting: %v", err)
	}
	var served atomic.Bool
	go func() {
		if err := g.Acquire(ctx, &other); err != nil {
			t.Error(err)
		}
		served.Store(true)
		g.Release()
	}()
	waitFor(t, ctx, g, 1)
	if err := g.Yield(ctx, &long); err != nil {
		t.Fatal(err)
	}
	if !served.Load() {
		t.Error("yield came back before the one that waited was served")
	}
	dead, cancel := context.WithCancel(ctx)
	cancel()
	if err := g.Yield(dead, &long); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if got := g.Load().Busy; got != 0 {
		t.Errorf("%d slots held after a failed yield, want 0", got)
	}
}

func TestNeverMoreThanSlots(t *testing.T) {
	ctx := testContext(t)
	const slots = 3
	g := NewGate(slots, 1000)
	flows := make([]Flow, 7)
	var busy, served atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			f := &flows[i%len(flows)]
			for range 200 {
				c, cancel := ctx, context.CancelFunc(func() {})
				if rng.IntN(4) == 0 {
					c, cancel = context.WithTimeout(ctx, time.Duration(rng.IntN(50))*time.Microsecond)
				}
				if g.Acquire(c, f) == nil {
					if n := busy.Add(1); n > slots {
						t.Errorf("%d hold a slot, there are %d", n, slots)
					}
					served.Add(1)
					busy.Add(-1)
					if rng.IntN(3) > 0 || g.Yield(c, f) == nil {
						g.Release()
					}
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if got := g.Load(); got != (Load{}) {
		t.Errorf("load after all is over: %+v, want none", got)
	}
	if served.Load() == 0 {
		t.Error("nobody was served")
	}
}

func BenchmarkAcquireFree(b *testing.B) {
	g := NewGate(2, 1024)
	var f Flow
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		g.Enter(&f)
		_ = g.Acquire(ctx, &f)
		g.Release()
		g.Leave(&f)
	}
}

func BenchmarkAcquireContended(b *testing.B) {
	g := NewGate(2, 1024)
	ctx := context.Background()
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var f Flow
		for pb.Next() {
			_ = g.Acquire(ctx, &f)
			g.Release()
		}
	})
}
