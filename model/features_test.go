package model_test

import (
	"math"
	"slices"
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// keysOf returns the keys of the features of a family in s, sorted.
func keysOf(t *testing.T, x *model.Extractor, s string, family model.Family) []uint64 {
	t.Helper()
	features, err := x.Extract(s, text.Detect(s))
	if err != nil {
		t.Fatal(err)
	}
	var keys []uint64
	for _, f := range features {
		if f.Family == family {
			keys = append(keys, f.Key)
		}
	}
	slices.Sort(keys)
	return keys
}

// What a bag of words cannot tell apart, the families that look at it do.
func TestFeaturesTellApart(t *testing.T) {
	tests := []struct {
		name, a, b string
		family     model.Family
	}{
		{"who calls whom a tyrant", "Obama called Assad a tyrant.", "Assad called Obama a tyrant.", model.FrameFamily},
		{"a class before and behind the target", "Critics condemned Assad.", "Assad condemned critics.", model.FrameFamily},
		{"negation", "They condemned Assad.", "They never condemned Assad.", model.FrameFamily},
		{"a doubt", "Assad condemned it.", "Assad might have condemned it.", model.FrameFamily},
		{"quotation", "Paris condemned it.", "Paris \"condemned\" it.", model.FrameFamily},
		{"in whose mouth", "Lavrov said they condemned it.", "Kerry said they condemned it.", model.FrameFamily},
		{"near and far from the target", "Assad was condemned.", "Assad spoke. Rain was condemned.", model.FrameFamily},
		{"the target and another", "They met Assad.", "They met Obama.", model.FormFamily},
		{"question", "Assad must go.", "Assad must go?", model.FormFamily},
		{"heading", "Assad must go", "Assad must go.", model.FormFamily},
		{"order of words", "man bites dog", "dog bites man", model.PairFamily},
		{"a clause apart", "Assad spoke, Obama left.", "Assad spoke Obama left.", model.PairFamily},
		{"negation in Arabic", "أدان المجلس الأسد.", "لم يدن المجلس الأسد.", model.FrameFamily},
	}
	x := reader(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a, b := keysOf(t, x, tt.a, tt.family), keysOf(t, x, tt.b, tt.family); slices.Equal(a, b) {
				t.Errorf("%q and %q have the same %s features %v", tt.a, tt.b, tt.family, a)
			}
		})
	}
}

// What a sentence asks, disputes or reports is said of that sentence alone.
func TestSentencesKeepToThemselves(t *testing.T) {
	x := reader(t)
	const second = " The rebels murdered civilians. Rain fell."
	behind := func(first string) (keys []uint64) {
		s := first + second
		features, err := x.Extract(s, text.English)
		if err != nil {
			t.Fatal(err)
		}
		spans := x.Tokens()
		for _, f := range features {
			if f.Family == model.FrameFamily && f.Token >= 0 && spans[f.Token].Start > len(first) {
				keys = append(keys, f.Key)
			}
		}
		return keys
	}
	want := behind("It rained.")
	for _, first := range []string{"Did it rain?", "Moscow denied the claim.", "Kerry: they left.", "Lavrov said that they left."} {
		if got := behind(first); len(got) == 0 || !slices.Equal(got, want) {
			t.Errorf("behind %q: features %v, behind another sentence %v", first, got, want)
		}
	}
	for _, same := range []string{"The rebels murdered civilians?", "Moscow denied that the rebels murdered civilians.", "Kerry: the rebels murdered civilians."} {
		if slices.Equal(keysOf(t, x, same, model.FrameFamily), keysOf(t, x, "The rebels murdered civilians.", model.FrameFamily)) {
			t.Errorf("%q has the features of a plain statement", same)
		}
	}
}

// What makes no difference to a reader makes none to the features.
func TestFeaturesAlike(t *testing.T) {
	tests := []struct{ name, a, b string }{
		{"spaces", "Assad must go.", "Assad   must\tgo."},
		{"kind of apostrophe", "Assad's army fled.", "Assad’s army fled."},
		{"diacritics", "رحل الأسد.", "رَحَلَ الأسَدُ."},
		{"tatweel", "رحل الأسد.", "رحـــل الأسد."},
		{"directional marks", "رحل الأسد.", "\u200fرحل الأسد\u200f."},
		{"presentation forms", "الأسد", "ﺍﻷﺳﺪ"},
		{"a number of the same size", "They shelled 17 towns.", "They shelled 42 towns."},
	}
	x := reader(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for f := range model.NumFamilies {
				if a, b := keysOf(t, x, tt.a, f), keysOf(t, x, tt.b, f); !slices.Equal(a, b) {
					t.Errorf("%q and %q differ in the family %s", tt.a, tt.b, f)
				}
			}
		})
	}
}

// Features are credited to tokens that are there, with values that are numbers,
// and the same text gives the same list in the same order.
func TestFeatures(t *testing.T) {
	x := reader(t)
	for _, s := range append(slices.Clone(hostile), corpusParagraphs(t, 20)...) {
		first, err := x.Extract(s, text.Detect(s))
		if err != nil {
			t.Fatal(err)
		}
		first = slices.Clone(first)
		tokens := x.Tokens()
		for _, f := range first {
			if f.Token < -1 || f.Token >= len(tokens) || math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
				t.Fatalf("%q with %d tokens: %+v", s, len(tokens), f)
			}
			if n := f.Family.DenseSize(0); n > 0 && f.Key >= uint64(n) {
				t.Fatalf("%q: %s feature %d of %d", s, f.Family, f.Key, n)
			}
		}
		for _, k := range tokens {
			if k.Start < 0 || k.End <= k.Start || k.End > len(s) {
				t.Fatalf("%q: token %v", s, k)
			}
		}
		again, err := x.Extract(s, text.Detect(s))
		if err != nil || !slices.Equal(first, again) {
			t.Fatalf("%q has other features when read again (%v)", s, err)
		}
	}
}

// A model knows of a word what the trainer stored, and computes it for others.
func TestWordParams(t *testing.T) {
	p := tiny()
	p.Words[0].Weights = [model.NumOutputs]float32{1, 2, 3, 4, 5, 6, 7}
	m := load(t, p)
	if got := m.WordParams([]byte("bravo")); got != p.Words[0] {
		t.Errorf("a word of the vocabulary: got %+v, want %+v", got, p.Words[0])
	}
	got := m.WordParams([]byte("rivals"))
	want := word("rivals")
	if got != want {
		t.Errorf("another word: got %+v, want %+v", got, want)
	}
}

// A word outside the vocabulary counts by its stem and its n-grams.
func TestUnknownWords(t *testing.T) {
	x, err := model.NewExtractor(tinyTarget, tinyLexicon, noStats{})
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range []model.Family{model.StemFamily, model.GramFamily} {
		t.Run(family.String(), func(t *testing.T) {
			p := tiny()
			p.Sparse = nil
			for _, key := range slices.Compact(keysOf(t, x, "deplorable", family)) {
				s := model.SparseParams{Key: key}
				s.Weights[model.Against] = 5
				p.Sparse = append(p.Sparse, s)
			}
			m := load(t, p)
			for s, want := range map[string]bool{"It was deplorable.": true, "It was fine.": false} {
				e, err := m.Explain(s, text.English)
				if err != nil {
					t.Fatal(err)
				}
				if got := e.Logits[model.Against] > 0; got != want {
					t.Errorf("%q: logit %v, want above 0: %v", s, e.Logits[model.Against], want)
				}
			}
		})
	}
}

// A name counts as the party it names: whoever of them it is, the words of a
// paragraph are the same.
func TestNamesAreNoWords(t *testing.T) {
	x := reader(t)
	for _, tt := range []struct{ a, b string }{
		{"Lavrov condemned the plan.", "Putin condemned the plan."},
		{"The plan was condemned in Ankara.", "The plan was condemned in Riyadh."},
		{"Critics of Assad left.", "Critics of Bashar left."},
		{"أدان لافروف الخطة.", "أدان بوتين الخطة."},
		{"أدانوا الأسد.", "أدانوا بشار."},
	} {
		for _, family := range []model.Family{model.WordFamily, model.StemFamily, model.GramFamily, model.PairFamily} {
			if a, b := keysOf(t, x, tt.a, family), keysOf(t, x, tt.b, family); !slices.Equal(a, b) {
				t.Errorf("%q and %q differ in the family %s", tt.a, tt.b, family)
			}
		}
	}
	for _, s := range []string{"Bashar al-Assad", "Vladimir Putin", "بشار الأسد"} {
		for _, key := range keysOf(t, x, s, model.WordFamily) {
			if key != model.WordKey(text.Hash("vladimir")) {
				t.Errorf("%q has a word among its features", s)
			}
		}
	}
	// A noun that names a party has a meaning of its own.
	if keys := keysOf(t, x, "rebels", model.WordFamily); len(keys) != 1 {
		t.Errorf("rebels: %d words, want 1", len(keys))
	}
}
