package text

import (
	"iter"
	"slices"
)

// Paragraphs returns the paragraphs of s in order. They do not overlap, begin and end at visible characters, are never
// empty, and hold every visible character of s. Between two paragraphs stands
//
//   - a blank line (one with nothing visible on it), a form feed, U+2028 or U+2029; or
//   - a single line end (LF, CR, CRLF, VT, U+0085), so that a heading right above its text is a paragraph of its own,
//     unless the text is hard-wrapped and the line was broken only because the next word did not fit; or
//   - a line that begins with a bullet or an item number. Lines that hang under a bullet belong to it.
//
// A text counts as hard-wrapped when most of its lines break near one column from 50 to 120, in mid-sentence.
func Paragraphs(s string) []Span { return slices.Collect(EachParagraph(s)) }

// EachParagraph yields what [Paragraphs] returns, without allocating.
func EachParagraph(s string) iter.Seq[Span] {
	return func(yield func(Span) bool) { eachParagraph(s, yield) }
}

func eachParagraph(s string, yield func(Span) bool) {
	if end, next, _ := nextLine(s, 0); next == len(s) { // as most texts of a row are
		if span := trim(s, 0, end); span.Len() > 0 {
			yield(span)
		}
		return
	}
	var (
		column = wrapColumn(s)
		open   bool // whether cur is a paragraph that may go on
		cur    Span
		first  lead // how cur began
		prev   lead // how its last line began
		last   Span // its last line, from the left margin to the last visible character
	)
	for i := 0; i < len(s); {
		end, next, hard := nextLine(s, i)
		seen := trim(s, i, end)
		if seen.Len() > 0 {
			line := Span{i, seen.End}
			start := leadOf(s, line)
			if open && !continues(s, column, first, prev, last, start, line) {
				if !yield(cur) {
					return
				}
				open = false
			}
			if !open {
				cur.Start, first = seen.Start, start
			}
			cur.End, prev, last, open = seen.End, start, line, true
		}
		if open && (hard || seen.Len() == 0) {
			if !yield(cur) {
				return
			}
			open = false
		}
		i = next
	}
	if open {
		yield(cur)
	}
}

// lead is how a line begins.
type lead struct {
	indent int  // columns before the first visible character
	bullet bool // whether that is a bullet or an item number
}

// tabStop is the distance of tab stops in columns.
const tabStop = 8

func leadOf(s string, line Span) lead {
	var l lead
	i := line.Start
	for i < line.End {
		n := blankAt(s[i:line.End])
		if n == 0 {
			break
		}
		switch s[i] {
		case ' ', 0xC2, 0xE3: // also U+00A0 and U+3000; other blanks have no width to speak of
			l.indent++
		case '\t':
			l.indent += tabStop - l.indent%tabStop
		}
		i += n
	}
	l.bullet = isBullet(s[i:line.End])
	return l
}

// continues tells whether line goes on with the paragraph that began with first and whose last line is last.
func continues(s string, column int, first, prev lead, last Span, start lead, line Span) bool {
	// "12. " or "- " at the left margin is an item, unless a sentence that is no item was just broken there.
	if start.bullet && (column == 0 || first.bullet || !runsOn(s, column, last, line)) {
		return false
	}
	if first.bullet && !start.bullet && start.indent >= first.indent+2 {
		return true
	}
	if column == 0 {
		return false
	}
	a, b := measure(s, last), measure(s, line)
	switch {
	case a.width > column+overhang && !a.solid, b.width > column+overhang && !b.solid:
		return false // a line that was not wrapped
	case a.capitals && !b.capitals:
		return false // a heading
	case a.width+1+b.first > column:
		return !a.closed || start.indent <= prev.indent
	default:
		// A line that an editor shortened by hand still runs on when nothing else begins after it.
		return !a.closed && b.lower && a.width*5 >= column*3
	}
}

// runsOn tells whether the line a was full and broke off in mid-sentence before b.
func runsOn(s string, column int, a, b Span) bool {
	m := measure(s, a)
	return !m.closed && m.width+1+measure(s, b).first > column
}

// isBullet tells whether a line begins with a bullet ("- ", "•"), a number ("1. ", "(2) ", "٣- ") or a letter ("a) ").
func isBullet(s string) bool {
	r, n := firstRune(s)
	switch r {
	case '•', '‣', '▪', '●', '○', '◦', '■', '□', '►', '▶', '➢', '➤', '✓', '✔', '⁃', '∙':
		return true
	case '-', '*', '–', '—', '·', '+':
		return blankAt(s[n:]) > 0
	}
	open := r == '('
	if open {
		s = s[n:]
		r, n = firstRune(s)
	}
	digits := 0
	for isNumeral(r) && digits < 4 {
		digits++
		s = s[n:]
		r, n = firstRune(s)
	}
	if digits == 0 && (isASCIILetter(r) || r >= 'آ' && r <= 'ي') {
		s = s[n:]
		r, n = firstRune(s)
		return r == ')' && blankAt(s[n:]) > 0
	}
	if digits == 0 || digits > 3 || n == 0 {
		return false
	}
	// "1)" needs no blank after it, but "1.5" and "2-3" are no items.
	return r == ')' || !open && (r == '.' || r == '-' || r == '–') && blankAt(s[n:]) > 0
}
