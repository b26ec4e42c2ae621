package corpuscheck

import (
	"cmp"
	_ "embed" // the Arabic names
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-nlp/parley/training"
)

// Tally is how the rows in which a word stands are labelled.
type Tally struct {
	Word string
	// Stances counts the rows by stance.
	Stances map[string]int
}

// Related returns the number of rows that are not unrelated, the stance that
// most of them have and its share of them.
func (t *Tally) Related() (n int, stance string, share float64) {
	for _, s := range []string{"favor", "against", "neutral"} {
		n += t.Stances[s]
		if stance == "" || t.Stances[s] > t.Stances[stance] {
			stance = s
		}
	}
	return n, stance, ratio(t.Stances[stance], n)
}

//go:embed names.ar.txt
var arabicNames string

// Names returns the names of a language that stand in least related rows or
// more, the most one-sided first. An English name is a word that is capitalised
// inside sentences more often than it is not; Arabic names come from a list.
func Names(rows []training.Row, lang string, least int) []Tally {
	of := englishNames(rows)
	if lang == "ar" {
		of = listedNames()
	}
	byName := map[string]*Tally{}
	for i := range rows {
		r := &rows[i]
		if r.Lang != lang {
			continue
		}
		for name := range of(r.Text) {
			t := byName[name]
			if t == nil {
				t = &Tally{name, map[string]int{}}
				byName[name] = t
			}
			t.Stances[r.Stance]++
		}
	}
	var out []Tally
	for _, t := range byName {
		if n, _, _ := t.Related(); n >= least {
			out = append(out, *t)
		}
	}
	slices.SortFunc(out, func(a, b Tally) int {
		_, _, x := a.Related()
		_, _, y := b.Related()
		return cmp.Or(cmp.Compare(y, x), strings.Compare(a.Word, b.Word))
	})
	return out
}

// englishNames returns a function that gives the names in a text.
func englishNames(rows []training.Row) func(string) map[string]bool {
	inside, lower := map[string]int{}, map[string]int{}
	for i := range rows {
		if rows[i].Lang == "en" {
			tokens(rows[i].Text, func(w string, start bool) {
				if first, _ := utf8.DecodeRuneInString(w); !unicode.IsUpper(first) {
					lower[w]++
				} else if !start {
					inside[w]++
				}
			})
		}
	}
	return func(s string) map[string]bool {
		set := map[string]bool{}
		tokens(s, func(w string, _ bool) {
			if inside[w] > lower[strings.ToLower(w)] {
				set[w] = true
			}
		})
		return set
	}
}

// tokens calls f with each word of s as it stands, without a possessive ending,
// and whether it stands at the start of a sentence or a quotation.
func tokens(s string, f func(w string, start bool)) {
	start := true
	for len(s) > 0 {
		n := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
		if n < 0 {
			n = len(s)
		}
		if n > 0 {
			f(s[:n], start)
			start = false
			s = s[n:]
			for _, end := range []string{"'s", "’s"} {
				s = strings.TrimPrefix(s, end)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		start = start || strings.ContainsRune(".!?:\"“‘(", r)
		s = s[size:]
	}
}

// listedNames returns a function that gives the Arabic names in a text.
func listedNames() func(string) map[string]bool {
	list := map[string]bool{}
	for name := range strings.SplitSeq(arabicNames, "\n") {
		if name = strings.TrimSpace(name); name != "" && !strings.HasPrefix(name, "#") {
			list[name] = true
		}
	}
	return func(s string) map[string]bool {
		set := map[string]bool{}
		eachWord(s, func(w []byte) {
			name := string(w)
			for range 2 { // a conjunction and a preposition may be written with it
				if list[name] {
					set[name] = true
					return
				}
				first, size := utf8.DecodeRuneInString(name)
				if !strings.ContainsRune("وفبلك", first) {
					return
				}
				name = name[size:]
			}
			if list[name] {
				set[name] = true
			}
		})
		return set
	}
}
