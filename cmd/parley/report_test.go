package main

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scored scores the example articles and returns a file of their rows.
func scored(t testing.TB, name string, flags ...string) string {
	t.Helper()
	inputs, err := filepath.Glob("../../examples/*.txt")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	path := filepath.Join(t.TempDir(), name)
	parley(t, "", append(append([]string{"score", "-o", path}, flags...), inputs...)...).wantStatus(t, 0)
	return path
}

func TestReportOfTheExamples(t *testing.T) {
	rows := scored(t, "scored.jsonl")
	out := filepath.Join(t.TempDir(), "report.html")
	got := parley(t, "", "report", "-o", out, "--title", "Two & two", rows)
	got.wantStatus(t, 0)
	if got.stdout != "" || got.stderr != "" {
		t.Errorf("printed %q and %q", got.stdout, got.stderr)
	}
	page, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"<title>Two &amp; two</title>", "examples/en-river-crossing.txt", "الأسد", "Languages</dt><dd dir=\"auto\">Arabic, English"} {
		if !strings.Contains(string(page), part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), "*.tmp")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}

	// Standard input and output, and the other formats, give the same page.
	content, err := os.ReadFile(rows)
	if err != nil {
		t.Fatal(err)
	}
	piped := parley(t, string(content), "report", "--title", "Two & two", "-")
	piped.wantStatus(t, 0)
	packed := filepath.Join(t.TempDir(), "scored.jsonl.gz")
	gz, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(gz)
	if _, err := z.Write(content); err != nil || z.Close() != nil || gz.Close() != nil {
		t.Fatal(err)
	}
	same := map[string]string{"piped": piped.stdout}
	for name, path := range map[string]string{"gzip": packed, "parquet": scored(t, "scored.parquet")} {
		r := parley(t, "", "report", "--title", "Two & two", path)
		r.wantStatus(t, 0)
		same[name] = r.stdout
	}
	for name, got := range same {
		if got != string(page) {
			t.Errorf("%s: another page of %d bytes, want %d", name, len(got), len(page))
		}
	}
}

func TestReportOffsets(t *testing.T) {
	utf8 := parley(t, "", "report", scored(t, "a.jsonl"))
	utf8.wantStatus(t, 0)
	for _, unit := range []string{"utf16", "utf32"} {
		rows := scored(t, "b.jsonl", "--offsets", unit)
		wrong := parley(t, "", "report", rows)
		wrong.wantStatus(t, exitInput)
		wrong.wantError(t, "b.jsonl:1: ", "say --offsets utf")
		right := parley(t, "", "report", "--offsets", unit, rows)
		right.wantStatus(t, 0)
		if right.stdout != utf8.stdout {
			t.Errorf("%s: another page than from utf8", unit)
		}
	}
}

func TestReportFaults(t *testing.T) {
	content, err := os.ReadFile(scored(t, "scored.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	good := write(t, "good.jsonl", first+"\n")
	many := write(t, "many.jsonl", first+"\n"+strings.Repeat("{}\n", 25))
	cases := []struct {
		name   string
		args   []string
		status int
		want   []string
	}{
		{"no file", nil, exitUsage, []string{"requires at least 1 arg"}},
		{"missing file", []string{"no.jsonl"}, exitInput, []string{"no.jsonl: no such file"}},
		{"text file", []string{write(t, "a.txt", "Envoys met.")}, exitInput, []string{"rows cannot be read from txt", "want .jsonl or .parquet"}},
		{"not scored", []string{write(t, "raw.jsonl", `{"id":"a","text":"Envoys met."}`+"\n")}, exitInput, []string{"raw.jsonl:1: not a row of parley score", "no scored rows"}},
		{"empty", []string{write(t, "empty.jsonl", "")}, exitInput, []string{"no scored rows in the input"}},
		{"some rows", []string{good, write(t, "bad.jsonl", "not json\n"+first+"\n")}, exitRows, []string{"bad.jsonl:1: not JSON"}},
		{"many bad rows", []string{many}, exitRows, []string{"many.jsonl:21: ", "5 more rows were left out"}},
		{"wrong type", []string{good, write(t, "type.jsonl", strings.Replace(first, `"paragraph":0`, `"paragraph":"x"`, 1)+"\n")}, exitRows, []string{"type.jsonl:1: not a row"}},
		{"full", []string{"--max-paragraphs", "1", good, good}, exitInput, []string{"good.jsonl:1: ", "takes 1 paragraphs", "--max-paragraphs"}},
		{"limit", []string{"--max-paragraphs", "0", good}, exitUsage, []string{"--max-paragraphs is 0"}},
		{"unit", []string{"--offsets", "utf7", good}, exitUsage, []string{"--offsets"}},
		{"twice stdin", []string{"-", "-"}, exitUsage, []string{"named twice"}},
		{"onto itself", []string{"-o", good, good}, exitUsage, []string{"is also an input"}},
		{"no directory", []string{"-o", filepath.Join(t.TempDir(), "no", "r.html"), good}, exitInput, []string{"no such file or directory"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := parley(t, "", append([]string{"report"}, c.args...)...)
			got.wantStatus(t, c.status)
			got.wantError(t, c.want...)
			if c.status != exitRows && got.stdout != "" {
				t.Errorf("printed %d bytes", len(got.stdout))
			}
		})
	}
}

func TestReportOfATable(t *testing.T) {
	table, err := os.ReadFile(scored(t, "scored.csv"))
	if err != nil {
		t.Fatal(err)
	}
	got := parley(t, string(table), "report", "-")
	got.wantStatus(t, exitInput)
	got.wantError(t, "stdin: this looks like CSV", "--format jsonl")
	if strings.Count(got.stderr, "\n") != 1 || got.stdout != "" {
		t.Errorf("printed %q and %d bytes", got.stderr, len(got.stdout))
	}
}

func TestReportKeepsTheOldPageWhenItFails(t *testing.T) {
	out := write(t, "report.html", "old")
	parley(t, "", "report", "-o", out, write(t, "raw.jsonl", "{}\n")).wantStatus(t, exitInput)
	if now, err := os.ReadFile(out); err != nil || string(now) != "old" {
		t.Errorf("the page is now %.40q (%v)", now, err)
	}
}
