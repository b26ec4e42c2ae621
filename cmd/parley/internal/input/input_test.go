package input

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// readAll reads all records of content in a format.
func readAll(t testing.TB, f Format, content string, fields Fields) ([]Record, error) {
	t.Helper()
	s := Source{Path: "-", Format: f, Stdin: strings.NewReader(content)}
	r, err := s.Open(fields)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []Record
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		records := b.Parse()
		if len(records) != b.Len || b.First != int64(len(out)) {
			t.Fatalf("batch of %d from %d has %d records after %d", b.Len, b.First, len(records), len(out))
		}
		out = append(out, records...)
	}
}

func TestDetect(t *testing.T) {
	for path, want := range map[string]struct {
		f Format
		c Compression
	}{
		"a.txt": {Text, Plain}, "dir.d/a": {Text, Plain}, "A.JSONL": {JSONL, Plain}, "a.csv.gz": {CSV, Gzip}, "a.tsv.zst": {TSV, Zstd},
		"a.b.md": {Markdown, Plain}, "a.htm": {HTML, Plain}, "a.parquet": {Parquet, Plain}, ".txt": {Text, Plain}, "a.gz": {Text, Gzip},
	} {
		f, c, err := Detect(path)
		if err != nil || f != want.f || c != want.c {
			t.Errorf("%s is %s, %d, %v", path, f, c, err)
		}
	}
	for _, path := range []string{"a.doc", "a.txt.bz2", "a.json"} {
		if _, _, err := Detect(path); err == nil || !strings.Contains(err.Error(), ".jsonl") {
			t.Errorf("%s: error is %v", path, err)
		}
	}
	for f := Text; f <= Parquet; f++ {
		if got, _, err := ParseFormat(f.String()); err != nil || got != f {
			t.Errorf("ParseFormat(%s) is %s, %v", f, got, err)
		}
	}
}

func TestJSONLRecords(t *testing.T) {
	in := "\uFEFF" + `{"id":"a","text":"x\u0041\ud83d\udd4a","z":1.50,"a":{"k": [1, "}"]},"é":"é\/"}` + "\r\n\n" + ` {"ref" : 12, "text":"y"} `
	got, err := readAll(t, JSONL, in, Fields{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	if r := got[0]; r.ID != "a" || string(r.Content) != "xA\U0001F54A" || r.Line != 1 || string(r.Extra) != `{"a":{"k":[1,"}"]},"z":1.50,"é":"é\/"}` {
		t.Errorf("record is %+v, extra %s", r, r.Extra)
	}
	if r := got[1]; r.ID != "stdin:3" || string(r.Extra) != `{"ref":12}` || r.Place() != "stdin:3" {
		t.Errorf("record is %+v, extra %s", r, r.Extra)
	}
	got, _ = readAll(t, JSONL, in, Fields{ID: "ref", Pass: []string{"z"}})
	if got[1].ID != "12" || string(got[0].Extra) != `{"z":1.50}` || got[1].Extra != nil {
		t.Errorf("records are %+v", got)
	}
}

// Members are split as encoding/json splits them.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"text":"a","b":[1,{"c":"]"}]}`, `{}`, ` { "text" : "\"\\" , "x":-1e5, "text":"z" }`, `{"text":"\u0000","t":true,"n":null}`, `[1]`, `{"text":"` + "\xff" + `"}`,
		`{"text":"\u0627\ud83d\udd4a\ud83d\u0041\udd4a\n\/","a":[[]],"b" :{"c":"}"} ,"d":nul}`, `{"text":1,"text":"a","id":[],"id":2}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fields := Fields{}.withDefaults()
		var rec Record
		err := fields.parseJSON(&rec, []byte(s))
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(s), &want) != nil || want == nil {
			if err == nil {
				t.Errorf("%q is accepted", s)
			}
			return
		}
		var text string
		if json.Unmarshal(want["text"], &text) != nil || string(bytes.TrimSpace(want["text"])) == "null" {
			if err == nil {
				t.Errorf("%q is accepted without text", s)
			}
			return
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), `field "id" is `) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if string(rec.Content) != text {
			t.Errorf("%q: text is %q, want %q", s, rec.Content, text)
		}
		extra := map[string]json.RawMessage{}
		if rec.Extra != nil {
			if err := json.Unmarshal(rec.Extra, &extra); err != nil {
				t.Fatalf("%q: extra %q: %v", s, rec.Extra, err)
			}
		}
		delete(want, "text")
		delete(want, "id")
		if len(extra) != len(want) {
			t.Errorf("%q: extra is %s, want %d fields", s, rec.Extra, len(want))
		}
	})
}

// unixLines is what encoding/csv makes of line ends.
func unixLines(s []byte) string { return strings.ReplaceAll(string(s), "\r\n", "\n") }

// Tables are cut into the rows that encoding/csv finds, when it finds no fault.
func FuzzCSVRows(f *testing.F) {
	for _, s := range []string{"a,b\nc,d", "\"a\nb\",c\r\n\"d\"\"\",e\n", "x\n\n\ny,\"\"", "\"a\"b,c\nd", "a,\"b", ",\n\"", "\"\r\n\",x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return
		}
		r := csv.NewReader(strings.NewReader(s))
		r.FieldsPerRecord = 2
		want, err := r.ReadAll()
		if err != nil {
			return
		}
		got, err := readAll(t, CSV, "id,text\n"+s, Fields{})
		if err != nil {
			t.Fatal(err)
		}
		// encoding/csv takes a line of blanks for a field, which has too few here.
		if len(got) != len(want) {
			t.Fatalf("%q: %d rows, want %d", s, len(got), len(want))
		}
		for i, rec := range got {
			if rec.Err != nil || unixLines(rec.Content) != want[i][1] {
				t.Errorf("%q: row %d is %q, %v, want %q", s, i, rec.Content, rec.Err, want[i][1])
			}
		}
	})
}

// Every line of TSV that is not blank is a row or joined to one by quotes that add
// up to a row.
func FuzzTSVRows(f *testing.F) {
	for _, s := range []string{"a\tb\nc\td", "1\t\"a\nb\"\n2\tc", "1\t\"open\n2\t\"open\n3\tc", "1\t\"a\n\n\"\t\n\"", "\"\"\"\n\"\"\n\"", "x\t\"y\r\n\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsRune(s, 0) {
			return
		}
		got, err := readAll(t, TSV, "id\ttext\n"+s, Fields{})
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(s, "\n")
		at := 0
		for i, rec := range got {
			end := len(lines)
			if i+1 < len(got) {
				end = int(got[i+1].Line) - 2
			}
			for ; at < int(rec.Line)-2; at++ {
				if strings.TrimSpace(lines[at]) != "" {
					t.Fatalf("%q: line %q is in no row", s, lines[at])
				}
			}
			from := at
			for at = end; strings.TrimSpace(lines[at-1]) == ""; at-- {
			}
			row, n := strings.Join(lines[from:at], ""), at-from
			if at = end; n == 1 {
				continue
			}
			r := csv.NewReader(strings.NewReader(row))
			r.Comma, r.FieldsPerRecord = '\t', 2
			want, err := r.ReadAll()
			if err != nil || len(want) != 1 || rec.Err != nil || unixLines(rec.Content) != want[0][1] {
				t.Fatalf("%q: %q is one row: %q, %v, want %q, %v", s, row, rec.Content, rec.Err, want, err)
			}
		}
		if len(got) == 0 && strings.TrimSpace(s) != "" {
			t.Fatalf("%q has no row", s)
		}
	})
}

func TestCSVHeader(t *testing.T) {
	got, err := readAll(t, CSV, "text,,id,a,a\nhello,1,7,2,3\n", Fields{})
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if string(got[0].Extra) != `{"a":"2","a_2":"3","column_2":"1"}` || got[0].ID != "7" {
		t.Errorf("record is %+v, extra %s", got[0], got[0].Extra)
	}
	if got, err := readAll(t, CSV, "text,id\n", Fields{}); err != nil || len(got) != 0 {
		t.Errorf("a header alone gives %v, %v", got, err)
	}
	if _, err := readAll(t, CSV, "a,\"b\nc", Fields{}); err == nil || !strings.Contains(err.Error(), "header") {
		t.Errorf("error is %v", err)
	}
}

// Batches end where reading would wait, so that rows are there as they come, also
// when lines had to be read again.
func TestLinesDoNotWait(t *testing.T) {
	for _, test := range []struct {
		f       Format
		content string
		rows    int
	}{
		{JSONL, `{"text":"a"}` + "\n" + `{"text":"b"}` + "\n", 2},
		{TSV, "id\ttext\n1\t\"Open\n2\tone\n3\tclosed\" at last\n", 3},
	} {
		r, w := io.Pipe()
		s := Source{Path: "-", Format: test.f, Stdin: r}
		go fmt.Fprint(w, test.content)
		in, err := s.Open(Fields{})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := in.Next(); err != nil || b.Len != test.rows {
			t.Errorf("%s: batch of %d, %v, want %d before the pipe is closed", test.f, b.Len, err, test.rows)
		}
		w.Close()
		if _, err := in.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: error is %v, want EOF", test.f, err)
		}
	}
}

// Lines that quotes joined in vain are rows of their own, wherever reading stood
// when that came out.
func TestLinesReadAgain(t *testing.T) {
	ids := func(content string) string {
		got, err := readAll(t, TSV, "id\ttext\n"+content, Fields{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range got {
			if r.Err == nil {
				out = append(out, r.ID)
			}
		}
		return strings.Join(out, " ")
	}
	if got := ids("1\t\"a\n2\"\t\"b\n3\tc\"x\n4\td\n"); got != `1 2" 3 4` {
		t.Errorf("within lines that are read again: rows %s", got)
	}
	line := "2\t" + strings.Repeat("x", 1021) + "\n"
	many := MaxRow / len(line)
	if got := ids("1\t\"a\n" + strings.Repeat(line, many+1) + "3\tc\n"); got != "1 "+strings.Repeat("2 ", many+1)+"3" {
		t.Errorf("beyond the longest row: %d bytes of ids", len(got))
	}
	// However much was read again, quotes join lines later on.
	vain := "1\t\"a\n" + strings.Repeat(line, many-10) + "3\tc\"x\n"
	if got := ids(strings.Repeat(vain, 6) + strings.Repeat(line, many) + "9\t\"two\nlines\"\n"); !strings.HasSuffix(got, "2 9") {
		t.Errorf("after much reading: rows end in %s", got[len(got)-10:])
	}
}

// A row beyond the bound is named and skipped, whatever it holds.
func TestLongRows(t *testing.T) {
	long := strings.Repeat("x", MaxRow)
	for name, test := range map[string]struct {
		f       Format
		content string
	}{
		"jsonl":         {JSONL, `{"text":"a"}` + "\n" + long + long + "\n" + `{"text":"b"}` + "\n"},
		"csv":           {CSV, "id,text\n1,a\n2," + long + "\n3,b\n"},
		"tsv":           {TSV, "id\ttext\n1\ta\n2\t\"" + long + "\n3\tb\n"},
		"csv in quotes": {CSV, "id,text\n1,a\n2,\"" + long + "\n" + long + "\"\n3,b\n"},
	} {
		got, err := readAll(t, test.f, test.content, Fields{})
		if err != nil || len(got) != 3 {
			t.Errorf("%s: %d records, %v", name, len(got), err)
			continue
		}
		if got[1].Err == nil || !strings.Contains(got[1].Err.Error(), "longer than 16 MiB") || string(got[2].Content) != "b" {
			t.Errorf("%s: records are %v and %q", name, got[1].Err, got[2].Content)
		}
	}
}

// failing gives its content and then an error.
type failing struct {
	io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestReadErrorEndsInput(t *testing.T) {
	boom := errors.New("disk on fire")
	for f, content := range map[Format]string{JSONL: `{"text":"a"}` + "\n" + `{"te`, CSV: "text\na\n\"b", TSV: "id\ttext\n1\t\"a\n2\tb", Text: "some text"} {
		s := Source{Path: "-", Format: f, Stdin: &failing{strings.NewReader(content), boom}}
		r, err := s.Open(Fields{})
		n := 0
		for err == nil {
			var b Batch
			if b, err = r.Next(); err == nil {
				n += b.Len
			}
		}
		want := 1
		if f == Text {
			want = 0
		}
		if !errors.Is(err, boom) || !strings.HasPrefix(err.Error(), "stdin") || n != want {
			t.Errorf("%s: %d records, then %v", f, n, err)
		}
	}
}
