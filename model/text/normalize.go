package text

import (
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model/text/eight"
)

// Byte classes: what a token that begins with this byte is.
const (
	cWide   = iota // decode the rune to know
	cSpace         // ASCII white space and control bytes
	cLower         // a to z
	cUpper         // A to Z
	cDigit         // 0 to 9
	cPunct         // other ASCII
	cArabic        // first byte of U+0600 to U+06FF (the rune may yet be a mark or a digit)
)

var class = func() (t [256]uint8) {
	for c := range 128 {
		switch {
		case c <= ' ' || c == 127:
			t[c] = cSpace
		case c >= 'a' && c <= 'z':
			t[c] = cLower
		case c >= 'A' && c <= 'Z':
			t[c] = cUpper
		case c >= '0' && c <= '9':
			t[c] = cDigit
		default:
			t[c] = cPunct
		}
	}
	for c := 0xD8; c <= 0xDB; c++ {
		t[c] = cArabic
	}
	return t
}()

// Roles that a rune of the block U+0600 to U+06FF plays in a word, if it is no
// letter.
const (
	arOther = iota // not part of a word
	arSkip         // part of a word, left out of its normal form
	arDigit        // a digit
)

// arabic[r-0x600] is the role of r, and arabicForm[r-0x600] the UTF-8 of the
// letter that r becomes, its first byte lowest, 0 for what is not a letter.
// Variant letters that Arabic writers use for one another fall together.
var (
	arabic     [256]uint8
	arabicForm [256]uint16
)

// arabicLetter returns the form of the rune of two bytes that begins at s[i], with
// a byte of class cArabic; 0 if it is not a letter.
func arabicLetter(s string, i int) (form uint16) {
	if i+1 == len(s) || s[i+1]&0xC0 != 0x80 {
		return 0
	}
	return arabicForm[s[i]<<6|s[i+1]&0x3F]
}

func init() {
	for i := range arabic {
		r := rune(0x600 + i)
		switch {
		case r == 'ـ' || unicode.Is(unicode.Mn, r):
			arabic[i] = arSkip
		case unicode.IsDigit(r):
			arabic[i] = arDigit
		case unicode.IsLetter(r):
			arabicForm[i] = binary.LittleEndian.Uint16([]byte(string(r)))
		}
	}
	for from, to := range map[rune]rune{
		'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ى': 'ي', 'ی': 'ي', 'ې': 'ي',
		'ک': 'ك', 'ة': 'ه', 'ہ': 'ه', 'ە': 'ه', 'ھ': 'ه',
	} {
		arabicForm[from-0x600] = arabicForm[to-0x600]
	}
}

// plainWord reads a word of ASCII letters alone, or of Arabic ones alone, that
// white space or a comma ends, as most do, if one begins at z.i: eight bytes at
// once, since where a word ends is hard to foretell.
func (z *tokenizer) plainWord(arabic bool) bool {
	s, i, h := z.s, z.i, HashOffset
	norm, small := z.t.norm, uint64(0)
	for n := 8; n == 8; i += n {
		if len(s)-i <= 8 {
			return false
		}
		var word uint64
		if x := eight.At(s, i); arabic {
			word, n = arabicForms(x)
		} else {
			word, n = asciiLetters(x)
			small |= x & word
		}
		if i+n == z.i { // no letter: the buffer must not grow for a mark
			return false
		}
		norm = binary.LittleEndian.AppendUint64(norm, word)
		norm = norm[:len(norm)-8+n]
		h = hashLetters(h, word, n)
	}
	if c := s[i]; class[c] != cSpace && c != ',' {
		return false
	}
	var flags uint8
	switch {
	case arabic:
		flags = ArabicTok
	case class[s[z.i]] == cUpper:
		flags = Capital
		if small&(0x20*eight.Ones) == 0 && i-z.i > 1 {
			flags |= AllCaps
		}
	}
	start, n0 := z.i, len(z.t.norm)
	z.t.norm, z.i = norm, i
	z.add(start, i, Word, flags, n0, h)
	return true
}

// arabicForms returns the forms of the Arabic letters at the beginning of eight
// bytes, packed, and their length in bytes.
func arabicForms(x uint64) (word uint64, n int) {
	const ones = 0x0001000100010001                // a letter is two bytes
	other := (x^0xD8*ones)&(0xFC*ones) + 0xFC*ones // bit 8 if the first byte is not of class cArabic
	at := x&(3*ones)<<6 | x>>8&(0x3F*ones)
	word = uint64(arabicForm[at&0xFF]) | uint64(arabicForm[at>>16&0xFF])<<16 |
		uint64(arabicForm[at>>32&0xFF])<<32 | uint64(arabicForm[at>>48&0xFF])<<48
	letter := word & (0x80 * ones) &^ (other >> 1)
	n = bits.TrailingZeros64(^letter&(0x80*ones)) / 16 * 2
	return word & (1<<(8*n) - 1), n
}

// hashLetters adds the first n of eight bytes to a hash without a branch; a loop
// over them is slower.
func hashLetters(h, word uint64, n int) uint64 {
	if next := (h ^ word&0xFF) * HashPrime; n > 0 {
		h = next
	}
	if next := (h ^ word>>8&0xFF) * HashPrime; n > 1 {
		h = next
	}
	if next := (h ^ word>>16&0xFF) * HashPrime; n > 2 {
		h = next
	}
	if next := (h ^ word>>24&0xFF) * HashPrime; n > 3 {
		h = next
	}
	if next := (h ^ word>>32&0xFF) * HashPrime; n > 4 {
		h = next
	}
	if next := (h ^ word>>40&0xFF) * HashPrime; n > 5 {
		h = next
	}
	if next := (h ^ word>>48&0xFF) * HashPrime; n > 6 {
		h = next
	}
	if next := (h ^ word>>56) * HashPrime; n > 7 {
		h = next
	}
	return h
}

// word reads a word that begins at z.i.
func (z *tokenizer) word() {
	s, start, n0 := z.s, z.i, len(z.t.norm)
	norm, h := z.t.norm, HashOffset
	i, letters, upper := start, 0, 0
	var flags uint8
	if class[s[i]] == cUpper {
		flags = Capital
	}
	for i < len(s) {
		c := s[i]
		switch class[c] {
		case cLower, cDigit:
			letters++
		case cUpper:
			letters++
			upper++
			c |= 0x20
		case cPunct:
			j, done := z.inner(start, i, &flags)
			if done {
				i = j
				goto end
			}
			if c == '.' { // an abbreviation keeps its points
				norm = append(norm, c)
				h = (h ^ uint64(c)) * HashPrime
			}
			i = j
			continue
		case cSpace:
			goto end
		case cArabic:
			if form := arabicLetter(s, i); form != 0 {
				norm = append(norm, byte(form), byte(form>>8))
				h = ((h^uint64(form&0xFF))*HashPrime ^ uint64(form>>8)) * HashPrime
				letters++
				flags |= ArabicTok
				i += 2
				continue
			}
			fallthrough
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == '’' {
				j, done := z.inner(start, i, &flags)
				i = j
				if done {
					goto end
				}
				continue
			}
			form, ok := foldRune(r)
			if !ok {
				goto end
			}
			if r >= 0x600 {
				flags |= ArabicTok
			}
			if form != skipRune {
				k := len(norm)
				if form == expandRune {
					norm = append(norm, presentationForms[r]...)
				} else {
					if form != r && unicode.IsUpper(r) {
						if i == start {
							flags |= Capital
						}
						upper++
					}
					norm = utf8.AppendRune(norm, form)
				}
				if k < len(norm) { // not so for marks in presentation form
					letters++
				}
				for ; k < len(norm); k++ {
					h = (h ^ uint64(norm[k])) * HashPrime
				}
			}
			i += size
			continue
		}
		norm = append(norm, c)
		h = (h ^ uint64(c)) * HashPrime
		i++
	}
end:
	if upper > 1 && upper == letters {
		flags |= AllCaps
	}
	z.t.norm, z.i = norm, i
	if letters == 0 { // marks alone
		z.t.norm = norm[:n0]
		z.add(start, i, Symbol, 0, n0, 0)
		return
	}
	z.add(start, i, Word, flags, n0, h)
}

// inner decides whether the mark at i, inside the word that began at start,
// belongs to it. It returns where to go on and whether the word is over.
func (z *tokenizer) inner(start, i int, flags *uint8) (next int, done bool) {
	s, size := z.s, 1
	switch s[i] {
	case '\'':
	case '.': // U.S. but not end.Next
		if i-start >= 1 && isLetter(s, i+1) && (i-start == 1 || s[i-2] == '.') && !isLetter(s, i+2) {
			return i + 1, false
		}
		if i-start >= 3 && s[i-2] == '.' && (i+1 == len(s) || !isLetter(s, i+1)) {
			return i, true
		}
		return i, true
	default:
		if s[i] < utf8.RuneSelf {
			return i, true
		}
		size = 3 // ’
	}
	j := i + size
	if j < len(s) && s[j]|0x20 == 's' && !isLetter(s, j+1) {
		*flags |= Genitive
		return j + 1, true
	}
	if isLetter(s, j) {
		return j, false
	}
	return i, true
}

// isLetter reports whether a letter begins at s[i].
func isLetter(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	switch class[s[i]] {
	case cLower, cUpper:
		return true
	case cSpace, cDigit, cPunct:
		return false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsLetter(r)
}

const (
	skipRune   = -1 // part of the word, not of its form
	expandRune = -2 // see presentationForms
)

// foldRune returns the normal form of a non-ASCII rune within a word, or false
// if the rune does not belong to words. It is not asked for the letters that
// arabicLetter knows.
func foldRune(r rune) (rune, bool) {
	switch {
	case r >= 0x600 && r <= 0x6FF:
		switch arabic[r-0x600] {
		case arSkip:
			return skipRune, true
		case arDigit:
			return '0' + (r & 0xF), true
		}
		return 0, false
	case r >= 0xFB50 && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFE:
		if _, ok := presentationForms[r]; ok {
			return expandRune, true
		}
		return 0, false
	case r == 0x200C || r == 0x200D || r == 0xAD: // joiners, soft hyphen
		return skipRune, true
	case unicode.IsLetter(r):
		return unicode.ToLower(r), true
	case unicode.IsMark(r):
		return skipRune, true
	case unicode.IsDigit(r):
		return '0', true
	}
	return 0, false
}

// number reads a number that begins at z.i: digits with , . ' : / between them.
// "1990s" and "5th" are numbers too.
func (z *tokenizer) number() {
	s, start, n0 := z.s, z.i, len(z.t.norm)
	i, digits, parts := start, 0, false
	for i < len(s) {
		if size := digitAt(s, i); size > 0 {
			digits++
			i += size
			continue
		}
		if c := s[i]; (c == ',' || c == '.' || c == ':' || c == '/') && digitAt(s, i+1) > 0 {
			i++
			parts = true
			continue
		}
		break
	}
	for i < len(s) && class[s[i]] == cLower {
		i++
		parts = true
	}
	form := "#0"
	switch {
	case digits == 4 && !parts && beginsYear(s[start:]):
		form = "#year"
	case digits <= 2:
		form = "#00"
	case digits <= 4:
		form = "#0000"
	}
	z.t.norm = append(z.t.norm, form...)
	z.i = i
	z.add(start, i, Number, 0, n0, Hash(form))
}

// beginsYear reports whether a number of four digits is a year: 1000 to 2999.
func beginsYear(s string) bool {
	switch r, _ := utf8.DecodeRuneInString(s); r {
	case '1', '2', '١', '٢', '۱', '۲':
		return true
	}
	return false
}

// digitAt returns the length of the digit at s[i], 0 if there is none.
func digitAt(s string, i int) int {
	if i >= len(s) {
		return 0
	}
	if class[s[i]] == cDigit {
		return 1
	}
	if s[i] == 0xD9 || s[i] == 0xDB {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r >= 0x660 && r <= 0x669 || r >= 0x6F0 && r <= 0x6F9 {
			return size
		}
	}
	return 0
}

// wide reads a token that begins with a non-ASCII rune.
func (z *tokenizer) wide() {
	r, size := utf8.DecodeRuneInString(z.s[z.i:])
	switch {
	case digitAt(z.s, z.i) > 0:
		z.number()
	case unicode.IsSpace(r) || r == 0xFEFF || r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069:
		z.i += size
		z.spaced = true
	default:
		if _, ok := foldRune(r); ok {
			z.word()
			return
		}
		z.punct(z.i, size, r)
	}
}

// punct reads the mark r at z.i.
func (z *tokenizer) punct(start, size int, r rune) {
	k := Symbol
	switch r {
	case '.', '!', '?', '؟', '۔', '…':
		k = Stop
	case ',', ';', '،', '؛':
		k = Comma
	case '-', '–', '—':
		if z.spaced || r == '—' {
			k = Comma
		}
	case ':':
		k = Colon
	case '«', '“', '‹', '„':
		k, z.inQuote = QuoteOpen, true
	case '»', '”', '›':
		k, z.inQuote = QuoteClose, false
	case '"':
		k = QuoteOpen
		if z.inQuote {
			k = QuoteClose
		}
		z.inQuote = !z.inQuote
	case '\'', '‘', '’':
		k = Symbol
	case '(', ')', '[', ']':
		k = Bracket
	}
	z.i = start + size
	z.add(start, z.i, k, 0, len(z.t.norm), uint64(r))
}
