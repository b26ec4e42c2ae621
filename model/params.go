package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Params are the contents of a model file: what a learner learned and the data
// by which paragraphs are read. A trainer fills them in and calls Encode.
type Params struct {
	Info Info
	// Target and Lexicon are the texts of the data files (see NewExtractor).
	Target, Lexicon string
	// Bias is what every paragraph starts from.
	Bias [NumOutputs]float64
	// Words are the vocabulary, in ascending order of hash.
	Words []WordParams
	// Sparse are the weights of the features known by hash, in ascending order
	// of key.
	Sparse []SparseParams
	// Languages are the parameters of English and of Arabic, in that order.
	Languages [numLanguages]LanguageParams
}

// WordParams are the weights of a word: the sum, over its word families, of
// value times weight, for a paragraph in which a bag feature counts 1.
type WordParams struct {
	Hash, Stem uint64
	// Name and Lex are the word's numbers in the alias and lexicon phrases; see
	// Extractor.WordKeys.
	Name, Lex uint16
	// Common marks a function word, at which evidence neither begins nor ends.
	Common  bool
	Weights [NumOutputs]float32
}

// SparseParams are the weights of one hashed feature.
type SparseParams struct {
	Key     uint64
	Weights [NumOutputs]float32
}

// LanguageParams are the parameters that hold for one language.
type LanguageParams struct {
	// Frame and Form are the weights of the dense families; their lengths are
	// Family.DenseSize.
	Frame, Form [][NumOutputs]float32
	// Scale multiplies the logits of a task, Offset is then added: the
	// calibration. Scale is above 0.
	Scale  [NumTasks]float64
	Offset [NumOutputs]float64
	// Threshold is the confidence below which a task abstains, in [0, 1].
	Threshold [NumTasks]float64
}

// Info is where a model comes from. It is stored in the file as JSON.
type Info struct {
	// Name and Title name the target: "assad", "Bashar al-Assad".
	Name  string `json:"name"`
	Title string `json:"title"`
	// Languages are those the model was trained in: "en", "ar".
	Languages []string `json:"languages"`
	// Trainer is the version of the learner, Seed what it drew from, Settings
	// its hyper-parameters.
	Trainer  string            `json:"trainer"`
	Seed     uint64            `json:"seed"`
	Settings map[string]string `json:"settings,omitempty"`
	// Corpus is the SHA-256 of the training rows in hexadecimal; Rows counts
	// them by source.
	Corpus string         `json:"corpus"`
	Rows   map[string]int `json:"rows,omitempty"`
	// Parent is the ID of the model that this one was adapted from, Labels the
	// sequence number of the last label it saw.
	Parent string `json:"parent,omitempty"`
	Labels int64  `json:"labels,omitempty"`
	// Metrics are figures by name ("cv/en/stance/macro_f1"), on rows the model
	// was not fitted to.
	Metrics map[string]float64 `json:"metrics,omitempty"`
}

// WordKeys returns what a vocabulary stores of a normalised word besides its
// weights.
func (x *Extractor) WordKeys(norm []byte) (stem uint64, name, lex uint16) {
	stem, n, l := x.res.keys(norm, x.buf[:0])
	return stem, uint16(n), uint16(l)
}

// WordFeatures returns the features of a single word in a paragraph where a bag
// feature counts 1. The slice is valid until the next call of any method.
func (x *Extractor) WordFeatures(norm []byte) []Feature {
	stem, _, _ := x.res.keys(norm, x.buf[:0])
	x.out = appendWord(x.out[:0], hashBytes(norm), stem, norm, x.stats, x.vec, 1, 0)
	return x.out
}

// WordParams returns the parameters that the model has for a normalised word; for
// one outside the vocabulary, those that would leave every score as it is.
func (m *Model) WordParams(norm []byte) WordParams {
	hash := hashBytes(norm)
	if n := m.vocab.find(hash); n >= 0 {
		return m.vocab.params(n)
	}
	p := WordParams{Hash: hash}
	stem, name, lex := m.res.keys(norm, nil)
	p.Stem, p.Name, p.Lex = stem, uint16(name), uint16(lex)
	var sum [NumOutputs]float64
	unknown(norm, stem, 1, func(_ Family, key uint64, v float64) {
		if w := m.sparse.get(key); w != nil {
			for c := range sum {
				sum[c] += v * float64(w[c])
			}
		}
	})
	for c := range sum {
		p.Weights[c] = float32(sum[c])
	}
	return p
}

// build checks the parameters and makes a model of them.
func (p *Params) build(id string) (*Model, error) {
	res, err := newResources(p.Target, p.Lexicon)
	if err != nil {
		return nil, err
	}
	m := &Model{id: id, info: p.Info, res: res, bias: p.Bias}
	if err := finite("bias", p.Bias[:]...); err != nil {
		return nil, err
	}
	if len(p.Words) > maxEntries {
		return nil, fmt.Errorf("%d words; at most %d fit", len(p.Words), maxEntries)
	}
	entries, rest := make([]entry, 0, len(p.Words)), []entry(nil)
	for i := range p.Words {
		w := &p.Words[i]
		if i > 0 && w.Hash <= p.Words[i-1].Hash {
			return nil, fmt.Errorf("word %d is out of order", i)
		}
		if int(w.Name) > len(res.target.aliases.symbols) || int(w.Lex) > len(res.lexicon.symbols) {
			return nil, fmt.Errorf("word %d refers to a phrase word that the data files lack", i)
		}
		if err := finite32("word", w.Weights); err != nil {
			return nil, err
		}
		e := entry{hash: w.Hash, stem: w.Stem, name: symbol(w.Name), lex: symbol(w.Lex), w: w.Weights}
		if w.Common {
			entries = append(entries, e)
		} else {
			rest = append(rest, e)
		}
	}
	m.vocab = newVocabulary(append(entries, rest...), len(entries))
	m.sparse = newTable(len(p.Sparse))
	for i := range p.Sparse {
		s := &p.Sparse[i]
		if s.Key == 0 || i > 0 && s.Key <= p.Sparse[i-1].Key {
			return nil, fmt.Errorf("feature %d is out of order", i)
		}
		if err := finite32("feature", s.Weights); err != nil {
			return nil, err
		}
		m.sparse.put(s.Key, s.Weights)
	}
	for i := range p.Languages {
		if m.langs[i], err = p.Languages[i].build(); err != nil {
			return nil, fmt.Errorf("language %d: %w", i, err)
		}
	}
	return m, nil
}

func (p *LanguageParams) build() (langParams, error) {
	l := langParams{scale: p.Scale, offset: p.Offset, threshold: p.Threshold}
	for _, d := range []struct {
		family Family
		from   [][NumOutputs]float32
		to     *[]weights
	}{{FrameFamily, p.Frame, &l.frame}, {FormFamily, p.Form, &l.form}} {
		if n := d.family.DenseSize(0); len(d.from) != n {
			return l, fmt.Errorf("%d %s features, want %d", len(d.from), d.family, n)
		}
		for _, w := range d.from {
			if err := finite32(d.family.String(), w); err != nil {
				return l, err
			}
			*d.to = append(*d.to, w)
		}
	}
	for t := range p.Scale {
		if !(p.Scale[t] > 0) || !(p.Threshold[t] >= 0 && p.Threshold[t] <= 1) {
			return l, fmt.Errorf("calibration of %s out of range", Task(t))
		}
	}
	return l, cmp.Or(finite("scale", p.Scale[:]...), finite("offset", p.Offset[:]...))
}

// Params returns the parameters of the model, as they were encoded.
func (m *Model) Params() *Params {
	p := &Params{Info: m.info, Target: m.res.targetFile, Lexicon: m.res.lexiconFile, Bias: m.bias}
	for i := range m.vocab.entries {
		p.Words = append(p.Words, m.vocab.params(int32(i)))
	}
	slices.SortFunc(p.Words, func(a, b WordParams) int { return cmp.Compare(a.Hash, b.Hash) })
	for _, s := range m.sparse.slots {
		if s.key != 0 {
			p.Sparse = append(p.Sparse, SparseParams{s.key, s.row})
		}
	}
	slices.SortFunc(p.Sparse, func(a, b SparseParams) int { return cmp.Compare(a.Key, b.Key) })
	for i := range m.langs {
		l := &m.langs[i]
		p.Languages[i] = LanguageParams{
			Frame: rows(l.frame), Form: rows(l.form),
			Scale: l.scale, Offset: l.offset, Threshold: l.threshold,
		}
	}
	return p
}

func rows(w []weights) [][NumOutputs]float32 {
	out := make([][NumOutputs]float32, len(w))
	for i := range w {
		out[i] = w[i]
	}
	return out
}

// maxParam bounds every number of a model, so that no sum of products overflows.
const maxParam = 1e9

func finite(what string, xs ...float64) error {
	for _, x := range xs {
		if !(math.Abs(x) <= maxParam) {
			return fmt.Errorf("%s is not a number within ±%g", what, maxParam)
		}
	}
	return nil
}

func finite32(what string, w [NumOutputs]float32) error {
	for _, x := range w {
		if !(math.Abs(float64(x)) <= maxParam) {
			return finite(what+" weight", float64(x))
		}
	}
	return nil
}
