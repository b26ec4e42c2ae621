package text

import (
	"fmt"
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
const detectBytes = 256

// Detect names the language of a paragraph by its first 256 bytes:
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
