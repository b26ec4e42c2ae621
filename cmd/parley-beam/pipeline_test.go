package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// Pipelines run on prism, in this process, unless --runner says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	os.Exit(m.Run())
}

// parley is the program that rows have to equal, built once.
func parley(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./cmd/parley")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// archive copies the examples into a directory of inputs, beside rows that
// cannot be scored.
func archive(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	examples, err := filepath.Glob("../../examples/*.txt")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var jsonl bytes.Buffer
	for i, path := range examples {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, filepath.Base(path), content)
		for n, paragraph := range strings.Split(string(content), "\n\n") {
			line, err := json.Marshal(map[string]any{"id": fmt.Sprintf("%d-%d", i, n), "text": paragraph, "page": n})
			if err != nil {
				t.Fatal(err)
			}
			jsonl.Write(append(line, '\n'))
		}
	}
	jsonl.WriteString("no json\n{\"id\":\"without text\"}\n{\"text\":\"The talks went on without an id.\"}\n")
	put(t, dir, "rows.jsonl", jsonl.Bytes())
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(jsonl.Bytes()); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	put(t, dir, "packed.jsonl.gz", packed.Bytes())
	put(t, dir, "truncated.jsonl.gz", packed.Bytes()[:packed.Len()/2])
	return dir
}

func put(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// lines returns the lines of all files of a pattern, sorted.
func lines(t *testing.T, pattern string, files int) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) != files {
		t.Fatalf("%s matches %v (%v), want %d files", pattern, paths, err, files)
	}
	var out []string
	for _, p := range paths {
		content, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}

// config parses flags as main does.
func config(t *testing.T, args ...string) *Config {
	t.Helper()
	fs := flag.NewFlagSet("parley-beam", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	c := define(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	c.Patterns = fs.Args()
	return c
}

func TestEqualsParleyScore(t *testing.T) {
	program, in := parley(t), archive(t)
	out := t.TempDir()
	inputs, err := filepath.Glob(filepath.Join(in, "*"))
	if err != nil {
		t.Fatal(err)
	}
	// Rows as Parquet are an input of their own: the scored text is read again.
	parquet := filepath.Join(in, "again.parquet")
	if b, err := exec.CommandContext(t.Context(), program, "score", "-o", parquet, inputs[0]).CombinedOutput(); err != nil {
		t.Fatalf("parquet: %v\n%s", err, b)
	}
	inputs = append(inputs, parquet)

	for name, flags := range map[string][]string{
		"defaults": nil,
		"utf16":    {"--offsets", "utf16", "--evidence", "2"},
		"whole":    {"--unit", "paragraph", "--evidence", "0", "--pass-through", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			want, failed := filepath.Join(out, name+"-want.jsonl"), filepath.Join(out, name+"-failed.jsonl")
			cmd := exec.CommandContext(t.Context(), program, append(append([]string{"score", "-o", want, "--errors", failed}, flags...), inputs...)...)
			var exit *exec.ExitError
			if b, err := cmd.CombinedOutput(); err != nil && !errors.As(err, &exit) {
				t.Fatalf("parley score: %v\n%s", err, b)
			}
			prefix := filepath.Join(out, name)
			c := config(t, append(append([]string{"--output", prefix, "--shards", "3"}, flags...), filepath.Join(in, "*"))...)
			var stderr bytes.Buffer
			if status := run(t.Context(), c, c.Patterns, &stderr); status != exitRows {
				t.Fatalf("exit status %d, want %d\n%s", status, exitRows, &stderr)
			}
			rows, wantRows := lines(t, prefix+"-0*-of-00003.jsonl", 3), lines(t, want, 1)
			if len(wantRows) < 50 || !slices.Equal(rows, wantRows) {
				t.Errorf("%d rows are not the %d of parley score", len(rows), len(wantRows))
				for i := range min(len(rows), len(wantRows)) {
					if rows[i] != wantRows[i] {
						t.Fatalf("the first that differs is\n%s\nwant\n%s", rows[i], wantRows[i])
					}
				}
			}
			bad, wantBad := lines(t, filepath.Join(out, "failed-"+name)+"-00000-of-00001.jsonl", 1), lines(t, failed, 1)
			if len(wantBad) < 5 || !slices.Equal(bad, wantBad) {
				t.Errorf("failures are\n%s\nwant\n%s", strings.Join(bad, ""), strings.Join(wantBad, ""))
			}
			if want := fmt.Sprintf("%d rows failed", len(bad)); !strings.Contains(stderr.String(), want) {
				t.Errorf("stderr lacks %q: %s", want, &stderr)
			}
		})
	}
}

func TestEveryShardIsWritten(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "one.txt", []byte("Envoys met in Geneva."))
	prefix := filepath.Join(dir, "out")
	var stderr bytes.Buffer
	for range 2 { // the second run writes the same files again
		c := config(t, "--output", prefix, "--shards", "5", filepath.Join(dir, "one.txt"))
		if status := run(t.Context(), c, c.Patterns, &stderr); status != 0 || stderr.Len() > 0 {
			t.Fatalf("exit status %d\n%s", status, &stderr)
		}
	}
	other := config(t, "--output", prefix, "--shards", "2", filepath.Join(dir, "one.txt"))
	if status := run(t.Context(), other, other.Patterns, &stderr); status != exitPipeline || !strings.Contains(stderr.String(), "another number of files") {
		t.Errorf("beside the files of another run: exit status %d\n%s", status, &stderr)
	}
	if got := lines(t, prefix+"-0000?-of-00005.jsonl", 5); len(got) != 1 {
		t.Errorf("%d rows, want 1", len(got))
	}
	if got := lines(t, filepath.Join(dir, "failed-out-*"), 1); len(got) != 0 {
		t.Errorf("failures: %q", got)
	}
}

func TestInputsThatAreNotThere(t *testing.T) {
	dir := t.TempDir()
	for pattern, want := range map[string]string{"none-*.jsonl": "none-*.jsonl: no such file", "": "is a directory"} {
		c := config(t, "--output", filepath.Join(dir, "out"), filepath.Join(dir, pattern))
		var stderr bytes.Buffer
		status := run(t.Context(), c, c.Patterns, &stderr)
		if status != exitPipeline || !strings.Contains(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%q: exit status %d, want %d and one line\n%s", pattern, status, exitPipeline, &stderr)
		}
	}
}

func TestModelFile(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "one.txt", []byte("Envoys met in Geneva."))
	put(t, dir, "bad.parley", []byte("not a model"))
	for _, c := range []struct {
		name   string
		status int
	}{{"missing.parley", exitPipeline}, {"bad.parley", exitPipeline}} {
		c2 := config(t, "--output", filepath.Join(dir, "out"), "--model", filepath.Join(dir, c.name), filepath.Join(dir, "one.txt"))
		var stderr bytes.Buffer
		if status := run(t.Context(), c2, c2.Patterns, &stderr); status != c.status || !strings.Contains(stderr.String(), c.name) {
			t.Errorf("%s: exit status %d, want %d\n%s", c.name, status, c.status, &stderr)
		}
	}
}

func TestUsage(t *testing.T) {
	cases := []struct {
		name string
		args []string
		want string
	}{
		{"no input", []string{"--output", "x"}, "no input is named"},
		{"no output", []string{"a.txt"}, "--output is missing"},
		{"no shards", []string{"--output", "x", "--shards", "0", "a.txt"}, "--shards is 0"},
		{"one name", []string{"--output", "x", "--errors", "x", "a.txt"}, "are the same"},
		{"unit", []string{"--output", "x", "--unit", "word", "a.txt"}, "unknown unit"},
		{"evidence", []string{"--output", "x", "--evidence", "-1", "a.txt"}, "--evidence is -1"},
		{"late flag", []string{"--output", "x", "a.txt", "--shards", "2"}, "--shards stands behind the inputs"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := config(t, c.args...)
			var stderr bytes.Buffer
			if status := run(t.Context(), config, config.Patterns, &stderr); status != exitUsage || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit status %d\n%s", status, &stderr)
			}
		})
	}
}
