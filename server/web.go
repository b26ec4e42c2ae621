package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/vanguard"
	"connectrpc.com/vanguard/vanguardgrpc"
	"github.com/rs/cors"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
)

// rules are the plain JSON paths, beside /parley.v1.Service/Method, which the
// Connect protocol gives every method.
var rules = []*annotations.HttpRule{
	{Selector: "parley.v1.ClassifierService.Classify", Pattern: &annotations.HttpRule_Post{Post: "/v1/classify"}, Body: "*"},
	{Selector: "parley.v1.ClassifierService.BatchClassify", Pattern: &annotations.HttpRule_Post{Post: "/v1/batchClassify"}, Body: "*"},
}

// Times that an HTTP/1.1 client has for sending a request and for reading the
// answer.
const (
	webReadTime  = time.Minute
	webWriteTime = 5 * time.Minute
)

// newWeb returns the HTTP server that translates Connect, gRPC-Web and JSON for
// the services of g.
func newWeb(g *grpc.Server, l Limits, origins []string, log *slog.Logger) (*http.Server, error) {
	var known []*annotations.HttpRule
	services := g.GetServiceInfo()
	for _, r := range rules {
		if _, ok := services[r.Selector[:strings.LastIndexByte(r.Selector, '.')]]; ok {
			known = append(known, r)
		}
	}
	t, err := vanguardgrpc.NewTranscoder(g,
		vanguard.WithRules(known...),
		vanguard.WithDefaultServiceOptions(
			vanguard.WithTargetCodecs(vanguard.CodecProto), vanguard.WithTargetProtocols(vanguard.ProtocolGRPC),
			vanguard.WithMaxMessageBufferBytes(uint32(l.MessageBytes)),
		),
	)
	if err != nil {
		return nil, err
	}
	h := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 {
			rc := http.NewResponseController(w)
			_ = rc.SetReadDeadline(time.Now().Add(webReadTime))
			_ = rc.SetWriteDeadline(time.Now().Add(webWriteTime))
		}
		if kind := r.Header.Get("Content-Type"); r.ProtoMajor == 2 && (kind == "application/grpc" || strings.HasPrefix(kind, "application/grpc+")) {
			g.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodPost && r.Header.Get("Connect-Protocol-Version") == "" && isConnect(r.Header.Get("Content-Type")) && !strings.HasPrefix(r.URL.Path, "/v1/") {
			// The protocol lets clients such as curl leave it out; vanguard does not.
			r.Header.Set("Connect-Protocol-Version", "1")
		}
		t.ServeHTTP(w, r)
	}))
	if len(origins) > 0 {
		h = cors.New(cors.Options{
			AllowedOrigins: origins,
			AllowedMethods: []string{http.MethodGet, http.MethodPost},
			AllowedHeaders: []string{
				"Authorization", "Content-Type", "Connect-Protocol-Version", "Connect-Timeout-Ms", "Grpc-Timeout",
				"X-Grpc-Web", "X-User-Agent", "X-Request-Id",
			},
			ExposedHeaders: []string{"Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin"},
			MaxAge:         7200,
		}).Handler(h)
	}
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: l.Handshake,
		IdleTimeout:       l.ConnectionIdle,
		MaxHeaderBytes:    l.HeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: l.Calls, PingTimeout: 10 * time.Second, SendPingTimeout: 30 * time.Second},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			info := &connInfo{}
			if t, ok := c.(*tls.Conn); ok {
				state := t.ConnectionState()
				info.tls = &state
			}
			return context.WithValue(ctx, connKey{}, info)
		},
	}, nil
}

// isConnect tells the content types of unary calls in the Connect protocol.
func isConnect(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return kind == "application/json" || kind == "application/proto"
}
