package remote

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// lane is one stream to a server, opened when it is needed and again when it
// broke. Messages of several callers share it; answers come in their order.
type lane struct {
	addr   string
	conn   *grpc.ClientConn
	client parleyv1.ClassifierServiceClient

	opening chan struct{} // holds one while a stream is being opened

	mu     sync.Mutex
	stream *stream // nil when none is open
}

// stream is an open stream.
type stream struct {
	call   parleyv1.ClassifierService_StreamClassifyClient
	cancel context.CancelFunc

	sending sync.Mutex // orders sends like pending
	mu      sync.Mutex
	pending []*message
	sent    int64
	err     error // why it ended
}

// message waits for its answer.
type message struct {
	id     string
	answer chan *parleyv1.StreamClassifyResponse // closed without one when the stream ends
}

// do sends a message and waits for the answer.
func (l *lane) do(ctx context.Context, req *parleyv1.StreamClassifyRequest, timeout time.Duration) (*parleyv1.StreamClassifyResponse, error) {
	s, err := l.open(ctx, timeout)
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	m := &message{answer: make(chan *parleyv1.StreamClassifyResponse, 1)}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		s.send(m, req)
	}()
	late := status.Errorf(codes.DeadlineExceeded, "%s: no answer within %v", l.addr, timeout)
	select {
	case r, ok := <-m.answer:
		<-sent // req is not used any more
		if !ok {
			return nil, l.failure(s)
		}
		return r, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = late
	}
	// The stream is of no use to the others either: its answers come in order.
	l.drop(s)
	s.cancel()
	<-sent
	return nil, err
}

// open returns the lane's stream, and opens one if there is none. A server may
// let it wait: for the connection, or for the end of other calls.
func (l *lane) open(ctx context.Context, timeout time.Duration) (*stream, error) {
	ctx, done := context.WithTimeout(ctx, timeout)
	defer done()
	select {
	case l.opening <- struct{}{}:
		defer func() { <-l.opening }()
	case <-ctx.Done():
		return nil, l.notOpened(ctx, timeout)
	}
	l.mu.Lock()
	s := l.stream
	l.mu.Unlock()
	if s != nil {
		return s, nil
	}
	life, cancel := context.WithCancel(context.Background())
	inTime := context.AfterFunc(ctx, cancel)
	call, err := l.client.StreamClassify(life)
	switch {
	case !inTime():
		cancel()
		return nil, l.notOpened(ctx, timeout)
	case err != nil:
		cancel()
		return nil, l.named(err)
	}
	s = &stream{call: call, cancel: cancel}
	l.mu.Lock()
	l.stream = s
	l.mu.Unlock()
	go func() {
		s.receive()
		l.drop(s)
		s.fail()
	}()
	return s, nil
}

// notOpened is the error of a stream that was not there in time.
func (l *lane) notOpened(ctx context.Context, timeout time.Duration) error {
	switch {
	case !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return ctx.Err()
	case l.conn.GetState() != connectivity.Ready:
		return status.Errorf(codes.Unavailable, "%s: no connection within %v", l.addr, timeout)
	}
	return status.Errorf(codes.DeadlineExceeded, "%s: no stream within %v: it may allow too few calls a connection", l.addr, timeout)
}

// drop forgets a stream that ended.
func (l *lane) drop(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stream == s {
		l.stream = nil
	}
}

func (l *lane) close() {
	l.mu.Lock()
	s := l.stream
	l.stream = nil
	l.mu.Unlock()
	if s != nil {
		s.cancel()
	}
}

// failure says why a stream ended before the answer. A server that ends a
// stream without an error is going away; one cancelled here for another's
// deadline is worth another try.
func (l *lane) failure(s *stream) error {
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if err == nil || errors.Is(err, io.EOF) || status.Code(err) == codes.Canceled {
		err = status.Error(codes.Unavailable, "the stream ended")
	}
	return l.named(err)
}

// named puts the server before the message of a status.
func (l *lane) named(err error) error {
	st := status.Convert(err)
	named := status.Errorf(st.Code(), "%s: %s", l.addr, st.Message())
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return marked(named, info.Reason)
		}
	}
	if strings.HasPrefix(st.Message(), "grpc: received message larger than max") { // gRPC's own words carry no reason
		return errTooLarge{named}
	}
	return named
}

// send queues a message and sends it.
func (s *stream) send(m *message, req *parleyv1.StreamClassifyRequest) {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		close(m.answer)
		return
	}
	m.id = strconv.FormatInt(s.sent, 10)
	s.sent++
	s.pending = append(s.pending, m)
	s.mu.Unlock()
	req.Id = m.id
	// The error of a broken stream is the one that receive gets.
	_ = s.call.Send(req)
}

// receive hands on answers until the stream ends.
func (s *stream) receive() {
	for {
		r, err := s.call.Recv()
		s.mu.Lock()
		if err == nil && (len(s.pending) == 0 || s.pending[0].id != r.GetId()) {
			err = status.Errorf(codes.Internal, "answer to %q came out of order", r.GetId())
		}
		if err != nil {
			s.err = err
			s.mu.Unlock()
			s.cancel()
			return
		}
		m := s.pending[0]
		s.pending = s.pending[1:]
		s.mu.Unlock()
		m.answer <- r
	}
}

// fail lets everybody go who still waits.
func (s *stream) fail() {
	s.mu.Lock()
	pending := s.pending
	s.pending = nil
	s.mu.Unlock()
	for _, m := range pending {
		close(m.answer)
	}
}
