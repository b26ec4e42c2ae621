package server

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// split accepts connections and hands each to gRPC's own transport or to
// net/http, by what the client speaks:
//
//   - with TLS, a client that offers HTTP/2 alone is a gRPC client; one that
//     offers HTTP/1.1 too may be anything and goes to net/http, which serves gRPC
//     as well, only slower;
//   - without TLS, a connection that begins with HTTP/2 goes to gRPC and any
//     other to net/http.
//
// So both share a port, and native clients pay nothing for it.
type split struct {
	lis     net.Listener
	tls     *tls.Config // nil for none
	limits  Limits
	log     *slog.Logger
	metrics *metrics
	open    atomic.Int64
	grpc    *handoff
	web     *handoff // nil when only gRPC is served
}

// run accepts until the listener is closed.
func (s *split) run() error {
	defer s.close()
	delay := time.Duration(0)
	for {
		c, err := s.lis.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			var ne net.Error
			if !errors.As(err, &ne) && delay == 0 {
				return err
			}
			// Out of file descriptors, for instance; that passes.
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			s.log.Error("accept", "error", err, "retry_in", delay)
			time.Sleep(delay)
			continue
		}
		delay = 0
		if n := s.open.Add(1); n > int64(s.limits.Connections) {
			s.open.Add(-1)
			s.metrics.refusedAt.WithLabelValues("connections").Inc()
			_ = c.Close()
			continue
		}
		s.metrics.conns.Inc()
		go s.route(&conn{Conn: c, closed: func() {
			s.open.Add(-1)
			s.metrics.conns.Dec()
		}})
	}
}

func (s *split) close() {
	s.grpc.stop()
	if s.web != nil {
		s.web.stop()
	}
}

// route finds out what a connection speaks, within the time for a handshake.
func (s *split) route(c *conn) {
	_ = c.SetDeadline(time.Now().Add(s.limits.Handshake))
	to, nc, err := s.detect(c)
	if err != nil {
		s.log.Debug("connection ended before its first request", "error", err)
		_ = c.Close()
		return
	}
	_ = c.SetDeadline(time.Time{})
	if !to.give(nc) {
		_ = nc.Close()
	}
}

func (s *split) detect(c *conn) (*handoff, net.Conn, error) {
	if s.tls != nil {
		t := tls.Server(c, s.tls)
		ctx, cancel := context.WithTimeout(context.Background(), s.limits.Handshake)
		defer cancel()
		if err := t.HandshakeContext(ctx); err != nil {
			s.metrics.refusedAt.WithLabelValues("tls").Inc()
			return nil, nil, err
		}
		if s.web == nil || c.onlyHTTP2 {
			return s.grpc, t, nil
		}
		return s.web, t, nil
	}
	if s.web == nil {
		return s.grpc, c, nil
	}
	const preface = "PRI * HTTP/2.0" // no other request begins so
	head := make([]byte, len(preface))
	n := 0
	for n < len(head) && string(head[:n]) == preface[:n] {
		m, err := c.Conn.Read(head[n:])
		n += m
		if err != nil {
			if n > 0 && errors.Is(err, io.EOF) {
				break
			}
			return nil, nil, err
		}
	}
	c.head = head[:n]
	if string(c.head) == preface {
		return s.grpc, c, nil
	}
	return s.web, c, nil
}

// conn is an accepted connection. It gives back the bytes that were read to
// find out what it speaks.
type conn struct {
	net.Conn
	head      []byte
	onlyHTTP2 bool // set while the TLS handshake runs
	once      sync.Once
	closed    func()
}

func (c *conn) Read(b []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(b, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.closed)
	return err
}

// handoff is a listener whose connections another one has accepted.
type handoff struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandoff(addr net.Addr) *handoff {
	return &handoff{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// give hands a connection over; false when nobody accepts any more.
func (h *handoff) give(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.done:
		return false
	}
}

func (h *handoff) stop() { h.once.Do(func() { close(h.done) }) }

func (h *handoff) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handoff) Close() error {
	h.stop()
	return nil
}

func (h *handoff) Addr() net.Addr { return h.addr }
