package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// workOn runs a command line on a data directory.
func workOn(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	status = run(ctx, args, strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

const labelRows = `{"text":"The envoy 😀 praised Assad.","lang":"en","stance":"favor","tone":"cooperative","evidence":{"stance":["praised Assad"]},"group":"g","annotator":"nadia"}
{"text":"أشاد المبعوث 🚗 بالأسد.","lang":"ar","stance":"favor","tone":"neutral","evidence":{"stance":["أشاد"]},"annotator":"omar"}
`

func TestLabelsRoundTripThroughEveryFormat(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "rows.jsonl")
	if err := os.WriteFile(file, []byte(labelRows+"{\"text\":\"x\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, errs := workOn(t, "labels", "import", "--data-dir", data, file)
	if status != exitRows || !strings.Contains(errs, "rows.jsonl:3: no annotator") || !strings.Contains(errs, "2 labels stored, 0 there already, 1 refused") {
		t.Fatalf("status %d: %s", status, errs)
	}
	for _, format := range []string{"parley", "csv", "label-studio", "doccano", "prodigy"} {
		out := filepath.Join(dir, format)
		if status, _, errs := workOn(t, "labels", "export", "--data-dir", data, "--format", format, "-o", out); status != 0 {
			t.Fatalf("export %s: status %d: %s", format, status, errs)
		}
		if status, _, errs := workOn(t, "labels", "import", "--data-dir", data, "--format", format, out); status != 0 || !strings.Contains(errs, "0 labels stored, 2 there already, 0 refused") {
			t.Errorf("import of %s: status %d: %s", format, status, errs)
		}
	}
	if status, out, _ := workOn(t, "labels", "list", "--data-dir", data, "--language", "ar"); status != 0 || strings.Count(out, "\n") != 1 || !strings.Contains(out, "أشاد المبعوث 🚗 بالأسد.") {
		t.Errorf("list: status %d: %s", status, out)
	}
	if status, out, errs := workOn(t, "labels", "agree", "--data-dir", data, "--model", "default", "--format", "json"); status != 0 || !strings.Contains(out, `"with_model"`) {
		t.Errorf("agree: status %d: %s%s", status, out, errs)
	}
	if status, out, errs := workOn(t, "labels", "suggest", "--data-dir", data, "--random-share", "0", file); status != 0 || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"text":"x"`) {
		t.Errorf("suggest passes labelled paragraphs over: status %d: %s%s", status, out, errs)
	}
}

func TestWorkbenchUsage(t *testing.T) {
	for _, args := range [][]string{
		{"labels", "list"},
		{"labels", "list", "--addr", "localhost:1", "--data-dir", "d"},
		{"labels", "import", "--data-dir", "d", "--format", "xml"},
		{"labels", "export", "--data-dir", "d", "--offsets", "utf7"},
		{"labels", "list", "--data-dir", "d", "--stance", "warm"},
		{"labels", "suggest", "--data-dir", "d", "--strategy", "luck"},
		{"models", "activate", "--data-dir", "d"},
		{"train"},
		{"train", "--data-dir", "d", "--promote", "maybe"},
		{"train", "--data-dir", "d", "--override-gate"},
		{"train", "--rows", "r.jsonl"},
	} {
		if status, _, errs := workOn(t, args...); status != exitUsage || errs == "" {
			t.Errorf("%q: status %d: %s", args, status, errs)
		}
	}
	if _, err := os.Stat("d"); err == nil {
		t.Error("a wrong command line has made a directory")
	}
}
