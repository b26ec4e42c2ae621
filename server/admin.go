package server

import (
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	channelz "google.golang.org/grpc/channelz/service"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// Metrics returns where the server's figures are registered, so that other
// parts of the program can add theirs.
func (s *Server) Metrics() prometheus.Registerer { return s.metrics.registry }

// Admin returns an HTTP server for operators: /healthz (200 while health checks
// answer SERVING, 503 otherwise), /metrics for Prometheus, /debug/pprof, and
// health and channelz over gRPC. It asks for no token, so its listener must be
// one that only operators reach.
func (s *Server) Admin() *http.Server {
	g := grpc.NewServer()
	channelz.RegisterChannelzServiceToServer(g)
	healthpb.RegisterHealthServer(g, s.health)
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !s.serving.Load() || s.drain.begun() {
			http.Error(w, "not serving", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("serving\n"))
	})
	mux.Handle("/metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	a := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
				g.ServeHTTP(w, r)
				return
			}
			mux.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		Protocols:         new(http.Protocols),
	}
	a.Protocols.SetHTTP1(true)
	a.Protocols.SetUnencryptedHTTP2(true)
	return a
}
