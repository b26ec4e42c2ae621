package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

func digestHex(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func tokenFile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens")
	writeFile(t, path, []byte(strings.Join(lines, "\n")+"\n"))
	return path
}

func bearer(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

func TestTokens(t *testing.T) {
	tokens, err := OpenTokens(tokenFile(t,
		"# who may do what", "",
		"reader "+digestHex("read-me")+" classify",
		"ops "+digestHex("op-me")+" classify,label,train,admin",
		"old "+digestHex("old-me")+" classify 2020-01-31T00:00:00Z",
		"young "+digestHex("young-me")+" classify 2100-01-31T00:00:00Z",
	), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, addr := start(t, Options{Tokens: tokens, Reflection: true})
	conn := dial(t, addr)
	c := parleyv1.NewClassifierServiceClient(conn)
	tests := []struct {
		name   string
		header string
		want   Reason
	}{
		{"no token", "", TokenMissing},
		{"another scheme", "Basic cmVhZC1tZQ==", TokenMissing},
		{"scheme alone", "Bearer", TokenMissing},
		{"empty token", "Bearer ", TokenInvalid},
		{"unknown token", "Bearer nobody", TokenInvalid},
		{"the digest is no token", "Bearer " + digestHex("read-me"), TokenInvalid},
		{"beginning of a token", "Bearer read-m", TokenInvalid},
		{"expired", "Bearer old-me", TokenInvalid},
		{"reader", "Bearer read-me", ""},
		{"lower-case scheme", "bearer read-me", ""},
		{"not yet expired", "Bearer young-me", ""},
		{"ops", "Bearer op-me", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := testContext(t)
			if tt.header != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", tt.header)
			}
			_, err := c.Classify(ctx, &parleyv1.ClassifyRequest{Document: plain("Hello.")})
			stream := openStream(t, ctx, c)
			_ = stream.Send(&parleyv1.StreamClassifyRequest{Documents: plains("Hello.")})
			_, streamErr := stream.Recv()
			if tt.want == "" {
				if err != nil || streamErr != nil {
					t.Errorf("refused: %v, %v", err, streamErr)
				}
				return
			}
			wantFailure(t, err, tt.want, "")
			wantFailure(t, streamErr, tt.want, "")
			if strings.Contains(err.Error(), "-me") {
				t.Errorf("the message gives a token away: %v", err)
			}
		})
	}
	t.Run("health needs none", func(t *testing.T) {
		if _, err := healthpb.NewHealthClient(conn).Check(testContext(t), &healthpb.HealthCheckRequest{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("reflection needs any", func(t *testing.T) {
		for token, want := range map[string]codes.Code{"": codes.Unauthenticated, "read-me": codes.OK} {
			ctx := testContext(t)
			if token != "" {
				ctx = bearer(ctx, token)
			}
			r, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
			if err != nil {
				t.Fatal(err)
			}
			_ = r.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
			if _, err := r.Recv(); status.Code(err) != want {
				t.Errorf("token %q: %v, want %v", token, err, want)
			}
		}
	})
	t.Run("unknown methods", func(t *testing.T) {
		err := conn.Invoke(testContext(t), "/parley.v1.ClassifierService/Nothing", &parleyv1.ClassifyRequest{}, &parleyv1.ClassifyResponse{})
		if status.Code(err) != codes.Unimplemented {
			t.Errorf("got %v, want Unimplemented", err)
		}
	})
}

func TestScopes(t *testing.T) {
	tests := []struct {
		method string
		want   Scope
	}{
		{"/parley.v1.ClassifierService/Classify", ScopeClassify},
		{"/parley.v1.ModelService/ListModels", ScopeClassify},
		{"/parley.v1.ModelService/ActivateModel", ScopeAdmin},
		{"/parley.v1.LabelService/CreateLabels", ScopeLabel},
		{"/parley.v1.TrainingService/StartTraining", ScopeTrain},
		{"/grpc.health.v1.Health/Watch", ScopeNone},
		{"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", ScopeAny},
		{"/somebody.else/Method", ScopeAdmin},
	}
	for _, tt := range tests {
		if got := scopeOf(tt.method); got != tt.want {
			t.Errorf("%s asks for %q, want %q", tt.method, got, tt.want)
		}
	}
}

func TestScopeMissing(t *testing.T) {
	tokens, err := OpenTokens(tokenFile(t, "l "+digestHex("x")+" label"), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, addr := start(t, Options{Tokens: tokens})
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	_, err = c.Classify(bearer(testContext(t), "x"), &parleyv1.ClassifyRequest{Document: plain("Hello.")})
	wantFailure(t, err, ScopeMissing, "")
}

func TestTokenFileErrors(t *testing.T) {
	good := digestHex("x")
	tests := []struct{ name, line, says string }{
		{"too few words", "a " + good, "line 1"},
		{"too many words", "a " + good + " classify 2020-01-31T00:00:00Z more", "line 1"},
		{"a token instead of its digest", "a hunter2 classify", "digest"},
		{"short digest", "a abcd classify", "digest"},
		{"unknown scope", "a " + good + " read", `"read"`},
		{"empty scope", "a " + good + " classify,", `""`},
		{"bad expiry", "a " + good + " classify tomorrow", `"tomorrow"`},
		{"name", "naïve " + good + " classify", "name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := OpenTokens(tokenFile(t, tt.line), nil)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error that says %q", err, tt.says)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats what may be a token: %v", err)
			}
		})
	}
	var many []string
	for i := range maxTokens + 1 {
		many = append(many, fmt.Sprintf("t%d %s classify", i, good))
	}
	if _, err := OpenTokens(tokenFile(t, many...), nil); err == nil {
		t.Error("no error for too many tokens")
	}
	if _, err := OpenTokens("/nowhere/tokens", nil); err == nil {
		t.Error("no error for a file that is not there")
	}
}

func TestTokensReload(t *testing.T) {
	path := tokenFile(t, "a "+digestHex("one")+" classify")
	tokens, err := OpenTokens(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	knows := func(token string) bool { _, ok := tokens.find(token); return ok }
	writeFile(t, path, []byte("broken\n"))
	tokens.ReloadIfChanged()
	if !knows("one") {
		t.Error("a broken file has replaced the tokens")
	}
	writeFile(t, path, []byte("a "+digestHex("two-two")+" classify # no comment here\n"))
	tokens.ReloadIfChanged()
	if !knows("one") {
		t.Error("a line with too many words has replaced the tokens")
	}
	writeFile(t, path, []byte("a "+digestHex("two")+" classify\n"))
	tokens.ReloadIfChanged()
	if knows("one") || !knows("two") {
		t.Error("the tokens were not read again")
	}
}

// TestTokenClock moves the clock over an expiry and back.
func TestTokenClock(t *testing.T) {
	tokens, err := OpenTokens(tokenFile(t, "a "+digestHex("one")+" classify 2030-06-01T00:00:00Z"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]bool{
		"2030-05-31T23:59:59Z": true, "2030-06-01T00:00:00Z": false, "1970-01-01T00:00:00Z": true, "2200-01-01T00:00:00Z": false,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		tokens.now = func() time.Time { return now }
		if _, got := tokens.find("one"); got != want {
			t.Errorf("at %s the token is good: %v, want %v", at, got, want)
		}
	}
}

var _ grpc.ServiceRegistrar = (*Server)(nil)
