package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/server"
)

// counted counts the paragraphs that a server's model scored.
type counted struct {
	*model.Model
	n atomic.Int64
	// at is called with each count; nil for nothing.
	at func(n int64)
}

func (c *counted) Paragraph(s string, opt model.Options) (model.Paragraph, error) {
	n := c.n.Add(1)
	if c.at != nil {
		c.at(n)
	}
	return c.Model.Paragraph(s, opt)
}

// serve starts a server on a free port and returns it with its address.
func serve(t testing.TB, m server.Model, opt server.Options) (*server.Server, string) {
	t.Helper()
	opt.Models = server.Single(m)
	s, err := server.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(lis)
	}()
	s.SetServing(true)
	t.Cleanup(func() {
		cut(s)
		<-done
	})
	return s, lis.Addr().String()
}

// cut stops a server without waiting for what is in flight.
func cut(s *server.Server) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.Shutdown(ctx)
}

func embedded(t testing.TB) *model.Model {
	t.Helper()
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tricky are documents on which the two paths could come apart.
func tricky(t testing.TB) []string {
	t.Helper()
	return []string{
		write(t, "plain.txt", praise+"\n\n"+blame+"\n\n"+arabic+"\n"),
		write(t, "marks.txt", "\uFEFF"+praise+"\n\n\uFEFF\uFEFF"+blame+"\n\n\u200f"+arabic+"\n\n\U0001F54A\u0301 \U0001F54A"),
		write(t, "bad.txt", "caf\xe9 \xff\xfe "+praise+"\r\n\r\n\x01\x02ab\r\n\r\n"+strings.Repeat(plain+" ", 40)+"\x0b"),
		write(t, "wide.txt", utf16LE(praise+"\n\n"+arabic)),
		write(t, "page.html", "<p>"+praise+" &amp; so on</p><p>"+arabic+"</p>"),
		write(t, "rows.jsonl", strings.Repeat(`{"text":"`+praise+`\n\n`+arabic+`","k":1}`+"\n", 300)+"{\n"+
			`{"text":""}`+"\n"+`{"text":"`+strings.Repeat("x", model.MaxParagraph+1)+`"}`+"\n"+
			`{"text":"`+strings.Repeat("Assad ", model.MaxParagraph/6)+`"}`+"\n"+`{"text":"\uFEFF\uFEFF x \u2028 y"}`+"\n"),
	}
}

// The two ways of scoring print the same bytes and exit alike.
func TestRemoteEqualsLocal(t *testing.T) {
	m := &counted{Model: embedded(t)}
	_, addr := serve(t, m, server.Options{})
	files := tricky(t)
	for _, flags := range [][]string{
		nil,
		{"--offsets", "utf16", "--evidence", "16"},
		{"--offsets", "utf32", "--evidence", "0"},
		{"--unit", "paragraph", "--format", "csv"},
		{"--format", "table", "--language", "ar"},
		{"--jobs", "1", "--rate", "100000"},
	} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			args := append(append([]string{"score"}, flags...), files...)
			want := parley(t, "", args...)
			want.wantStatus(t, 1)
			before := m.n.Load()
			got := parley(t, "", append(args, "--addr", addr)...)
			if m.n.Load() == before {
				t.Error("the server was not asked")
			}
			if got.stdout != want.stdout {
				t.Errorf("standard output differs: %s", difference(got.stdout, want.stdout))
			}
			if got.stderr != want.stderr || got.status != want.status {
				t.Errorf("status %d, stderr\n%s\nwant status %d\n%s", got.status, got.stderr, want.status, want.stderr)
			}
		})
	}
}

func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is\n%.600s\nwant\n%.600s", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// Work goes on with the other server when one dies in the midst of it.
func TestRemoteServerDies(t *testing.T) {
	file := write(t, "a.jsonl", strings.Repeat(`{"text":"`+praise+`"}`+"\n"+`{"text":"`+plain+`"}`+"\n", 2000))
	want := parley(t, "", "score", file)
	var dying *server.Server
	first := &counted{Model: embedded(t)}
	ready := make(chan struct{})
	first.at = func(n int64) {
		if n == 500 {
			<-ready
			go cut(dying)
		}
	}
	dying, addr1 := serve(t, first, server.Options{})
	close(ready)
	second := &counted{Model: embedded(t)}
	_, addr2 := serve(t, second, server.Options{})
	got := parley(t, "", "score", "--addr", addr1, "--addr", addr2, file)
	got.wantStatus(t, 0)
	if got.stdout != want.stdout {
		t.Errorf("output differs: %s", difference(got.stdout, want.stdout))
	}
	if a, b := first.n.Load(), second.n.Load(); a < 500 || b < 500 {
		t.Errorf("the servers scored %d and %d paragraphs", a, b)
	}
}

func TestRemoteFailures(t *testing.T) {
	_, good := serve(t, embedded(t), server.Options{})
	p := embedded(t).Params()
	p.Bias[0]++
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	changed, err := model.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	_, other := serve(t, changed, server.Options{})
	_, narrow := serve(t, embedded(t), server.Options{Limits: server.Limits{DocumentBytes: 50}})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	for name, test := range map[string]struct {
		args     []string
		status   int
		messages []string
	}{
		"nobody there":     {[]string{"--addr", "127.0.0.1:1"}, 78, []string{"127.0.0.1:1", "refused"}},
		"no answer":        {[]string{"--addr", silent.Addr().String(), "--timeout", "300ms"}, 78, []string{"no connection within 300ms"}},
		"one is away":      {[]string{"--addr", "127.0.0.1:1," + good}, 0, []string{"note: 127.0.0.1:1"}},
		"unknown model":    {[]string{"--addr", good, "--model", "nope"}, 69, []string{`no model or alias "nope"`}},
		"different models": {[]string{"--addr", good, "--addr", other}, 73, []string{"the servers have different models", good, other}},
		"limit":            {[]string{"--addr", narrow}, 1, []string{"stdin: paragraph 0: content of", "limit of 50"}},
		"no port":          {[]string{"--addr", "localhost"}, 2, []string{`"localhost" is not HOST:PORT`}},
		"no cacert":        {[]string{"--addr", good, "--cacert", "missing.pem"}, 2, []string{"--cacert", "missing.pem"}},
		"half a pair":      {[]string{"--addr", good, "--cert", "x"}, 2, []string{"--cert and --key go together"}},
		"no token file":    {[]string{"--addr", good, "--token-file", "missing"}, 2, []string{"--token-file"}},
		"tls without addr": {[]string{"--tls"}, 2, []string{"need --addr"}},
		"tls to plain":     {[]string{"--addr", good, "--tls"}, 78, []string{"handshake"}},
		"timeout":          {[]string{"--timeout", "0s"}, 2, []string{"must be above 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parley(t, praise, append([]string{"score"}, test.args...)...)
			r.wantStatus(t, test.status)
			r.wantError(t, test.messages...)
		})
	}
}

func TestRemoteTLSAndToken(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	const secret = "a-long-secret-of-the-test"
	sum := sha256.Sum256([]byte(secret))
	tokens := write(t, "tokens", "tester "+hex.EncodeToString(sum[:])+" classify\n")
	serverTLS, err := server.OpenTLS(cert, key, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := server.OpenTokens(tokens, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, addr := serve(t, embedded(t), server.Options{TLS: serverTLS, Tokens: accepted})
	token := write(t, "token", secret+"\n")
	wrong := write(t, "wrong", "not-it\n")
	_, open := serve(t, embedded(t), server.Options{Tokens: accepted})
	for name, test := range map[string]struct {
		args   []string
		status int
		parts  []string
	}{
		"right":             {[]string{"--addr", addr, "--cacert", cert, "--token-file", token}, 0, nil},
		"server name":       {[]string{"--addr", addr, "--cacert", cert, "--server-name", "parley.test", "--token-file", token}, 0, nil},
		"wrong server name": {[]string{"--addr", addr, "--cacert", cert, "--server-name", "other.test", "--token-file", token}, 78, []string{"other.test"}},
		"not trusted":       {[]string{"--addr", addr, "--tls", "--token-file", token}, 78, []string{"certificate"}},
		"no token":          {[]string{"--addr", addr, "--cacert", cert}, 80, []string{"token"}},
		"wrong token":       {[]string{"--addr", addr, "--cacert", cert, "--token-file", wrong}, 80, []string{"token"}},
		"no tls":            {[]string{"--addr", addr, "--token-file", token}, 78, nil},
		"local plain":       {[]string{"--addr", open, "--token-file", token}, 0, nil},
		"far plain":         {[]string{"--addr", "192.0.2.1:443", "--token-file", token}, 2, []string{"without TLS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parley(t, praise, append([]string{"score", "--timeout", "5s"}, test.args...)...)
			r.wantStatus(t, test.status)
			r.wantError(t, test.parts...)
		})
	}
}

// certificate makes one that signs itself, for 127.0.0.1 and parley.test.
func certificate(t testing.TB, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "parley.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"parley.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
