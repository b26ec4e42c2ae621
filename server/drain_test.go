package server

import (
	"context"
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

func TestHealth(t *testing.T) {
	s, addr := start(t, Options{})
	h := healthpb.NewHealthClient(dial(t, addr))
	check := func(service string, want healthpb.HealthCheckResponse_ServingStatus) {
		t.Helper()
		r, err := h.Check(testContext(t), &healthpb.HealthCheckRequest{Service: service})
		if err != nil || r.Status != want {
			t.Errorf("%q is %v, %v, want %v", service, r.GetStatus(), err, want)
		}
	}
	services := []string{"", "parley.v1.ClassifierService", "grpc.health.v1.Health"}
	for _, name := range services {
		check(name, healthpb.HealthCheckResponse_SERVING)
	}
	list, err := h.List(testContext(t), &healthpb.HealthListRequest{})
	if err != nil || len(list.Statuses) < len(services) {
		t.Errorf("list: %v, %v", list, err)
	}
	if _, err := h.Check(testContext(t), &healthpb.HealthCheckRequest{Service: "nobody"}); status.Code(err) != codes.NotFound {
		t.Errorf("unknown service: %v, want NotFound", err)
	}
	s.SetServing(false)
	for _, name := range services {
		check(name, healthpb.HealthCheckResponse_NOT_SERVING)
	}
}

// TestDrain holds a call, a stream, a health watch and a reflection stream and
// shuts down.
func TestDrain(t *testing.T) {
	hold := make(chan struct{})
	m := &fakeModel{before: func(s string) {
		if s == "held." {
			<-hold
		}
	}}
	s, addr := start(t, Options{Models: Single(m), Reflection: true, Limits: Limits{Workers: 4}})
	ctx := testContext(t)
	conn := dial(t, addr)
	c := parleyv1.NewClassifierServiceClient(conn)

	watch, err := healthpb.NewHealthClient(conn).Watch(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := watch.Recv(); err != nil || r.Status != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("watch: %v, %v", r, err)
	}
	reflect, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_ = reflect.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
	if _, err := reflect.Recv(); err != nil {
		t.Fatal(err)
	}
	stream := openStream(t, ctx, c)
	_ = stream.Send(&parleyv1.StreamClassifyRequest{Id: "one", Documents: plains("Envoys met.")})
	if r, err := stream.Recv(); err != nil || r.Id != "one" {
		t.Fatal(err)
	}
	_ = stream.Send(&parleyv1.StreamClassifyRequest{Id: "two", Documents: plains("held.")})
	unary := make(chan error, 1)
	go func() {
		_, err := c.Classify(ctx, &parleyv1.ClassifyRequest{Document: plain("held.")})
		unary <- err
	}()
	for s.gate.Load().Busy < 2 {
		runtime.Gosched()
	}

	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	if r, err := watch.Recv(); err != nil || r.Status != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("the watch says %v, %v, want NOT_SERVING", r, err)
	}
	if _, err := watch.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the watch ends with %v, want Unavailable", err)
	}
	if _, err := reflect.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("reflection ends with %v, want Unavailable", err)
	}
	select {
	case err := <-unary:
		t.Errorf("the call ended before its work: %v", err)
	default:
	}
	close(hold)
	if err := <-unary; err != nil {
		t.Errorf("a call in flight failed: %v", err)
	}
	if r, err := stream.Recv(); err != nil || r.Id != "two" {
		t.Errorf("what the stream had accepted got %v, %v", r, err)
	}
	_, err = stream.Recv()
	wantFailure(t, err, ShuttingDown, "")
	if err := <-down; err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if _, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		t.Error("the port still accepts")
	}
}

func TestDrainCutsOff(t *testing.T) {
	hold := make(chan struct{})
	m := &fakeModel{before: func(string) { <-hold }}
	s, addr := start(t, Options{Models: Single(m)})
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	failed := make(chan error, 1)
	go func() {
		_, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("held.")})
		failed <- err
	}()
	for s.gate.Load().Busy == 0 {
		runtime.Gosched()
	}
	ctx, cancel := context.WithCancel(testContext(t))
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	for !s.drain.begun() {
		runtime.Gosched()
	}
	cancel()
	if err := <-failed; status.Code(err) != codes.Unavailable {
		t.Errorf("the call that was cut off got %v, want Unavailable", err)
	}
	close(hold)
	if err := <-down; !errors.Is(err, context.Canceled) {
		t.Errorf("shutdown: %v, want context.Canceled", err)
	}
}

func TestShutdownBeforeServe(t *testing.T) {
	s, err := New(Options{Models: Single(&fakeModel{})})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(testContext(t)); err != nil {
		t.Fatal(err)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(lis); err != nil {
		t.Errorf("serve after shutdown: %v, want nil at once", err)
	}
}

func TestNewNeedsModels(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no error without models")
	}
}
