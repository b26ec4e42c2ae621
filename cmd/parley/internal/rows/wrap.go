package rows

import (
	"bufio"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// wrapper breaks text between words into lines of a width and colours it. Line
// ends in the text count as blanks.
type wrapper struct {
	out   *bufio.Writer
	width int
	paint bool

	column int // width of the line so far
	word   []glyph
	wide   int    // width of word
	code   string // the colour that is on
	open   bool   // a line has begun
}

type glyph struct {
	c    rune
	code string
}

// put adds a character.
func (w *wrapper) put(c rune, code string) {
	if unicode.IsSpace(c) {
		w.endWord()
		if w.open && w.column < w.width {
			w.word = append(w.word, glyph{' ', code})
			w.wide = 1
		}
		return
	}
	if !shown(c) {
		c = unicode.ReplacementChar
	}
	w.word = append(w.word, glyph{c, code})
	w.wide += runeWidth(c)
	if w.wide >= w.width {
		w.endWord()
	}
}

// endWord puts the word on the line, or on the next one where it does not fit.
func (w *wrapper) endWord() {
	if len(w.word) == 0 {
		return
	}
	blank := w.word[0].c == ' '
	if blank && len(w.word) == 1 {
		w.word, w.wide = w.word[:0], 0
		return
	}
	if w.open && w.column+w.wide > w.width {
		w.endLine()
		if blank {
			w.word, w.wide = w.word[1:], w.wide-1
		}
	}
	if !w.open {
		if w.word[0].c == ' ' {
			w.word, w.wide = w.word[1:], w.wide-1
		}
		w.out.WriteString(indent)
		w.open = true
	}
	for _, g := range w.word {
		w.switchTo(g.code)
		w.out.WriteRune(g.c)
	}
	w.column += w.wide
	w.word, w.wide = w.word[:0], 0
}

func (w *wrapper) switchTo(code string) {
	if !w.paint || code == w.code {
		return
	}
	if w.code != "" {
		w.out.WriteString(reset)
	}
	w.out.WriteString(code)
	w.code = code
}

func (w *wrapper) endLine() {
	w.switchTo("")
	w.out.WriteByte('\n')
	w.column, w.open = 0, false
}

// flush ends the last line.
func (w *wrapper) flush() {
	w.endWord()
	if w.open {
		w.endLine()
	}
}

// shown tells whether a character may go to a terminal: no control and no
// override of direction, which could show a text as what it is not.
func shown(c rune) bool {
	return !unicode.IsControl(c) && (c < '\u202A' || c > '\u202E') && (c < '\u2066' || c > '\u2069')
}

// Printable replaces what may not go to a terminal.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if !shown(c) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}

// runeWidth is how many columns of a terminal a character takes.
func runeWidth(c rune) int {
	switch {
	case c < 0x300:
		return 1
	case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Pad adds blanks up to a number of columns; what is wider gets one.
func Pad(s string, columns int) string {
	n := 0
	for _, c := range s {
		n += runeWidth(c)
	}
	return s + strings.Repeat(" ", max(1, columns-n))
}
