package server

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"
)

// drain tells long-lived calls that the server is about to stop.
type drain struct {
	once    sync.Once
	started chan struct{}
}

func newDrain() *drain { return &drain{started: make(chan struct{})} }

func (d *drain) start() { d.once.Do(func() { close(d.started) }) }

func (d *drain) begun() bool {
	select {
	case <-d.started:
		return true
	default:
		return false
	}
}

// drained is a stream of another service (health watch, reflection, progress of
// a training): its context ends and its RecvMsg fails when the drain begins.
type drained struct {
	grpc.ServerStream
	ctx   context.Context
	drain *drain
}

func (s *drained) Context() context.Context { return s.ctx }

func (s *drained) RecvMsg(m any) error {
	got := make(chan error, 1)
	go func() { got <- s.ServerStream.RecvMsg(m) }()
	select {
	case err := <-got:
		return err
	case <-s.drain.started:
		return Errorf(ShuttingDown, "the server is shutting down")
	}
}

// guard runs the handler of a long-lived stream so that a drain ends it with
// UNAVAILABLE.
func (d *drain) guard(srv any, ss grpc.ServerStream, handler grpc.StreamHandler) error {
	ctx, cancel := context.WithCancelCause(ss.Context())
	defer cancel(nil)
	down := Errorf(ShuttingDown, "the server is shutting down")
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-d.started:
			cancel(down)
		case <-stop:
		}
	}()
	err := handler(srv, &drained{ss, ctx, d})
	if err != nil && !errors.Is(err, io.EOF) && d.begun() && ss.Context().Err() == nil {
		return down
	}
	return err
}
