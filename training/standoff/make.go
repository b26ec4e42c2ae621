package standoff

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model"
)

// Make reads labelled rows, one JSON object a line with the fields of the corpus
// and "how", and returns their stand-off rows. how stands in for a missing
// "how". A holder that does not stand in the text is left out. The error joins
// what is wrong with each row that was left out.
func Make(r io.Reader, how string) ([]Row, error) {
	var rows []Row
	var errs []error
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<16), maxLine)
	for line := 1; sc.Scan(); line++ {
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		var l Labelled
		err := json.Unmarshal(sc.Bytes(), &l)
		var row Row
		if err == nil {
			row, err = l.detach(how)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		rows = append(rows, row)
	}
	return rows, errors.Join(append(errs, sc.Err())...)
}

// detach returns the row without its text.
func (l *Labelled) detach(how string) (Row, error) {
	if err := l.Check(); err != nil {
		return Row{}, err
	}
	s := Normalize(l.Text)
	row := Row{
		ID: l.ID, Lang: l.Lang, Source: l.Source, SHA256: Hash(s), Stance: l.Stance, Tone: l.Tone,
		Evidence: Spans{Stance: []Span{}, Tone: []Span{}}, Group: l.Group, How: cmp.Or(l.How, how),
	}
	for t := range model.Task(model.NumTasks) {
		for _, x := range l.Evidence.Task(t) {
			span, ok := find(s, Normalize(x), row.Evidence.Task(t))
			if !ok {
				return Row{}, fmt.Errorf("evidence of %s: %q does not stand in the text, or overlaps", t, x)
			}
			if t == model.Stance {
				row.Evidence.Stance = append(row.Evidence.Stance, span)
			} else {
				row.Evidence.Tone = append(row.Evidence.Tone, span)
			}
		}
	}
	if span, ok := find(s, Normalize(l.Holder), nil); ok {
		row.Holder = &span
	}
	return row, row.Check()
}

// find returns where x stands in s without touching the spans used: at word
// boundaries if it can.
func find(s, x string, used []Span) (Span, bool) {
	var first Span
	found := false
	for from := 0; x != ""; {
		i := strings.Index(s[from:], x)
		if i < 0 {
			break
		}
		span := Span{from + i, from + i + len(x)}
		if free(used, span) {
			if boundary(s, span[0]) && boundary(s, span[1]) {
				return span, true
			}
			if !found {
				first, found = span, true
			}
		}
		_, size := utf8.DecodeRuneInString(s[span[0]:])
		from = span[0] + size
	}
	return first, found
}

func free(used []Span, s Span) bool {
	for _, u := range used {
		if s[0] < u[1] && u[0] < s[1] {
			return false
		}
	}
	return true
}

// boundary reports whether no word of s goes on across i.
func boundary(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	word := func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.Mn) }
	return i == 0 || i == len(s) || !word(before) || !word(after)
}
