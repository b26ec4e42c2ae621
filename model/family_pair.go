package model

// pairFeatures are the pairs of stems that stand side by side in a clause, a name
// as the party that it names.
func (f *frame) pairFeatures(out sink) {
	for i := 1; i < len(f.words); i++ {
		a, b := &f.words[i-1], &f.words[i]
		if a.flags&b.flags&isWord != 0 {
			out.sparse(PairFamily, mix(PairFamily, a.pairKey(), b.pairKey()), f.scale, i)
		}
	}
}

func (w *word) pairKey() uint64 {
	if w.isName() {
		return uint64(partyOf(w))
	}
	return w.stem
}
