package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
)

// Each hostile input gets its message and status, and the good one beside it
// is scored.
func TestScoreBadInputs(t *testing.T) {
	row := `{"id":"x","text":"` + plain + `"}` + "\n"
	for name, test := range map[string]struct {
		file, content string
		status, rows  int
		messages      []string
	}{
		"empty text":          {"a.txt", "", 0, 0, []string{"note: ", "a.txt: no text"}},
		"blank text":          {"a.txt", " \n\n\t", 0, 0, []string{"a.txt: no text"}},
		"empty jsonl":         {"a.jsonl", "", 0, 0, []string{"a.jsonl: no text"}},
		"empty csv":           {"a.csv", "", 0, 0, []string{"a.csv: no text"}},
		"binary text":         {"a.txt", "\x7fELF\x00\x01\x02", 3, 0, []string{"a.txt: content is binary"}},
		"binary jsonl":        {"a.jsonl", "\x7fELF\x00\x01\x02", 3, 0, []string{"a.jsonl: content is binary"}},
		"invalid utf-8":       {"a.txt", "caf\xe9 " + plain, 0, 1, nil},
		"not json":            {"a.jsonl", row + "{\"text\":\n" + row, 1, 2, []string{"a.jsonl:2: not JSON"}},
		"nan":                 {"a.jsonl", row + `{"text":"x","n":NaN}` + "\n" + row, 1, 2, []string{"a.jsonl:2: not JSON"}},
		"array":               {"a.jsonl", row + "[1]\n" + row, 1, 2, []string{"a.jsonl:2: row is a JSON array"}},
		"no text field":       {"a.jsonl", row + `{"id":"y"}` + "\n" + row, 1, 2, []string{`a.jsonl:2: field "text" is missing`}},
		"text is number":      {"a.jsonl", row + `{"text":1}` + "\n", 1, 1, []string{`a.jsonl:2: field "text" is number`}},
		"text is null":        {"a.jsonl", row + `{"text":null}` + "\n", 1, 1, []string{`field "text" is null`}},
		"id is object":        {"a.jsonl", row + `{"id":{},"text":"x"}` + "\n", 1, 1, []string{`field "id" is object`}},
		"nul in text":         {"a.jsonl", row + `{"text":"a\u0000b"}` + "\n", 1, 1, []string{"a.jsonl:2: content is binary"}},
		"row too long":        {"a.jsonl", row + `{"text":"` + strings.Repeat("x", 17<<20) + `"}` + "\n" + row, 1, 2, []string{"a.jsonl:2: row is longer than 16 MiB"}},
		"paragraph too long":  {"a.jsonl", row + `{"text":"` + strings.Repeat("x", model.MaxParagraph+1) + `"}` + "\n" + row, 1, 2, []string{"a.jsonl:2: paragraph 0: paragraph is longer"}},
		"last row unfinished": {"a.jsonl", row + strings.TrimSpace(row), 0, 2, nil},
		"mixed encodings":     {"a.jsonl", row + "{\"text\":\"\xc3\xe4 \xe3\xe4 \xca\xe6\"}\n" + row, 1, 2, []string{"a.jsonl:2: text is not UTF-8: 6 of 8 characters"}},
		"other encoding":      {"a.txt", "\xc3\xe4 \xe3\xe4 \xca\xe6", 3, 0, []string{"a.txt: text is not UTF-8"}},
		"empty parquet":       {"a.parquet", "", 3, 0, []string{"a.parquet: not parquet: it is empty"}},
		"utf-16 jsonl":        {"a.jsonl", utf16LE(row + row), 0, 2, nil},
		"duplicate ids":       {"a.jsonl", row + `{"text":"x"}` + "\n" + row + row, 0, 4, []string{`a.jsonl:3: id "x" is that of `, "a.jsonl:1 too", "a.jsonl:4: id"}},
		"duplicate csv ids":   {"a.csv", "id,text\n1,x\n,x\n,x\n1,\"x\n\ny\"\n", 0, 5, []string{`a.csv:5: id "1" is that of `, "a.csv:2 too"}},
		"many duplicate ids":  {"a.jsonl", strings.Repeat(row, 13), 0, 13, []string{"a.jsonl:11: id", "note: 12 documents have the id of an earlier one"}},
		"duplicate keys":      {"a.jsonl", `{"text":"a","text":"b","x":1,"x":2}` + "\n", 0, 1, nil},
		"csv without text":    {"a.csv", "id,body\n1,x\n", 3, 0, []string{`no column "text"`, `"id", "body"`, "--text-field"}},
		"csv field count":     {"a.csv", "id,text\n1,x,y\n2\n3,z\n", 1, 1, []string{"a.csv:2: row has 3 fields", "a.csv:3: row has 1 fields"}},
		"csv bare quote":      {"a.csv", "id,text\n1,a \"b\n2,z\n", 1, 1, []string{"a.csv:2: not CSV"}},
		"csv bad quotes":      {"a.csv", "id,text\n1,\"a\" b\n2,z\n", 1, 1, []string{"a.csv:2: not CSV"}},
		"csv unclosed quote":  {"a.csv", "id,text\n1,ok\n2,\"a\n3,z\n", 1, 1, []string{"a.csv:3: a quoted field that begins here is never closed, and takes all to line 4 with it"}},
		"csv stray quotes":    {"a.csv", "id,text\n1,ok\n2,\"a\n3,z\"\n4,q,\"x\ny\"\n5,z\n", 1, 4, []string{"a.csv:5: row has 3 fields, the header 2 (by its quotes it goes on to line 6)"}},
		"csv long line":       {"a.csv", "id,text\n1," + strings.Repeat("x", 17<<20) + "\n2,z\n", 1, 1, []string{"a.csv:2: row is longer"}},
		"missing file":        {"", "", 3, 0, []string{"missing.txt: no such file"}},
		"unknown suffix":      {"a.docx", "x", 3, 0, []string{`a.docx: suffix ".docx" is not known`, "--input-format"}},
		"gzip by content":     {"a.jsonl", "\x1f\x8b\x08\x00", 3, 0, []string{"content is gzip", "--input-format jsonl.gz"}},
		"not gzip":            {"a.txt.gz", "hello", 3, 0, []string{"a.txt.gz: not gzip"}},
		"empty gzip":          {"a.txt.gz", "", 3, 0, []string{"a.txt.gz: not gzip: it is empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "missing.txt")
			if test.file != "" {
				file = write(t, test.file, test.content)
			}
			good := write(t, "good.txt", praise)
			r := parley(t, "", "score", file, good)
			r.wantStatus(t, test.status)
			r.wantError(t, test.messages...)
			got := r.rows(t)
			if len(got) != test.rows+1 {
				t.Fatalf("%d rows, want %d and the good one\nstderr: %s", len(got), test.rows, r.stderr)
			}
			if got[len(got)-1].Text != praise {
				t.Errorf("the good input was not scored")
			}
		})
	}
}

func utf16LE(s string) string {
	b := []byte{0xFF, 0xFE}
	for _, c := range s {
		b = append(b, byte(c), byte(c>>8))
	}
	return string(b)
}

func TestUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args    []string
		message string
	}{
		"no command":       {nil, "a command is required"},
		"unknown command":  {[]string{"scor"}, "unknown command"},
		"unknown flag":     {[]string{"score", "--nope"}, "unknown flag: --nope (see parley score --help)"},
		"bad number":       {[]string{"score", "--evidence", "x"}, "invalid argument"},
		"evidence":         {[]string{"score", "--evidence", "17"}, "want 0 to 16"},
		"negative":         {[]string{"score", "--evidence", "-1"}, "want 0 to 16"},
		"unit":             {[]string{"score", "--unit", "sentence"}, "want document or paragraph"},
		"offsets":          {[]string{"score", "--offsets", "bytes"}, "want utf8, utf16 or utf32"},
		"format":           {[]string{"score", "--format", "xml"}, `unknown format "xml"`},
		"input format":     {[]string{"score", "--input-format", "doc"}, `unknown input format "doc"`},
		"color":            {[]string{"score", "--color", "blue"}, "want auto, always or never"},
		"language":         {[]string{"score", "--language", "fr"}, "want en or ar"},
		"jobs":             {[]string{"score", "--jobs", "-1"}, "want 1 or more"},
		"stdin twice":      {[]string{"score", "-", "-"}, "named twice"},
		"same fields":      {[]string{"score", "--id-field", "text"}, "both name"},
		"version argument": {[]string{"version", "x"}, "unknown command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parley(t, praise, test.args...)
			r.wantStatus(t, 2)
			r.wantError(t, "parley: ", test.message)
		})
	}
}

func TestScoreModelFile(t *testing.T) {
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	p := m.Params()
	p.Bias[0] += 0.25
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "other.parley", string(data))
	r := parley(t, praise, "score", "--model", file, "-")
	r.wantStatus(t, 0)
	other, err := model.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.rows(t)[0].Model; got != other.ID() {
		t.Errorf("model is %s, want %s", got, other.ID())
	}
	for name, content := range map[string]string{"damaged": string(data[:len(data)-1]), "no model": "hello"} {
		t.Run(name, func(t *testing.T) {
			r := parley(t, praise, "score", "--model", write(t, "m", content), "-")
			r.wantStatus(t, 3)
			r.wantError(t, "not a model file")
		})
	}
}

// Rows from a pipe are printed as they come, not when the pipe ends.
func TestScoreFlowing(t *testing.T) {
	cmd := command(t, "", "score", "--input-format", "jsonl", "-")
	cmd.Stdin = nil
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, err := in.Write([]byte(`{"text":"` + plain + `"}` + "\n")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64<<10)
		n, err := out.Read(buf)
		if err != nil || !strings.HasSuffix(string(buf[:n]), "}\n") {
			t.Fatalf("row %d: read %q, %v", i, buf[:n], err)
		}
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// A large document streams its rows and needs no more memory than itself a few
// times over.
func TestScoreLargeDocument(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 12 MB")
	}
	text := strings.Repeat(praise+" "+plain+"\n\n", (12<<20)/(len(praise)+len(plain)+3))
	file := write(t, "large.txt", text)
	out := filepath.Join(t.TempDir(), "out.jsonl")
	r := parley(t, "", "score", "-o", out, file)
	r.wantStatus(t, 0)
	info, err := os.Stat(out)
	if err != nil || info.Size() < int64(len(text)) {
		t.Errorf("output is %v, %v", info, err)
	}
}

// The binary itself exits with the status and keeps to its streams.
func TestBinary(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		status int
		rows   int
	}{
		"scored":     {[]string{"score", "-"}, 0, 1},
		"row failed": {[]string{"score", "--input-format", "jsonl", "-"}, 1, 0},
		"usage":      {[]string{"score", "--nope"}, 2, 0},
		"input":      {[]string{"score", "missing.txt"}, 3, 0},
		"no server":  {[]string{"score", "--addr", "127.0.0.1:1", "-"}, 78, 0},
		"version":    {[]string{"version"}, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r := finish(t, command(t, praise, test.args...))
			r.wantStatus(t, test.status)
			if got := strings.Count(r.stdout, "\n"); got != test.rows {
				t.Errorf("%d lines on stdout, want %d: %s", got, test.rows, r.stdout)
			}
			if (r.stderr == "") != (test.status == 0) {
				t.Errorf("stderr is %q", r.stderr)
			}
		})
	}
}

// Text given as an argument is taken for a file, and the message says what to do.
func TestScoreTextAsArgument(t *testing.T) {
	r := parley(t, "", "score", praise)
	r.wantStatus(t, 3)
	r.wantError(t, "no such file", "parley score -")
}
