package model

import (
	"math"

	"github.com/parley-nlp/parley/model/text"
)

// NumOutputs is the number of logits of both tasks together: those of Stance
// come first, then those of Tone.
const NumOutputs = 7

// Outputs returns the half-open range of a task's logits among the outputs.
func (t Task) Outputs() (from, to int) {
	if t == Stance {
		return 0, 4
	}
	return 4, NumOutputs
}

// Feature is one feature of a paragraph, as learners see it. Features of equal
// Family and Key are the same; their values add up.
type Feature struct {
	Family Family
	Key    uint64 // a hash, or for a dense family the feature's number
	Value  float64
	// Token is the token it is credited to, -1 for the whole paragraph.
	Token int
}

// WordStats is what unlabelled text tells of single words.
type WordStats interface {
	// Dim is the length of a vector.
	Dim() int
	// Rarity is the inverse frequency of a word in [0, 1], 1 if unknown.
	Rarity(hash uint64) float64
	// Vector adds scale times the word's vector to dst and reports whether the
	// word is known.
	Vector(hash uint64, scale float64, dst []float64) bool
}

// Extractor turns paragraphs into the features that a learner weighs. It is
// the one that models use, so that training and serving cannot drift apart.
// An Extractor is not safe for concurrent use.
type Extractor struct {
	res   *resources
	stats WordStats
	frame frame
	out   []Feature
	vec   []float64
	buf   [64]byte
}

// NewExtractor returns an extractor for the target and lexicon given as the
// texts of their files.
func NewExtractor(target, lexicon string, stats WordStats) (*Extractor, error) {
	res, err := newResources(target, lexicon)
	if err != nil {
		return nil, err
	}
	return &Extractor{res: res, stats: stats, vec: make([]float64, stats.Dim())}, nil
}

func newResources(targetFile, lexiconFile string) (*resources, error) {
	t, err := parseTarget(targetFile)
	if err != nil {
		return nil, err
	}
	l, err := parseLexicon(lexiconFile)
	if err != nil {
		return nil, err
	}
	return &resources{t, l, targetFile, lexiconFile}, nil
}

// Extract returns the features of a paragraph, which must be valid UTF-8. The
// slice is valid until the next call.
func (x *Extractor) Extract(s string, lang text.Language) ([]Feature, error) {
	if len(s) > MaxParagraph {
		return nil, ErrTooLong
	}
	x.out = x.out[:0]
	x.frame.read(s, lang, x.res, x)
	x.frame.extract(x)
	return x.out, nil
}

// Tokens returns the byte spans of the tokens of the last paragraph extracted.
func (x *Extractor) Tokens() []text.Span {
	spans := make([]text.Span, len(x.frame.toks.List))
	for i := range spans {
		k := &x.frame.toks.List[i]
		spans[i] = text.Span{Start: int(k.Start), End: int(k.End)}
	}
	return spans
}

// Mentions returns how often the last paragraph extracted names the target
// outright; nouns that may mean it do not count.
func (x *Extractor) Mentions() int { return len(x.frame.mentions) - x.frame.hints[generic] }

func (x *Extractor) lookup(f *frame) {
	for i := range f.words {
		if w := &f.words[i]; w.flags&isWord != 0 {
			w.stem, f.names[i], f.lex[i] = x.res.keys(f.toks.Norm(i), x.buf[:0])
		}
	}
}

// keys works out the stem and the symbols of a word, with buf to write to.
func (r *resources) keys(norm, buf []byte) (stem uint64, name, lex symbol) {
	stem = hashBytes(text.Stem(norm, buf))
	lex = r.lexicon.symbol(stem)
	text.Bare(norm, buf, func(b []byte) bool {
		name = r.target.aliases.symbol(hashBytes(b))
		return name != 0
	})
	return stem, name, lex
}

func (x *Extractor) word(i int) {
	hash := x.frame.toks.List[i].Hash
	x.out = appendWord(x.out, hash, x.frame.words[i].stem, x.frame.toks.Norm(i), x.stats, x.vec, x.frame.scale, i)
}

func (x *Extractor) sparse(f Family, key uint64, value float64, i int) {
	x.out = append(x.out, Feature{f, key, value, i})
}

func (x *Extractor) endSparse() {}

func (x *Extractor) dense(f Family, id int, value float64, i int) {
	x.out = append(x.out, Feature{f, uint64(id), value, i})
}

// appendWord appends the features of a single word, for a paragraph whose bag
// features count scale each.
func appendWord(out []Feature, hash, stem uint64, norm []byte, stats WordStats, vec []float64, scale float64, i int) []Feature {
	rarity := stats.Rarity(hash)
	v := scale * wordValue(rarity)
	out = append(out, Feature{WordFamily, mix(WordFamily, hash, 0), v, i})
	out = append(out, Feature{StemFamily, mix(StemFamily, stem, 0), v, i})
	out = appendGrams(out, norm, v, i)
	clear(vec)
	if stats.Vector(hash, scale*rarity, vec) {
		first := 0 // each script has a vector space of its own
		if norm[0] >= 0x80 {
			first = len(vec)
		}
		for d, x := range vec {
			out = append(out, Feature{VectorFamily, uint64(first + d), x, i})
		}
	}
	return out
}

// appendGrams appends the character n-grams of a word; together they count as
// much as the word.
func appendGrams(out []Feature, norm []byte, v float64, i int) []Feature {
	if len(norm) == 0 || norm[0] == '#' {
		return out
	}
	from := len(out)
	for g := range text.Grams(norm, gramMin, gramMax) {
		out = append(out, Feature{GramFamily, mix(GramFamily, g, 0), v, i})
	}
	each := 1 / math.Sqrt(float64(max(1, len(out)-from)))
	for j := from; j < len(out); j++ {
		out[j].Value *= each
	}
	return out
}

const gramMin, gramMax = 3, 5

// DenseSize returns how many features a dense family has; 0 for a family whose
// keys are hashes. dim is the length of the word vectors.
func (f Family) DenseSize(dim int) int {
	switch f {
	case VectorFamily:
		return 2 * dim
	case FrameFamily:
		return frameDenseSize
	case FormFamily:
		return formDenseSize
	}
	return 0
}

// WordKey returns the key of the WordFamily feature of the word of that hash.
func WordKey(hash uint64) uint64 { return mix(WordFamily, hash, 0) }
