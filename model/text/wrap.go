package text

import (
	"unicode"
	"unicode/utf8"
)

const (
	minColumn = 50  // narrower lines are verse, lists or addresses
	maxColumn = 120 // wider lines are paragraphs
	overhang  = 2   // columns by which a wrapped line may exceed the limit, for programs that count otherwise
)

// wrapColumn returns the column at which s was hard-wrapped, 0 when it was not.
//
// A line break at which the next word would not have fitted is explained by every limit from the width of the line to
// that width plus the length of the word. The limit that explains most breaks is taken if it explains at least half of
// them, and if enough of them fall in mid-sentence. A break that stands where a paragraph may well end proves nothing
// and is not counted; a line too wide to be wrapped counts as a break unexplained. Lines of a list or of headings have
// widths too different for that.
func wrapColumn(s string) int {
	var (
		breaks  int
		full    limits // the breaks that each limit explains
		mid     limits // of these, those that may well fall in mid-sentence
		certain limits // of these, those that surely do
		paired  bool   // whether prev is the line right above
		prev    measured
	)
	for i := 0; i < len(s); {
		end, next, hard := nextLine(s, i)
		seen := trim(s, i, end)
		line := Span{i, seen.End}
		i = next
		if seen.Len() == 0 {
			paired = false
			continue
		}
		if !paired && (hard || next >= len(s) || blankLine(s, next)) {
			// A line alone has no break to judge, but a wide one speaks against wrapping.
			if seen.Len() > maxColumn && utf8.RuneCountInString(seen.In(s)) > maxColumn {
				breaks++
			}
			continue
		}
		cur := measure(s, line)
		switch {
		case cur.width > maxColumn && !cur.solid:
			breaks++
			cur.width = 0
		case paired && prev.width > 0 && !isBullet(s[seen.Start:seen.End]):
			sure := cur.lower || prev.comma
			if prev.closed && !sure {
				break
			}
			breaks++
			lo, hi := min(prev.width, maxColumn+1), min(prev.width+cur.first, maxColumn)+1
			count(&full, lo, hi, true)
			count(&mid, lo, hi, sure || !cur.upper)
			count(&certain, lo, hi, sure)
		}
		prev, paired = cur, !hard
	}
	return bestColumn(breaks, &full, &mid, &certain)
}

// limits counts breaks by the limits that explain them: entry w is the count for w less that for w-1.
type limits [maxColumn + 2]int32

// count adds a break that is explained by the limits lo to hi-1, if it is one.
func count(l *limits, lo, hi int, is bool) {
	if is {
		l[lo]++
		l[hi]--
	}
}

// bestColumn judges what wrapColumn counted.
func bestColumn(breaks int, full, mid, certain *limits) int {
	if breaks == 0 {
		return 0
	}
	var column, best, bestMid, bestCertain int
	f, m, c := 0, 0, 0
	for w := range maxColumn + 1 {
		f, m, c = f+int(full[w]), m+int(mid[w]), c+int(certain[w])
		if w >= minColumn && f > best {
			column, best, bestMid, bestCertain = w, f, m, c
		}
	}
	switch {
	case 2*best < breaks || 4*bestMid < best:
		return 0
	case bestCertain > 0, best >= 3 && 5*best >= 4*breaks:
		return column
	default:
		return 0 // Arabic has no capitals: two headings of equal length look like one broken line
	}
}

// blankLine tells whether the line that begins at i has nothing visible on it.
func blankLine(s string, i int) bool {
	for i < len(s) {
		n := blankAt(s[i:])
		if n == 0 {
			return false
		}
		if end, _, _ := nextLine(s[:i+n], i); end == i {
			return true
		}
		i += n
	}
	return true
}

// measured is what the wrapping of a line can be judged by.
type measured struct {
	width    int  // columns from the left margin to the last visible character
	first    int  // columns of the first word
	solid    bool // whether that is the only one, such as an address
	closed   bool // ends as a sentence or an introduction does
	comma    bool // ends in a comma
	lower    bool // begins with a lower-case letter
	upper    bool // begins with a capital
	capitals bool // has capitals and no lower-case letter
}

// measure looks at a line that runs from the left margin to the last visible character.
func measure(s string, line Span) measured {
	var m measured
	if line.Len() > 8*maxColumn { // too wide in any script
		m.width = line.Len()
		return m
	}
	var begun, headed, lower bool // whether a visible character was met, and one that is no opening quote
	m.solid = true
	for _, r := range line.In(s) {
		m.width++ // what wraps text counts characters, not the room that marks take
		if r == '\t' {
			m.width += tabStop - 1 - (m.width-1)%tabStop
		}
		if isBlank(r) {
			m.solid = m.solid && !begun
			continue
		}
		begun = true
		if m.solid {
			m.first++
		}
		if r >= 0x0590 && r < 0x10A0 { // scripts without case
			headed, lower = true, true // CNN in Arabic prose is no heading
			continue
		}
		isLower, isUpper := unicode.IsLower(r), unicode.IsUpper(r)
		if !headed && !isOpener(r) {
			m.lower, m.upper, headed = isLower, isUpper, true
		}
		lower = lower || isLower
		m.capitals = m.capitals || isUpper
	}
	m.capitals = m.capitals && !lower
	m.closed, m.comma = lineEnd(line.In(s))
	return m
}

// lineEnd looks at the last character of a line that is no closing quote or bracket.
func lineEnd(s string) (closed, comma bool) {
	for {
		r, n := utf8.DecodeLastRuneInString(s)
		switch {
		case n > 0 && (isCloser(r) || isBlank(r)):
			s = s[:len(s)-n]
		case isStop(r), r == ':':
			return true, false
		default:
			return false, r == ',' || r == '،' || r == ';' || r == '؛'
		}
	}
}

func firstRune(s string) (rune, int) {
	if s == "" {
		return 0, 0
	}
	return utf8.DecodeRuneInString(s)
}

// isNumeral tells whether r is an ASCII, Arabic-Indic or extended Arabic-Indic digit.
func isNumeral(r rune) bool {
	return '0' <= r && r <= '9' || '٠' <= r && r <= '٩' || '۰' <= r && r <= '۹'
}

func isASCIILetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }
