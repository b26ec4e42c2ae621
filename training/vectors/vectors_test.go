package vectors_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/model/text"
	"github.com/parley-nlp/parley/training/vectors"
)

// story is a small text of two worlds, a harbour and a mountain, whose words do
// not meet: one paragraph a line.
func story() string {
	var b strings.Builder
	for range 60 {
		b.WriteString("the ferry left the harbour with salt and rope and the sailor coiled the rope on the ferry\n")
		b.WriteString("salt dried on the rope while the sailor watched the ferry turn in the harbour\n")
		b.WriteString("snow fell on the ridge and the shepherd led his goats under the ridge through the snow\n")
		b.WriteString("goats slept in the snow below the ridge where the shepherd lit a fire\n")
		b.WriteString("قاد الراعي الماعز نحو الجبل والثلج على الجبل\n")
	}
	return b.String()
}

// small are settings that learn the story in a moment.
var small = vectors.Config{Dim: 16, MinCount: 5, Epochs: 8, Buckets: 1 << 10, Sample: 1, Seed: 7}

func train(t testing.TB, s string, cfg vectors.Config) *vectors.Table {
	t.Helper()
	table, err := vectors.Train(context.Background(), strings.NewReader(s), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func vector(t *testing.T, table *vectors.Table, word string) []float64 {
	t.Helper()
	v := make([]float64, table.Dim())
	if !table.Vector(text.Hash(word), 1, v) {
		t.Fatalf("%q is not in the table", word)
	}
	return v
}

func cosine(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += a[i] * b[i]
		aa += a[i] * a[i]
		bb += b[i] * b[i]
	}
	return ab / math.Sqrt(aa*bb)
}

func TestWordsOfOneWorldAreAlike(t *testing.T) {
	table := train(t, story(), small)
	sailor := vector(t, table, "sailor")
	near, far := cosine(sailor, vector(t, table, "ferry")), cosine(sailor, vector(t, table, "goats"))
	if near <= far {
		t.Errorf("sailor is as near to ferry (%.2f) as to goats (%.2f), want nearer", near, far)
	}
	for _, w := range table.Words() {
		v := vector(t, table, w)
		if length := math.Sqrt(squares(v)); math.Abs(length-1) > 0.05 {
			t.Errorf("length of %q is %.3f, want about 1", w, length)
		}
	}
}

func squares(v []float64) (square float64) {
	for _, x := range v {
		square += x * x
	}
	return square
}

func TestSameTextSameBytes(t *testing.T) {
	a, b := train(t, story(), small).Encode(), train(t, story(), small).Encode()
	if !bytes.Equal(a, b) {
		t.Error("two trainings on the same text differ")
	}
	other := small
	other.Seed = 8
	if bytes.Equal(a, train(t, story(), other).Encode()) {
		t.Error("another seed gives the same bytes")
	}
}

func TestWordsAndRarity(t *testing.T) {
	table := train(t, story(), small)
	words := table.Words()
	if words[0] != "the" {
		t.Errorf("most frequent word %q, want the", words[0])
	}
	if slices.Contains(words, "dragon") || !slices.Contains(words, "ridge") {
		t.Errorf("words %q", words)
	}
	the, ridge, dragon := table.Rarity(text.Hash("the")), table.Rarity(text.Hash("ridge")), table.Rarity(text.Hash("dragon"))
	if !(0 < the && the < ridge && ridge < dragon && dragon == 1) {
		t.Errorf("rarity of the %v, ridge %v, dragon %v; want ascending to 1", the, ridge, dragon)
	}
	if table.Vector(text.Hash("dragon"), 1, make([]float64, table.Dim())) {
		t.Error("a word that was never seen has a vector")
	}
	limited := small
	limited.MaxWords = 3
	if got := train(t, story(), limited).Words(); len(got) != 3 || !slices.Equal(got, words[:3]) {
		t.Errorf("limited to three words: %q, want %q", got, words[:3])
	}
	twice, once := make([]float64, table.Dim()), vector(t, table, "ridge")
	table.Vector(text.Hash("ridge"), 2, twice)
	for i := range once {
		if twice[i] != 2*once[i] {
			t.Fatalf("scaled by 2: %v, want twice %v", twice, once)
		}
	}
}

func TestTrainErrors(t *testing.T) {
	if _, err := vectors.Train(context.Background(), strings.NewReader("a few words\n"), small); err == nil || !strings.Contains(err.Error(), "5 times") {
		t.Errorf("error %v, want one that names the least count", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := vectors.Train(ctx, strings.NewReader("snow snow snow snow snow\n"), vectors.Config{Dim: 4, MinCount: 1, Buckets: 8}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want a cancellation", err)
	}
}

func TestProgressAscends(t *testing.T) {
	cfg := small
	var last float64
	calls := 0
	cfg.Progress = func(done float64) {
		if done < last || done > 1 {
			t.Errorf("progress %v after %v", done, last)
		}
		last = done
		calls++
	}
	// The share is told at some of the ends of lines, so the text needs many.
	train(t, strings.Repeat("snow\n", 1<<14)+story(), cfg)
	if calls == 0 {
		t.Error("progress was never told")
	}
}

func TestDecode(t *testing.T) {
	table := train(t, story(), small)
	data := table.Encode()
	got, err := vectors.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if got.Dim() != table.Dim() || !slices.Equal(got.Words(), table.Words()) || !bytes.Equal(got.Encode(), data) {
		t.Error("what was decoded is not what was encoded")
	}
	if !slices.Equal(vector(t, got, "ridge"), vector(t, table, "ridge")) {
		t.Error("a vector changed")
	}
}

// resum gives damaged bytes a right checksum, so that what stands before it is
// looked at.
func resum(data []byte) []byte {
	body := data[:len(data)-4]
	return binary.LittleEndian.AppendUint32(slices.Clone(body), crc32.ChecksumIEEE(body))
}

func TestDecodeRefusesDamage(t *testing.T) {
	data := train(t, story(), small).Encode()
	change := func(at int, b byte) []byte {
		d := slices.Clone(data)
		d[at] ^= b
		return d
	}
	for name, bad := range map[string][]byte{
		"empty":             nil,
		"magic":             resum(change(0, 1)),
		"one bit":           change(len(data)/2, 1),
		"cut":               data[:len(data)-1],
		"cut and summed":    resum(data[:len(data)-9]),
		"longer":            resum(append(slices.Clone(data), 0)),
		"dimension":         resum(change(6, 1)),
		"no dimension":      resum(change(6, 16)),
		"tokens":            resum(change(17, 0x80)),
		"number of words":   resum(change(18, 1)),
		"length of words":   resum(change(22, 1)),
		"a word less":       resum(bytes.Replace(data, []byte("the\n"), []byte("the "), 1)),
		"huge":              resum(append([]byte("PVEC1\n"), bytes.Repeat([]byte{0xff}, 40)...)),
		"words of nothing":  resum(append([]byte("PVEC1\n"), make([]byte, 24)...)),
		"the magic and sum": resum([]byte("PVEC1\n0000")),
	} {
		if _, err := vectors.Decode(bad); !errors.Is(err, vectors.ErrCorrupt) {
			t.Errorf("%s: error %v, want ErrCorrupt", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(train(f, story(), vectors.Config{Dim: 4, MinCount: 40, Epochs: 1, Buckets: 8}).Encode())
	f.Add([]byte("PVEC1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, d := range [][]byte{data, resum(append(slices.Clone(data), 0, 0, 0, 0))} {
			table, err := vectors.Decode(d)
			if err != nil {
				continue
			}
			if !bytes.Equal(table.Encode(), d) {
				t.Fatal("encoding what was decoded gives other bytes")
			}
			v := make([]float64, table.Dim())
			for _, w := range table.Words() {
				table.Vector(text.Hash(w), 1, v)
			}
		}
	})
}

func TestShippedTables(t *testing.T) {
	for name, c := range map[string]struct {
		load func() (*vectors.Table, error)
		word string
	}{
		"English": {vectors.English, "president"}, "Arabic": {vectors.Arabic, "الرئيس"},
	} {
		table, err := c.load()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := len(table.Words()); n < 10_000 || table.Dim() != 64 {
			t.Errorf("%s: %d words of dimension %d", name, n, table.Dim())
		}
		if r := table.Rarity(text.Hash(table.Words()[0])); r > 0.2 {
			t.Errorf("%s: rarity of the most frequent word %v, want a small one", name, r)
		}
		if i := slices.IndexFunc(table.Words(), func(w string) bool { return strings.Contains(c.word, w) && len(w) > 4 }); i < 0 {
			t.Errorf("%s: no word of %q", name, c.word)
		}
	}
}
