package training

import (
	"cmp"
	"math"
	"slices"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// learned is what fitting yields: weights by feature and a bias.
type learned struct {
	x     *matrix
	w     []float64
	boost [model.NumFamilies]float64
}

// weight returns the weights of a feature per unit of its unboosted value, nil
// if it is not in the matrix.
func (l *learned) weight(family model.Family, lang uint8, key uint64) ([]float64, float64) {
	c, ok := l.x.column[featureKey{family, lang, key}]
	if !ok {
		return nil, 0
	}
	k := int(c) * outputs
	return l.w[k : k+outputs], l.boost[family]
}

// vocabularyCount is in how many training rows a word must occur to be in the
// vocabulary although the vector tables lack it.
const vocabularyCount = 2

// commonRarity is the rarity below which a word counts as a function word.
const commonRarity = 0.45

// prune drops hashed features none of whose weights reaches it.
const prune = 2e-3

// compile turns learned weights into model parameters: the word families of
// each word of the vocabulary are summed, the dense families laid out by
// language.
func (l *learned) compile(x *model.Extractor, st stats, rows []Row) *model.Params {
	p := &model.Params{}
	copy(p.Bias[:], l.w[len(l.x.keys)*outputs:])
	for _, norm := range vocabularyOf(st, rows) {
		wp := model.WordParams{Hash: text.Hash(norm)}
		wp.Stem, wp.Name, wp.Lex = x.WordKeys([]byte(norm))
		wp.Common = st.Rarity(wp.Hash) < commonRarity
		var sum [outputs]float64
		for _, f := range x.WordFeatures([]byte(norm)) {
			if w, boost := l.weight(f.Family, 0, f.Key); w != nil {
				for c := range sum {
					sum[c] += f.Value * boost * w[c]
				}
			}
		}
		for c := range sum {
			wp.Weights[c] = float32(sum[c])
		}
		p.Words = append(p.Words, wp)
	}
	slices.SortFunc(p.Words, func(a, b model.WordParams) int { return cmp.Compare(a.Hash, b.Hash) })
	l.sparse(p)
	for i := range p.Languages {
		lp := &p.Languages[i]
		lp.Frame = l.dense(model.FrameFamily, uint8(i+1))
		lp.Form = l.dense(model.FormFamily, uint8(i+1))
		c := identity()
		lp.Scale, lp.Offset = c.Scale, c.Offset
	}
	return p
}

// sparse fills in the hashed features. Stems and n-grams are kept for words
// outside the vocabulary.
func (l *learned) sparse(p *model.Params) {
	for c, k := range l.x.keys {
		switch k.family {
		case model.StemFamily, model.GramFamily, model.PairFamily:
		default:
			continue
		}
		s := model.SparseParams{Key: k.key}
		largest := 0.0
		for o := range outputs {
			w := l.w[c*outputs+o] * l.boost[k.family]
			largest = max(largest, math.Abs(w))
			s.Weights[o] = float32(w)
		}
		if largest >= prune {
			p.Sparse = append(p.Sparse, s)
		}
	}
	slices.SortFunc(p.Sparse, func(a, b model.SparseParams) int { return cmp.Compare(a.Key, b.Key) })
}

// dense lays out a dense family for a language: what it shares with the other
// plus what is its own.
func (l *learned) dense(family model.Family, lang uint8) [][outputs]float32 {
	out := make([][outputs]float32, family.DenseSize(0))
	for id := range out {
		var sum [outputs]float64
		for _, g := range []uint8{0, lang} {
			if w, boost := l.weight(family, g, uint64(id)); w != nil {
				for c := range sum {
					sum[c] += boost * w[c]
				}
			}
		}
		for c := range sum {
			out[id][c] = float32(sum[c])
		}
	}
	return out
}

// vocabularyOf returns the words that a model keeps sums for: those of the
// vector tables and those that several rows use.
func vocabularyOf(st stats, rows []Row) []string {
	count := map[string]int{}
	var toks text.Tokens
	for i := range rows {
		seen := map[string]bool{}
		toks.Tokenize(rows[i].Text)
		for j := range toks.List {
			if k := toks.List[j].Kind; k != text.Word && k != text.Number {
				continue
			}
			if n := string(toks.Norm(j)); !seen[n] {
				seen[n] = true
				count[n]++
			}
		}
	}
	for n, c := range count {
		if c < vocabularyCount {
			delete(count, n)
		}
	}
	for _, t := range st.tables() {
		for _, n := range t.Words() {
			count[n]++
		}
	}
	words := make([]string, 0, len(count))
	for n := range count {
		words = append(words, n)
	}
	slices.Sort(words)
	return words
}
