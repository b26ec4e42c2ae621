package rows

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/parley-nlp/parley/model/text"
)

// many returns n rows, every one different.
func many(n int) []Row {
	out := make([]Row, n)
	for i := range out {
		out[i] = sample()
		out[i].ID = fmt.Sprint("row ", i)
		out[i].Paragraph = i
		if i%3 == 0 {
			out[i].Tone.Abstained = ""
			out[i].Stance.Evidence = nil
		}
	}
	return out
}

func jsonOf(rows []Row) string {
	var b []byte
	for i := range rows {
		b = JSONL{}.Append(b, &rows[i])
	}
	return string(b)
}

func TestParquetReadsBack(t *testing.T) {
	for _, n := range []int{0, 1, groupRows, 2*groupRows + 5} {
		want := many(n)
		var b bytes.Buffer
		w, err := NewParquetWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if err := w.Write(&want[i], nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var got []Row
		for r, err := range ReadParquet(bytes.NewReader(b.Bytes()), int64(b.Len())) {
			if err != nil {
				t.Fatalf("%d rows: %v", n, err)
			}
			got = append(got, *r)
		}
		if jsonOf(got) != jsonOf(want) {
			t.Errorf("%d rows do not read back", n)
		}
	}
}

func TestJSONLAllReadBack(t *testing.T) {
	want := many(50)
	var got []Row
	for r, err := range ReadJSONL(strings.NewReader(jsonOf(want) + "\n")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *r)
	}
	if jsonOf(got) != jsonOf(want) {
		t.Error("rows do not read back")
	}
	for name, in := range map[string]string{"not json": "{\n", "not scored": `{"id":"x","text":"y"}` + "\n"} {
		var last error
		for _, err := range ReadJSONL(strings.NewReader(jsonOf(want[:2]) + in)) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), "line 3") {
			t.Errorf("%s: error is %v, want one of line 3", name, last)
		}
	}
}

// cutter counts the bytes that a writer passed on.
type cutter struct{ bytes.Buffer }

// resumable makes a writer of a format upon w; done are the bytes that are
// there already.
type resumable func(w io.Writer, done []byte) (Writer, error)

// A file that is cut where Whole holds and continued equals one that was
// written at once.
func TestResumedWritersWriteTheSame(t *testing.T) {
	for name, test := range map[string]struct {
		open    resumable
		encoded Appender
		rows    int
	}{
		"jsonl": {func(w io.Writer, done []byte) (Writer, error) { return NewLineWriter(w, JSONL{}, len(done) > 0), nil }, JSONL{}, 100},
		"csv":   {func(w io.Writer, done []byte) (Writer, error) { return NewLineWriter(w, CSV{}, len(done) > 0), nil }, CSV{}, 100},
		"csv.gz": {func(w io.Writer, done []byte) (Writer, error) {
			return NewGzipWriter(w, CSV{}, len(done) > 0), nil
		}, CSV{}, 12000},
		"jsonl.zst": {func(w io.Writer, done []byte) (Writer, error) { return NewZstdWriter(w, JSONL{}, len(done) > 0) }, JSONL{}, 9000},
		"parquet": {func(w io.Writer, done []byte) (Writer, error) {
			return ResumeParquet(w, bytes.NewReader(done), int64(len(done)))
		}, nil, 4*groupRows + 100},
	} {
		t.Run(name, func(t *testing.T) {
			rows := many(test.rows)
			put := func(w Writer, r *Row) {
				t.Helper()
				var encoded []byte
				if test.encoded != nil {
					encoded = test.encoded.Append(nil, r)
				}
				if err := w.Write(r, encoded); err != nil {
					t.Fatal(err)
				}
			}
			var whole cutter
			type mark struct{ row, size int }
			var marks []mark
			w, err := test.open(&whole, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				put(w, &rows[i])
				if w.Whole() {
					marks = append(marks, mark{i + 1, whole.Len()})
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if len(marks) < 3 {
				t.Fatalf("only %d places to cut", len(marks))
			}
			for _, m := range []mark{marks[0], marks[len(marks)/2], marks[len(marks)-1]} {
				var rest cutter
				rest.Write(whole.Bytes()[:m.size])
				w, err := test.open(&rest, whole.Bytes()[:m.size])
				if err != nil {
					t.Fatal(err)
				}
				for i := m.row; i < len(rows); i++ {
					put(w, &rows[i])
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(rest.Bytes(), whole.Bytes()) {
					t.Errorf("cut after row %d: %d bytes, want the same %d", m.row, rest.Len(), whole.Len())
				}
			}
		})
	}
}

func TestCompressedReadsBack(t *testing.T) {
	for _, n := range []int{0, 3, 3000} {
		rows := many(n)
		want := jsonOf(rows)
		var g, z bytes.Buffer
		zw, err := NewZstdWriter(&z, JSONL{}, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []Writer{NewGzipWriter(&g, JSONL{}, false), zw} {
			for i := range rows {
				if err := w.Write(&rows[i], JSONL{}.Append(nil, &rows[i])); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		gr, err := gzip.NewReader(&g)
		if err != nil {
			t.Fatal(err)
		}
		zr, err := zstd.NewReader(&z)
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]io.Reader{"gzip": gr, "zstd": zr} {
			if got, err := io.ReadAll(r); err != nil || string(got) != want {
				t.Errorf("%s of %d rows: %d bytes, %v", name, n, len(got), err)
			}
		}
		zr.Close()
	}
}

func TestResumeParquetDamaged(t *testing.T) {
	for name, content := range map[string]string{
		"text":         "PAR1 this is no row group at all",
		"length":       "PAR1\xff\xff\xff\x7f",
		"no start":     "PAR1\x00\x00\x00\x00",
		"shorter file": "PAR1",
	} {
		size := int64(len(content))
		if name == "shorter file" {
			size = 100
		}
		if _, err := ResumeParquet(io.Discard, strings.NewReader(content), size); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The page is well-formed, marks the right characters and shows markup in
// articles as text.
func TestHTML(t *testing.T) {
	rows := many(3)
	rows[1].ID = `</h2><script>alert(1)</script>`
	rows[1].Stance.Evidence = []Evidence{{Start: 33, End: 36, Text: "<b>", Label: "against", Weight: 1, Holder: `"><img src=x>`}}
	rows[1].Text = strings.Replace(rows[1].Text, "support, ", "support,  ", 1)
	rows[1].Stance.Evidence[0].Start = strings.Index(rows[1].Text, "<b>")
	var b bytes.Buffer
	w := NewHTMLWriter(&b, text.UTF8)
	for i := range rows {
		if err := w.Write(&rows[i], nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, bad := range []string{"<script>", "<b>", "<img"} {
		if strings.Contains(page, bad) {
			t.Errorf("markup of an article is markup of the page: %s", bad)
		}
	}
	for _, want := range []string{
		`<mark class="stance-against">&lt;b&gt;</mark>`, `Putin <mark class="stance-favor">reiterated his support</mark>,`,
		"stance: favor 90 %", "tone: neutral 40 %", `title="low_confidence"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.Reset()
	if err := NewHTMLWriter(&b, text.UTF8).Close(); err != nil || !strings.Contains(b.String(), "</html>") {
		t.Errorf("a page without rows is %q, %v", b.String(), err)
	}
}
