package text

import (
	"unicode"
	"unicode/utf8"
)

// abbreviationKind says when the full stop of an abbreviation may also end a sentence.
type abbreviationKind uint8

const (
	never    abbreviationKind = iota + 1 // a title: a name follows
	numbered                             // ends nothing before a number: No. 5
	either                               // ends a sentence before a word that usually begins one
)

// abbreviations are in lower case, without their last full stop.
var abbreviations = map[string]abbreviationKind{
	"adm": never, "amb": never, "approx": never, "brig": never, "ca": never, "capt": never, "cf": never, "cmdr": never,
	"col": never, "cpl": never, "det": never, "dr": never, "e.g": never, "gen": never, "gov": never, "hon": never,
	"i.e": never, "insp": never, "lt": never, "maj": never, "messrs": never, "mlle": never, "mme": never, "mr": never,
	"mrs": never, "ms": never, "pres": never, "prof": never, "rep": never, "reps": never, "rev": never, "sen": never,
	"sens": never, "sgt": never, "supt": never, "viz": never, "vs": never,

	"art": numbered, "ch": numbered, "fig": numbered, "no": numbered, "nos": numbered, "p": numbered, "para": numbered,
	"pp": numbered, "sec": numbered, "vol": numbered,

	// Names of Latin letters, of which Arabic makes acronyms: إف. بي. آي.
	"آر": either, "آي": either, "إتش": either, "إس": either, "إف": either, "إل": either, "إم": either, "إن": either,
	"إيه": either, "اتش": either, "اس": either, "اف": either, "ام": either, "اي": either, "بي": either, "تي": either,
	"جي": either, "دي": either, "سي": either, "في": either, "كي": either, "يو": either,

	"al": either, "apr": either, "aug": either, "ave": either, "bros": either, "co": either, "corp": either,
	"dec": either, "dep": either, "dept": either, "est": either, "etc": either, "feb": either, "ft": either,
	"gens": either, "govt": either, "inc": either, "intl": either, "jan": either, "jr": either, "ltd": either,
	"min": either, "mt": either, "nov": either, "oct": either, "sept": either, "sr": either, "st": either,
}

// maxAbbreviation is the longest word, in bytes, that is looked at.
const maxAbbreviation = 16

// abbreviation tells whether the single full stop at i marks the word before it as abbreviated rather than ending the
// sentence that began at start. The text goes on at next, behind an opening quote or bracket when opener is set.
func abbreviation(s string, start, i, next int, opener bool) bool {
	from := wordStart(s, start, i)
	word := s[from:i]
	if len(word) == 0 || len(word) > maxAbbreviation {
		return false
	}
	letters, dots, numerals := 0, 0, 0
	for _, r := range word {
		switch {
		case r == '.':
			dots++
		case isNumeral(r):
			numerals++
		case unicode.IsLetter(r):
			letters++
		}
	}
	if letters == 0 {
		return dots == 0 && numerals <= 3 && trim(s, start, i).Start == from // an item number
	}
	var lower [maxAbbreviation]byte
	for k := range len(word) {
		lower[k] = word[k]
		if c := word[k]; 'A' <= c && c <= 'Z' {
			lower[k] |= 0x20
		}
	}
	switch abbreviations[string(lower[:len(word)])] {
	case never:
		return true
	case numbered:
		r, _ := utf8.DecodeRuneInString(s[next:])
		return isNumeral(r)
	case either:
		return !opener && !starter(s[next:])
	default: // an initial, or an acronym with full stops inside
		return (letters == 1 && numerals == 0 || dots > 0) && !opener && !starter(s[next:])
	}
}

// wordStart returns where the word that ends at i begins, looking back no further than start and than a word too long to
// be an abbreviation.
func wordStart(s string, start, i int) int {
	start = max(start, i-maxAbbreviation-utf8.UTFMax)
	for i > start {
		r, n := utf8.DecodeLastRuneInString(s[start:i])
		if r != '.' && !isNumeral(r) && !unicode.IsLetter(r) && !unicode.IsMark(r) && r != 'ـ' {
			break
		}
		i -= n
	}
	return i
}

// starter tells whether s begins with a word that begins many sentences and, in capitals, few names.
func starter(s string) bool {
	n := 0
	for n < len(s) && isASCIILetter(rune(s[n])) {
		n++
	}
	switch s[:n] {
	case "A", "After", "All", "Also", "An", "And", "Any", "As", "At", "Before", "Both", "But", "By", "Despite",
		"During", "Each", "Even", "For", "From", "He", "Her", "Here", "His", "How", "However", "I", "If", "In", "It",
		"Its", "Last", "Many", "Meanwhile", "Most", "My", "No", "Nor", "Not", "Now", "Of", "On", "Once", "One", "Or",
		"Other", "Our", "Over", "She", "Since", "So", "Some", "Such", "That", "The", "Their", "Then", "There", "These",
		"They", "This", "Those", "Though", "To", "Two", "Under", "Until", "We", "What", "When", "Where", "Whether",
		"Which", "While", "Who", "Why", "With", "Yet", "You":
		return true
	default:
		return false
	}
}
