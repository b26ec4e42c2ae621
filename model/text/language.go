package text

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Language is the language of a text, as far as Parley tells languages apart.
type Language uint8

// The languages; the zero value is Other.
const (
	Other Language = iota // neither of the two, or a text without letters
	English
	Arabic
)

// String returns "other", "en" or "ar".
func (l Language) String() string {
	switch l {
	case Other:
		return "other"
	case English:
		return "en"
	case Arabic:
		return "ar"
	default:
		return fmt.Sprintf("Language(%d)", uint8(l))
	}
}

// ParseLanguage is the inverse of String; any other name is an error.
func ParseLanguage(s string) (Language, error) {
	for l := Other; l <= Arabic; l++ {
		if s == l.String() {
			return l, nil
		}
	}
	return Other, fmt.Errorf("unknown language %q (want en, ar or other)", s)
}

// detectBytes bounds what Detect reads of a text.
const detectBytes = 640

// Detect names the language of a paragraph by its first 640 bytes:
//
//   - Without letters it is Other.
//   - Of Latin, Arabic and all other letters the most numerous decide, and on a tie the former of these.
//   - Latin script is English unless function words and accented letters speak for another language, and speak louder
//     than English function words do. Names alone, as in a heading, are English. Accents and particles of capitalised
//     words count for nothing, since names keep them in English.
//   - Arabic script is Arabic unless letters and function words of Persian, Urdu, Kurdish or another language outweigh
//     the article, the letters and the function words of Arabic. The Persian forms of kaf and yeh weigh little: Arabic
//     is often typed with them.
func Detect(s string) Language {
	if len(s) > detectBytes {
		end := detectBytes
		for end > detectBytes-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	var d detector
	d.read(s)
	switch {
	case d.latin == 0 && d.arabic == 0 || d.rest > max(d.latin, d.arabic):
		return Other
	case d.arabic > d.latin:
		if d.foreignArabic > d.ownArabic {
			return Other
		}
		return Arabic
	case d.foreign > d.english && d.foreign >= minForeign, d.english == 0 && d.words >= maxSilent:
		return Other
	default:
		return English
	}
}

const (
	minForeign = 3  // evidence below which a Latin text is still English: one particle proves nothing
	maxSilent  = 30 // words of Latin script after which English would have shown a function word
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
	var (
		key     uint64
		letters int
		accents int
		start   = i
	)
	for i < len(s) {
		c := latinByte[s[i]]
		if c == 0 {
			if s[i] < 0xC3 {
				break
			}
			r, n := utf8.DecodeRuneInString(s[i:])
			if !isLatinLetter(r) {
				break
			}
			accents++
			letters++
			i += n
			continue
		}
		key = key<<8 | uint64(c)
		letters++
		i++
	}
	d.latin += letters
	d.words++
	lower := s[start] >= 'a' && s[start] <= 'z' || s[start] >= 0xC3
	first := d.words == 1 && i-start > 1 && s[start+1] >= 'a'
	switch {
	case accents > 0:
		if lower {
			d.foreign++
		}
	case letters > 8:
	default:
		w := latinWords.weight(key)
		if w > 0 {
			d.english += int(w)
		} else if w < 0 && (lower || first) {
			d.foreign -= int(w)
		}
		// l'État, d'Assad, qu'il: the apostrophe of Romance languages stands before the noun.
		if letters <= 2 && lower && elision(key) && apostrophe(s[i:]) {
			d.foreign += 2
		}
	}
	return i
}

// elision tells whether a packed word is l, d, n, c, j or qu.
func elision(key uint64) bool {
	switch key {
	case 'l', 'd', 'n', 'c', 'j', 'q'<<8 | 'u':
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
		letters++
		key = key<<8 | uint64(low)
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
	if letters <= 8 {
		if w := int(arabicWords.weight(key)); w > 0 {
			own += 4 * w
		} else {
			foreign -= 4 * w
		}
	}
	d.ownArabic += own
	d.foreignArabic += foreign
	return i
}

// isLatinLetter tells whether r beyond ASCII is a Latin letter.
func isLatinLetter(r rune) bool {
	return r >= 0xC0 && r <= 0x24F && r != '×' && r != '÷' || r >= 0x1E00 && r <= 0x1EFF
}
