package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

func TestStartAndAdmin(t *testing.T) {
	d := start(t)
	d.alive()
	h := healthpb.NewHealthClient(d.dial())
	for _, service := range []string{"", "parley.v1.ClassifierService", "parley.v1.ModelService"} {
		r, err := h.Check(testContext(t), &healthpb.HealthCheckRequest{Service: service})
		if err != nil || r.Status != healthpb.HealthCheckResponse_SERVING {
			t.Errorf("%q: %v, %v", service, r, err)
		}
	}
	get := func(path string) (int, string) {
		t.Helper()
		resp, err := http.Get("http://" + d.admin + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	if code, body := get("/healthz"); code != http.StatusOK || body != "serving\n" {
		t.Errorf("/healthz: %d %q", code, body)
	}
	_, metrics := get("/metrics")
	for _, want := range []string{
		`parley_call_duration_seconds_bucket{code="OK",method="/parley.v1.ClassifierService/Classify"`,
		"parley_predictions_total{", "parley_queue_depth", "parley_overload_refused_total", "parley_models_loaded 1", "go_goroutines",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if code, _ := get("/debug/pprof/goroutine?debug=1"); code != http.StatusOK {
		t.Errorf("pprof: %d", code)
	}
	// The port of the service gives none of it.
	resp, err := http.Get("http://" + d.addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("/metrics on the port of the service: %d, want 404", resp.StatusCode)
	}
}

// TestTerminateUnderLoad sends SIGTERM while calls and streams run: calls that
// were accepted are answered, streams end with UNAVAILABLE, the exit is 0.
func TestTerminateUnderLoad(t *testing.T) {
	d := start(t, "--drain-timeout", "20s")
	c := d.classifier()
	ctx := testContext(t)
	watch, err := healthpb.NewHealthClient(d.dial()).Watch(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	var answered, refused atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for {
				_, err := c.Classify(ctx, request(paragraph))
				switch {
				case err == nil:
					answered.Add(1)
				case status.Code(err) == codes.Unavailable:
					// Only once the port is closed: the client cannot connect any more.
					if strings.Contains(err.Error(), "EOF") || strings.Contains(err.Error(), "reset") {
						t.Errorf("a call that was accepted failed: %v", err)
					}
					refused.Add(1)
					return
				default:
					t.Errorf("call: %v", err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for range 4 {
		stream, err := c.StreamClassify(ctx)
		if err != nil {
			t.Fatal(err)
		}
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for i := 0; ; i++ {
				if stream.Send(&parleyv1.StreamClassifyRequest{Documents: []*parleyv1.Document{request(paragraph).Document}}) != nil {
					return
				}
			}
		}()
		wg.Go(func() {
			for n := int64(0); ; n++ {
				r, err := stream.Recv()
				if err == nil {
					if r.Sequence != n {
						t.Errorf("answer %d has sequence %d", n, r.Sequence)
					}
					continue
				}
				if status.Code(err) != codes.Unavailable {
					t.Errorf("stream: %v, want Unavailable", err)
				}
				<-sent
				return
			}
		})
	}
	for answered.Load() < 100 {
		if ctx.Err() != nil {
			t.Fatal("no load")
		}
		time.Sleep(time.Millisecond)
	}
	d.signal(syscall.SIGTERM)
	if r, err := watch.Recv(); err != nil || r.Status != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health says %v, %v, want NOT_SERVING", r, err)
	}
	if code := d.wait(); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
	close(stop)
	wg.Wait()
}

func TestHangupReloads(t *testing.T) {
	dir := t.TempDir()
	models := filepath.Join(dir, "models")
	d := start(t, "--models", models, "--model-poll", "1h")
	if err := os.Mkdir(models, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(models, "misnamed.parley"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.signal(syscall.SIGHUP)
	d.waitLog("misnamed.parley")
	d.alive()
}

func TestLogsHoldNoText(t *testing.T) {
	d := start(t, "--log-level", "debug")
	const secret = "A sentence that nobody should find in a log."
	if _, err := d.classifier().Classify(testContext(t), request(secret)); err != nil {
		t.Fatal(err)
	}
	_, err := d.classifier().Classify(testContext(t), &parleyv1.ClassifyRequest{
		Document: request(secret).Document, Options: &parleyv1.ClassifyOptions{Model: "nobody"},
	})
	if status.Code(err) != codes.NotFound {
		t.Fatal(err)
	}
	d.waitLog("call failed")
	for _, l := range d.log() {
		if strings.Contains(l, "nobody should find") {
			t.Errorf("the log holds text of a request: %s", l)
		}
	}
}

// TestSystemd hands over a socket and listens to what the service manager is told.
func TestSystemd(t *testing.T) {
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := lis.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	notify := filepath.Join(t.TempDir(), "notify")
	sock, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sock.Close() }()
	cmd := exec.Command("sh", "-c", `LISTEN_FDS=1 LISTEN_PID=$$ exec "$0"`, bin)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+notify)
	cmd.ExtraFiles = []*os.File{file}
	d := startCommand(t, cmd)
	_ = lis.Close()
	_ = file.Close()
	if d.addr != lis.Addr().String() {
		t.Errorf("listens on %s, was handed %s", d.addr, lis.Addr())
	}
	d.alive()
	said := func() string {
		t.Helper()
		b := make([]byte, 1024)
		if err := sock.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := sock.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	if got := said(); got != "READY=1" {
		t.Errorf("first notice is %q, want READY=1", got)
	}
	d.signal(syscall.SIGTERM)
	if got := said(); got != "STOPPING=1" {
		t.Errorf("second notice is %q, want STOPPING=1", got)
	}
	if code := d.wait(); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
}

func TestWrongCommandLines(t *testing.T) {
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	tests := []struct {
		name string
		args []string
		code int
		says string
	}{
		{"unknown flag", []string{"--nosuch"}, 2, "--nosuch"},
		{"argument", []string{"serve"}, 2, `"serve"`},
		{"open to the world", []string{"--listen", "0.0.0.0:0"}, 2, "--insecure"},
		{"every address", []string{"--listen", ":50051"}, 2, "--insecure"},
		{"half a pair", []string{"--tls-cert", "x"}, 2, "--tls-key"},
		{"authorities without TLS", []string{"--tls-client-ca", "x"}, 2, "--tls-cert"},
		{"limit", []string{"--max-documents", "0"}, 2, "--max-documents"},
		{"port in use", []string{"--listen", busy.Addr().String()}, 1, "address already in use"},
		{"no such certificate", []string{"--tls-cert", "/nowhere", "--tls-key", "/nowhere"}, 1, "/nowhere"},
		{"no such token file", []string{"--tokens", "/nowhere"}, 1, "/nowhere"},
		{"unknown bucket", []string{"--models", "nosuch://bucket"}, 1, "nosuch"},
		{"log level", []string{"--log-level", "loud"}, 1, `"loud"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.Command(bin, tt.args...)
			cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+t.TempDir())
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != tt.code || !strings.Contains(string(out), tt.says) {
				t.Errorf("%v: %s; want exit %d and %q", err, out, tt.code, tt.says)
			}
		})
	}
}
