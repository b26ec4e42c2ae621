// Package fair shares a fixed number of worker slots among callers.
//
// A Gate admits a bounded number of calls and refuses the rest at once. The
// calls admitted wait for slots in as many lines as there are flows (a flow is
// a connection), and a slot that comes free goes to the lines in turn, so one
// connection that floods the server delays the others by one piece of work and
// not by its whole backlog.
package fair

import (
	"context"
	"sync"
)

// Gate is safe for concurrent use; make it with NewGate.
type Gate struct {
	slots, queue int

	mu       sync.Mutex
	free     int   // slots that nobody holds
	admitted int   // calls between Enter and Leave
	waiting  int   // waiters in all lines
	turn     *Flow // the flow whose turn it is; a ring of those with waiters
}

// Flow is the line of one connection. The zero value is ready for use; it
// belongs to one Gate.
type Flow struct {
	admitted    int
	first, last *waiter
	next, prev  *Flow // in the ring, nil when nobody waits
}

type waiter struct {
	ready      chan struct{} // capacity 1
	granted    bool
	next, prev *waiter
}

var waiters = sync.Pool{New: func() any { return &waiter{ready: make(chan struct{}, 1)} }}

// NewGate returns a gate of slots (at least 1) and room for queue more calls.
func NewGate(slots, queue int) *Gate {
	slots = max(slots, 1)
	return &Gate{slots: slots, queue: max(queue, 0), free: slots}
}

// Enter admits a call of f, or refuses it when the queue is full or f already
// takes up as much of it as is left free. So one flow alone gets half of the
// queue, two get a third each, and a newcomer always finds room. Whoever was
// admitted must call Leave.
func (g *Gate) Enter(f *Flow) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	left := g.slots + g.queue - g.admitted
	if left <= 0 {
		return false
	}
	if f.admitted >= g.slots && f.admitted-g.slots >= min(left, g.queue) {
		return false
	}
	g.admitted++
	f.admitted++
	return true
}

// Leave ends an admitted call.
func (g *Gate) Leave(f *Flow) {
	g.mu.Lock()
	g.admitted--
	f.admitted--
	g.mu.Unlock()
}

// Acquire waits for a slot. When it returns nil, the caller holds one until
// Release.
func (g *Gate) Acquire(ctx context.Context, f *Flow) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	if err := ctx.Err(); err != nil {
		g.mu.Unlock()
		return err
	}
	w := waiters.Get().(*waiter)
	g.pushLocked(f, w)
	g.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
		g.mu.Lock()
		if !w.granted {
			g.removeLocked(f, w)
			g.mu.Unlock()
			waiters.Put(w)
			return ctx.Err()
		}
		g.mu.Unlock()
		<-w.ready
		w.granted = false
		waiters.Put(w)
		g.Release()
		return ctx.Err()
	}
	w.granted = false
	waiters.Put(w)
	return nil
}

// Release gives the slot to the next in turn.
func (g *Gate) Release() {
	g.mu.Lock()
	f := g.turn
	if f == nil {
		g.free++
		g.mu.Unlock()
		return
	}
	w := f.first
	g.turn = f.next // before f may leave the ring
	g.removeLocked(f, w)
	w.granted = true
	w.ready <- struct{}{}
	g.mu.Unlock()
}

// Yield lets others have the slot, if anybody waits, and waits for it again. On
// an error the caller no longer holds a slot.
func (g *Gate) Yield(ctx context.Context, f *Flow) error {
	if err := ctx.Err(); err != nil {
		g.Release()
		return err
	}
	g.mu.Lock()
	wanted := g.waiting > 0
	g.mu.Unlock()
	if !wanted {
		return nil
	}
	g.Release()
	return g.Acquire(ctx, f)
}

// Load is the state of a gate at one moment.
type Load struct {
	Busy     int // slots held
	Waiting  int // pieces of work that wait for a slot
	Admitted int // calls between Enter and Leave
}

// Load returns the state of the gate.
func (g *Gate) Load() Load {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Load{Busy: g.slots - g.free, Waiting: g.waiting, Admitted: g.admitted}
}

// Slots returns the number of slots.
func (g *Gate) Slots() int { return g.slots }

func (g *Gate) pushLocked(f *Flow, w *waiter) {
	g.waiting++
	w.prev, w.next = f.last, nil
	if f.last != nil {
		f.last.next = w
		f.last = w
		return
	}
	f.first, f.last = w, w
	if g.turn == nil {
		f.next, f.prev = f, f
		g.turn = f
		return
	}
	// Behind everybody else: before the one whose turn it is.
	at := g.turn
	f.next, f.prev = at, at.prev
	at.prev.next = f
	at.prev = f
}

func (g *Gate) removeLocked(f *Flow, w *waiter) {
	g.waiting--
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		f.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		f.last = w.prev
	}
	w.next, w.prev = nil, nil
	if f.first != nil {
		return
	}
	if f.next == f {
		g.turn = nil
	} else {
		if g.turn == f {
			g.turn = f.next
		}
		f.prev.next, f.next.prev = f.next, f.prev
	}
	f.next, f.prev = nil, nil
}
