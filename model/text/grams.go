package text

import "iter"

// Grams yields the hashes of the character n-grams of a normalised word, for n
// from lo to hi characters, with < and > for its beginning and end.
func Grams[S ~string | ~[]byte](norm S, lo, hi int) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for i := -1; i <= len(norm); i += charLen(norm, i) {
			h, n := HashOffset, 0
			for j := i; j <= len(norm) && n < hi; {
				size := charLen(norm, j)
				for k := j; k < j+size; k++ {
					h = (h ^ uint64(charAt(norm, k))) * HashPrime
				}
				j += size
				n++
				if n >= lo && !yield(h) {
					return
				}
			}
		}
	}
}

// NumGrams returns how many hashes Grams yields.
func NumGrams[S ~string | ~[]byte](norm S, lo, hi int) int {
	chars := 2 // < and >
	for i := 0; i < len(norm); i += charLen(norm, i) {
		chars++
	}
	n := 0
	for size := lo; size <= hi; size++ {
		n += max(0, chars-size+1)
	}
	return n
}

// charAt returns byte i of norm between < (at -1) and > (at its length).
func charAt[S ~string | ~[]byte](norm S, i int) byte {
	switch i {
	case -1:
		return '<'
	case len(norm):
		return '>'
	}
	return norm[i]
}

// charLen returns the length of the character that begins at i.
func charLen[S ~string | ~[]byte](norm S, i int) int {
	n := 1
	switch c := charAt(norm, i); {
	case c >= 0xF0:
		n = 4
	case c >= 0xE0:
		n = 3
	case c >= 0xC0:
		n = 2
	}
	return max(1, min(n, len(norm)-i))
}
