package model

import "math"

// Family is a group of features that one file computes. A family is added or
// removed by its line in extract.
type Family uint8

// The families, in the order of the model format.
const (
	WordFamily   Family = iota // the word itself, weighted by rarity
	StemFamily                 // its stem
	GramFamily                 // its character n-grams
	VectorFamily               // the dimensions of its word vector
	PairFamily                 // two words that stand side by side, a name as the party it names
	FrameFamily                // lexicon classes by where and in whose mouth they stand
	FormFamily                 // mentions of the target, speakers and the form of the paragraph
	NumFamilies
)

var familyNames = [NumFamilies]string{"word", "stem", "gram", "vector", "pair", "frame", "form"}

// String returns the name of the family.
func (f Family) String() string { return familyNames[f] }

// sink takes the features of a paragraph as the families find them. Token i is
// the one they are credited to; -1 credits the paragraph as a whole.
type sink interface {
	// word takes the families Word, Stem, Gram and Vector of token i.
	word(i int)
	// sparse takes a feature known by the hash of what it is made of.
	sparse(f Family, key uint64, value float64, i int)
	// endSparse says that no more of those come.
	endSparse()
	// dense takes a feature known by a small number; see denseSize.
	dense(f Family, id int, value float64, i int)
}

// extract finds the features of the paragraph that f has read. The order is
// fixed, and so are the sums made in it.
func (f *frame) extract(out sink) {
	f.wordFeatures(out)
	f.pairFeatures(out)
	out.endSparse()
	f.frameFeatures(out)
	f.formFeatures(out)
}

// wordFeatures is the bag of words, without names: those count by whom they name
// (see pair, frame and form), so that none carries a label. What a single word
// adds does not depend on its place, so that a model keeps one sum for each word
// of its vocabulary.
func (f *frame) wordFeatures(out sink) {
	for i := range f.words {
		if w := &f.words[i]; w.flags&isWord != 0 && !w.isName() {
			out.word(i)
		}
	}
}

// mix makes the key of a feature out of the keys of its parts.
func mix(f Family, a, b uint64) uint64 {
	h := (a ^ uint64(f)<<56) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h = (h + b) * 0xBF58476D1CE4E5B9
	return h ^ h>>32
}

// wordValue is the value of the features Word, Stem and Gram of a word: common
// words count less.
func wordValue(rarity float64) float64 { return math.Sqrt(rarity) }
