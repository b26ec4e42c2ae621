package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// requestIDHeader is the metadata key under which a caller may name a call.
const requestIDHeader = "x-request-id"

// requestID returns the caller's name of the call if it is fit for a log, or a
// new one.
func requestID(ctx context.Context) string {
	if v := metadata.ValueFromIncomingContext(ctx, requestIDHeader); len(v) > 0 && isPlain(v[0]) {
		return v[0]
	}
	return rand.Text()
}

// isPlain accepts 1 to 128 printable ASCII characters.
func isPlain(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// panicked turns a panic of a handler into INTERNAL. The log gets the value's
// type and the stack, neither of which holds text of a request; the value
// itself might.
func (s *Server) panicked(ctx context.Context, method string, r any) error {
	id := requestID(ctx)
	value := fmt.Sprintf("%T", r)
	if err, ok := r.(interface{ RuntimeError() }); ok {
		value = fmt.Sprint(err)
	}
	s.log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("method", method), slog.String("request_id", id),
		slog.String("panic", value), slog.String("stack", string(debug.Stack())))
	return withRequestID(Errorf(InternalError, "internal error").GRPCStatus(), id).Err()
}

// withRequestID adds the id to the details of a failure.
func withRequestID(st *status.Status, id string) *status.Status {
	if with, err := st.WithDetails(&errdetails.RequestInfo{RequestId: id}); err == nil {
		return with
	}
	return st
}
