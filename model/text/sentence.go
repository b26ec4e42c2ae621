package text

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// Sentences yields the sentences of a paragraph in order, without allocating. They do not overlap, begin and end at
// visible characters, are never empty, and hold every visible character of s.
//
// The rules follow UAX #29 and add to it. A sentence ends after stops (. ! ? … ؟ ۔ and kin) and the quotes and brackets
// that close right behind them, when white space follows and what comes next does not begin in lower case. Behind ؟ and
// ۔, and behind a full stop between two Arabic words, white space may be missing. Abbreviations, initials, item numbers
// and the ".." of Arabic headlines end nothing; acronyms such as "U.S." end a sentence only before a word that usually
// begins one. A blank line always ends it, a single line end never.
func Sentences(s string) iter.Seq[Span] {
	return func(yield func(Span) bool) { eachSentence(s, yield) }
}

func eachSentence(s string, yield func(Span) bool) {
	start := 0
	for i := 0; i < len(s); {
		switch stopBytes[s[i]] {
		case noStop:
			i++
			continue
		case lastOfStop:
			if i == start || s[i-1:i+1] != "؟" && s[i-1:i+1] != "۔" {
				i++
				continue
			}
			i--
		}
		end, ends := sentenceEnd(s, start, i)
		if ends {
			if span := trim(s, start, end); span.Len() > 0 && !yield(span) {
				return
			}
			start = end
		}
		i = end
	}
	if span := trim(s, start, len(s)); span.Len() > 0 {
		yield(span)
	}
}

// What a byte may be of a stop or a line end.
const (
	noStop = iota
	firstOfStop
	lastOfStop
)

// stopBytes says by which bytes a stop or a line end is told. The Arabic ones begin
// like letters, and which of these comes next is hard to foretell: they are told
// by their second byte.
var stopBytes = func() (t [256]uint8) {
	for _, r := range ".!?…‼⁇⁈⁉。！？।\n\u2029" {
		t[string(r)[0]] = firstOfStop
	}
	t["؟"[1]], t["۔"[1]] = lastOfStop, lastOfStop
	return t
}()

// stops is what was met between the last word of a sentence and the white space after it.
type stops struct {
	dots   int  // full stops; an ellipsis counts three
	strong bool // ! or ? or kin
	bare   bool // ؟ or ۔, which end a sentence without white space
	closed bool // a quote or a bracket closed behind a stop
}

// sentenceEnd looks at the stop or line end that may begin at i and returns the offset behind it and whether the
// sentence that began at start ends there.
func sentenceEnd(s string, start, i int) (end int, ends bool) {
	if s[i] == '\n' {
		return i + 1, blankLine(s, i+1)
	}
	end, met := readStops(s, i)
	if met.dots == 0 && !met.strong {
		r, n := utf8.DecodeRuneInString(s[i:])
		return i + n, r == '\u2029'
	}
	next := end
	for next < len(s) {
		n := blankAt(s[next:])
		if n == 0 {
			break
		}
		next += n
	}
	if next == len(s) {
		return end, true
	}
	opener, r := false, rune(0)
	for j := next; j < len(s); {
		var n int
		r, n = utf8.DecodeRuneInString(s[j:])
		if !isOpener(r) && !isBlank(r) {
			break
		}
		opener = opener || !unicode.Is(unicode.Pd, r) && isOpener(r)
		j += n
	}
	switch {
	case unicode.IsLower(r):
		return end, false
	case next == end:
		return end, unicode.IsLetter(r) && (met.bare || met.dots == 1 && betweenArabic(s, i, r))
	case met.strong, met.dots > 2, met.closed:
		return end, true
	case met.dots == 2:
		return end, unicode.IsUpper(r)
	default:
		return end, !abbreviation(s, start, i, next, opener)
	}
}

// readStops takes the stops at i and the closing marks among and behind them.
func readStops(s string, i int) (end int, met stops) {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '.':
			met.dots++
		case r == '…':
			met.dots += 3
		case isStop(r):
			met.strong = true
			met.bare = met.bare || r == '؟' || r == '۔' || r >= 0x3000
		case met.dots == 0 && !met.strong:
			return i, met
		case isCloser(r):
			met.closed = true
		case isBlank(r):
			// Directional marks stay, and so do marks set apart by mistake: "so . ." or a quote closed after a blank.
			next := strayStops(s, i)
			if next == i {
				return i, met
			}
			n = next - i
		default:
			return i, met
		}
		i += n
	}
	return i, met
}

// maxStray bounds the bytes that strayStops looks at, lest hostile text take quadratic time.
const maxStray = 16

// strayStops returns where the blanks at i end if nothing but stops and closing marks stands behind them, up to the
// next blank for stops alone and up to the end of s for both; otherwise i itself.
func strayStops(s string, i int) int {
	next := i
	for next < len(s) {
		n := blankAt(s[next:])
		if n == 0 {
			break
		}
		next += n
	}
	onlyStops := true
	for j := next; j < len(s); {
		if j-next > maxStray {
			return i
		}
		r, n := utf8.DecodeRuneInString(s[j:])
		switch {
		case isStop(r):
		case isBlank(r) && onlyStops:
			return next
		case isBlank(r), isCloser(r):
			onlyStops = onlyStops && isBlank(r)
		default:
			return i
		}
		j += n
	}
	return next
}

// betweenArabic tells whether the full stop at i stands without white space between an Arabic word of three letters or
// more and an Arabic letter: a sentence end typed carelessly. Shorter words are abbreviations (د.محمد).
func betweenArabic(s string, i int, next rune) bool {
	if !unicode.Is(unicode.Arabic, next) {
		return false
	}
	for range 3 {
		r, n := utf8.DecodeLastRuneInString(s[:i])
		if !unicode.IsLetter(r) || !unicode.Is(unicode.Arabic, r) {
			return false
		}
		i -= n
	}
	return true
}
