package model

// nearFeatures are the stems of the clause in which the target is named, by the
// side of the mention on which they stand.
func (f *frame) nearFeatures(out sink) {
	for i := range f.words {
		w := &f.words[i]
		if w.side != noSide && w.flags&isWord != 0 {
			out.sparse(NearFamily, mix(NearFamily, w.stem, uint64(w.side)), f.scale, i)
		}
	}
}
