package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/parley-nlp/parley/server/fair"
)

// connInfo is what the server keeps of one connection. gRPC carries it to the
// handlers as the AuthInfo of the peer, HTTP in the context.
type connInfo struct {
	credentials.CommonAuthInfo
	tls     *tls.ConnectionState // nil without TLS
	flow    fair.Flow
	streams atomic.Int32 // StreamClassify calls open
}

// AuthType implements credentials.AuthInfo.
func (c *connInfo) AuthType() string {
	if c.tls != nil {
		return "tls"
	}
	return "insecure"
}

type connKey struct{}

// connOf returns what is kept of the connection of a call.
func connOf(ctx context.Context) *connInfo {
	if p, ok := peer.FromContext(ctx); ok {
		if c, ok := p.AuthInfo.(*connInfo); ok {
			return c
		}
	}
	if c, ok := ctx.Value(connKey{}).(*connInfo); ok {
		return c
	}
	return new(connInfo)
}

func flowOf(ctx context.Context) *fair.Flow { return &connOf(ctx).flow }

// handshaken are the gRPC credentials of connections whose TLS handshake, if
// there is one, is already over when gRPC gets them.
type handshaken struct{}

func (handshaken) ServerHandshake(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	info := &connInfo{CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.NoSecurity}}
	if t, ok := c.(interface{ ConnectionState() tls.ConnectionState }); ok {
		state := t.ConnectionState()
		info.tls = &state
		info.SecurityLevel = credentials.PrivacyAndIntegrity
	}
	return c, info, nil
}

func (handshaken) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("these credentials are for servers")
}

func (handshaken) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "tls"}
}

func (h handshaken) Clone() credentials.TransportCredentials { return h }

func (handshaken) OverrideServerName(string) error { return nil }
