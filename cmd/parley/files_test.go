package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/cmd/parley/internal/journal"
)

// What a run writes is never what it reads, by whichever name.
func TestScoreOutputIsInput(t *testing.T) {
	rows := strings.Repeat(`{"text":"`+plain+`"}`+"\n", 3)
	open := func(path string, flags int) *os.File {
		f, err := os.OpenFile(path, flags, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	for name, test := range map[string]struct {
		prepare func(cmd *exec.Cmd, file string)
		args    func(file string) []string
		message string
	}{
		"standard input": {
			func(cmd *exec.Cmd, file string) { cmd.Stdin = open(file, os.O_RDONLY) },
			func(file string) []string { return []string{"--input-format", "jsonl", "-o", file, "-"} }, "is also an input",
		},
		"errors": {nil, func(file string) []string { return []string{"--errors", file, file} }, "is also an input"},
		"model": {nil, func(file string) []string {
			return []string{"--model", file, "-o", file, write(t, "in.txt", plain)}
		}, "is also the model"},
		"each other": {nil, func(file string) []string {
			return []string{"-o", file, "--errors", filepath.Dir(file) + "/./" + filepath.Base(file), write(t, "in.txt", plain)}
		}, "are the same file"},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, "f.jsonl", rows)
			cmd := command(t, "", append([]string{"score"}, test.args(file)...)...)
			if test.prepare != nil {
				test.prepare(cmd, file)
			}
			r := finish(t, cmd)
			r.wantStatus(t, 2)
			r.wantError(t, test.message)
			if got := string(read(t, file)); got != rows {
				t.Errorf("the file has changed: %d bytes, %d before", len(got), len(rows))
			}
		})
	}
}

func TestScoreStandardOutputIsInput(t *testing.T) {
	rows := strings.Repeat(`{"text":"`+plain+`"}`+"\n", 3)
	file := write(t, "f.jsonl", rows)
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := command(t, "", "score", file)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &stderr
	_ = cmd.Run() // the status says it
	if got := cmd.ProcessState.ExitCode(); got != 2 || !strings.Contains(stderr.String(), "output standard output is also an input") {
		t.Errorf("exit status %d, want 2; stderr %s", got, stderr.String())
	}
	if got := string(read(t, file)); got != rows {
		t.Errorf("the file has changed: %d bytes, %d before", len(got), len(rows))
	}
}

// The files of a run below a directory that it reads are no inputs, so the same
// command can be said again.
func TestScoreWritesBelowInput(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.jsonl")
	if err := os.WriteFile(in, []byte(`{"text":"`+plain+`"}`+"\n{\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{nil, {"--input-format", "jsonl"}} {
		args := append([]string{"score", "-r", "-o", filepath.Join(dir, "o.jsonl"), "--errors", filepath.Join(dir, "e.jsonl"), dir}, more...)
		for range 2 {
			r := parley(t, "", args...)
			r.wantStatus(t, 1)
			if n := strings.Count(string(read(t, filepath.Join(dir, "o.jsonl"))), "\n"); n != 1 {
				t.Errorf("%v: %d rows, want 1; stderr %s", more, n, r.stderr)
			}
		}
	}
}

// A directory that may not be read is named, and the others are.
func TestScoreLockedDirectory(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("root may read every directory")
	}
	dir := t.TempDir()
	locked := filepath.Join(dir, "a-locked")
	if err := os.Mkdir(locked, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.txt"), []byte(plain), 0o600); err != nil {
		t.Fatal(err)
	}
	r := parley(t, "", "score", "-r", dir)
	r.wantStatus(t, 3)
	r.wantError(t, "a-locked: permission denied")
	if len(r.rows(t)) != 1 {
		t.Error("the file beside the directory was not scored")
	}
}

// A second run on an output that is being written leaves all as it is.
func TestSecondRunLeavesTheFirst(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files cannot be locked")
	}
	out, _, args := interrupted(t)
	f, err := os.OpenFile(out, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := journal.Lock(f); err != nil {
		t.Fatal(err)
	}
	rows, state := read(t, out), read(t, out+journal.Suffix)
	r := parley(t, "", args...)
	r.wantStatus(t, 3)
	r.wantError(t, "another run is writing it")
	if string(read(t, out)) != string(rows) || string(read(t, out+journal.Suffix)) != string(state) {
		t.Error("the refused run changed the output or its journal")
	}
	if strings.Contains(r.stderr, "discarded") {
		t.Errorf("the refused run says that it discards the other: %s", r.stderr)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	parley(t, "", append(args, "--resume")...).wantStatus(t, 1)
}

func TestScorePatterns(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.txt", "sub/b.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(plain), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(parley(t, "", "score", "-r", filepath.Join(dir, "*")).rows(t)); n != 2 {
		t.Errorf("a pattern with --recursive has %d rows, want 2", n)
	}
	r := parley(t, "", "score", filepath.Join(dir, "**", "*.txt"))
	r.wantStatus(t, 3)
	r.wantError(t, "patterns know no **")
}
