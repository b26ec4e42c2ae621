// Package server offers the models of package model over gRPC: it checks
// requests, shares the cores among callers, translates, and decides nothing
// about language.
//
// New makes a Server with ClassifierService, health and, if wanted, reflection;
// other services register with it as with a grpc.Server and get the same
// authorisation, errors, metrics and drain. Serve answers on a listener until
// Shutdown.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/fair"
)

// Options configure a server. Models is required; every other field's zero
// value is its default.
type Options struct {
	// Models finds the models that requests name.
	Models Models
	// Limits bound what callers can ask for.
	Limits Limits
	// Log gets the server's events; the text of requests never goes there.
	// Default: nothing is logged.
	Log *slog.Logger
	// Reflection lets callers read the schema from the server. Default: off.
	Reflection bool
}

// Server serves gRPC. Its methods may be called from any goroutine, but
// services are registered before Serve.
type Server struct {
	limits   Limits
	log      *slog.Logger
	logCalls bool
	gate     *fair.Gate
	metrics  *metrics
	drain    *drain
	health   healthState
	serving  atomic.Bool
	grpc     *grpc.Server
}

// New returns a server that reports NOT_SERVING until SetServing.
func New(opt Options) (*Server, error) {
	if opt.Models == nil {
		return nil, errors.New("server options lack models")
	}
	s := &Server{limits: opt.Limits.withDefaults(), log: opt.Log, drain: newDrain(), health: newHealth()}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.logCalls = s.log.Enabled(context.Background(), slog.LevelDebug)
	s.gate = fair.NewGate(s.limits.Workers, s.limits.Queue)
	s.metrics = newMetrics(s.gate)
	s.grpc = grpc.NewServer(s.transport()...)
	parleyv1.RegisterClassifierServiceServer(s, &classifier{
		models: opt.Models, limits: s.limits, gate: s.gate, metrics: s.metrics, drain: s.drain,
	})
	healthpb.RegisterHealthServer(s, s.health)
	if opt.Reflection {
		reflection.Register(s)
	}
	return s, nil
}

// transport returns the settings of the gRPC transport.
func (s *Server) transport() []grpc.ServerOption {
	l := s.limits
	return []grpc.ServerOption{
		grpc.Creds(handshaken{}),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.MaxRecvMsgSize(l.MessageBytes),
		grpc.MaxConcurrentStreams(uint32(l.Calls)),
		grpc.MaxHeaderListSize(uint32(l.HeaderBytes)),
		grpc.ConnectionTimeout(l.Handshake),
		grpc.SharedWriteBuffer(true),
		grpc.WaitForHandlers(true),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle:     l.ConnectionIdle,
			MaxConnectionAge:      l.ConnectionAge,
			MaxConnectionAgeGrace: ConnectionGrace,
			// A peer that is gone without a word is noticed within 40 seconds.
			Time:    30 * time.Second,
			Timeout: 10 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	}
}

func (s *Server) grpcServers() []*grpc.Server { return []*grpc.Server{s.grpc} }

// SetServing says whether health checks of the server and of each of its
// services answer SERVING.
func (s *Server) SetServing(on bool) {
	s.serving.Store(on)
	s.health.set("", on)
	for name := range s.GetServiceInfo() {
		s.health.set(name, on)
	}
}

// Serve answers on the listener until Shutdown, when it returns nil, or until
// the listener fails.
func (s *Server) Serve(lis net.Listener) error {
	return s.grpc.Serve(lis)
}

// Shutdown reports NOT_SERVING, lets calls in flight finish, ends streams with
// UNAVAILABLE and closes the listener. When ctx ends first, what is left is cut
// off and the error is that of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.health.Shutdown()
	s.drain.start()
	done := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.grpc.Stop()
		<-done
		return ctx.Err()
	}
}
