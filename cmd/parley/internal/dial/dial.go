// Package dial holds the flags by which commands find and trust a server, and
// opens connections as they say.
package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// maxAnswer is the largest message that is accepted from a server.
const maxAnswer = 64 << 20

// reconnect is how a connection is tried again: soon, since the waiting between
// attempts of a call is the caller's.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
	MinConnectTimeout: 10 * time.Second,
}

// Flags say how to reach servers. The zero value is plain text without a token.
type Flags struct {
	// TLS encrypts. CACert, Cert, Key and ServerName imply it.
	TLS bool
	// CACert is a PEM file of the authorities to trust instead of the system's.
	CACert string
	// Cert and Key are PEM files of the client's own certificate.
	Cert, Key string
	// TokenFile holds a bearer token; it is read anew for every call.
	TokenFile string
	// ServerName is expected in the certificate instead of the host's name.
	ServerName string
}

// Register defines the flags.
func (f *Flags) Register(fs *pflag.FlagSet) {
	fs.BoolVar(&f.TLS, "tls", false, "connect with TLS")
	fs.StringVar(&f.CACert, "cacert", "", "PEM `FILE` of the authorities to trust (implies --tls; default: the system's)")
	fs.StringVar(&f.Cert, "cert", "", "PEM `FILE` of the client's certificate, with --key (implies --tls)")
	fs.StringVar(&f.Key, "key", "", "PEM `FILE` of the client's private key")
	fs.StringVar(&f.TokenFile, "token-file", "", "`FILE` with a bearer token; needs TLS unless the server is on this machine")
	fs.StringVar(&f.ServerName, "server-name", "", "`NAME` to expect in the server's certificate (implies --tls)")
}

// Used tells whether any of the flags was given, which makes no sense without a
// server.
func (f *Flags) Used() bool { return *f != Flags{} }

// Dial returns a connection to HOST:PORT. It is opened by its first call.
func (f *Flags) Dial(addr string, opts ...grpc.DialOption) (*grpc.ClientConn, error) {
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		return nil, fmt.Errorf("address %q is not HOST:PORT", addr)
	}
	transport, err := f.transport()
	if err != nil {
		return nil, err
	}
	opts = append([]grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithConnectParams(reconnect),
		grpc.WithUserAgent("parley"),
	}, opts...)
	if f.TokenFile != "" {
		if _, err := readToken(f.TokenFile); err != nil {
			return nil, err
		}
		secure := transport.Info().SecurityProtocol == "tls"
		if !secure && !isLocal(addr) {
			return nil, fmt.Errorf("a token is not sent to %s without TLS (say --tls)", addr)
		}
		opts = append(opts, grpc.WithPerRPCCredentials(token{f.TokenFile, secure}))
	}
	return grpc.NewClient("passthrough:///"+addr, opts...)
}

// transport returns the credentials of the connection.
func (f *Flags) transport() (credentials.TransportCredentials, error) {
	if !f.TLS && f.CACert == "" && f.Cert == "" && f.Key == "" && f.ServerName == "" {
		return insecure.NewCredentials(), nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.ServerName}
	if f.CACert != "" {
		pem, err := os.ReadFile(f.CACert)
		if err != nil {
			return nil, fmt.Errorf("--cacert: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--cacert: %s holds no PEM certificate", f.CACert)
		}
	}
	if (f.Cert == "") != (f.Key == "") {
		return nil, errors.New("--cert and --key go together")
	}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, fmt.Errorf("--cert: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(c), nil
}

// isLocal tells whether an address is on this machine.
func isLocal(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// token sends the bearer token of a file with every call.
type token struct {
	file   string
	secure bool
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	s, err := readToken(t.file)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + s}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (t token) RequireTransportSecurity() bool { return t.secure }

func readToken(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	s := strings.TrimSpace(string(data))
	if s == "" || strings.ContainsAny(s, " \t\r\n") {
		return "", fmt.Errorf("--token-file: %s does not hold one token", file)
	}
	return s, nil
}
