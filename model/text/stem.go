package text

import "bytes"

// Stem returns the stem of a normalised word, under which its inflections fall
// together: for English the plural, -ed, -ing and -ly endings are removed; for
// Arabic the conjunctions, prepositions and the article before a word and the
// pronouns and endings after it (in the manner of Larkey, Ballesteros and
// Connell's light stemmer, 2002). It is a key, not a word. buf is a buffer to
// use again; the result may share its bytes.
func Stem(norm, buf []byte) []byte {
	if len(norm) == 0 || norm[0] < 0x80 {
		return stemEnglish(norm, buf)
	}
	return stemArabic(norm)
}

func stemEnglish(w, buf []byte) []byte {
	if len(w) < 4 || w[0] == '#' || bytes.IndexByte(w, '.') >= 0 {
		return w
	}
	s := append(buf[:0], w...)
	n := len(s)
	switch {
	case bytes.HasSuffix(s, []byte("ies")) && n > 4:
		s = s[:n-2]
	case bytes.HasSuffix(s, []byte("sses")), bytes.HasSuffix(s, []byte("ches")), bytes.HasSuffix(s, []byte("shes")):
		s = s[:n-2]
	case s[n-1] == 's' && s[n-2] != 's' && s[n-2] != 'u' && s[n-2] != 'i':
		s = s[:n-1]
	}
	s = stripEnding(s)
	if n = len(s); n > 3 && s[n-1] == 'e' {
		s = s[:n-1]
	} else if n > 3 && s[n-1] == 'y' {
		s[n-1] = 'i'
	}
	return s
}

// stripEnding removes -ed, -ing and -ly where a word with a vowel remains.
func stripEnding(s []byte) []byte {
	for _, e := range [...]string{"edly", "ingly", "ing", "ed", "ly"} {
		if !bytes.HasSuffix(s, []byte(e)) {
			continue
		}
		r := s[:len(s)-len(e)]
		if len(r) < 3 || !bytes.ContainsAny(r, "aeiouy") {
			return s
		}
		n := len(r)
		if e != "ly" && r[n-1] == r[n-2] && bytes.IndexByte([]byte("lsz"), r[n-1]) < 0 {
			r = r[:n-1] // stopped, planning
		}
		return r
	}
	return s
}

var (
	arConj     = [...]string{"و", "ف"}
	arArticles = [...]string{"بال", "كال", "لل", "ال"}
	arPreps    = [...]string{"ب", "ل", "ك", "س"}
	arSuffixes = [...]string{"هما", "كما", "تها", "ته", "هم", "هن", "ها", "نا", "كم", "ات", "ون", "ين", "ان", "تين", "يه", "وا", "ه", "ي", "ا"}
)

// arLetter is the length of a letter of the Arabic block in bytes.
const arLetter = 2

func stemArabic(w []byte) []byte {
	s := StripConjunction(w)
	for _, a := range arArticles {
		if r, ok := bytes.CutPrefix(s, []byte(a)); ok && len(r) >= 3*arLetter {
			return stripSuffix(r)
		}
	}
	for _, p := range arPreps {
		if r, ok := bytes.CutPrefix(s, []byte(p)); ok && len(r) >= 4*arLetter {
			s = r
			break
		}
	}
	return stripSuffix(s)
}

func stripSuffix(s []byte) []byte {
	for _, e := range arSuffixes {
		if r, ok := bytes.CutSuffix(s, []byte(e)); ok && len(r) >= 3*arLetter {
			return r
		}
	}
	return s
}

// StripConjunction removes a leading و or ف from a normalised Arabic word that
// stays at least three letters long.
func StripConjunction(w []byte) []byte {
	for _, c := range arConj {
		if r, ok := bytes.CutPrefix(w, []byte(c)); ok && len(r) >= 3*arLetter {
			return r
		}
	}
	return w
}

// Bare returns the forms under which a normalised word is looked up in a list
// of names, most literal first: as it is, without a conjunction, without a
// preposition, with the article that ل swallows, without an English plural or
// genitive s. It calls yield until that returns true.
func Bare(norm, buf []byte, yield func([]byte) bool) {
	if yield(norm) || len(norm) == 0 {
		return
	}
	if norm[0] < 0x80 {
		if n := len(norm); n > 3 && norm[n-1] == 's' {
			yield(norm[:n-1])
		}
		return
	}
	s := StripConjunction(norm)
	if len(s) != len(norm) && yield(s) {
		return
	}
	if r, ok := bytes.CutPrefix(s, []byte("لل")); ok && len(r) >= 3*arLetter {
		if b := append(append(buf[:0], "ال"...), r...); yield(b) {
			return
		}
	}
	for _, p := range arPreps[:3] {
		if r, ok := bytes.CutPrefix(s, []byte(p)); ok && len(r) >= 3*arLetter {
			yield(r)
			return
		}
	}
}
