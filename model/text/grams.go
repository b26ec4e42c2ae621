package text

import (
	"iter"
	"unicode/utf8"
)

// Grams yields the hashes of the character n-grams of a normalised word, for n
// from lo to hi characters, with < and > for its beginning and end.
func Grams(norm string, lo, hi int) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		w := "<" + norm + ">"
		for i := 0; i < len(w); {
			h, n := HashOffset, 0
			for j := i; j < len(w) && n < hi; {
				_, size := utf8.DecodeRuneInString(w[j:])
				for k := j; k < j+size; k++ {
					h = (h ^ uint64(w[k])) * HashPrime
				}
				j += size
				n++
				if n >= lo && !yield(h) {
					return
				}
			}
			_, size := utf8.DecodeRuneInString(w[i:])
			i += size
		}
	}
}
