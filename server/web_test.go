package server

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/certtest"
)

const classifyPath = "/parley.v1.ClassifierService/Classify"

// post sends a request and returns status, headers and body.
func post(t *testing.T, c *http.Client, url, kind string, body []byte, header ...string) (int, http.Header, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(testContext(t), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range resp.Trailer {
		resp.Header[k] = v
	}
	return resp.StatusCode, resp.Header, data
}

func TestJSON(t *testing.T) {
	_, addr := start(t, Options{Web: true, Limits: Limits{DocumentBytes: 100}})
	for _, path := range []string{classifyPath, "/v1/classify"} {
		t.Run(path, func(t *testing.T) {
			url := "http://" + addr + path
			code, _, body := post(t, http.DefaultClient, url, "application/json", []byte(`{"document":{"content":"Envoys met.","id":"a"}}`))
			var got struct {
				Result struct {
					ID         string
					Model      string
					Paragraphs []struct {
						Text   string
						Stance struct{ Label string }
					}
				}
			}
			if err := json.Unmarshal(body, &got); err != nil || code != http.StatusOK {
				t.Fatalf("%d %s: %v", code, body, err)
			}
			if got.Result.ID != "a" || got.Result.Model != fakeID || got.Result.Paragraphs[0].Text != "Envoys met." || !strings.HasPrefix(got.Result.Paragraphs[0].Stance.Label, "STANCE_") {
				t.Errorf("got %+v", got)
			}
			for name, bad := range map[string]struct {
				body string
				code int
				says string
			}{
				"empty content": {`{"document":{"content":""}}`, 400, "CONTENT_EMPTY"},
				"too large":     {`{"document":{"content":"` + strings.Repeat("a", 101) + `"}}`, 400, "CONTENT_TOO_LARGE"},
				"model":         {`{"document":{"content":"x"},"options":{"model":"nobody"}}`, 404, "MODEL_NOT_FOUND"},
				"not JSON":      {`{"document":`, 400, "MALFORMED_REQUEST"},
				"wrong type":    {`{"document":7}`, 400, "MALFORMED_REQUEST"},
				"no such unit":  {`{"document":{"content":"x"},"options":{"encoding":"UTF16"}}`, 400, "MALFORMED_REQUEST"},
				"no such field": {`{"document":{"content":"x"},"options":{"maxEvidences":1}}`, 400, "MALFORMED_REQUEST"},
			} {
				code, _, body := post(t, http.DefaultClient, url, "application/json", []byte(bad.body))
				if code != bad.code || !strings.Contains(string(body), bad.says) {
					t.Errorf("%s: %d %s, want %d and %s", name, code, body, bad.code, bad.says)
				}
			}
		})
	}
}

func TestGRPCWeb(t *testing.T) {
	_, addr := start(t, Options{Web: true})
	req, err := proto.Marshal(&parleyv1.ClassifyRequest{Document: plain("Envoys met.")})
	if err != nil {
		t.Fatal(err)
	}
	frame := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(req))), req...)
	code, _, body := post(t, http.DefaultClient, "http://"+addr+classifyPath, "application/grpc-web+proto", frame, "X-Grpc-Web", "1")
	if code != http.StatusOK || len(body) < 5 {
		t.Fatalf("%d %q", code, body)
	}
	n := binary.BigEndian.Uint32(body[1:5])
	var resp parleyv1.ClassifyResponse
	if err := proto.Unmarshal(body[5:5+n], &resp); err != nil {
		t.Fatal(err)
	}
	if got := resp.Result.Paragraphs[0].Text; got != "Envoys met." {
		t.Errorf("text is %q", got)
	}
	if trailers := string(body[5+n:]); !strings.Contains(strings.ToLower(trailers), "grpc-status: 0") && !strings.Contains(strings.ToLower(trailers), "grpc-status:0") {
		t.Errorf("trailers are %q", trailers)
	}
}

func TestWebNeedsTokensToo(t *testing.T) {
	tokens, err := OpenTokens(tokenFile(t, "a "+digestHex("x")+" classify"), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, addr := start(t, Options{Web: true, Tokens: tokens})
	body := []byte(`{"document":{"content":"Envoys met."}}`)
	if code, _, got := post(t, http.DefaultClient, "http://"+addr+classifyPath, "application/json", body); code != http.StatusUnauthorized || !strings.Contains(string(got), "TOKEN_MISSING") {
		t.Errorf("%d %s, want 401 TOKEN_MISSING", code, got)
	}
	if code, _, got := post(t, http.DefaultClient, "http://"+addr+classifyPath, "application/json", body, "Authorization", "Bearer x"); code != http.StatusOK {
		t.Errorf("%d %s, want 200", code, got)
	}
}

// TestWebOverTLS asks with a client that offers HTTP/2 and HTTP/1.1, as browsers
// do, and with a gRPC client, on one port.
func TestWebOverTLS(t *testing.T) {
	ca := certtest.New(t)
	cert, key := ca.Files(t.TempDir(), "server", tomorrow())
	_, addr := start(t, Options{Web: true, TLS: openTLS(t, cert, key, "")})
	body := []byte(`{"document":{"content":"Envoys met."}}`)
	for _, http2 := range []bool{false, true} {
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}, ForceAttemptHTTP2: http2}}
		defer c.CloseIdleConnections()
		if code, _, got := post(t, c, "https://"+addr+classifyPath, "application/json", body); code != http.StatusOK {
			t.Errorf("HTTP/2 %v: %d %s", http2, code, got)
		}
	}
	if err := hello(t, addr, withTLS(&tls.Config{RootCAs: ca.Pool()})); err != nil {
		t.Errorf("gRPC client: %v", err)
	}
	t.Run("gRPC from a client that offers HTTP/1.1 too", func(t *testing.T) {
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}, ForceAttemptHTTP2: true}}
		defer c.CloseIdleConnections()
		req, err := proto.Marshal(&parleyv1.ClassifyRequest{Document: plain("Envoys met.")})
		if err != nil {
			t.Fatal(err)
		}
		frame := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(req))), req...)
		_, header, got := post(t, c, "https://"+addr+classifyPath, "application/grpc", frame, "Te", "trailers")
		if header.Get("Grpc-Status") != "0" {
			t.Fatalf("status %q: %q", header.Get("Grpc-Status"), got)
		}
		var resp parleyv1.ClassifyResponse
		if err := proto.Unmarshal(got[5:], &resp); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCORS(t *testing.T) {
	_, addr := start(t, Options{Web: true, Origins: []string{"https://page.example"}})
	for origin, want := range map[string]string{"https://page.example": "https://page.example", "https://other.example": ""} {
		_, header, _ := post(t, http.DefaultClient, "http://"+addr+classifyPath, "application/json", []byte(`{"document":{"content":"x"}}`), "Origin", origin)
		if got := header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("origin %s: allowed %q, want %q", origin, got, want)
		}
	}
}

func TestWebBombs(t *testing.T) {
	_, addr := start(t, Options{Web: true, Limits: Limits{MessageBytes: 1000, HeaderBytes: 8 << 10}})
	big := []byte(`{"document":{"content":"` + strings.Repeat("a", 10000) + `"}}`)
	if code, _, body := post(t, http.DefaultClient, "http://"+addr+classifyPath, "application/json", big); code != http.StatusTooManyRequests {
		t.Errorf("large message: %d %s, want 429", code, body)
	}
	req, err := http.NewRequestWithContext(testContext(t), http.MethodPost, "http://"+addr+classifyPath, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Flood", strings.Repeat("a", 64<<10))
	// The server may hang up before the client has sent it all.
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("header flood: %d, want 431", resp.StatusCode)
		}
	}
	if code, _, body := post(t, http.DefaultClient, "http://"+addr+classifyPath, "application/json", []byte(`{"document":{"content":"x"}}`)); code != http.StatusOK {
		t.Errorf("after the floods: %d %s", code, body)
	}
}

func TestGRPCBesideWeb(t *testing.T) {
	_, addr := start(t, Options{Web: true})
	if err := hello(t, addr, grpcInsecure); err != nil {
		t.Errorf("gRPC on the same port: %v", err)
	}
	c := parleyv1.NewClassifierServiceClient(dial(t, addr))
	stream := openStream(t, testContext(t), c)
	_ = stream.Send(&parleyv1.StreamClassifyRequest{Documents: plains("Envoys met.")})
	if _, err := stream.Recv(); err != nil {
		t.Error(err)
	}
	_, err := c.Classify(testContext(t), &parleyv1.ClassifyRequest{})
	wantFailure(t, err, DocumentRequired, "document")
	if codeOf[DocumentRequired] != codes.InvalidArgument {
		t.Error("the table has changed")
	}
}
