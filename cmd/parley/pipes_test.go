//go:build !windows

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Named pipes are read once, and their readers may go.
func TestScorePipes(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, p := range []string{in, out} {
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const n = 5000
	go func() { _ = os.WriteFile(in, []byte(strings.Repeat(`{"text":"`+plain+`"}`+"\n", n)), 0) }()
	rows := filepath.Join(dir, "rows.jsonl")
	parley(t, "", "score", "--input-format", "jsonl", "-o", rows, in).wantStatus(t, 0)
	if got := strings.Count(string(read(t, rows)), "\n"); got != n {
		t.Errorf("%d rows from a pipe, want %d", got, n)
	}
	r := parley(t, "", "score", "--resume", "--input-format", "jsonl", "-o", rows, in)
	r.wantStatus(t, 2)
	r.wantError(t, "the pipe or device", "cannot be resumed")

	go func() {
		f, err := os.Open(out)
		if err != nil {
			return
		}
		_, _ = f.Read(make([]byte, 10))
		_ = f.Close()
	}()
	done := make(chan result, 1)
	go func() {
		done <- parley(t, strings.Repeat(`{"text":"`+plain+`"}`+"\n", 20*n), "score", "--input-format", "jsonl", "-o", out, "-")
	}()
	select {
	case r := <-done:
		r.wantStatus(t, 3)
		r.wantError(t, "broken pipe")
	case <-time.After(time.Minute):
		t.Fatal("the run does not notice that nobody reads its output")
	}
}
