package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// asProgram, in the environment, makes the test binary be the program: it is
// surely of the same code, and needs no second build.
const asProgram = "PARLEY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// result is what a run of the program left behind.
type result struct {
	stdout, stderr string
	status         int
}

// parley runs the program within the test, which spares loading the model each
// time, with stdin as its standard input.
func parley(t testing.TB, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, strings.NewReader(stdin), &stdout, &stderr)
	return result{stdout.String(), stderr.String(), status}
}

// command prepares a run of the program as a process of its own.
func command(t testing.TB, stdin string, args ...string) *exec.Cmd {
	t.Helper()
	return commandWithin(t, time.Minute, stdin, args...)
}

// commandWithin is like command and ends the program after a while.
func commandWithin(t testing.TB, d time.Duration, stdin string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), asProgram+"=1", "NO_COLOR=", "TERM=xterm")
	return cmd
}

func finish(t testing.TB, cmd *exec.Cmd) result {
	t.Helper()
	r, _ := finishWatched(t, cmd)
	return r
}

// finishWatched also returns the most memory that the program held, in bytes, as
// seen every few milliseconds; 0 where it is not told.
func finishWatched(t testing.TB, cmd *exec.Cmd) (r result, rss int64) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if n, ok := peakRSS(cmd.Process.Pid); ok {
				rss = n
			}
		case err := <-ended:
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, rss
		}
	}
}

// wantStatus fails the test when the program ended otherwise.
func (r result) wantStatus(t testing.TB, want int) {
	t.Helper()
	if r.status != want {
		t.Fatalf("exit status %d, want %d\nstderr: %s\nstdout: %.2000s", r.status, want, r.stderr, r.stdout)
	}
}

// wantError fails the test unless standard error holds every one of the parts.
func (r result) wantError(t testing.TB, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(r.stderr, p) {
			t.Errorf("stderr lacks %q:\n%s", p, r.stderr)
		}
	}
}

// rows reads JSONL strictly: unknown fields are an error.
func (r result) rows(t testing.TB) []rows.Row {
	t.Helper()
	var out []rows.Row
	for line := range strings.Lines(r.stdout) {
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		var row rows.Row
		if err := d.Decode(&row); err != nil {
			t.Fatalf("row %d: %v\n%s", len(out), err, line)
		}
		checkRow(t, &row)
		out = append(out, row)
	}
	return out
}

// checkRow checks what holds for every row of every model.
func checkRow(t testing.TB, r *rows.Row) {
	t.Helper()
	for task := range model.Task(model.NumTasks) {
		p, probabilities := r.Task(task)
		n, err := task.ParseLabel(p.Label)
		if err != nil {
			t.Fatalf("%s paragraph %d: %v", r.ID, r.Paragraph, err)
		}
		sum, best := 0.0, 0
		for i := range task.Labels() {
			sum += probabilities[i]
			if probabilities[i] > probabilities[best] {
				best = i
			}
		}
		if sum < 1-1e-9 || sum > 1+1e-9 {
			t.Errorf("%s: probabilities of %s sum to %v", r.ID, task, sum)
		}
		if n != best || p.Confidence != probabilities[n] {
			t.Errorf("%s: %s is %s with confidence %v, probabilities are %v", r.ID, task, p.Label, p.Confidence, probabilities)
		}
		if want := probabilities[0] - probabilities[1]; p.Score != want {
			t.Errorf("%s: score of %s is %v, want %v", r.ID, task, p.Score, want)
		}
		if p.Evidence == nil {
			t.Errorf("%s: evidence of %s is null, want a list", r.ID, task)
		}
		for i, v := range p.Evidence {
			if v.Weight <= 0 || v.Start >= v.End || i > 0 && v.Start < p.Evidence[i-1].End {
				t.Errorf("%s: bad evidence %+v", r.ID, v)
			}
		}
	}
	if r.Paragraph < 0 || r.Start > r.End || len(r.Model) != len("assad@sha256:")+64 {
		t.Errorf("bad row %+v", r)
	}
}

// write makes a file in a directory of the test's own and returns its path.
func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// golden compares got with a file under testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update rewrites it)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}
