package standoff_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/standoff"
)

// labelled are rows as annotators hand them in; the second has white space and
// a decomposed letter that are normalised away.
var labelled = []standoff.Labelled{
	{Row: training.Row{
		ID: "t-1", Lang: "en", Text: "Mira Daoud thanked the president; the president, she said, had kept the bridge open.",
		Stance: "favor", Tone: "cooperative", Holder: "Mira Daoud", Group: "g1", Source: "test",
		Evidence: training.Evidence{Stance: []string{"thanked the president", "had kept the bridge open"}, Tone: []string{"thanked"}},
	}, How: "random"},
	{Row: training.Row{
		ID: "t-2", Lang: "en", Text: "  The cafe\u0301 \t owner calls\u00a0him a thief,\n twice a thief. ",
		Stance: "against", Tone: "confrontational", Group: "g2", Source: "test",
		Evidence: training.Evidence{Stance: []string{"a thief", "a thief"}, Tone: []string{"cafe\u0301 \t owner calls"}},
	}, How: "detector"},
	{Row: training.Row{
		ID: "t-3", Lang: "ar", Text: "وصل الوفد إلى المدينة مساء أمس.", Stance: "unrelated", Tone: "neutral", Group: "g3", Source: "test",
		Evidence: training.Evidence{Stance: []string{}, Tone: []string{}},
	}, How: "syria"},
}

func encode(t *testing.T, rows []standoff.Labelled) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := standoff.WriteLabelled(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func detach(t *testing.T, rows []standoff.Labelled) []standoff.Row {
	t.Helper()
	out, err := standoff.Make(bytes.NewReader(encode(t, rows)), "seed")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNormalize(t *testing.T) {
	for in, want := range map[string]string{
		"":                   "",
		" a\t b\r\n\u00a0c ": "a b c",
		"cafe\u0301":         "caf\u00e9",
		"الرئيس  الأسد":      "الرئيس الأسد",
	} {
		if got := standoff.Normalize(in); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", in, got, want)
		}
		if standoff.Hash(in) != standoff.Hash(want) {
			t.Errorf("Hash(%q) differs from that of its normal form", in)
		}
	}
	// The well-known sum of nothing: a text of white space.
	if got := standoff.Hash(" \n"); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("Hash of white space = %s", got)
	}
}

func TestMake(t *testing.T) {
	rows := detach(t, labelled)
	if len(rows) != 3 {
		t.Fatalf("%d rows, want 3", len(rows))
	}
	want := standoff.Row{
		ID: "t-1", Lang: "en", Source: "test", SHA256: standoff.Hash(labelled[0].Text), Stance: "favor", Tone: "cooperative",
		Evidence: standoff.Spans{Stance: []standoff.Span{{11, 32}, {59, 83}}, Tone: []standoff.Span{{11, 18}}},
		Holder:   &standoff.Span{0, 10}, Group: "g1", How: "random",
	}
	if !reflect.DeepEqual(rows[0], want) {
		t.Errorf("row %+v, want %+v", rows[0], want)
	}
	// A stretch that stands twice is found at two places.
	if got, want := rows[1].Evidence.Stance, []standoff.Span{{26, 33}, {41, 48}}; !reflect.DeepEqual(got, want) {
		t.Errorf("spans %v, want %v", got, want)
	}
}

func TestNoWordOfTheTextIsKept(t *testing.T) {
	var b bytes.Buffer
	if err := standoff.Write(&b, detach(t, labelled)); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"Mira", "thanked", "thief", "bridge", "الوفد"} {
		if strings.Contains(b.String(), word) {
			t.Errorf("%q stands in the stand-off rows", word)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	const good = `{"id":"a","lang":"en","text":"x y","stance":"neutral","tone":"neutral","group":"g","source":"s","how":"random"}`
	for name, c := range map[string]struct{ line, want string }{
		"not JSON":         {"{", "line 2"},
		"unknown label":    {strings.Replace(good, `"stance":"neutral"`, `"stance":"pro"`, 1), "pro"},
		"unknown way":      {strings.Replace(good, "random", "chance", 1), "chance"},
		"no source":        {strings.Replace(good, `"source":"s"`, `"source":""`, 1), "source"},
		"foreign evidence": {strings.Replace(good, `"tone":"neutral"`, `"tone":"cooperative","evidence":{"tone":["z"]}`, 1), "does not stand"},
		"same span twice":  {strings.Replace(good, `"tone":"neutral"`, `"tone":"cooperative","evidence":{"tone":["x","x"]}`, 1), "overlaps"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := standoff.Make(strings.NewReader(good+"\n"+c.line+"\n"), "seed")
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line 2") {
				t.Errorf("error %v, want one of line 2 with %q", err, c.want)
			}
			if len(rows) != 1 {
				t.Errorf("%d rows, want the good one", len(rows))
			}
		})
	}
	rows, err := standoff.Make(strings.NewReader(strings.Replace(good, `,"how":"random"`, `,"holder":"Nobody"`, 1)), "uncertain")
	if err != nil || len(rows) != 1 || rows[0].How != "uncertain" || rows[0].Holder != nil {
		t.Errorf("rows %+v, %v; want how uncertain and no holder", rows, err)
	}
}

func TestReadRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := standoff.Write(&b, detach(t, labelled[:1])); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	if _, err := standoff.Read(strings.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"text":             {`"id"`, `"text":"Mira","id"`, "text"},
		"short hash":       {`"sha256":"`, `"sha256":"0`, "SHA-256"},
		"reversed span":    {"[11,32]", "[32,11]", "span"},
		"overlapping span": {"[11,32]", "[11,60]", "overlaps"},
		"negative span":    {"[11,32]", "[-1,3]", "span"},
		"empty holder":     {"[0,10]", "[4,4]", "holder"},
		"neutral evidence": {`"favor"`, `"neutral"`, "takes none"},
		"unknown tone":     {`"cooperative"`, `"warm"`, "warm"},
		"language":         {`"en"`, `"fr"`, "fr"},
		"no group":         {`"g1"`, `""`, "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, c.old, c.new, 1)
			if bad == good {
				t.Fatal("the case changes nothing")
			}
			_, err := standoff.Read(strings.NewReader(bad))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line 1") {
				t.Errorf("error %v, want one of line 1 with %q", err, c.want)
			}
		})
	}
}

// TestRoundTrip detaches rows, finds their texts in every kind of file, and
// detaches them again.
func TestRoundTrip(t *testing.T) {
	rows := detach(t, labelled)
	var records bytes.Buffer
	for _, l := range labelled {
		if err := json.NewEncoder(&records).Encode(map[string]any{"n": 1, "text": l.Text}); err != nil {
			t.Fatal(err)
		}
	}
	var lines, blocks string
	for _, l := range labelled {
		lines += strings.Join(strings.Fields(l.Text), " ") + "\n"
		blocks += strings.Join(strings.Fields(l.Text), "\n") + "\n\n"
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(lines))
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"a.jsonl": records.String(), "lines.txt": lines, "blocks.txt": blocks, "lines.txt.gz": packed.String(), "crlf.txt": strings.ReplaceAll(lines, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "deep"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "deep", name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			texts := standoff.NewTexts([]standoff.File{{Name: "x", Rows: rows}})
			if err := texts.Path(context.Background(), dir); err != nil {
				t.Fatal(err)
			}
			if found, of := texts.Found(); found != 3 || of != 3 {
				t.Errorf("found %d of %d, want 3 of 3", found, of)
			}
			got, err := texts.Rows(rows)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 3 {
				t.Fatalf("%d rows, want 3", len(got))
			}
			first := labelled[0]
			if !reflect.DeepEqual(got[0], first) {
				t.Errorf("row %+v, want %+v", got[0], first)
			}
			if got[1].Text != "The café owner calls him a thief, twice a thief." || got[1].Evidence.Tone[0] != "café owner calls" {
				t.Errorf("row %+v, want it normalised", got[1])
			}
			if again := detach(t, got); !reflect.DeepEqual(again, rows) {
				t.Errorf("detached again %+v, want %+v", again, rows)
			}
		})
	}
}

func TestTextsFindsSome(t *testing.T) {
	rows := detach(t, labelled)
	texts := standoff.NewTexts([]standoff.File{{Name: "x", Rows: rows}})
	err := texts.Read(context.Background(), "a.txt", strings.NewReader("something else\n"+labelled[2].Text+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := texts.Rows(rows)
	if err != nil || len(got) != 1 || got[0].ID != "t-3" {
		t.Errorf("rows %+v, %v; want t-3 alone", got, err)
	}
	if err := texts.Read(context.Background(), "a.jsonl", strings.NewReader("{}\nno\n")); err == nil || !strings.Contains(err.Error(), "a.jsonl: line 2") {
		t.Errorf("error %v, want one of a.jsonl, line 2", err)
	}
	if err := texts.Read(context.Background(), "a.gz", strings.NewReader("plain")); err == nil || !strings.Contains(err.Error(), "a.gz") {
		t.Errorf("error %v, want one of a.gz", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := texts.Path(ctx, t.TempDir()); err == nil {
		t.Error("a cancelled search went on")
	}
}

func TestSpanOutsideTheText(t *testing.T) {
	rows := detach(t, labelled[:1])
	rows[0].Evidence.Stance[1][1] = 1000
	texts := standoff.NewTexts([]standoff.File{{Name: "x", Rows: rows}})
	if err := texts.Read(context.Background(), "a.txt", strings.NewReader(labelled[0].Text)); err != nil {
		t.Fatal(err)
	}
	if _, err := texts.Rows(rows); err == nil || !strings.Contains(err.Error(), "t-1") {
		t.Errorf("error %v, want one that names the row", err)
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	rows, err := standoff.Make(strings.NewReader(
		`{"id":"a","lang":"en","text":"a fine fellow","stance":"favor","tone":"neutral","evidence":{"stance":["fine"]},"group":"g","source":"s"}`), "seed")
	if err != nil {
		f.Fatal(err)
	}
	if err := standoff.Write(&b, rows); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := standoff.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := standoff.Write(&out, rows); err != nil {
			t.Fatal(err)
		}
		again, err := standoff.Read(&out)
		if err != nil || !reflect.DeepEqual(again, rows) {
			t.Fatalf("read again: %+v, %v; want %+v", again, err, rows)
		}
	})
}
