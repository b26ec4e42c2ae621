package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/modeltest"
)

// store writes model files of the seeds into the directory and returns their
// exact names.
func store(t *testing.T, dir string, seeds ...uint64) (ids []string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, seed := range seeds {
		data := modeltest.File(t, seed)
		m, err := model.Load(data)
		if err != nil {
			t.Fatal(err)
		}
		_, digest, _ := strings.Cut(m.ID(), "@sha256:")
		if err := os.WriteFile(filepath.Join(dir, "sha256-"+digest+".parley"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID())
	}
	return ids
}

func activate(ctx context.Context, c parleyv1.ModelServiceClient, id string) error {
	_, err := c.ActivateModel(ctx, &parleyv1.ActivateModelRequest{Target: &parleyv1.ActivateModelRequest_Model{Model: id}})
	return err
}

// TestSwapsUnderLoad swaps a hundred times while calls and a stream run. No
// call fails, and each is answered by one of the models.
func TestSwapsUnderLoad(t *testing.T) {
	dir := t.TempDir()
	ids := store(t, dir, 1, 2)
	d := start(t, "--models", dir)
	ctx := testContext(t)
	c, models := d.classifier(), parleyv1.NewModelServiceClient(d.dial())
	if err := activate(ctx, models, ids[0]); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var calls atomic.Int64
	var wg sync.WaitGroup
	var seen sync.Map
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r, err := c.Classify(ctx, request(paragraph))
				if err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
				seen.Store(r.Result.Model, true)
				calls.Add(1)
			}
		})
	}
	swaps := 100
	if testing.Short() {
		swaps = 20
	}
	for i := range swaps {
		before := calls.Load()
		if err := activate(ctx, models, ids[(i+1)%2]); err != nil {
			t.Fatalf("swap %d: %v", i, err)
		}
		for calls.Load() == before && !t.Failed() {
			time.Sleep(100 * time.Microsecond)
		}
	}
	close(stop)
	wg.Wait()
	seen.Range(func(id, _ any) bool {
		if !slices.Contains(ids, id.(string)) {
			t.Errorf("%v answered", id)
		}
		return true
	})
	t.Logf("%d calls over %d swaps", calls.Load(), swaps)
}

// TestBrokenModelNeverServes drops broken files and aliases beside good ones.
func TestBrokenModelNeverServes(t *testing.T) {
	dir := t.TempDir()
	ids := store(t, dir, 1)
	d := start(t, "--models", dir, "--model-poll", "20ms")
	ctx := testContext(t)
	models := parleyv1.NewModelServiceClient(d.dial())
	if err := activate(ctx, models, ids[0]); err != nil {
		t.Fatal(err)
	}
	digest := strings.Repeat("ab", 32)
	if err := os.WriteFile(filepath.Join(dir, "sha256-"+digest+".parley"), []byte("PARLEY\r\n and then nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	alias := fmt.Sprintf(`{"generation":2,"aliases":{"default":{"model":"assad@sha256:%s"}}}`, digest)
	if err := os.WriteFile(filepath.Join(dir, "aliases-00000000000000000002.json"), []byte(alias), 0o600); err != nil {
		t.Fatal(err)
	}
	d.waitLog(digest)
	r, err := d.classifier().Classify(ctx, request(paragraph))
	if err != nil || r.Result.Model != ids[0] {
		t.Errorf("%v answered (%v), want %s", r.GetResult().GetModel(), err, ids[0])
	}
	list, err := models.ListModels(ctx, &parleyv1.ListModelsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	broken := 0
	for _, m := range list.Models {
		if m.State == parleyv1.ModelState_MODEL_STATE_BROKEN && m.Problem != "" {
			broken++
		}
	}
	if broken != 1 {
		t.Errorf("%d broken models are listed, want 1: %v", broken, list.Models)
	}
}

func TestUnreadableModelDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "models")
	if err := os.WriteFile(dir, []byte("not a directory"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, "--models", dir)
	d.alive()
	d.waitLog("cannot be listed")
}

// TestFullDisk runs parleyd with a limit of 0 bytes a file.
func TestFullDisk(t *testing.T) {
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ids := store(t, dir, 1)
	d := startCommand(t, exec.Command("sh", "-c", `ulimit -f 0; exec "$0" --listen 127.0.0.1:0 --models "$1"`, bin, dir))
	ctx := testContext(t)
	err = activate(ctx, parleyv1.NewModelServiceClient(d.dial()), ids[0])
	if status.Code(err) != codes.Unavailable || strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want Unavailable without a path", err)
	}
	d.alive()
	left, err := filepath.Glob(filepath.Join(dir, ".tmp-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

// TestFlood sends ten times what the queue takes: every call is answered or
// refused with RESOURCE_EXHAUSTED.
func TestFlood(t *testing.T) {
	d := start(t, "--workers", "1", "--queue", "16", "--max-calls", "1000")
	ctx := testContext(t)
	var ok, refused atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		c := d.classifier()
		for range 64 {
			wg.Go(func() {
				for range 10 {
					switch _, err := c.Classify(ctx, request(strings.Repeat(paragraph+"\n\n", 20))); status.Code(err) {
					case codes.OK:
						ok.Add(1)
					case codes.ResourceExhausted:
						refused.Add(1)
					default:
						t.Errorf("call: %v", err)
					}
				}
			})
		}
	}
	wg.Wait()
	if ok.Load() == 0 || refused.Load() == 0 {
		t.Errorf("%d answered, %d refused, want some of both", ok.Load(), refused.Load())
	}
	d.alive()
}

// TestBadBytes sends what no client sends, each on a connection of its own.
func TestBadBytes(t *testing.T) {
	d := start(t, "--handshake-timeout", "300ms")
	const preface = http2.ClientPreface
	settings := func(b *strings.Builder) *http2.Framer {
		b.WriteString(preface)
		f := http2.NewFramer(b, nil)
		_ = f.WriteSettings()
		return f
	}
	frames := func(write func(f *http2.Framer)) string {
		var b strings.Builder
		write(settings(&b))
		return b.String()
	}
	headers := func(fields ...string) []byte {
		var b strings.Builder
		e := hpack.NewEncoder(&b)
		for i := 0; i+1 < len(fields); i += 2 {
			_ = e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
		}
		return []byte(b.String())
	}
	call := headers(":method", "POST", ":scheme", "http", ":path", "/parley.v1.ClassifierService/Classify", ":authority", "x", "content-type", "application/grpc", "te", "trailers")
	tests := []struct{ name, bytes string }{
		{"noise", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 not for this port"},
		{"nothing", ""},
		{"half a preface", preface[:10]},
		{"preface alone", preface},
		{"preface and noise", preface + strings.Repeat("\xff", 100)},
		{"frame too large", frames(func(f *http2.Framer) { _ = f.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, 1<<20)) })},
		{"data on stream 0", frames(func(f *http2.Framer) { _ = f.WriteRawFrame(http2.FrameData, 0, 0, []byte("x")) })},
		{"bad hpack", frames(func(f *http2.Framer) {
			_ = f.WriteRawFrame(http2.FrameHeaders, 4, 1, []byte("\xff\xff\xff\xff\xff\xff"))
		})},
		{"no method", frames(func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: headers("content-type", "application/grpc")})
		})},
		{"header flood", frames(func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: call})
			for range 100 {
				_ = f.WriteContinuation(1, false, headers("x-flood", strings.Repeat("a", 8000)))
			}
		})},
		{"message longer than it says", frames(func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: call})
			_ = f.WriteData(1, true, []byte("\x00\x00\x00\x00\x01more than one byte"))
		})},
		{"message of 4 GiB", frames(func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: call})
			_ = f.WriteData(1, false, []byte("\x00\xff\xff\xff\xff"))
		})},
		{"unknown compression", frames(func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: call})
			_ = f.WriteData(1, true, []byte("\x01\x00\x00\x00\x01x"))
		})},
		{"call that never sends its message", frames(func(f *http2.Framer) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true, BlockFragment: call})
		})},
		{"reset flood", frames(func(f *http2.Framer) {
			for i := range uint32(1000) {
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*i + 1, EndHeaders: true, BlockFragment: call})
				_ = f.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
			}
		})},
		{"HTTP/1.1 noise", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n"},
		{"HTTP/1.1 that never ends", "POST /parley.v1.ClassifierService/Classify HTTP/1.1\r\nHost: x\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := net.DialTimeout("tcp", d.addr, 5*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			_, _ = io.WriteString(c, tt.bytes) // the server may hang up in the middle
			d.alive()
		})
	}
	t.Run("silence is hung up on", func(t *testing.T) {
		c, err := net.DialTimeout("tcp", d.addr, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
			t.Errorf("read: %v, want the connection closed", err)
		}
	})
}

// TestSlowReaders opens streams that send and never read. Others are served,
// and the server keeps little for the slow ones.
func TestSlowReaders(t *testing.T) {
	d := start(t)
	d.alive()
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	text := strings.Repeat(paragraph+"\n\n", 50)
	for range 4 {
		c := d.classifier()
		for range 8 {
			s, err := c.StreamClassify(ctx)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				for {
					if s.Send(&parleyv1.StreamClassifyRequest{Documents: []*parleyv1.Document{request(text).Document}}) != nil {
						return
					}
				}
			}()
		}
	}
	for range 20 {
		d.alive()
	}
	if kb := d.rss(); kb > 600<<10 {
		t.Errorf("%d KiB are in use for 32 streams that do not read", kb)
	}
}

// TestHalfOpen leaves connections behind that say nothing more.
func TestHalfOpen(t *testing.T) {
	d := start(t, "--max-connections", "64", "--handshake-timeout", "300ms")
	for range 60 {
		c, err := net.DialTimeout("tcp", d.addr, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, "PRI")
	}
	d.alive()
}
