package server

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"
)

// TLS are the certificates of a server, read from files and read again when
// those change.
type TLS struct {
	cert, key, clientCA string
	log                 *slog.Logger
	config              atomic.Pointer[tls.Config]
	expiry              atomic.Int64 // of the leaf, in seconds since 1970
	file                watched
}

// OpenTLS reads a certificate chain and its key and, unless clientCA is empty,
// the authorities that every client's certificate must come from. All files are
// PEM.
func OpenTLS(cert, key, clientCA string, log *slog.Logger) (*TLS, error) {
	t := &TLS{cert: cert, key: key, clientCA: clientCA, log: log, file: watched{paths: []string{cert, key}}}
	if clientCA != "" {
		t.file.paths = append(t.file.paths, clientCA)
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	if err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// Reload reads the files again. On an error the certificates stay as they were.
func (t *TLS) Reload() error {
	t.file.mark()
	pair, err := tls.LoadX509KeyPair(t.cert, t.key)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	leaf := pair.Leaf
	if leaf == nil {
		if leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return fmt.Errorf("certificate %s: %w", t.cert, err)
		}
	}
	c := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		NextProtos:   []string{"h2", "http/1.1"},
	}
	if t.clientCA != "" {
		pem, err := os.ReadFile(t.clientCA)
		if err != nil {
			return fmt.Errorf("client authorities: %w", err)
		}
		c.ClientCAs = x509.NewCertPool()
		if !c.ClientCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("client authorities: %s holds no certificate in PEM", t.clientCA)
		}
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if now := time.Now(); now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		t.log.Warn("the certificate is not valid now", "from", leaf.NotBefore, "until", leaf.NotAfter)
	}
	t.expiry.Store(leaf.NotAfter.Unix())
	t.config.Store(c)
	return nil
}

// ReloadIfChanged reads the files again if one has changed.
func (t *TLS) ReloadIfChanged() {
	if !t.file.changed() {
		return
	}
	if err := t.Reload(); err != nil {
		t.log.Error("certificates stay as they were", "error", err)
		return
	}
	t.log.Info("certificates read again", "until", time.Unix(t.expiry.Load(), 0).UTC())
}

// serverConfig returns the settings for one listener. Every handshake takes the
// certificates of the moment.
func (t *TLS) serverConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if c, ok := hello.Conn.(*conn); ok {
				c.onlyHTTP2 = speaksOnlyHTTP2(hello.SupportedProtos)
			}
			return t.config.Load(), nil
		},
	}
}

// speaksOnlyHTTP2 tells a client that offers HTTP/2 and nothing else, as gRPC
// clients do.
func speaksOnlyHTTP2(offered []string) bool {
	return slices.Contains(offered, "h2") && !slices.Contains(offered, "http/1.1")
}
