package loop_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// binaries builds parley and parleyd once and returns their directory.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parley-bin-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./cmd/parley", "./cmd/parleyd")
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return dir, cmd.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := binaries(); err == nil && built {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

var built bool

// bin returns the directory of the programs, or skips a test that would build
// them in short mode.
func bin(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the programs")
	}
	built = true
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func deadline(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// daemon is a running parleyd.
type daemon struct {
	cmd  *exec.Cmd
	addr string
	conn *grpc.ClientConn
	log  *logBuffer
}

// logBuffer keeps what a daemon writes.
type logBuffer struct {
	mu    sync.Mutex
	lines []string
}

func (b *logBuffer) add(line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, line)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "\n")
}

// startDaemon starts parleyd and waits until it serves.
func startDaemon(t testing.TB, args ...string) *daemon {
	t.Helper()
	d := &daemon{log: &logBuffer{}}
	d.cmd = exec.Command(filepath.Join(bin(t), "parleyd"), append([]string{"--listen", "127.0.0.1:0", "--model-poll", "200ms"}, args...)...)
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.kill)
	listening := make(chan string, 1)
	go func() {
		sc := bufio.NewScanner(stderr)
		for sc.Scan() {
			d.log.add(sc.Text())
			if addr, ok := strings.CutPrefix(sc.Text(), "listening on "); ok {
				listening <- addr
			}
		}
		close(listening)
	}()
	select {
	case addr, ok := <-listening:
		if !ok {
			t.Fatalf("parleyd ended:\n%s", d.log)
		}
		d.addr = addr
	case <-time.After(30 * time.Second):
		t.Fatalf("parleyd does not listen:\n%s", d.log)
	}
	if d.conn, err = grpc.NewClient(d.addr, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	return d
}

// kill ends the daemon with SIGKILL; a second call does nothing.
func (d *daemon) kill() {
	if d.conn != nil {
		_ = d.conn.Close()
	}
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}
