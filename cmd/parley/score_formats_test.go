package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
)

func gzipped(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstded(t testing.TB, s string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(z.EncodeAll([]byte(s), nil))
}

// article is a row of a Parquet input.
type article struct {
	ID    int64             `parquet:"id"`
	Text  *string           `parquet:"text,optional"`
	Date  time.Time         `parquet:"date,timestamp"`
	Day   int32             `parquet:"day,date"`
	Score float64           `parquet:"score"`
	Tags  []string          `parquet:"tags,list"`
	By    map[string]string `parquet:"by"`
}

func parquetFile(t testing.TB, articles ...article) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[article](&b)
	if _, err := w.Write(articles); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The same three documents give the same paragraphs from every format.
func TestScoreInputFormats(t *testing.T) {
	texts := []string{praise + "\n\n" + plain, blame, arabic}
	var jsonl, csv, tsv strings.Builder
	csv.WriteString("id,text\n")
	tsv.WriteString("id\ttext\n")
	var articles []article
	for i, s := range texts {
		q, _ := json.Marshal(s)
		fmt.Fprintf(&jsonl, `{"id":%d,"text":%s}`+"\n", i, q)
		fmt.Fprintf(&csv, "%d,\"%s\"\n", i, s)
		fmt.Fprintf(&tsv, "%d\t\"%s\"\n", i, s)
		articles = append(articles, article{ID: int64(i), Text: &s})
	}
	pq := parquetFile(t, articles...)
	want := parley(t, jsonl.String(), "score", "--input-format", "jsonl", "--pass-through", "none", "-").stdout
	if strings.Count(want, "\n") != 4 {
		t.Fatalf("rows are %s", want)
	}
	for name, content := range map[string]string{
		"a.jsonl": jsonl.String(), "a.ndjson": jsonl.String(), "a.csv": csv.String(), "a.tsv": tsv.String(), "a.parquet": pq,
		"a.JSONL.GZ": gzipped(t, jsonl.String()), "a.csv.gz": gzipped(t, csv.String()), "a.parquet.gz": gzipped(t, pq),
		"b.jsonl.gz":  gzipped(t, jsonl.String()[:40]) + gzipped(t, jsonl.String()[40:]),
		"a.jsonl.zst": zstded(t, jsonl.String()), "a.tsv.zst": zstded(t, tsv.String()), "a.parquet.zst": zstded(t, pq),
		"wide.jsonl": utf16LE(strings.ReplaceAll(jsonl.String(), arabic, "")),
	} {
		t.Run(name, func(t *testing.T) {
			r := parley(t, "", "score", "--pass-through", "none", write(t, name, content))
			r.wantStatus(t, 0)
			expect := want
			if name == "wide.jsonl" {
				expect = strings.Join(strings.SplitAfter(want, "\n")[:3], "")
			}
			if r.stdout != expect {
				t.Error(difference(r.stdout, expect))
			}
		})
	}
	for format, content := range map[string]string{"csv": csv.String(), "parquet": pq, "jsonl.gz": gzipped(t, jsonl.String()), "parquet.zst": zstded(t, pq)} {
		if r := parley(t, content, "score", "--pass-through", "none", "--input-format", format, "-"); r.stdout != want {
			t.Errorf("%s from standard input: %s %s", format, difference(r.stdout, want), r.stderr)
		}
	}
}

func TestScoreParquetExtra(t *testing.T) {
	s := praise
	at := time.Date(2016, 5, 1, 12, 30, 0, 0, time.UTC)
	file := write(t, "a.parquet", parquetFile(t,
		article{ID: 7, Text: &s, Date: at, Day: 16922, Score: math.NaN(), Tags: []string{"a", "<b>"}, By: map[string]string{"n": "x"}},
		article{ID: 8}, article{ID: 9, Text: &s, Score: 0.5}))
	r := parley(t, "", "score", file)
	r.wantStatus(t, 1)
	r.wantError(t, `a.parquet:2: field "text" is null`)
	got := r.rows(t)
	if len(got) != 2 || got[0].ID != "7" || got[1].ID != "9" {
		t.Fatalf("rows are %+v", got)
	}
	want := `{"by":{"n":"x"},"date":"2016-05-01T12:30:00Z","day":"2016-05-01","score":null,"tags":["a","<b>"]}`
	if string(got[0].Extra) != want {
		t.Errorf("extra is %s, want %s", got[0].Extra, want)
	}
}

// TSV is written with quotes and without.
func TestScoreTSVQuotes(t *testing.T) {
	in := "id\ttext\n1\t\"Yes,\" he said.\n2\t\"He \"\"agreed\"\".\"\n3\tplain \"quotes\" inside\n"
	got := parley(t, "", "score", write(t, "a.tsv", in)).rows(t)
	want := []string{`"Yes," he said.`, `He "agreed".`, `plain "quotes" inside`}
	for i, w := range want {
		if i >= len(got) || got[i].Text != w {
			t.Fatalf("row %d of %+v, want %s", i, got, w)
		}
	}
}

// In TSV without quotes a field may begin with one that nothing closes, as the
// paragraphs of a long quotation do. No line is lost to it.
func TestScoreTSVOpenQuotes(t *testing.T) {
	in := strings.Join([]string{
		"id\ttext",
		"1\t\"We will fight on.",
		"2\tHe went on:",
		"3\t\"They must go, and \"soon\".",
		"4\t\"Written in quotes,\nover two \"\"lines\"\".\"",
		"5\tplain",
		"6\t\"To the end of the file",
		"7\t" + praise,
	}, "\n")
	want := map[string]string{
		"1": `"We will fight on.`, "2": "He went on:", "3": `"They must go, and "soon".`, "4": "Written in quotes,over two \"lines\".",
		"5": "plain", "6": `"To the end of the file`, "7": praise,
	}
	for _, end := range []string{"", "\n", "\r\n"} {
		for _, name := range []string{"a.tsv", "a.tsv.gz"} {
			data := in + end
			if strings.HasSuffix(name, ".gz") {
				data = gzipped(t, data)
			}
			r := parley(t, "", "score", write(t, name, data))
			r.wantStatus(t, 0)
			got := map[string]string{}
			for _, row := range r.rows(t) {
				got[row.ID] += row.Text
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s, end %q: %q", name, end, got)
			}
		}
	}
}

// Text is what stands in the file, whatever ends its lines.
func TestScoreCSVKeepsLineEnds(t *testing.T) {
	text := "First line\r\nsecond line.\r\n\r\nSecond paragraph."
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	want := parley(t, "", "score", write(t, "a.jsonl", `{"id":"1","text":`+string(quoted)+`,"n":"x\r\ny"}`+"\n")).stdout
	for name, comma := range map[string]string{"a.csv": ",", "a.tsv": "\t"} {
		row := strings.Join([]string{"1", `"` + text + `"`, "\"x\r\ny\""}, comma)
		if got := parley(t, "", "score", write(t, name, strings.Join([]string{"id", "text", "n"}, comma)+"\r\n"+row+"\r\n")).stdout; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A NUL is the fault of its row, wherever in the file it stands.
func TestScoreNULInRow(t *testing.T) {
	r := parley(t, "", "score", write(t, "a.csv", "id,text\n1,Good row here.\n2,bad\x00row\n3,Another good row.\n"))
	r.wantStatus(t, 1)
	r.wantError(t, "a.csv:3: content is binary")
	if got := r.rows(t); len(got) != 2 {
		t.Errorf("rows are %+v", got)
	}
}

// A file of many equal column names is read at once.
func TestScoreEqualColumns(t *testing.T) {
	const n = 50_000
	r := parley(t, "", "score", write(t, "a.csv", "text"+strings.Repeat(",a", n)+"\nhello there"+strings.Repeat(",1", n)+"\n"))
	r.wantStatus(t, 0)
	if got := r.rows(t); len(got) != 1 || !bytes.Contains(got[0].Extra, []byte(`"a_50000":"1"`)) {
		t.Errorf("%d rows", len(got))
	}
}

// The lines of a row that its quotes join wrongly are named as they stand.
func TestScoreTSVNamesLines(t *testing.T) {
	in := "id\ttext\n1\t\"Open\n2\tone\ttoo many\n3\tclosed\" at last\n4\n"
	r := parley(t, "", "score", write(t, "a.tsv", in))
	r.wantStatus(t, 1)
	r.wantError(t, "a.tsv:3: row has 3 fields, the header 2")
	r.wantError(t, "a.tsv:5: row has 1 fields, the header 2")
	if got := r.rows(t); len(got) != 2 {
		t.Errorf("%d rows: %+v", len(got), got)
	}
}

// All output formats say the same.
func TestScoreOutputFormats(t *testing.T) {
	in := write(t, "in.jsonl", strings.Repeat(`{"text":"`+praise+`\n\n`+arabic+`","n":1}`+"\n", 20))
	want := parley(t, "", "score", in).stdout
	dir := t.TempDir()
	for _, name := range []string{"o.jsonl", "o.jsonl.gz", "o.jsonl.zst", "o.csv", "o.csv.gz", "o.parquet", "o.html", "o.txt"} {
		out := filepath.Join(dir, name)
		parley(t, "", "score", "-o", out, in).wantStatus(t, 0)
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		switch {
		case strings.HasSuffix(name, ".gz"):
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := b.ReadFrom(z); err != nil {
				t.Fatal(err)
			}
			data = b.Bytes()
		case strings.HasSuffix(name, ".zst"):
			z, err := zstd.NewReader(nil)
			if err != nil {
				t.Fatal(err)
			}
			if data, err = z.DecodeAll(data, nil); err != nil {
				t.Fatal(err)
			}
		}
		expect := want
		switch {
		case strings.Contains(name, ".csv"):
			got, expect = string(data), parley(t, "", "score", "--format", "csv", in).stdout
		case name == "o.html":
			got, expect = fmt.Sprint(strings.Count(string(data), "<article")), "40"
		case name == "o.txt":
			got, expect = string(data), parley(t, "", "score", "--format", "table", in).stdout
		case name == "o.parquet":
			for r, err := range rows.ReadParquet(bytes.NewReader(data), int64(len(data))) {
				if err != nil {
					t.Fatal(err)
				}
				got += string(rows.JSONL{}.Append(nil, r))
			}
		default:
			got = string(data)
		}
		if got != expect {
			t.Errorf("%s: %s", name, difference(got, expect))
		}
	}
	r := parley(t, praise, "score", "--format", "parquet", "-")
	r.wantStatus(t, 0)
	if !strings.HasPrefix(r.stdout, "PAR1") || !strings.HasSuffix(r.stdout, "PAR1") {
		t.Error("parquet to standard output is not whole")
	}
	for _, name := range []string{"o.parquet.gz", "o.html.zst"} {
		parley(t, praise, "score", "-o", filepath.Join(dir, name), "-").wantStatus(t, 2)
	}
}

func TestScoreFilesAndFolders(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"b.txt": praise, "a.txt": blame, "sub/c.jsonl": `{"id":"c","text":"x"}`, "sub/deep/d.txt.gz": gzipped(t, plain),
		"sub/skip.bin": "\x00", "README": "no suffix", ".hidden/e.txt": plain, ".f.txt": plain, "old.jsonl.journal": "{}",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ids := func(r result) string {
		var out []string
		for _, row := range r.rows(t) {
			out = append(out, strings.TrimPrefix(filepath.ToSlash(row.ID), filepath.ToSlash(dir)+"/"))
		}
		return strings.Join(out, " ")
	}
	r := parley(t, "", "score", "--recursive", dir)
	r.wantStatus(t, 0)
	if got, want := ids(r), "a.txt b.txt c sub/deep/d.txt.gz"; got != want {
		t.Errorf("--recursive scores %s, want %s", got, want)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err == nil {
		if n := len(parley(t, "", "score", "-r", link).rows(t)); n != 4 {
			t.Errorf("a link to the directory has %d rows, want 4", n)
		}
	}
	out := filepath.Join(dir, "sub", "out.jsonl")
	for range 2 { // the output of the first run is no input of the second
		parley(t, "", "score", "-r", "-o", out, dir).wantStatus(t, 0)
	}
	if data, _ := os.ReadFile(out); string(data) != r.stdout {
		t.Error("the output within the directory was read as an input")
	}
	r = parley(t, "", "score", filepath.Join(dir, "*.txt"))
	if got, want := ids(r), "a.txt b.txt"; got != want {
		t.Errorf("a pattern scores %s, want %s", got, want)
	}
	r = parley(t, "", "score", dir, filepath.Join(dir, "*.doc"), filepath.Join(dir, "a.txt"))
	r.wantStatus(t, 3)
	r.wantError(t, "is a directory", "--recursive", "*.doc: pattern matches no file")
	if got := ids(r); got != "a.txt" {
		t.Errorf("scored %s", got)
	}
}

func TestScoreFilter(t *testing.T) {
	in := write(t, "in.jsonl", `{"text":"`+praise+`","y":1}`+"\n"+`{"text":"`+blame+`","y":2}`+"\n"+`{"text":"`+arabic+`","y":3}`+"\n")
	all := parley(t, "", "score", in).rows(t)
	for filter, want := range map[string]func(r *rows.Row) bool{
		"language=ar":                   func(r *rows.Row) bool { return r.Language == "ar" },
		"extra.y=2,3":                   func(r *rows.Row) bool { return !strings.Contains(string(r.Extra), "1") },
		"stance=favor confidence>=0.5":  func(r *rows.Row) bool { return r.Stance.Label == "favor" && r.Stance.Confidence >= 0.5 },
		"tone.confidence<0.99 text~bad": func(*rows.Row) bool { return false },
	} {
		r := parley(t, "", "score", "--filter", filter, in)
		r.wantStatus(t, 0)
		n := 0
		for i := range all {
			if want(&all[i]) {
				n++
			}
		}
		if got := len(r.rows(t)); got != n {
			t.Errorf("%s leaves %d rows, want %d", filter, got, n)
		}
	}
	r := parley(t, "", "score", "--filter", "language=ar", "--filter", "extra.y=2", in)
	if r.stdout != "" {
		t.Errorf("two filters leave %s", r.stdout)
	}
	r = parley(t, "", "score", "--filter", "stance=pro", in)
	r.wantStatus(t, 2)
	r.wantError(t, `condition "stance=pro"`, "favor")
}

func TestScoreSample(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, `{"id":"r%d","text":"%s"}`+"\n", i, plain)
	}
	in := write(t, "in.jsonl", b.String())
	first := parley(t, "", "score", "--sample", "10%", in)
	first.wantStatus(t, 0)
	if n := strings.Count(first.stdout, "\n"); n < 140 || n > 260 {
		t.Errorf("a tenth of 2000 is %d", n)
	}
	if again := parley(t, "", "score", "--sample", "0.1", "--jobs", "1", in); again.stdout != first.stdout {
		t.Error("the same sample is another the second time")
	}
	if other := parley(t, "", "score", "--sample", "0.1", "--seed", "2", in); other.stdout == first.stdout {
		t.Error("another seed draws the same sample")
	}
	for _, bad := range []string{"0", "2", "-1", "x", "200%"} {
		parley(t, "", "score", "--sample="+bad, in).wantStatus(t, 2)
	}
}

func TestScoreErrorsAndFailFast(t *testing.T) {
	in := write(t, "in.jsonl", `{"text":"a"}`+"\n{\n"+`{"text":"b"}`+"\n"+`{"id":"long","text":"ok\n\n`+strings.Repeat("x", 1<<20+1)+`"}`+"\n")
	missing := filepath.Join(t.TempDir(), "missing.txt")
	errs := filepath.Join(t.TempDir(), "errors.jsonl")
	r := parley(t, "", "score", "--errors", errs, in, missing)
	r.wantStatus(t, 3)
	data, err := os.ReadFile(errs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(data)) {
		var f failure
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		p := -1
		if f.Paragraph != nil {
			p = *f.Paragraph
		}
		got = append(got, fmt.Sprintf("%s:%d %s %d %.8s", filepath.Base(f.Input), f.Line, filepath.Base(f.ID), p, f.Error))
	}
	want := "in.jsonl:2 in.jsonl:2 -1 not JSON|in.jsonl:4 long 1 paragrap|missing.txt:0 missing.txt -1 " + missing[:8]
	if strings.Join(got, "|") != want {
		t.Errorf("--errors holds %q, want %q", strings.Join(got, "|"), want)
	}
	r = parley(t, "", "score", "--fail-fast", in, missing)
	r.wantStatus(t, 1)
	if n := strings.Count(r.stdout, "\n"); n != 1 {
		t.Errorf("--fail-fast scored %d rows", n)
	}
	r.wantError(t, "in.jsonl:2", "--fail-fast")
	r = parley(t, "", "score", "--fail-fast", missing, in)
	r.wantStatus(t, 3)
	parley(t, "", "score", "--errors", in, in).wantStatus(t, 2)
}

func TestScoreHostileArchives(t *testing.T) {
	row := `{"text":"` + plain + `"}` + "\n"
	s := plain
	pq := parquetFile(t, article{ID: 1, Text: &s}, article{ID: 2, Text: &s})
	// Lines that do not repeat, so that what is left of a cut archive holds some.
	var many strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&many, `{"id":"%x","text":"%s"}`+"\n", mix(uint64(i)), plain)
	}
	gz, zst := gzipped(t, many.String()), zstded(t, many.String())
	for name, test := range map[string]struct {
		file, content string
		rows          bool // some are scored all the same
		message       string
	}{
		"truncated gzip":    {"a.jsonl.gz", gz[:len(gz)/2], true, "gzip data is truncated"},
		"truncated zstd":    {"a.jsonl.zst", zst[:len(zst)/2], true, "zstd data is truncated"},
		"damaged gzip":      {"a.jsonl.gz", gz[:len(gz)-4] + "oops", true, "gzip data is damaged"},
		"gzip head only":    {"a.txt.gz", gz[:3], false, "gzip"},
		"gzip text cut":     {"a.txt.gz", gzipped(t, many.String()[:100000])[:500], false, "gzip data is truncated"},
		"zstd named gzip":   {"a.jsonl.gz", zstded(t, row), false, "not gzip"},
		"zstd unnamed":      {"a.csv", zstded(t, row), false, "content is zstd"},
		"parquet magic":     {"a.parquet", "this is not parquet at all", false, "not parquet"},
		"parquet cut":       {"a.parquet", pq[:len(pq)-20], false, "not parquet"},
		"parquet footer":    {"a.parquet", pq[:len(pq)-40] + strings.Repeat("\xff", 30) + pq[len(pq)-10:], false, "parquet"},
		"parquet no text":   {"a.parquet", strings.ReplaceAll(pq, "text", "body"), false, `no column "text"`},
		"json is parquet":   {"a.jsonl", pq, false, "content is binary"},
		"window too large":  {"a.jsonl.zst", "\x28\xb5\x2f\xfd\x00\xff\x00\x00\x00", false, "zstd"},
		"gzip of gzip":      {"a.jsonl.gz", gzipped(t, gzipped(t, row)), false, "content is binary"},
		"text in gz of bin": {"a.txt.gz", gzipped(t, "\x00\x01\x02"), false, "content is binary"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := write(t, "good.txt", praise)
			r := parley(t, "", "score", write(t, test.file, test.content), good)
			r.wantStatus(t, 3)
			r.wantError(t, test.file, test.message)
			n := strings.Count(r.stdout, "\n")
			if (n > 1) != test.rows || !strings.Contains(r.stdout, praise) {
				t.Errorf("%d rows", n)
			}
		})
	}
	// Damage within a page does not keep the rest of the program from working.
	at := strings.LastIndex(pq, plain)
	r := parley(t, "", "score", write(t, "a.parquet", pq[:at-3]+"\xff\xff\xff\xff"+pq[at+1:]), write(t, "good.txt", praise))
	if r.status != 3 && r.status != 1 || !strings.Contains(r.stdout, praise) {
		t.Errorf("status %d, stderr %s", r.status, r.stderr)
	}
}

// The memory of a run does not grow with a line.
func TestScoreHugeLine(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a gigabyte through a pipe")
	}
	cmd := command(t, "", "score", "--input-format", "jsonl", "-")
	cmd.Env = append(cmd.Env, "GOMEMLIMIT=256MiB")
	cmd.Stdin = nil
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer in.Close()
		part := bytes.Repeat([]byte("x"), 1<<20)
		fmt.Fprint(in, `{"text":"`)
		for range 1 << 10 {
			if _, err := in.Write(part); err != nil {
				return
			}
		}
		fmt.Fprintf(in, "\"}\n{\"text\":\"%s\"}\n", plain)
	}()
	r, rss := finishWatched(t, cmd)
	r.wantStatus(t, 1)
	r.wantError(t, "stdin:1: row is longer than 16 MiB")
	if len(r.rows(t)) != 1 {
		t.Errorf("rows are %s", r.stdout)
	}
	if rss > 400<<20 {
		t.Errorf("the run took %d MiB", rss>>20)
	}
}
