package server

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// RegisterService makes Server a grpc.ServiceRegistrar: the generated
// Register...Server functions add services to it. Every method goes through the
// same authorisation, errors, metrics and log. It must be called before Serve.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, impl any) {
	d := *desc
	d.Methods = slices.Clone(desc.Methods)
	for i := range d.Methods {
		d.Methods[i].Handler = s.unary(desc, &desc.Methods[i])
	}
	d.Streams = slices.Clone(desc.Streams)
	for i := range d.Streams {
		d.Streams[i].Handler = s.stream(desc, &desc.Streams[i])
	}
	for _, g := range s.grpcServers() {
		g.RegisterService(&d, impl)
	}
	s.health.set(desc.ServiceName, s.serving.Load())
}

// GetServiceInfo describes the registered services, for reflection.
func (s *Server) GetServiceInfo() map[string]grpc.ServiceInfo { return s.grpc.GetServiceInfo() }

// unary wraps a method from outside its decoding, so that a request that cannot
// be decoded is reported like any other that is wrong.
func (s *Server) unary(desc *grpc.ServiceDesc, m *grpc.MethodDesc) grpc.MethodHandler {
	method := "/" + desc.ServiceName + "/" + m.MethodName
	handler, mm, scope := m.Handler, s.metrics.method(method), scopeOf(method)
	return func(srv any, ctx context.Context, dec func(any) error, next grpc.UnaryServerInterceptor) (resp any, err error) {
		start := time.Now()
		mm.inFlight.Inc()
		defer func() {
			if r := recover(); r != nil {
				resp, err = nil, s.panicked(ctx, method, r)
			}
			mm.inFlight.Dec()
			mm.observe(start, status.Code(err))
		}()
		if ctx, err = s.authorize(ctx, scope); err == nil {
			resp, err = handler(srv, ctx, func(v any) error { return receiveInto(v, dec) }, next)
		}
		if err != nil || s.logCalls {
			err = s.finish(ctx, method, start, err)
		}
		return resp, err
	}
}

// stream wraps a streaming method.
func (s *Server) stream(desc *grpc.ServiceDesc, d *grpc.StreamDesc) grpc.StreamHandler {
	method := "/" + desc.ServiceName + "/" + d.StreamName
	handler, mm, scope := d.Handler, s.metrics.method(method), scopeOf(method)
	ownDrain := method == parleyv1.ClassifierService_StreamClassify_FullMethodName
	return func(srv any, ss grpc.ServerStream) (err error) {
		start := time.Now()
		ctx := ss.Context()
		mm.inFlight.Inc()
		defer func() {
			if r := recover(); r != nil {
				err = s.panicked(ctx, method, r)
			}
			mm.inFlight.Dec()
			mm.observe(start, status.Code(err))
		}()
		if ctx, err = s.authorize(ctx, scope); err == nil {
			ss := &serverStream{ss, ctx}
			if ownDrain {
				err = handler(srv, ss)
			} else {
				err = s.drain.guard(srv, ss, handler)
			}
		}
		if err != nil || s.logCalls {
			err = s.finish(ctx, method, start, err)
		}
		return err
	}
}

// finish logs a call and turns its error into the status that the caller gets.
// What is internal stays in the log.
func (s *Server) finish(ctx context.Context, method string, start time.Time, err error) error {
	id := requestID(ctx)
	if err == nil {
		s.log.LogAttrs(ctx, slog.LevelDebug, "call", slog.String("method", method), slog.String("code", "OK"),
			slog.Duration("took", time.Since(start)), slog.String("request_id", id))
		return nil
	}
	st := s.status(err)
	level := slog.LevelDebug
	attrs := []slog.Attr{slog.String("method", method), slog.String("code", st.Code().String()),
		slog.Duration("took", time.Since(start)), slog.String("request_id", id)}
	switch st.Code() {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", err.Error()))
	case codes.Unauthenticated, codes.PermissionDenied, codes.Unavailable:
		level = slog.LevelInfo
	}
	s.log.LogAttrs(ctx, level, "call failed", attrs...)
	return withRequestID(st, id).Err()
}

// status returns what the caller sees of err.
func (s *Server) status(err error) *status.Status {
	var e *Error
	if errors.As(err, &e) {
		return e.GRPCStatus()
	}
	if st, ok := status.FromError(err); ok && st.Code() != codes.Unknown && st.Code() != codes.Internal {
		return st
	}
	return toError(err).GRPCStatus()
}
