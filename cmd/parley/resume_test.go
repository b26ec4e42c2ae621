package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-nlp/parley/cmd/parley/internal/journal"
	"github.com/parley-nlp/parley/server"
)

// archive writes inputs of n rows in all, some of which fail, and returns their
// names.
func archive(t testing.TB, n int) []string {
	t.Helper()
	var a, b strings.Builder
	for i := range n / 2 {
		fmt.Fprintf(&a, `{"id":"a%d","text":"%s\n\nNumber %x came."}`+"\n", i, []string{praise, plain, blame}[i%3], mix(uint64(i)))
		fmt.Fprintf(&b, "b%d,\"%s %x\"\n", i, arabic, mix(uint64(i+n)))
		if i%997 == 5 {
			a.WriteString("{\n")
			b.WriteString("too,many,fields\n")
		}
	}
	return []string{
		write(t, "a.jsonl", a.String()), write(t, "note.txt", praise+"\n\n"+blame),
		write(t, "b.csv.gz", gzipped(t, "id,text\n"+b.String())), write(t, "empty.txt", ""),
	}
}

// A run that is killed at any moments and resumed leaves the same bytes as one
// that nobody disturbed, whatever the format and wherever the model runs.
func TestResumeAfterKill(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs kill -9")
	}
	kills := 3
	if testing.Short() {
		kills = 1
	}
	files := archive(t, 16000)
	_, addr := serve(t, embedded(t), server.Options{})
	for _, name := range []string{"o.jsonl", "o.csv", "o.parquet", "o.jsonl.gz", "o.csv.zst"} {
		want := t.TempDir()
		base := []string{"score", "--checkpoint", "5ms", "--evidence", "1", "--pass-through", "none"}
		args := func(dir string, more ...string) []string {
			out := append(append([]string{}, base...), "-o", filepath.Join(dir, name), "--errors", filepath.Join(dir, "errors"))
			return append(append(out, more...), files...)
		}
		parley(t, "", args(want)...).wantStatus(t, 1)
		for place, where := range map[string][]string{"local": nil, "remote": {"--addr", addr}} {
			t.Run(name+" "+place, func(t *testing.T) {
				t.Parallel()
				seed := uint64(time.Now().UnixNano())
				t.Logf("seed %d", seed)
				random := rand.New(rand.NewPCG(seed, 0))
				dir := t.TempDir()
				out := filepath.Join(dir, name)
				whole := size(filepath.Join(want, name))
				killed := 0
				for i := range kills {
					// The moment is when so much has been written, and a little later.
					target := whole * (int64(100*i) + random.Int64N(100)) / int64(100*kills)
					cmd := command(t, "", args(dir, append(where, "--resume")...)...)
					if killWhen(t, cmd, func() bool { return size(out) >= target }, time.Duration(random.IntN(30))*time.Millisecond) {
						killed++
					}
				}
				// A single kill may come too late on a busy machine; several may not.
				if killed == 0 && kills > 2 {
					t.Errorf("none of %d runs was killed before it ended", kills)
				}
				r := finish(t, command(t, "", args(dir, append(where, "--resume")...)...))
				r.wantStatus(t, 1)
				for _, file := range []string{name, "errors"} {
					a, b := read(t, filepath.Join(dir, file)), read(t, filepath.Join(want, file))
					if !bytes.Equal(a, b) {
						t.Errorf("%s has %d bytes after the kills, %d without, and they differ", file, len(a), len(b))
					}
				}
			})
		}
	}
}

// killWhen starts a command and kills it once a condition holds and a while has
// passed, and tells whether it had not ended by then.
func killWhen(t *testing.T, cmd *exec.Cmd, ready func() bool, later time.Duration) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case <-ended:
			return false
		case <-time.After(time.Millisecond):
			if !ready() {
				continue
			}
			time.Sleep(later)
			_ = cmd.Process.Kill() // it may have ended
			return <-ended != nil && cmd.ProcessState.ExitCode() == -1
		}
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Ctrl-C lets what is under way be written, saves, and exits with 130.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs signals")
	}
	files := archive(t, 3000)
	for _, name := range []string{"o.jsonl", "o.jsonl.gz", "o.parquet"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			out := filepath.Join(dir, name)
			args := append([]string{"score", "-o", out}, files...)
			cmd := command(t, "", append(args, "--rate", "500", "--checkpoint", "1h")...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for size(out+journal.Suffix) < 0 {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(300 * time.Millisecond)
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // the status says it
			if got := cmd.ProcessState.ExitCode(); got != 130 {
				t.Fatalf("exit status %d, want 130: %s", got, stderr.String())
			}
			for _, part := range []string{"interrupted", "rows are saved", "--resume"} {
				if !strings.Contains(stderr.String(), part) {
					t.Errorf("stderr lacks %q: %s", part, stderr.String())
				}
			}
			if name == "o.jsonl" {
				if data := read(t, out); len(data) == 0 || data[len(data)-1] != '\n' {
					t.Errorf("output has %d bytes and ends in the midst of a row", len(data))
				}
			}
			parley(t, "", append(args, "--resume")...).wantStatus(t, 1)
			want := filepath.Join(dir, "want-"+name)
			parley(t, "", append([]string{"score", "-o", want}, files...)...).wantStatus(t, 1)
			if !bytes.Equal(read(t, out), read(t, want)) {
				t.Error("the resumed output differs")
			}
		})
	}
}

// interrupted leaves an unfinished run: the journal says that the first row is
// written.
func interrupted(t *testing.T) (out, in string, args []string) {
	t.Helper()
	dir := t.TempDir()
	in, out = filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.jsonl")
	if err := os.WriteFile(in, []byte(strings.Repeat(`{"text":"`+plain+`"}`+"\n", 10)+"{\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args = []string{"score", "-o", out, in}
	r := parley(t, "", append(args, "--fail-fast")...)
	r.wantStatus(t, 1)
	if size(out+journal.Suffix) < 0 {
		t.Fatalf("no journal beside the unfinished output; stderr %s", r.stderr)
	}
	return out, in, args
}

// A run that is not the same any more is refused with the reason.
func TestResumeRefused(t *testing.T) {
	p := embedded(t).Params()
	p.Bias[0]++
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	other := write(t, "other.parley", string(data))
	touch := func(path string) error {
		later := time.Now().Add(time.Hour)
		return os.Chtimes(path, later, later)
	}
	for name, test := range map[string]struct {
		change   func(out, in string) error
		more     []string
		status   int
		messages []string
	}{
		"same":           {nil, nil, 1, nil},
		"other jobs":     {nil, []string{"--jobs", "3", "--timeout", "7s"}, 1, nil},
		"longer input":   {func(_, in string) error { return os.WriteFile(in, []byte("{}\n"), 0o600) }, nil, 2, []string{"in.jsonl has 3 bytes, had"}},
		"touched input":  {func(_, in string) error { return touch(in) }, nil, 2, []string{"in.jsonl was modified"}},
		"missing input":  {func(_, in string) error { return os.Remove(in) }, nil, 2, []string{"in.jsonl has -1 bytes"}},
		"another input":  {nil, []string{other}, 2, []string{"there are 2 inputs, were 1"}},
		"model":          {nil, []string{"--model", other}, 2, []string{"the model is assad@sha256:", ", was assad@sha256:"}},
		"flags":          {nil, []string{"--evidence", "1", "--offsets", "utf16"}, 2, []string{`--evidence is "1", was "4"`, `--offsets is "utf16"`}},
		"filter":         {nil, []string{"--filter", "stance=favor"}, 2, []string{"--filter is"}},
		"format":         {nil, []string{"--format", "csv"}, 2, []string{"--format is"}},
		"output cut":     {func(out, _ string) error { return os.Truncate(out, 5) }, nil, 3, []string{"cannot go on with it", "has 5 bytes"}},
		"output changed": {func(out, _ string) error { return overwrite(out, "XX") }, nil, 3, []string{"are not those that were written"}},
		"journal broken": {func(out, _ string) error { return os.WriteFile(out+journal.Suffix, []byte("{"), 0o600) }, nil, 2, []string{"journal", "damaged"}},
		"journal newer":  {func(out, _ string) error { return os.WriteFile(out+journal.Suffix, []byte(`{"version":9}`), 0o600) }, nil, 2, []string{"of version 9"}},
		"table":          {nil, []string{"--format", "table"}, 2, []string{"cannot be resumed"}},
		"standard input": {nil, []string{"-"}, 2, []string{"standard input cannot be resumed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, in, args := interrupted(t)
			if test.change != nil {
				if err := test.change(out, in); err != nil {
					t.Fatal(err)
				}
			}
			before := read(t, out)
			r := parley(t, "", append(append(args, test.more...), "--resume")...)
			r.wantStatus(t, test.status)
			r.wantError(t, test.messages...)
			if after := read(t, out); test.status > 1 && !bytes.Equal(before, after) {
				t.Error("the refused run changed the output")
			}
		})
	}
	r := parley(t, "", "score", "--resume", other)
	r.wantStatus(t, 2)
	r.wantError(t, "--resume needs an output file")
}

// overwrite replaces the beginning of a file.
func overwrite(path, s string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(s)
	if err == nil {
		err = f.Close()
	}
	return err
}

// With --resume from the start a finished run is not repeated.
func TestResumeDone(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.jsonl")
	in := write(t, "in.jsonl", `{"text":"`+praise+`"}`+"\n{\n")
	args := []string{"score", "--resume", "-o", out, in}
	r := parley(t, "", args...)
	r.wantStatus(t, 1)
	r.wantError(t, "no journal, so the run begins anew", "in.jsonl:2")
	want := read(t, out)
	r = parley(t, "", args...)
	r.wantStatus(t, 1)
	r.wantError(t, "is complete, with 1 rows")
	if !bytes.Equal(read(t, out), want) {
		t.Error("the finished output changed")
	}
	if err := overwrite(out, "XX"); err != nil {
		t.Fatal(err)
	}
	r = parley(t, "", args...)
	r.wantStatus(t, 2)
	r.wantError(t, "the run is done, but output", "has changed since")
	// Without --resume the run begins anew and leaves no journal.
	parley(t, "", "score", "-o", out, in).wantStatus(t, 1)
	if !bytes.Equal(read(t, out), want) || size(out+journal.Suffix) >= 0 {
		t.Error("a run without --resume does not begin anew, or leaves a journal")
	}
}

func TestUnfinishedRunIsNotedWhenDiscarded(t *testing.T) {
	out, _, args := interrupted(t)
	r := parley(t, "", args...)
	r.wantStatus(t, 1)
	r.wantError(t, "an unfinished run of", "is discarded")
	if size(out+journal.Suffix) >= 0 {
		t.Error("the journal of the discarded run is left")
	}
}

// Two runs do not write one file.
func TestOutputIsLocked(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files cannot be locked")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := journal.Lock(f); err != nil {
		t.Fatal(err)
	}
	r := parley(t, praise, "score", "-o", f.Name(), "-")
	r.wantStatus(t, 3)
	r.wantError(t, "another run is writing it")
}
