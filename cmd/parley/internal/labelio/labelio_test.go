package labelio_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-nlp/parley/cmd/parley/internal/labelio"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// span finds a stretch of s, the nth from 0.
func span(s, stretch string, nth int) *parleyv1.Span {
	from := 0
	for range nth {
		from += strings.Index(s[from:], stretch) + len(stretch)
	}
	at := from + strings.Index(s[from:], stretch)
	return &parleyv1.Span{Start: int64(at), End: int64(at + len(stretch))}
}

func samples() []*parleyv1.Label {
	english := "🇸🇾 \"Good, good 👍🏽\" — the envoy, <b>said</b> & left;\r\ngood\tday"
	arabic := "أشادَ الوزيرُ 😀 بـالرئيس، وقال: «سنبقى معه» ثمّ غادر 🚗"
	return []*parleyv1.Label{
		{
			Text: english, Language: parleyv1.Language_LANGUAGE_ENGLISH, Stance: parleyv1.Stance_STANCE_FAVOR, Tone: parleyv1.Tone_TONE_COOPERATIVE,
			StanceEvidence: []*parleyv1.Span{span(english, "Good, good 👍🏽", 0)}, ToneEvidence: []*parleyv1.Span{span(english, "said", 0), span(english, "left", 0)},
			Holder: "the envoy", Group: "article 1", Annotator: "nadia@example.org", Source: "wire, \"east\"", Note: "line\nbreak", Model: "assad@sha256:00",
		},
		{
			Text: arabic, Language: parleyv1.Language_LANGUAGE_ARABIC, Stance: parleyv1.Stance_STANCE_FAVOR, Tone: parleyv1.Tone_TONE_NEUTRAL,
			StanceEvidence: []*parleyv1.Span{span(arabic, "أشادَ", 0), span(arabic, "سنبقى معه", 0)}, Annotator: "عمر",
		},
		{Text: "It rained.", Language: parleyv1.Language_LANGUAGE_ENGLISH, Stance: parleyv1.Stance_STANCE_UNRELATED, Tone: parleyv1.Tone_TONE_NEUTRAL, Annotator: "n"},
	}
}

func write(t *testing.T, f labelio.Format, unit text.Encoding, in ...*parleyv1.Label) string {
	t.Helper()
	var b bytes.Buffer
	w := labelio.NewWriter(&b, f, unit)
	for _, l := range in {
		if err := w.Write(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRoundTrips(t *testing.T) {
	for _, f := range labelio.Formats {
		for _, unit := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
			t.Run(string(f)+" "+unit.String(), func(t *testing.T) {
				want := samples()
				if f == labelio.CSV { // a line end within a field is \n
					was := want[0].Text
					want[0].Text = strings.ReplaceAll(was, "\r\n", "\n")
				}
				file := write(t, f, unit, want...)
				var o labelio.Options
				if f != labelio.CSV && f != labelio.Parley {
					o.Offsets = &unit // their files do not say
				}
				var got []*parleyv1.Label
				for row, err := range labelio.Read(strings.NewReader(file), f, o) {
					if err != nil {
						t.Fatalf("%v\n%s", err, file)
					}
					got = append(got, row.Label)
				}
				if len(got) != len(want) {
					t.Fatalf("%d labels, want %d:\n%s", len(got), len(want), file)
				}
				for i := range got {
					if !proto.Equal(got[i], want[i]) {
						t.Errorf("label %d:\ngot  %v\nwant %v\n%s", i, got[i], want[i], file)
					}
				}
			})
		}
	}
}

func TestEmptyFiles(t *testing.T) {
	for _, f := range labelio.Formats {
		for _, err := range labelio.Read(strings.NewReader(write(t, f, text.UTF8)), f, labelio.Options{}) {
			if f != labelio.CSV {
				t.Errorf("%s: %v", f, err)
			} else if !strings.Contains(err.Error(), "the first line must name the columns") {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
}

// The files as the tools themselves write them, each with the unit in which
// they count, and a text in which the units differ.
func TestForeignFiles(t *testing.T) {
	const body = "😀😀 He praised him."
	for _, tc := range []struct {
		name   string
		format labelio.Format
		file   string
	}{
		{"Label Studio, code points", labelio.LabelStudio, `[{"id":7,"data":{"text":"😀😀 He praised him."},"annotations":[{"id":1,"completed_by":3,"was_cancelled":false,"result":[
			{"id":"a","from_name":"stance","to_name":"text","type":"choices","value":{"choices":["favor"]}},
			{"id":"b","from_name":"tone","to_name":"text","type":"choices","value":{"choices":["neutral"]}},
			{"id":"c","from_name":"label","to_name":"text","type":"labels","value":{"start":6,"end":13,"text":"praised","labels":["favor"]}}]}]}]`},
		{"Label Studio, UTF-16 as it once was", labelio.LabelStudio, `[{"id":7,"data":{"text":"😀😀 He praised him."},"annotations":[{"completed_by":{"id":3},"result":[
			{"from_name":"x","type":"choices","value":{"choices":["stance:favor","tone:neutral"]}},
			{"from_name":"label","type":"labels","value":{"start":8,"end":15,"text":"praised","labels":["stance"]}}]}]}]`},
		{"doccano, categories and entities", labelio.Doccano, `{"id":7,"text":"😀😀 He praised him.","annotator":"user 3","cats":["favor","tone:neutral"],"entities":[{"id":1,"label":"favor","start_offset":8,"end_offset":15}]}`},
		{"doccano, triples", labelio.Doccano, `{"id":7,"text":"😀😀 He praised him.","annotator":"user 3","cats":["stance:favor","tone/neutral"],"label":[[8,15,"stance"]]}`},
		{"Prodigy", labelio.Prodigy, `{"text":"😀😀 He praised him.","_input_hash":7,"_annotator_id":"user 3","answer":"accept","accept":["favor","tone=neutral"],"spans":[{"start":6,"end":13,"token_start":1,"token_end":1,"label":"favor"}]}`},
		{"Parley, quotes alone", labelio.Parley, `{"id":"7","text":"😀😀 He praised him.","annotator":"user 3","stance":"favor","tone":"neutral","evidence":{"stance":["praised"]},"more":1}`},
		{"CSV, one stretch", labelio.CSV, "Text,ID,stance,tone,stance_evidence,annotator\n😀😀 He praised him.,7,favor,neutral,praised,user 3\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := 0
			for row, err := range labelio.Read(strings.NewReader("\uFEFF"+tc.file), tc.format, labelio.Options{Source: "s"}) {
				if err != nil {
					t.Fatal(err)
				}
				n++
				want := &parleyv1.Label{
					Text: body, Stance: parleyv1.Stance_STANCE_FAVOR, Tone: parleyv1.Tone_TONE_NEUTRAL,
					StanceEvidence: []*parleyv1.Span{span(body, "praised", 0)}, Annotator: "user 3", Source: "s",
				}
				if !proto.Equal(row.Label, want) || row.ID != "7" {
					t.Errorf("got  %v (%s)\nwant %v", row.Label, row.ID, want)
				}
			}
			if n != 1 {
				t.Errorf("%d labels, want 1", n)
			}
		})
	}
}

func TestBadRows(t *testing.T) {
	const good = `{"text":"a","annotator":"n","stance":"favor","tone":"neutral"}`
	for _, tc := range []struct {
		name   string
		format labelio.Format
		file   string
		line   int
		skip   bool
		want   string
	}{
		{"not JSON", labelio.Parley, good + "\n{\"text\":\n" + good, 2, false, "not JSON"},
		{"not an object", labelio.Parley, good + "\n\n[1]\n" + good, 3, false, "not a JSON object"},
		{"wrong kind", labelio.Parley, `{"text":5}` + "\n" + good + "\n" + good, 1, false, "text is a number, want string"},
		{"no text", labelio.Parley, good + "\n" + `{"stance":"favor","tone":"neutral","annotator":"n"}` + "\n" + good, 2, false, "text is missing"},
		{"no stance", labelio.Parley, good + "\n" + `{"text":"a","tone":"neutral","annotator":"n"}` + "\n" + good, 2, false, "stance is missing, want one of favor, against, neutral, unrelated"},
		{"bad tone", labelio.Parley, good + "\n" + `{"text":"a","stance":"favor","tone":"warm","annotator":"n"}` + "\n" + good, 2, false, `tone "warm" is none of cooperative, confrontational, neutral`},
		{"no annotator", labelio.Parley, good + "\n" + `{"text":"a","stance":"favor","tone":"neutral"}` + "\n" + good, 2, false, "--annotator"},
		{"bad language", labelio.Parley, good + "\n" + `{"text":"a","lang":"fr","stance":"favor","tone":"neutral","annotator":"n"}` + "\n" + good, 2, false, `lang "fr" is none of en, ar`},
		{"missing evidence", labelio.Parley, good + "\n" + `{"text":"a","stance":"favor","tone":"neutral","annotator":"n","evidence":{"stance":["b"]}}` + "\n" + good, 2, false, `"b" does not stand in the text`},
		{"invalid UTF-8", labelio.Parley, good + "\n{\"text\":\"\xff\"}\n" + good, 2, false, "invalid UTF-8"},
		{"long row", labelio.Parley, good + "\n" + strings.Repeat("x", labelio.MaxRow+1) + "\n" + good, 2, false, "longer than 4 MiB"},
		{"superseded", labelio.Parley, good + "\n" + `{"text":"a","state":"superseded"}` + "\n" + good, 2, true, "superseded"},
		{"fields", labelio.CSV, "text,stance,tone,annotator\na,favor,neutral,n\nb,favor\n\"c\n\nd\",favor,neutral,n\n", 3, false, "2 fields, want 4"},
		{"quote", labelio.CSV, "text,stance,tone,annotator\na,favor,neutral,n\nb\"c,favor,neutral,n\nd,favor,neutral,n\n", 3, false, "quote"},
		{"evidence list", labelio.CSV, "text,stance,tone,annotator,stance_evidence\na,favor,neutral,n,\nb,favor,neutral,n,[b]\nd,favor,neutral,n,\n", 3, false, "JSON list"},
		{"ambiguous", labelio.Doccano, `{"text":"a","annotator":"n","cats":["favor","tone:neutral"]}` + "\n" + `{"text":"a","annotator":"n","cats":["favor","neutral"]}` + "\n" + `{"text":"b","annotator":"n","cats":["favor","cooperative"]}`, 2, false, "stance:neutral or tone:neutral"},
		{"two labels", labelio.Doccano, `{"text":"a","annotator":"n","cats":["favor","tone:neutral"]}` + "\n" + `{"text":"a","annotator":"n","cats":["favor","against"]}` + "\n" + `{"text":"b","annotator":"n","cats":["favor","cooperative"]}`, 2, false, "two labels for stance"},
		{"cut character", labelio.Doccano, `{"text":"a","annotator":"n","cats":["favor","tone:neutral"]}` + "\n" + `{"text":"😀","annotator":"n","cats":["favor","tone:neutral"],"label":[[0,1,"stance"]]}` + "\n" + `{"text":"b","annotator":"n","cats":["favor","cooperative"]}`, 2, false, "cuts a character when counted in UTF-16 units"},
		{"rejected", labelio.Prodigy, `{"text":"a","_annotator_id":"n","accept":["favor","cooperative"]}` + "\n" + `{"text":"a","answer":"reject"}` + "\n" + `{"text":"a","_session_id":"n","accept":["favor"],"label":"cooperative"}`, 2, true, "reject"},
		{"other unit", labelio.Prodigy, `{"text":"a","_annotator_id":"n","accept":["favor","cooperative"]}` + "\n" +
			`{"text":"😀 praise","_annotator_id":"n","accept":["favor","cooperative"],"spans":[{"start":3,"end":9,"text":"praise","label":"stance"}]}` + "\n" +
			`{"text":"a","_annotator_id":"n","accept":["favor","cooperative"]}`, 2, false, "ends after the text"},
		{"not annotated", labelio.LabelStudio, "[\n" + studio + ",\n" + `{"id":2,"data":{"text":"a"},"annotations":[]}` + ",\n" + studio + "\n]", 3, true, "task 2 is not annotated"},
		{"wrong text", labelio.LabelStudio, "[\n" + studio + ",\n" + strings.Replace(studio, `"result":[`, `"result":[{"type":"labels","value":{"start":0,"end":1,"text":"b","labels":["stance"]}},`, 1) + ",\n" + studio + "\n]", 3, false, `is "a" when counted in utf32, but the file says "b"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			goodRows, bad := 0, 0
			for _, err := range labelio.Read(strings.NewReader(tc.file), tc.format, labelio.Options{}) {
				var e *labelio.RowError
				switch {
				case err == nil:
					goodRows++
				case errors.As(err, &e):
					bad++
					if e.Line != tc.line || e.Skipped != tc.skip || !strings.Contains(e.Error(), tc.want) {
						t.Errorf("error %q (skipped %v), want line %d with %q", e, e.Skipped, tc.line, tc.want)
					}
				default:
					t.Fatal(err)
				}
			}
			if goodRows != 2 || bad != 1 {
				t.Errorf("%d good and %d bad rows, want 2 and 1", goodRows, bad)
			}
		})
	}
}

const studio = `{"id":1,"data":{"text":"a"},"annotations":[{"completed_by":{"email":"n"},"result":[{"type":"choices","from_name":"stance","value":{"choices":["favor"]}},{"type":"choices","from_name":"tone","value":{"choices":["neutral"]}}]}]}`

func TestHintNamesTheUnit(t *testing.T) {
	file := `{"text":"😀 praise him","_annotator_id":"n","accept":["favor","cooperative"],"spans":[{"start":3,"end":9,"text":"praise","label":"stance"}]}`
	for _, err := range labelio.Read(strings.NewReader(file), labelio.Prodigy, labelio.Options{}) {
		if err == nil || !strings.Contains(err.Error(), "try --offsets utf16") {
			t.Errorf("error %v", err)
		}
	}
}

func TestBrokenFiles(t *testing.T) {
	for name, tc := range map[string]struct {
		format     labelio.Format
		file, want string
	}{
		"an object":     {labelio.LabelStudio, `{"id":1}`, "not an export of Label Studio"},
		"cut off":       {labelio.LabelStudio, `[` + studio, "cut off"},
		"broken inside": {labelio.LabelStudio, "[\n" + studio + ",\n{]", "line 3"},
		"no column":     {labelio.CSV, "text,stance\n", `no column "tone"`},
	} {
		var last error
		for _, err := range labelio.Read(strings.NewReader(tc.file), tc.format, labelio.Options{}) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, last, tc.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for i, format := range labelio.Formats {
		var b bytes.Buffer
		w := labelio.NewWriter(&b, format, format.Offsets())
		for _, l := range samples() {
			if err := w.Write(l); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		format := labelio.Formats[int(n)%len(labelio.Formats)]
		for row, err := range labelio.Read(bytes.NewReader(data), format, labelio.Options{Annotator: "n"}) {
			if err != nil {
				continue
			}
			for _, sp := range append(row.Label.StanceEvidence, row.Label.ToneEvidence...) {
				if sp.Start < 0 || sp.End <= sp.Start || sp.End > int64(len(row.Label.Text)) {
					t.Fatalf("span %v of %q", sp, row.Label.Text)
				}
			}
		}
	})
}
