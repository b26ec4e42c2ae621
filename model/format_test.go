package model_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model"
)

var update = flag.Bool("update", false, "write the golden files anew")

// file is a model file written by hand: docs/format.md in code, on purpose
// without a line of the encoder.
type file struct{ bytes.Buffer }

func (f *file) hex(s string) {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	f.Write(b)
}

func (f *file) text(length, s string) {
	f.hex(length)
	f.WriteString(s)
}

// sealed returns the bytes with their checksum behind them.
func sealed(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append(slices.Clone(b), sum[:]...)
}

const (
	handTarget  = "name: x\ntitle: X\n[person]\nx\n"
	handLexicon = "[praise]\ny\n"
	handInfo    = `{"name":"x","title":"X","languages":["en"],"trainer":"1","seed":3,"corpus":"c0"}`
)

// byHand returns the expected bytes of handParams.
func byHand() []byte {
	var f file
	f.hex("50 41 52 4C 45 59 0D 0A")   // "PARLEY\r\n"
	f.hex("01 00 00 00")               // version 1
	f.text("50 00 00 00", handInfo)    // 80 bytes of JSON
	f.text("1C 00 00 00", handTarget)  // 28 bytes of target file
	f.text("0B 00 00 00", handLexicon) // 11 bytes of lexicon file
	f.hex("02 00 00 00")               // two tasks
	f.text("1F 00 00 00", "favor against neutral unrelated")
	f.text("23 00 00 00", "cooperative confrontational neutral")
	f.hex("00 00 00 00 00 00 F0 3F  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00" +
		"00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 C0") // bias: 1, five 0, -2
	f.hex("01 00 00 00")                                            // one word
	f.hex("08 07 06 05 04 03 02 01")                                // its hash
	f.hex("18 17 16 15 14 13 12 11")                                // that of its stem
	f.hex("01 00  00 00  01")                                       // alias word 1, no lexicon word, common
	f.hex("00 00 80 3F" + strings.Repeat("00", 20) + "00 00 00 BF") // 1, five 0, -0.5
	f.hex("01 00 00 00")                                            // one feature
	f.hex("FF 00 00 00 00 00 00 00")                                // its key
	f.hex("00 00 00 40" + strings.Repeat("00", 24))                 // 2, six 0
	for range 2 {                                                   // English, then Arabic
		for _, family := range []model.Family{model.FrameFamily, model.FormFamily} {
			n := family.DenseSize(0)
			f.Write(binary.LittleEndian.AppendUint32(nil, uint32(n)))
			f.hex("00 00 80 3E" + strings.Repeat("00", 24)) // the first: 0.25, six 0
			f.Write(make([]byte, 28*(n-1)))
		}
		f.hex("00 00 00 00 00 00 E0 3F  00 00 00 00 00 00 F0 3F") // scale: 0.5, 1
		f.Write(make([]byte, 8*7))                                // offset: seven 0
		f.hex("00 00 00 00 00 00 E8 3F  00 00 00 00 00 00 00 00") // threshold: 0.75, 0
	}
	return sealed(f.Bytes())
}

// handParams are what byHand says.
func handParams() *model.Params {
	p := &model.Params{
		Info:   model.Info{Name: "x", Title: "X", Languages: []string{"en"}, Trainer: "1", Seed: 3, Corpus: "c0"},
		Target: handTarget, Lexicon: handLexicon,
		Bias: [model.NumOutputs]float64{0: 1, 6: -2},
		Words: []model.WordParams{{
			Hash: 0x0102030405060708, Stem: 0x1112131415161718, Name: 1, Common: true,
			Weights: [model.NumOutputs]float32{0: 1, 6: -0.5},
		}},
		Sparse: []model.SparseParams{{Key: 255, Weights: [model.NumOutputs]float32{0: 2}}},
	}
	for i := range p.Languages {
		l := &p.Languages[i]
		l.Frame = make([][model.NumOutputs]float32, model.FrameFamily.DenseSize(0))
		l.Form = make([][model.NumOutputs]float32, model.FormFamily.DenseSize(0))
		l.Frame[0][0], l.Form[0][0] = 0.25, 0.25
		l.Scale = [model.NumTasks]float64{0.5, 1}
		l.Threshold = [model.NumTasks]float64{0.75, 0}
	}
	return p
}

func TestFormatByHand(t *testing.T) {
	want := byHand()
	got, err := handParams().Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Fatalf("%d bytes, want %d; they differ from byte %d on: %x, want %x", len(got), len(want), i,
			got[i:min(i+16, len(got))], want[i:min(i+16, len(want))])
	}
	m, err := model.Load(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.ID(), fmt.Sprintf("x@sha256:%x", sha256.Sum256(want)); got != want {
		t.Errorf("ID %s, want %s", got, want)
	}
	if m.Name() != "x" || m.Info().Title != "X" {
		t.Errorf("name %q, title %q", m.Name(), m.Info().Title)
	}
	again, err := m.Params().Encode()
	if err != nil || !bytes.Equal(again, want) {
		t.Errorf("parameters read back encode otherwise: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	whole := byHand()
	body := whole[:len(whole)-sha256.Size]
	end := len(body)
	// at replaces bytes of the body and seals it again.
	at := func(i int, b ...byte) []byte {
		c := slices.Clone(body)
		copy(c[i:], b)
		return sealed(c)
	}
	find := func(s string) int { return bytes.Index(body, []byte(s)) }
	bias := find("cooperative") + len("cooperative confrontational neutral")
	words, sparse := bias+56, bias+56+4+49
	dense := sparse + 4 + 36
	nan, inf := binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.NaN())), []byte{0, 0, 0, 0, 0, 0, 0xF0, 0x7F}
	nan32 := binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN())))
	huge := []byte{0xFF, 0xFF, 0xFF, 0xFF}
	tests := []struct {
		name string
		data []byte
		want error
		says string
	}{
		{"nothing", nil, model.ErrCorrupt, "header"},
		{"a few bytes", []byte("PARLEY"), model.ErrCorrupt, "header"},
		{"another file", bytes.Repeat([]byte("text "), 100), model.ErrCorrupt, "header"},
		{"magic after a text-mode copy", append([]byte("PARLEY\n"), whole[8:]...), model.ErrCorrupt, "header"},
		{"version 0", at(8, 0), model.ErrVersion, "version 0"},
		{"a later version", at(8, 2), model.ErrVersion, "version 2"},
		{"a flipped bit", append(slices.Concat(whole[:90], []byte{whole[90] ^ 1}), whole[91:]...), model.ErrCorrupt, "checksum"},
		{"a byte more", append(slices.Clone(whole), 0), model.ErrCorrupt, "checksum"},
		{"a byte more, sealed", sealed(append(slices.Clone(body), 0)), model.ErrCorrupt, "1 bytes too many"},
		{"info that is no JSON", at(find("{"), '['), model.ErrCorrupt, "info"},
		{"info longer than the file", at(12, huge...), model.ErrCorrupt, "4294967295 records"},
		{"three tasks", at(find("favor")-8, 3), model.ErrCorrupt, "3 tasks"},
		{"other labels", at(find("favor"), 'F'), model.ErrCorrupt, "labels"},
		{"bias not a number", at(bias, nan...), model.ErrCorrupt, "bias"},
		{"bias infinite", at(bias+8, inf...), model.ErrCorrupt, "bias"},
		{"words without end", at(words, huge...), model.ErrCorrupt, "records of 49 bytes"},
		{"no word where one is", at(words, 0), model.ErrCorrupt, ""},
		{"alias word that the target lacks", at(words+4+16, 2), model.ErrCorrupt, "word 0"},
		{"lexicon word that the lexicon lacks", at(words+4+18, 9), model.ErrCorrupt, "word 0"},
		{"common neither 0 nor 1", at(words+4+20, 2), model.ErrCorrupt, ""},
		{"word weight not a number", at(words+4+21, nan32...), model.ErrCorrupt, "word weight"},
		{"features without end", at(sparse, huge...), model.ErrCorrupt, "records of 36 bytes"},
		{"feature key 0", at(sparse+4, 0), model.ErrCorrupt, "feature 0"},
		{"feature weight not a number", at(sparse+12, nan32...), model.ErrCorrupt, "feature weight"},
		{"fewer frame features", at(dense, 0), model.ErrCorrupt, ""},
		{"frame features without end", at(dense, huge...), model.ErrCorrupt, "records of 28 bytes"},
		{"frame weight not a number", at(dense+4, nan32...), model.ErrCorrupt, "frame weight"},
		{"scale 0", at(end-88, make([]byte, 8)...), model.ErrCorrupt, "calibration"},
		{"scale not a number", at(end-88, nan...), model.ErrCorrupt, "calibration"},
		{"scale infinite", at(end-88, inf...), model.ErrCorrupt, "scale"},
		{"offset not a number", at(end-72, nan...), model.ErrCorrupt, "offset"},
		{"threshold above 1", at(end-16, 0, 0, 0, 0, 0, 0, 0, 0x40), model.ErrCorrupt, "calibration"},
		{"target file without a name", at(find("name: x"), 'n', 'o'), model.ErrCorrupt, "name"},
		{"lexicon of an unknown class", at(find("[praise]"), '[', 'P'), model.ErrCorrupt, "class"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := model.Load(tt.data)
			if m != nil || !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %v that says %q", err, tt.want, tt.says)
			}
		})
	}
}

func TestLoadRefusesOrder(t *testing.T) {
	tests := []struct {
		name   string
		change func(*model.Params)
		says   string
	}{
		{"words out of order", func(p *model.Params) {
			p.Words = []model.WordParams{{Hash: 2}, {Hash: 1}}
		}, "word 1 is out of order"},
		{"a word twice", func(p *model.Params) {
			p.Words = []model.WordParams{{Hash: 2}, {Hash: 2}}
		}, "word 1 is out of order"},
		{"features out of order", func(p *model.Params) {
			p.Sparse = []model.SparseParams{{Key: 2}, {Key: 1}}
		}, "feature 1 is out of order"},
		{"a feature twice", func(p *model.Params) {
			p.Sparse = []model.SparseParams{{Key: 2}, {Key: 2}}
		}, "feature 1 is out of order"},
		{"too few form features", func(p *model.Params) {
			p.Languages[1].Form = p.Languages[1].Form[1:]
		}, "form features"},
		{"too many frame features", func(p *model.Params) {
			p.Languages[0].Frame = append(p.Languages[0].Frame, [model.NumOutputs]float32{})
		}, "frame features"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := tiny()
			tt.change(p)
			data, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := model.Load(data); !errors.Is(err, model.ErrCorrupt) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %v that says %q", err, model.ErrCorrupt, tt.says)
			}
		})
	}
}

// The largest numbers that a file may hold give finite scores; larger ones are
// refused.
func TestExtremeWeights(t *testing.T) {
	for _, big := range []float64{1e6, 1e9, 1e30, math.MaxFloat32, 1e300, math.MaxFloat64} {
		t.Run(fmt.Sprint(big), func(t *testing.T) {
			p := tiny()
			for k := range p.Bias {
				sign := 1 - 2*float64(k%2)
				p.Bias[k] = sign * big
				p.Words[0].Weights[k] = float32(sign * min(big, math.MaxFloat32))
				p.Languages[0].Offset[k] = -sign * big
			}
			p.Languages[0].Scale = [model.NumTasks]float64{big, 1 / big}
			data, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			m, err := model.Load(data)
			if big > 1e9 {
				if !errors.Is(err, model.ErrCorrupt) {
					t.Errorf("got %v, want %v", err, model.ErrCorrupt)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			const s = "Bravo, the mayor said bravo."
			got, err := m.Paragraph(s, model.Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkParagraph(t, s, &got, model.DefaultEvidence)
		})
	}
}

func TestTruncated(t *testing.T) {
	whole := byHand()
	body := whole[:len(whole)-sha256.Size]
	for n := 0; n < len(body); n += 61 {
		if _, err := model.Load(sealed(body[:n])); !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrVersion) {
			t.Fatalf("%d of %d bytes: got %v", n, len(body), err)
		}
	}
	shipped, err := os.ReadFile("assad.parley")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(shipped); n += len(shipped)/8 + 1023 {
		if _, err := model.Load(shipped[:n]); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("%d of %d bytes of the shipped model: got %v", n, len(shipped), err)
		}
	}
}

// FuzzLoad feeds damaged files whose checksum is right: all that stands between
// them and a crash is the decoder.
func FuzzLoad(f *testing.F) {
	whole := byHand()
	f.Add(whole[:len(whole)-sha256.Size])
	f.Add(whole[:400])
	f.Add([]byte("PARLEY\r\n\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := model.Load(sealed(body))
		if err != nil {
			if !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrVersion) {
				t.Fatalf("got %v", err)
			}
			return
		}
		for _, s := range []string{"x y, x said: \"not y\" 1999.", "قال x: لا."} {
			p, err := m.Paragraph(s, model.Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkParagraph(t, s, &p, model.DefaultEvidence)
		}
		again, err := m.Params().Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := model.Load(again); err != nil {
			t.Fatalf("a model that was loaded does not load again: %v", err)
		}
	})
}

// oldFormat is what a file of an older format version held and answered when it
// was new. Probabilities are not in it: they change with the features.
type oldFormat struct {
	Params string // SHA-256 of the parameters as JSON
	Labels map[string][model.NumTasks]string
}

// Files of every format version so far still load, hold what they held and
// answer the same.
func TestOldFormats(t *testing.T) {
	for _, version := range []string{"v1"} {
		t.Run(version, func(t *testing.T) {
			path := "testdata/" + version
			if *update {
				writeOldFormat(t, path)
			}
			data, err := os.ReadFile(path + ".parley")
			if err != nil {
				t.Fatal(err)
			}
			golden, err := os.ReadFile(path + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want oldFormat
			if err := json.Unmarshal(golden, &want); err != nil {
				t.Fatal(err)
			}
			if got := describe(t, data, slices.Sorted(maps.Keys(want.Labels))); !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func describe(t *testing.T, data []byte, texts []string) oldFormat {
	t.Helper()
	m, err := model.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	params, err := json.Marshal(m.Params())
	if err != nil {
		t.Fatal(err)
	}
	f := oldFormat{Params: fmt.Sprintf("%x", sha256.Sum256(params)), Labels: map[string][model.NumTasks]string{}}
	for _, s := range texts {
		p, err := m.Paragraph(s, model.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f.Labels[s] = [model.NumTasks]string{model.Stance.Labels()[p.Stance.Label], model.Tone.Labels()[p.Tone.Label]}
	}
	return f
}

// writeOldFormat writes a small model in which every block has something to say.
// It is for a new version; the files of old ones stay as they are.
func writeOldFormat(t *testing.T, path string) {
	t.Helper()
	p := tiny()
	p.Bias = [model.NumOutputs]float64{-0.5, -0.25, 0.5, 0.25, -0.125, 0, 0.125}
	p.Words = nil
	for i, norm := range []string{"bravo", "shame", "mayor", "rain", "ايد", "العمده"} {
		w := word(norm)
		w.Common = norm == "rain"
		w.Weights[i%4], w.Weights[4+i%3] = 40, 30
		p.Words = append(p.Words, w)
	}
	slices.SortFunc(p.Words, func(a, b model.WordParams) int { return cmp.Compare(a.Hash, b.Hash) })
	p.Sparse = nil
	for i := range 9 {
		s := model.SparseParams{Key: uint64(i+1) << 40}
		s.Weights[i%model.NumOutputs] = 0.5
		p.Sparse = append(p.Sparse, s)
	}
	for l := range p.Languages {
		for i := range p.Languages[l].Frame {
			p.Languages[l].Frame[i][i%model.NumOutputs] = float32(i%5) / 64
		}
		for i := range p.Languages[l].Form {
			p.Languages[l].Form[i][(i+l)%model.NumOutputs] = float32(i%3) / 64
		}
		p.Languages[l].Scale = [model.NumTasks]float64{0.75, 1.25}
		p.Languages[l].Offset[l] = 0.25
		p.Languages[l].Threshold[l] = 0.5
	}
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	golden, err := json.MarshalIndent(describe(t, data, []string{
		"Bravo! Bravo!", "Shame, shame!", "The mayor denied it.", "Rain at noon.", "أيد الحضور ذلك.", "غاب العمدة.",
	}), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{path + ".parley": data, path + ".json": append(golden, '\n')} {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
