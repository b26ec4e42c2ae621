package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/vanguard"
	"connectrpc.com/vanguard/vanguardgrpc"
	"github.com/rs/cors"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
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

// JSON is longer than the protobuf that it stands for, and an answer longer than
// its request: by these factors of the largest message at most, plus the slack.
const (
	webRequest = 2
	webAnswer  = 16
	webSlack   = 64 << 10
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
		vanguard.WithCodec(newJSONCodec),
		vanguard.WithDefaultServiceOptions(
			vanguard.WithTargetCodecs(vanguard.CodecProto), vanguard.WithTargetProtocols(vanguard.ProtocolGRPC),
			vanguard.WithMaxMessageBufferBytes(uint32(min(webAnswer*l.MessageBytes+webSlack, math.MaxUint32))),
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
		if isConnect(r.Header.Get("Content-Type")) { // one message; gRPC limits it again when it is decoded
			r.Body = http.MaxBytesReader(w, r.Body, int64(webRequest*l.MessageBytes+webSlack))
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

// jsonCodec is vanguard's, but for requests that cannot be decoded: they are the
// caller's fault, and so are fields and enum names that are none. Left out in
// silence, a misspelt unit would make all offsets wrong.
type jsonCodec struct{ *vanguard.JSONCodec }

func newJSONCodec(r vanguard.TypeResolver) vanguard.Codec {
	c := vanguard.NewJSONCodec(r)
	c.UnmarshalOptions.DiscardUnknown = false
	return jsonCodec{c}
}

func (c jsonCodec) Unmarshal(data []byte, m proto.Message) error {
	return malformed(c.JSONCodec.Unmarshal(data, m))
}

func (c jsonCodec) UnmarshalField(data []byte, m proto.Message, f protoreflect.FieldDescriptor) error {
	return malformed(c.JSONCodec.UnmarshalField(data, m, f))
}

func malformed(err error) error {
	if err == nil {
		return nil
	}
	e := connect.NewError(connect.CodeInvalidArgument, fmt.Errorf("the request is malformed: %w", err))
	if d, derr := connect.NewErrorDetail(&errdetails.ErrorInfo{Reason: string(MalformedRequest), Domain: Domain}); derr == nil {
		e.AddDetail(d)
	}
	return e
}
