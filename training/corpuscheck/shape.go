package corpuscheck

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

// maxSpans is how many stretches of evidence a task may have.
const maxSpans = 4

// Styles and eras that a row may have.
var (
	Styles = strings.Fields(`wire press-conference state-agency oped-for oped-against analysis think-tank interview
		statement un-briefing ngo-report citizen-report diaspora-blog alt-media encyclopaedic headline caption live-blog
		comment translated unpunctuated boilerplate`)
	Eras = strings.Fields(`succession damascus-spring hariri war-2006 protests-2011 sieges chemical-2013 geneva
		vienna-astana russia-2015 aleppo-2016 raqqa strikes-2017-2018 idlib de-escalation constitutional-committee caesar
		elections deraa-2021 arab-return earthquake captagon trials fall-2024 exile accountability none`)
)

var rowID = regexp.MustCompile(`^w-(en|ar)-[a-z]+-\d{4}$`)

// shape reports what is wrong with a row of the written corpus, joined.
func shape(r *training.Row) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := r.Check(); err != nil {
		return err
	}
	if m := rowID.FindStringSubmatch(r.ID); m == nil || m[1] != r.Lang {
		fail("id %q is not w-%s-FILE-NNNN", r.ID, r.Lang)
	}
	if r.Source != training.Written {
		fail("source %q is not %q", r.Source, training.Written)
	}
	if strings.HasPrefix(r.Group, "row:") {
		fail("group is missing")
	}
	if !contains(Styles, r.Style) {
		fail("style %q is none of %v", r.Style, Styles)
	}
	if !contains(Eras, r.Era) {
		fail("era %q is none of %v", r.Era, Eras)
	}
	if strings.Join(strings.Fields(r.Text), " ") != r.Text {
		fail("text has white space other than single spaces")
	}
	if r.Holder != "" && (!strings.Contains(r.Text, r.Holder) || model.Stance.Polarity(r.Label(model.Stance)) == 0) {
		fail("holder %q does not stand in the text, or the stance has none", r.Holder)
	}
	for t := range model.Task(model.NumTasks) {
		list := r.Evidence.Task(t)
		if n := len(list); n > maxSpans || n == 0 && t.Polarity(r.Label(t)) != 0 {
			fail("evidence of %s: %d stretches, want 1 to %d", t, n, maxSpans)
		}
		if !Place(r.Text, list) {
			fail("evidence of %s: the stretches cut words or overlap", t)
		}
	}
	return errors.Join(errs...)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Place reports whether the stretches can be laid on the text so that each
// begins and ends at word boundaries and none overlaps another.
func Place(s string, stretches []string) bool {
	return place(s, stretches, nil) != nil
}

// place returns the starts of the stretches in s, nil if they cannot be laid.
// used holds the ends and starts of those laid already.
func place(s string, stretches []string, used [][2]int) [][2]int {
	if len(stretches) == len(used) {
		if used == nil {
			return [][2]int{}
		}
		return used
	}
	x := stretches[len(used)]
	for from := 0; x != ""; {
		i := strings.Index(s[from:], x)
		if i < 0 {
			return nil
		}
		a, b := from+i, from+i+len(x)
		if boundary(s, a) && boundary(s, b) && free(used, a, b) {
			if found := place(s, stretches, append(used[:len(used):len(used)], [2]int{a, b})); found != nil {
				return found
			}
		}
		_, size := utf8.DecodeRuneInString(s[a:])
		from = a + size
	}
	return nil
}

func free(used [][2]int, a, b int) bool {
	for _, u := range used {
		if a < u[1] && u[0] < b {
			return false
		}
	}
	return true
}

// boundary reports whether no word of s goes on across i.
func boundary(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	return i == 0 || i == len(s) || !inWord(before) || !inWord(after)
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == 'ـ'
}
