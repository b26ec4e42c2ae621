package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model/text/eight"
)

// detector counts letters by script and weighs the evidence for and against English and Arabic.
type detector struct {
	latin, arabic, rest int // letters; rest is of all other scripts

	words            int // of Latin script
	english, foreign int // Latin script

	ownArabic, foreignArabic int // Arabic script, in quarters
}

// read walks the text once, script by script.
func (d *detector) read(s string) {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case latinByte[c] != 0:
			i = d.latinWord(s, i)
		case c < utf8.RuneSelf:
			i++
		case c >= 0xD8 && c <= 0xDB && i+1 < len(s):
			i = d.arabicWord(s, i)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			switch {
			case isLatinLetter(r):
				i = d.latinWord(s, i)
				continue
			case r >= 0x0750 && r <= 0x077F, r >= 0xFB50 && r <= 0xFDFF, r >= 0xFE70 && r <= 0xFEFC:
				d.arabic++ // supplement and presentation forms
			case unicode.IsLetter(r):
				d.rest++
			}
			i += n
		}
	}
}

// latinWord reads a word of Latin letters that begins at i and returns where it ends.
func (d *detector) latinWord(s string, i int) int {
	start := i
	if len(s)-i >= 8 {
		// Most words are short and ASCII. To find their end in eight bytes at once spares a branch that is hard to
		// predict.
		if word, n := asciiLetters(eight.At(s, i)); n > 0 && n < 8 && s[i+n] < utf8.RuneSelf {
			d.latin += n
			d.latinEvidence(word, n, 0, s[i:i+n], s[i+n:])
			return i + n
		}
	}
	var (
		key              uint64
		letters, accents int
	)
	for i < len(s) {
		c := latinByte[s[i]]
		n := 1
		if c == 0 {
			if s[i] < 0xC3 {
				break
			}
			var r rune
			if r, n = utf8.DecodeRuneInString(s[i:]); !isLatinLetter(r) {
				break
			}
			accents++
		}
		key |= uint64(c) << (8 * letters) // letters past the eighth are shifted out
		letters++
		i += n
	}
	d.latin += letters
	d.latinEvidence(key, letters, accents, s[start:i], s[i:])
	return i
}

// asciiLetters returns the ASCII letters at the beginning of eight bytes, in lower case and packed, and their number.
func asciiLetters(x uint64) (word uint64, n int) {
	lower := x | 0x20*eight.Ones
	low := lower &^ eight.High // so that no sum carries into the next byte
	letter := (low + (0x80-'a')*eight.Ones) &^ (low + (0x80-'z'-1)*eight.Ones) &^ x & eight.High
	n = eight.First(^letter & eight.High)
	return lower & (1<<(8*n) - 1), n
}

// latinEvidence weighs one word: its packed letters and how many they are, how many of them have accents, the word as
// it stands and what comes behind it.
func (d *detector) latinEvidence(key uint64, letters, accents int, word, behind string) {
	d.words++
	lower := word[0] >= 'a' // also letters beyond ASCII
	switch {
	case accents > 0:
		if lower {
			d.foreign++
		}
	case letters <= maxKey:
		w := latinWords.weight(key)
		d.english += max(w, 0) // without a branch, which would be as hard to predict
		if w < 0 && (lower || d.words == 1 && letters > 1 && word[1] >= 'a') {
			d.foreign -= w
		}
		// l'État, d'Assad, qu'il: the apostrophe of Romance languages stands before the noun.
		if letters <= 2 && lower && apostrophe(behind) && elision(key) {
			d.foreign += 2
		}
	}
}

// elision tells whether a packed word is l, d, n, c, j or qu.
func elision(key uint64) bool {
	switch key {
	case 'l', 'd', 'n', 'c', 'j', 'q' | 'u'<<8:
		return true
	default:
		return false
	}
}

func apostrophe(s string) bool {
	return len(s) > 0 && s[0] == '\'' || len(s) > 2 && s[:3] == "’"
}

// arabicWord reads a word of the Arabic block (U+0600 to U+06FF) that begins at i and returns where it ends.
func (d *detector) arabicWord(s string, i int) int {
	var (
		key     uint64
		letters int
		own     int
		foreign int
	)
	start := i
	for i+1 < len(s) && s[i] >= 0xD8 && s[i] <= 0xDB {
		low := s[i]<<6 | s[i+1]&0x3F // the low byte of the code point
		k := arabicLetters[low]
		if k == notLetter {
			break
		}
		i += 2
		if k == ignored {
			continue
		}
		key |= uint64(low) << (8 * letters)
		letters++
		switch k {
		case arabicOnly:
			own += 2
		case persianKey:
			foreign++
		case persian:
			foreign += 6
		case neverArabic:
			foreign += 12
		}
	}
	if i == start { // a digit, a comma or a mark
		return i + 2
	}
	d.arabic += letters
	if letters > 3 && s[start:start+4] == "ال" {
		own += 4
	}
	if letters <= maxKey {
		w := arabicWords.weight(key)
		own += 4 * max(w, 0)
		foreign += 4 * max(-w, 0)
	}
	d.ownArabic += own
	d.foreignArabic += foreign
	return i
}

// isLatinLetter tells whether r beyond ASCII is a Latin letter.
func isLatinLetter(r rune) bool {
	return r >= 0xC0 && r <= 0x24F && r != '×' && r != '÷' || r >= 0x1E00 && r <= 0x1EFF
}
