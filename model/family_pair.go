package model

// pairFeatures are the pairs of stems that stand side by side in a clause.
func (f *frame) pairFeatures(out sink) {
	for i := 1; i < len(f.words); i++ {
		a, b := &f.words[i-1], &f.words[i]
		if a.flags&b.flags&isWord != 0 {
			out.sparse(PairFamily, mix(PairFamily, a.stem, b.stem), f.scale, i)
		}
	}
}
