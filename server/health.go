package server

import (
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// healthState is the grpc.health.v1 service and the state of every service.
type healthState struct {
	*health.Server
}

func newHealth() healthState {
	h := healthState{health.NewServer()}
	h.set("", false)
	return h
}

func (h healthState) set(service string, serving bool) {
	st := healthpb.HealthCheckResponse_NOT_SERVING
	if serving {
		st = healthpb.HealthCheckResponse_SERVING
	}
	h.SetServingStatus(service, st)
}
