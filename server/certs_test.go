package server

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/certtest"
)

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func tomorrow() time.Time { return time.Now().Add(24 * time.Hour) }

func openTLS(t testing.TB, cert, key, ca string) *TLS {
	t.Helper()
	c, err := OpenTLS(cert, key, ca, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func withTLS(c *tls.Config) grpc.DialOption {
	return grpc.WithTransportCredentials(credentials.NewTLS(c))
}

func hello(t testing.TB, addr string, opts ...grpc.DialOption) error {
	t.Helper()
	_, err := parleyv1.NewClassifierServiceClient(dial(t, addr, opts...)).Classify(testContext(t), &parleyv1.ClassifyRequest{Document: plain("Hello.")})
	return err
}

func TestTLS(t *testing.T) {
	ca, dir := certtest.New(t), t.TempDir()
	cert, key := ca.Files(dir, "server", tomorrow())
	for _, web := range []bool{false, true} {
		_, addr := start(t, Options{TLS: openTLS(t, cert, key, ""), Web: web})
		if err := hello(t, addr, withTLS(&tls.Config{RootCAs: ca.Pool()})); err != nil {
			t.Errorf("web=%v: %v", web, err)
		}
		if err := hello(t, addr, grpcInsecure); status.Code(err) != codes.Unavailable {
			t.Errorf("web=%v: without TLS: %v, want Unavailable", web, err)
		}
		if err := hello(t, addr, withTLS(&tls.Config{RootCAs: certtest.New(t).Pool()})); status.Code(err) != codes.Unavailable {
			t.Errorf("web=%v: a client that trusts somebody else: %v, want Unavailable", web, err)
		}
		if err := hello(t, addr, withTLS(&tls.Config{RootCAs: ca.Pool(), MaxVersion: tls.VersionTLS11})); status.Code(err) != codes.Unavailable {
			t.Errorf("web=%v: TLS 1.1: %v, want Unavailable", web, err)
		}
	}
}

func TestMutualTLS(t *testing.T) {
	ca, dir := certtest.New(t), t.TempDir()
	cert, key := ca.Files(dir, "server", tomorrow())
	caFile := filepath.Join(dir, "ca.pem")
	writeFile(t, caFile, ca.PEM())
	_, addr := start(t, Options{TLS: openTLS(t, cert, key, caFile)})
	pair := func(a *certtest.Authority, expiry time.Time) []tls.Certificate {
		c, k := a.Issue("client", expiry)
		p, err := tls.X509KeyPair(c, k)
		if err != nil {
			t.Fatal(err)
		}
		return []tls.Certificate{p}
	}
	tests := []struct {
		name  string
		certs []tls.Certificate
		want  codes.Code
	}{
		{"a certificate of the authority", pair(ca, tomorrow()), codes.OK},
		{"none", nil, codes.Unavailable},
		{"of another authority", pair(certtest.New(t), tomorrow()), codes.Unavailable},
		{"expired", pair(ca, time.Now().Add(-time.Hour)), codes.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := hello(t, addr, withTLS(&tls.Config{RootCAs: ca.Pool(), Certificates: tt.certs}))
			if status.Code(err) != tt.want {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestCertificateRotation(t *testing.T) {
	old, dir := certtest.New(t), t.TempDir()
	cert, key := old.Files(dir, "server", time.Now().Add(-time.Hour)) // expired
	s, addr := start(t, Options{TLS: openTLS(t, cert, key, "")})
	if err := hello(t, addr, withTLS(&tls.Config{RootCAs: old.Pool()})); status.Code(err) != codes.Unavailable {
		t.Fatalf("an expired certificate: %v, want Unavailable", err)
	}
	// A pair that does not match must not replace the one in use.
	writeFile(t, key, []byte("not a key"))
	s.ReloadFiles()
	if err := hello(t, addr, withTLS(&tls.Config{RootCAs: old.Pool(), Time: func() time.Time { return time.Now().Add(-90 * time.Minute) }})); err != nil {
		t.Errorf("after a broken reload, at a time when the certificate was good: %v", err)
	}
	fresh := certtest.New(t)
	fresh.Files(dir, "server", tomorrow())
	s.ReloadFiles()
	if err := hello(t, addr, withTLS(&tls.Config{RootCAs: fresh.Pool()})); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
}

func TestOpenTLSErrors(t *testing.T) {
	ca, dir := certtest.New(t), t.TempDir()
	cert, key := ca.Files(dir, "server", tomorrow())
	empty := filepath.Join(dir, "empty.pem")
	writeFile(t, empty, nil)
	for name, f := range map[string][3]string{
		"no such file": {cert + "x", key, ""}, "key as certificate": {key, key, ""},
		"no such authorities": {cert, key, "nowhere"}, "empty authorities": {cert, key, empty},
	} {
		if _, err := OpenTLS(f[0], f[1], f[2], nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
