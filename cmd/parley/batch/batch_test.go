package batch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/cmd/parley/batch"
	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

const articles = `{"id":"a","text":"Envoys praised Assad.\n\nThe road to Homs stayed shut.","date":"2016-04-01"}
{"text":"وأشاد السفير بصمود الرئيس الأسد.","outlet":"صحيفة"}
no json
{"id":"c"}
{"id":7,"text":"<b>Nobody</b> came."}
`

// archive writes inputs of every kind, sound and damaged, and returns a path
// that is not there among them.
func archive(t testing.TB) []string {
	t.Helper()
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(articles)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	files := []struct{ name, content string }{
		{"a.jsonl", articles},
		{"b.jsonl.gz", packed.String()},
		{"cut.jsonl.gz", packed.String()[:packed.Len()-20]},
		{"d.csv", "id,text,year\nx,\"Two\nlines on Assad\",2016\nshort\n"},
		{"e.html", "<h1>Talks</h1><p>The envoy <i>thanked</i> Assad.</p>"},
		{"f.txt", "One.\n\nTwo, in Damascus.\n"},
		{"g.txt", ""},
		{"h.parquet", "not parquet at all"},
		{"i.xyz", "?"},
		{"binary.txt", "a\x00b\x00\x01"},
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, filepath.Join(dir, f.name))
		if err := os.WriteFile(paths[len(paths)-1], []byte(f.content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return append(paths, filepath.Join(dir, "missing.jsonl"))
}

// whole is what parley score makes of the files.
func whole(t testing.TB, m *model.Model, paths []string) (lines, bad []string) {
	t.Helper()
	var sources []input.Source
	for _, p := range paths {
		s := input.Source{Path: p}
		s.Format, s.Compression, s.Err = input.Detect(p)
		sources = append(sources, s)
	}
	c := score.Config{Scorer: &score.Local{Model: m}, Workers: 2, Offsets: text.UTF16, Append: rows.JSONL{}.Append}
	err := c.Run(t.Context(), nil, sources, func(c *score.Chunk) error {
		for _, item := range c.Items {
			switch item.Kind {
			case score.Scored:
				lines = append(lines, strings.TrimSuffix(string(item.Encoded), "\n"))
			case score.Failed, score.Unreadable:
				bad = append(bad, fmt.Sprintf("%s:%d %s %v", item.Input, item.Line, item.ID, item.Err))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, bad
}

// apart is the same through this package. The records go through JSON between
// the two halves; with a copy, files are read from another path than their own.
func apart(t testing.TB, m *model.Model, paths []string, copied bool) (lines, bad []string) {
	t.Helper()
	o := batch.Options{Offsets: "utf16"}
	s, err := batch.NewScorer(m, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range paths {
		path := name
		if content, err := os.ReadFile(name); copied && err == nil {
			path = filepath.Join(t.TempDir(), "input")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := batch.Read(t.Context(), path, name, o, func(r batch.Record) error {
			data, err := json.Marshal(r)
			if err != nil {
				return err
			}
			var sent batch.Record
			if err := json.Unmarshal(data, &sent); err != nil {
				return err
			}
			return s.Score(t.Context(), &sent, func(line []byte) { lines = append(lines, string(line)) }, func(line []byte) {
				var f struct {
					Input, ID, Error string
					Line             int64
				}
				if err := json.Unmarshal(line, &f); err != nil {
					t.Error(err)
				}
				bad = append(bad, fmt.Sprintf("%s:%d %s %s", f.Input, f.Line, f.ID, f.Error))
			})
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return lines, bad
}

func TestSameAsTheWhole(t *testing.T) {
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	paths := archive(t)
	wantLines, wantBad := whole(t, m, paths)
	if len(wantLines) < 12 || len(wantBad) < 8 {
		t.Fatalf("the archive has %d rows and %d failures, which tests little:\n%s", len(wantLines), len(wantBad), strings.Join(wantBad, "\n"))
	}
	for _, copied := range []bool{false, true} {
		t.Run(fmt.Sprintf("copied %v", copied), func(t *testing.T) {
			lines, bad := apart(t, m, paths, copied)
			if got, want := strings.Join(lines, "\n"), strings.Join(wantLines, "\n"); got != want {
				t.Errorf("rows are\n%s\nwant\n%s", got, want)
			}
			if got, want := strings.Join(bad, "\n"), strings.Join(wantBad, "\n"); got != want {
				t.Errorf("failures are\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	cases := []struct {
		name string
		o    batch.Options
		want string
	}{
		{"zero", batch.Options{}, ""},
		{"all said", batch.Options{Unit: "document", Offsets: "utf32", Language: "ar", PassThrough: "date,outlet", TextField: "body", Evidence: model.NoEvidence}, ""},
		{"unit", batch.Options{Unit: "sentence"}, `unknown unit "sentence"`},
		{"offsets", batch.Options{Offsets: "utf7"}, "offsets: "},
		{"language", batch.Options{Language: "fr"}, `unknown language "fr"`},
		{"other", batch.Options{Language: "other"}, `unknown language "other"`},
		{"evidence", batch.Options{Evidence: model.MaxEvidence + 1}, "evidence is 17"},
		{"one field for both", batch.Options{TextField: "x", IDField: "x"}, `both "x"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := c.o.Check()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, also := batch.NewScorer(nil, c.o); (also == nil) != (err == nil) {
				t.Errorf("NewScorer returns %v, Check %v", also, err)
			}
		})
	}
}

func TestReadStops(t *testing.T) {
	path := archive(t)[0]
	full := errors.New("full")
	n := 0
	err := batch.Read(t.Context(), path, path, batch.Options{}, func(batch.Record) error { n++; return full })
	if !errors.Is(err, full) || n != 1 {
		t.Errorf("after %d records: %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = batch.Read(ctx, path, path, batch.Options{}, func(batch.Record) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestFieldsAndUnit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte(`{"key":"k","body":"One.\n\nTwo.","date":"2016","page":3}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	o := batch.Options{TextField: "body", IDField: "key", PassThrough: "date", Unit: "paragraph", Evidence: model.NoEvidence}
	s, err := batch.NewScorer(m, o)
	if err != nil {
		t.Fatal(err)
	}
	var got []rows.Row
	err = batch.Read(t.Context(), path, path, o, func(r batch.Record) error {
		return s.Score(t.Context(), &r, func(line []byte) {
			var row rows.Row
			if err := json.Unmarshal(line, &row); err != nil {
				t.Error(err)
			}
			got = append(got, row)
		}, func(line []byte) { t.Errorf("failed: %s", line) })
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].ID != "k" || got[0].Text != "One.\n\nTwo." || string(got[0].Extra) != `{"date":"2016"}` {
		t.Errorf("got %+v", got)
	}
}
