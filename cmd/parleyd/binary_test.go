package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

var binDir string

func TestMain(m *testing.M) {
	code := func() int {
		dir, err := os.MkdirTemp("", "parleyd-test-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		binDir = dir
		return m.Run()
	}()
	os.Exit(code)
}

var parleyd = flag.String("parleyd", "", "the parleyd `binary` to test (default: built from this directory)")

// binary builds parleyd once.
var binary = sync.OnceValues(func() (string, error) {
	if *parleyd != "" {
		return *parleyd, nil
	}
	path := filepath.Join(binDir, "parleyd")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// daemonProcess is a running parleyd.
type daemonProcess struct {
	t     testing.TB
	cmd   *exec.Cmd
	addr  string
	admin string

	mu    sync.Mutex
	lines []string
	done  chan struct{} // closed when standard error ends
}

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// start runs parleyd on a free port until the end of the test.
func start(t testing.TB, args ...string) *daemonProcess {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, append([]string{"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, args...)...)
	return startCommand(t, cmd)
}

// startCommand waits until the command says where it listens.
func startCommand(t testing.TB, cmd *exec.Cmd) *daemonProcess {
	t.Helper()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "XDG_DATA_HOME="+t.TempDir())
	d := &daemonProcess{t: t, cmd: cmd, done: make(chan struct{})}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("parleyd said:\n%s", strings.Join(d.log(), "\n"))
		}
	})
	ready := make(chan struct{})
	go func() {
		defer close(d.done)
		sc := bufio.NewScanner(stderr)
		for sc.Scan() {
			line := sc.Text()
			d.mu.Lock()
			d.lines = append(d.lines, line)
			if a, ok := strings.CutPrefix(line, "admin on "); ok {
				d.admin = a
			}
			a, ok := strings.CutPrefix(line, "listening on ")
			if ok {
				d.addr = a
			}
			d.mu.Unlock()
			if ok {
				close(ready)
			}
		}
	}()
	select {
	case <-ready:
	case <-d.done:
		t.Fatalf("parleyd did not start:\n%s", strings.Join(d.log(), "\n"))
	case <-time.After(30 * time.Second):
		t.Fatal("parleyd does not say where it listens")
	}
	return d
}

func (d *daemonProcess) log() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.lines...)
}

// waitLog waits for a line that contains part.
func (d *daemonProcess) waitLog(part string) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, l := range d.log() {
			if strings.Contains(l, part) {
				return
			}
		}
	}
	d.t.Fatalf("parleyd never said %q", part)
}

func (d *daemonProcess) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// wait returns the exit status.
func (d *daemonProcess) wait() int {
	d.t.Helper()
	select {
	case <-d.done:
	case <-time.After(40 * time.Second):
		d.t.Fatal("parleyd does not stop")
	}
	_ = d.cmd.Wait()
	return d.cmd.ProcessState.ExitCode()
}

func (d *daemonProcess) dial(opts ...grpc.DialOption) *grpc.ClientConn {
	d.t.Helper()
	if len(opts) == 0 {
		opts = []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	}
	conn, err := grpc.NewClient(d.addr, opts...)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (d *daemonProcess) classifier() parleyv1.ClassifierServiceClient {
	return parleyv1.NewClassifierServiceClient(d.dial())
}

// rss returns the resident memory in KiB, 0 where it is not told.
func (d *daemonProcess) rss() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb
		}
	}
	return 0
}

const paragraph = "Residents of the suburb said that shelling by government forces went on through the night, while officials in Damascus denied it."

func request(s string) *parleyv1.ClassifyRequest {
	return &parleyv1.ClassifyRequest{Document: &parleyv1.Document{Source: &parleyv1.Document_Content{Content: s}}}
}

// alive checks that the server answers a call.
func (d *daemonProcess) alive() {
	d.t.Helper()
	if _, err := d.classifier().Classify(testContext(d.t), request(paragraph)); err != nil {
		d.t.Errorf("the server does not answer: %v", err)
	}
}
