package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/certtest"
)

// greet makes a call over a connection of its own.
func greet(t testing.TB, addr string, c *tls.Config, token string) codes.Code {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(credentials.NewTLS(c)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(testContext(t), 10*time.Second)
	defer cancel()
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	_, err = parleyv1.NewClassifierServiceClient(conn).Classify(ctx, &parleyv1.ClassifyRequest{
		Document: &parleyv1.Document{Source: &parleyv1.Document_Content{Content: "Envoys met."}},
	})
	return status.Code(err)
}

// eventually waits until a call ends with a code: files are read again soon
// after they change.
func eventually(t testing.TB, want codes.Code, call func() codes.Code) {
	t.Helper()
	got := call()
	for deadline := time.Now().Add(20 * time.Second); got != want && time.Now().Before(deadline); got = call() {
		time.Sleep(50 * time.Millisecond)
	}
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func tokenLine(token, rest string) string {
	sum := sha256.Sum256([]byte(token))
	return fmt.Sprintf("reader %s classify%s\n", hex.EncodeToString(sum[:]), rest)
}

// TestCertificateAndTokenRotation starts a server whose certificate has expired,
// and exchanges certificate and tokens while it runs.
func TestCertificateAndTokenRotation(t *testing.T) {
	dir := t.TempDir()
	old := certtest.New(t)
	cert, key := old.Files(dir, "server", time.Now().Add(-time.Hour))
	tokens := filepath.Join(dir, "tokens")
	write := func(lines string) {
		t.Helper()
		if err := os.WriteFile(tokens, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(tokenLine("first", ""))
	d := start(t, "--tls-cert", cert, "--tls-key", key, "--tokens", tokens)
	trust := func(a *certtest.Authority) *tls.Config { return &tls.Config{RootCAs: a.Pool()} }
	if got := greet(t, d.addr, trust(old), "first"); got != codes.Unavailable {
		t.Fatalf("an expired certificate: %v, want Unavailable", got)
	}

	fresh := certtest.New(t)
	fresh.Files(dir, "server", time.Now().Add(time.Hour))
	d.signal(syscall.SIGHUP)
	eventually(t, codes.OK, func() codes.Code { return greet(t, d.addr, trust(fresh), "first") })
	if got := greet(t, d.addr, trust(old), "first"); got != codes.Unavailable {
		t.Errorf("a client that trusts the old authority: %v, want Unavailable", got)
	}

	for name, token := range map[string]string{"none": "", "wrong": "second"} {
		if got := greet(t, d.addr, trust(fresh), token); got != codes.Unauthenticated {
			t.Errorf("token %s: %v, want Unauthenticated", name, got)
		}
	}
	write(tokenLine("second", ""))
	d.signal(syscall.SIGHUP)
	eventually(t, codes.OK, func() codes.Code { return greet(t, d.addr, trust(fresh), "second") })
	eventually(t, codes.Unauthenticated, func() codes.Code { return greet(t, d.addr, trust(fresh), "first") })

	// A token expires by the clock, without a reload.
	write(tokenLine("brief", " "+time.Now().Add(3*time.Second).UTC().Format(time.RFC3339)))
	d.signal(syscall.SIGHUP)
	eventually(t, codes.OK, func() codes.Code { return greet(t, d.addr, trust(fresh), "brief") })
	eventually(t, codes.Unauthenticated, func() codes.Code { return greet(t, d.addr, trust(fresh), "brief") })
}
