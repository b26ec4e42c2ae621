package corpuscheck

import (
	"hash/maphash"
	"unicode"
)

// eachWord calls f with every word of s in lower case: a run of letters and
// digits, without combining marks and the Arabic tatweel. The bytes are valid
// during the call only.
func eachWord(s string, f func(word []byte)) {
	var space [64]byte
	buf := space[:0]
	flush := func() {
		if len(buf) > 0 {
			f(buf)
			buf = buf[:0]
		}
	}
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			buf = append(buf, byte(r))
		case 'A' <= r && r <= 'Z':
			buf = append(buf, byte(r)+'a'-'A')
		case r < 0x80:
			flush()
		case r == 'ـ' || unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			buf = append(buf, string(unicode.ToLower(r))...)
		default:
			flush()
		}
	}
	flush()
}

// words returns the words of s, see eachWord.
func words(s string) []string {
	var list []string
	eachWord(s, func(w []byte) { list = append(list, string(w)) })
	return list
}

var wordSeed = maphash.MakeSeed()

// window hashes the last n words of a text; the hash is the same wherever the
// words stand, within one process.
type window struct {
	n     int
	ring  []uint64
	count int
	hash  uint64
	drop  uint64 // base to the power of n
}

const windowBase = 0x9e3779b97f4a7c15

func newWindow(n int) *window {
	w := &window{n: n, ring: make([]uint64, n), drop: 1}
	for range n {
		w.drop *= windowBase
	}
	return w
}

// reset forgets the words seen so far.
func (w *window) reset() {
	clear(w.ring)
	w.count, w.hash = 0, 0
}

// add takes the next word and reports whether n words have been seen, so that
// hash is that of n words.
func (w *window) add(word []byte) bool {
	h := maphash.Bytes(wordSeed, word)
	i := w.count % w.n
	w.hash = w.hash*windowBase + h - w.ring[i]*w.drop
	w.ring[i] = h
	w.count++
	return w.count >= w.n
}
