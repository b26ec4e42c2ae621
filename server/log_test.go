package server

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// lockedBuffer is a log that tests can read while the server writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func requestInfo(err error) string {
	for _, d := range status.Convert(err).Details() {
		if r, ok := d.(*errdetails.RequestInfo); ok {
			return r.RequestId
		}
	}
	return ""
}

func TestRequestIDs(t *testing.T) {
	var log lockedBuffer
	m := &fakeModel{before: func(string) { panic("boom") }}
	c := client(t, Options{Models: Single(m), Log: slog.New(slog.NewJSONHandler(&log, nil))})
	ask := func(id string) error {
		ctx := testContext(t)
		if id != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "x-request-id", id)
		}
		_, err := c.Classify(ctx, &parleyv1.ClassifyRequest{Document: plain("Envoys met.")})
		return err
	}
	tests := []struct {
		name, sent string
		kept       bool
	}{
		{"the caller's", "job-7/row-12", true},
		{"none", "", false},
		{"too long", strings.Repeat("x", 129), false},
		{"with a blank", "a b", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := requestInfo(ask(tt.sent))
			if got == "" || (got == tt.sent) != tt.kept {
				t.Errorf("sent %q, got %q", tt.sent, got)
			}
			found := false
			for line := range strings.Lines(log.String()) {
				var e map[string]any
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatalf("the log is not JSON: %s", line)
				}
				found = found || e["request_id"] == got
			}
			if !found {
				t.Errorf("the log does not hold the id %q", got)
			}
		})
	}
	if s := log.String(); strings.Contains(s, "boom") || strings.Contains(s, "Envoys") {
		t.Errorf("the log holds the value of a panic or text: %s", s)
	}
}
