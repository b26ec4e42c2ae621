package main

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// spans collects the names of what is traced.
type spans struct {
	collector.UnimplementedTraceServiceServer
	mu    sync.Mutex
	names []string
}

func (s *spans) Export(_ context.Context, req *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range req.ResourceSpans {
		for _, sc := range r.ScopeSpans {
			for _, sp := range sc.Spans {
				s.names = append(s.names, sp.Name)
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func TestTraces(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := &spans{}
	g := grpc.NewServer()
	collector.RegisterTraceServiceServer(g, got)
	go func() { _ = g.Serve(lis) }()
	defer g.Stop()
	d := start(t, "--otlp-endpoint", "http://"+lis.Addr().String())
	d.alive()
	d.signal(syscall.SIGTERM)
	if code := d.wait(); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
	got.mu.Lock()
	defer got.mu.Unlock()
	found := false
	for _, name := range got.names {
		found = found || name == "parley.v1.ClassifierService/Classify"
	}
	if !found {
		t.Errorf("spans: %v, want one of Classify", got.names)
	}
}

// TestProbeOfAdminPort asks as a Kubernetes probe does.
func TestProbeOfAdminPort(t *testing.T) {
	d := start(t)
	conn, err := grpc.NewClient(d.admin, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	r, err := healthpb.NewHealthClient(conn).Check(testContext(t), &healthpb.HealthCheckRequest{})
	if err != nil || r.Status != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("got %v, %v, want SERVING", r, err)
	}
}
