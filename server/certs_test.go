package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// authority issues certificates for tests.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, n: 1}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-3 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.key = key
	return a
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// issue returns certificate and key in PEM, good for the loopback until expiry.
func (a *authority) issue(name string, expiry time.Time) (cert, key []byte) {
	a.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.n++
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: expiry,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, &k.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	kder, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: kder})
}

// files writes a pair and returns the paths.
func (a *authority) files(dir, name string, expiry time.Time) (cert, key string) {
	a.t.Helper()
	c, k := a.issue(name, expiry)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeFile(a.t, cert, c)
	writeFile(a.t, key, k)
	return cert, key
}

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
	ca, dir := newAuthority(t), t.TempDir()
	cert, key := ca.files(dir, "server", tomorrow())
	for _, web := range []bool{false, true} {
		_, addr := start(t, Options{TLS: openTLS(t, cert, key, ""), Web: web})
		if err := hello(t, addr, withTLS(&tls.Config{RootCAs: ca.pool()})); err != nil {
			t.Errorf("web=%v: %v", web, err)
		}
		if err := hello(t, addr, grpcInsecure); status.Code(err) != codes.Unavailable {
			t.Errorf("web=%v: without TLS: %v, want Unavailable", web, err)
		}
		if err := hello(t, addr, withTLS(&tls.Config{RootCAs: newAuthority(t).pool()})); status.Code(err) != codes.Unavailable {
			t.Errorf("web=%v: a client that trusts somebody else: %v, want Unavailable", web, err)
		}
		if err := hello(t, addr, withTLS(&tls.Config{RootCAs: ca.pool(), MaxVersion: tls.VersionTLS11})); status.Code(err) != codes.Unavailable {
			t.Errorf("web=%v: TLS 1.1: %v, want Unavailable", web, err)
		}
	}
}

func TestMutualTLS(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	cert, key := ca.files(dir, "server", tomorrow())
	caFile := filepath.Join(dir, "ca.pem")
	writeFile(t, caFile, ca.pem())
	_, addr := start(t, Options{TLS: openTLS(t, cert, key, caFile)})
	pair := func(a *authority, expiry time.Time) []tls.Certificate {
		c, k := a.issue("client", expiry)
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
		{"of another authority", pair(newAuthority(t), tomorrow()), codes.Unavailable},
		{"expired", pair(ca, time.Now().Add(-time.Hour)), codes.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := hello(t, addr, withTLS(&tls.Config{RootCAs: ca.pool(), Certificates: tt.certs}))
			if status.Code(err) != tt.want {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestCertificateRotation(t *testing.T) {
	old, dir := newAuthority(t), t.TempDir()
	cert, key := old.files(dir, "server", time.Now().Add(-time.Hour)) // expired
	s, addr := start(t, Options{TLS: openTLS(t, cert, key, "")})
	if err := hello(t, addr, withTLS(&tls.Config{RootCAs: old.pool()})); status.Code(err) != codes.Unavailable {
		t.Fatalf("an expired certificate: %v, want Unavailable", err)
	}
	// A pair that does not match must not replace the one in use.
	writeFile(t, key, []byte("not a key"))
	s.ReloadFiles()
	if err := hello(t, addr, withTLS(&tls.Config{RootCAs: old.pool(), Time: func() time.Time { return time.Now().Add(-90 * time.Minute) }})); err != nil {
		t.Errorf("after a broken reload, at a time when the certificate was good: %v", err)
	}
	fresh := newAuthority(t)
	fresh.files(dir, "server", tomorrow())
	s.ReloadFiles()
	if err := hello(t, addr, withTLS(&tls.Config{RootCAs: fresh.pool()})); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
}

func TestOpenTLSErrors(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	cert, key := ca.files(dir, "server", tomorrow())
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
