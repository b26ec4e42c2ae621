package rows

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// std is what encoding/json makes of a value without escaping for HTML.
func std(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func FuzzAppendFloat(f *testing.F) {
	for _, x := range []float64{0, 1, -1, 0.1, 1e-7, -1e-7, 1e21, 1e20, 5e-324, math.MaxFloat64, 1.0 / 3, 1e-10} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		got := string(appendFloat(nil, x))
		if math.IsNaN(x) || math.IsInf(x, 0) {
			if got != "null" {
				t.Errorf("%v is written %s", x, got)
			}
			return
		}
		if want := std(t, x); got != want {
			t.Errorf("%v is written %s, encoding/json writes %s", x, got, want)
		}
	})
}

// sample is a row with something in every field.
func sample() Row {
	r := Row{
		ID: `a "b"`, Paragraph: 2, Start: 10, End: 71, Text: "Putin reiterated his support, <b>he</b> said\u2028.",
		Model: "assad@sha256:00", Extra: json.RawMessage(`{"year":2016}`),
	}
	p := model.Paragraph{Language: text.English}
	p.Stance.Probabilities = [model.MaxLabels]float64{0.9, 0.02, 0.05, 0.03}
	p.Stance.Evidence = []model.Evidence{{Start: 6, End: 28, Label: model.Favor, Weight: 2.125, Holder: "Putin"}}
	p.Tone.Probabilities = [model.MaxLabels]float64{0.3, 0.3, 0.4}
	p.Tone.Label = model.NeutralTone
	p.Tone.Abstained = model.LowConfidence
	r.SetPrediction(&p, text.UTF8)
	return r
}

func TestJSONLReadsBack(t *testing.T) {
	want := sample()
	line := JSONL{}.Append(nil, &want)
	if bytes.Count(line, []byte("\n")) != 1 || !bytes.HasSuffix(line, []byte("}\n")) {
		t.Errorf("not one line: %q", line)
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	var got Row
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	got.Tone.Evidence = nil // an empty list is written for none
	if a, b := std(t, got), std(t, want); a != b {
		t.Errorf("read back as\n%s, want\n%s", a, b)
	}
	if !strings.Contains(string(line), `"evidence":[],"abstained":"low_confidence"},"model"`) {
		t.Errorf("abstention is not written in %s", line)
	}
}

func TestRowWithoutExtra(t *testing.T) {
	r := sample()
	r.Extra = nil
	if line := string(JSONL{}.Append(nil, &r)); !strings.HasSuffix(line, `"extra":{}}`+"\n") {
		t.Errorf("got %s", line)
	}
	if line := string(CSV{}.Append(nil, &r)); !strings.HasSuffix(line, ",assad@sha256:00,{}\n") {
		t.Errorf("got %s", line)
	}
}

func TestEvidenceOffsets(t *testing.T) {
	s := "\U0001F54A الأسد now"
	at := strings.Index(s, "الأسد")
	for e, want := range map[text.Encoding][2]int{text.UTF8: {5, 15}, text.UTF16: {3, 8}, text.UTF32: {2, 7}} {
		r := Row{Text: s}
		p := model.Paragraph{}
		p.Stance.Evidence = []model.Evidence{{Start: at, End: at + len("الأسد"), Weight: 1}}
		r.SetPrediction(&p, e)
		if v := r.Stance.Evidence[0]; v.Start != want[0] || v.End != want[1] || v.Text != "الأسد" {
			t.Errorf("%s: %+v, want %v", e, v, want)
		}
		if got := byteOffset(s, want[0], e); got != at {
			t.Errorf("%s: byteOffset(%d) is %d, want %d", e, want[0], got, at)
		}
	}
}
