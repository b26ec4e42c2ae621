package report

import (
	"fmt"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model/text"
)

// cursor finds stretches of a text by offsets in a unit. Ascending offsets cost
// one pass.
type cursor struct {
	s    string
	unit text.Encoding

	byte, utf16, units int // one place in bytes, UTF-16 and the unit
}

// locate returns the UTF-16 offsets of the stretch from start to end, which has
// to be what words says. The error of a stretch that is another unit's names
// that unit.
func (c *cursor) locate(start, end int, words string) (int, int, error) {
	from, from16, ok := c.seek(start)
	to, to16, ok2 := c.seek(end)
	if ok && ok2 && from < to && c.s[from:to] == words {
		return from16, to16, nil
	}
	for _, unit := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
		if unit == c.unit {
			continue
		}
		other := cursor{s: c.s, unit: unit}
		from, _, ok := other.seek(start)
		to, _, ok2 := other.seek(end)
		if ok && ok2 && from < to && c.s[from:to] == words {
			return 0, 0, &unitError{start, end, words, c.unit, unit}
		}
	}
	return 0, 0, fmt.Errorf("the text from %d to %d is not %q", start, end, clip(words))
}

// seek moves to an offset and returns it in bytes and in UTF-16; false if there
// is none between two characters.
func (c *cursor) seek(to int) (int, int, bool) {
	if to < c.units {
		c.byte, c.utf16, c.units = 0, 0, 0
	}
	for c.units < to && c.byte < len(c.s) {
		r, n := utf8.DecodeRuneInString(c.s[c.byte:])
		wide := 1
		if r > 0xFFFF {
			wide = 2
		}
		c.byte += n
		c.utf16 += wide
		switch c.unit {
		case text.UTF8:
			c.units += n
		case text.UTF16:
			c.units += wide
		default:
			c.units++
		}
	}
	return c.byte, c.utf16, c.units == to
}

// unitError says that evidence offsets are in another unit than was said.
type unitError struct {
	start, end int
	words      string
	want, is   text.Encoding
}

func (e *unitError) Error() string {
	return fmt.Sprintf("the text from %d to %d is not %q in %s, but it is in %s (say --offsets %s)",
		e.start, e.end, clip(e.words), e.want, e.is, e.is)
}

// clip shortens a text to what a message can show.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}
