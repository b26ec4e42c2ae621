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
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // lets clients compress
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
	// TLS are the certificates. Default: connections are not encrypted.
	TLS *TLS
	// Tokens are the bearer tokens that are accepted. Default: no token is
	// needed, and every caller may do everything.
	Tokens *Tokens
	// Web answers Connect, gRPC-Web and JSON over HTTP on the same port.
	// Default: gRPC alone is served.
	Web bool
	// Origins are the web pages that may call, "*" for all. Default: none.
	Origins []string
	// Transport holds more settings for gRPC, such as a stats handler.
	Transport []grpc.ServerOption
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
	tls      *TLS
	tokens   *Tokens
	origins  []string
	webGRPC  *grpc.Server // the same services behind net/http; nil without Web

	mu  sync.Mutex
	web *http.Server
	lis net.Listener
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
	s.tls, s.tokens, s.origins = opt.TLS, opt.Tokens, opt.Origins
	transport := append(s.transport(), opt.Transport...)
	s.grpc = grpc.NewServer(transport...)
	if opt.Web {
		s.webGRPC = grpc.NewServer(transport...)
	}
	if s.tls != nil {
		s.metrics.registry.MustRegister(gaugeFunc("parley_tls_certificate_expiry_seconds", "When the certificate expires, in seconds since 1970.",
			func() int { return int(s.tls.expiry.Load()) }))
	}
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
		// Goroutines whose stacks have grown already; more are started when all are busy.
		grpc.NumStreamWorkers(streamWorkers),
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

func (s *Server) grpcServers() []*grpc.Server {
	if s.webGRPC == nil {
		return []*grpc.Server{s.grpc}
	}
	return []*grpc.Server{s.grpc, s.webGRPC}
}

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
// the listener fails. It is called once.
func (s *Server) Serve(lis net.Listener) error {
	sp := &split{lis: lis, limits: s.limits, log: s.log, metrics: s.metrics, grpc: newHandoff(lis.Addr())}
	if s.tls != nil {
		sp.tls = s.tls.serverConfig()
	}
	served := make(chan error, 2)
	running := 1
	if s.webGRPC != nil {
		web, err := newWeb(s.webGRPC, s.limits, s.origins, s.log)
		if err != nil {
			return err
		}
		sp.web = newHandoff(lis.Addr())
		s.mu.Lock()
		s.web = web
		s.mu.Unlock()
		running++
		go func() { served <- web.Serve(sp.web) }()
	}
	s.mu.Lock()
	s.lis = lis
	s.mu.Unlock()
	if s.drain.begun() {
		_ = lis.Close()
	}
	stop := make(chan struct{})
	defer close(stop)
	go s.watchFiles(stop)
	go func() { served <- s.grpc.Serve(sp.grpc) }()
	err := sp.run()
	for range running {
		if e := <-served; err == nil && e != nil && !errors.Is(e, http.ErrServerClosed) && !errors.Is(e, net.ErrClosed) && !errors.Is(e, grpc.ErrServerStopped) {
			err = e
		}
	}
	return err
}

// watchFiles reads certificates and tokens again when they change.
func (s *Server) watchFiles(stop <-chan struct{}) {
	if s.tls == nil && s.tokens == nil {
		return
	}
	t := time.NewTicker(watchInterval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			s.ReloadFiles()
		case <-stop:
			return
		}
	}
}

// ReloadFiles reads certificates and tokens again if they have changed.
func (s *Server) ReloadFiles() {
	if s.tls != nil {
		s.tls.ReloadIfChanged()
	}
	if s.tokens != nil {
		s.tokens.ReloadIfChanged()
	}
}

// Shutdown reports NOT_SERVING, stops accepting, lets calls in flight finish
// and ends streams with UNAVAILABLE. When ctx ends first, what is left is cut
// off and the error is that of ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.BeginDrain()
	s.drain.start()
	s.mu.Lock()
	web, lis := s.web, s.lis
	s.mu.Unlock()
	if lis != nil {
		_ = lis.Close()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var wg sync.WaitGroup
		if web != nil {
			wg.Go(func() { _ = web.Shutdown(ctx) })
		}
		s.grpc.GracefulStop()
		wg.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.grpc.Stop()
		if web != nil {
			_ = web.Close()
		}
		<-done
		return ctx.Err()
	}
}

// BeginDrain makes health checks answer NOT_SERVING while everything goes on,
// so that load balancers stop sending before Shutdown.
func (s *Server) BeginDrain() {
	s.serving.Store(false)
	s.health.Shutdown()
}
