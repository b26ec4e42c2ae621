package main

import (
	"strings"

	"github.com/parley-nlp/parley/model/text"
)

// edit is a what-if: words, and what stands in their place.
type edit struct {
	words, by string
}

// applyEdits makes all the edits of s at once and tells how often each was made.
// Words match as the model reads them: in any case, with any white space between
// them, Arabic letters in all their variants, and only whole. Where several
// match, the longest does. A name that is replaced keeps its genitive 's; what is
// removed takes it along, and one of the blanks around it.
func applyEdits(s string, edits []edit) (string, []int) {
	var toks text.Tokens
	toks.Tokenize(s)
	patterns := make([]pattern, len(edits))
	for i, e := range edits {
		patterns[i] = newPattern(e.words)
	}
	var b strings.Builder
	done, made := 0, make([]int, len(edits))
	for i := 0; i < len(toks.List); {
		which, n := -1, 0
		for k := range patterns {
			if size := len(patterns[k].toks.List); size > n && patterns[k].begins(s, &toks, i) {
				which, n = k, size
			}
		}
		if which < 0 {
			i++
			continue
		}
		by, last := edits[which].by, &toks.List[i+n-1]
		start, end := int(toks.List[i].Start), int(last.End)
		if by != "" {
			end = patterns[which].end(s, last)
		}
		b.WriteString(s[done:start])
		b.WriteString(by)
		if by == "" && strings.HasPrefix(s[end:], " ") && (b.Len() == 0 || strings.HasSuffix(b.String(), " ")) {
			end++
		}
		done, i = end, i+n
		made[which]++
	}
	b.WriteString(s[done:])
	return strings.TrimSpace(b.String()), made
}

// pattern is words to be found.
type pattern struct {
	s    string
	toks text.Tokens
}

func newPattern(words string) pattern {
	p := pattern{s: words}
	p.toks.Tokenize(words)
	return p
}

// begins tells whether the words stand at token i of s.
func (p *pattern) begins(s string, toks *text.Tokens, i int) bool {
	if i+len(p.toks.List) > len(toks.List) {
		return false
	}
	for j := range p.toks.List {
		a, b := &p.toks.List[j], &toks.List[i+j]
		if a.Kind != b.Kind || a.Hash != b.Hash || a.Has(text.Genitive) && !b.Has(text.Genitive) {
			return false
		}
		// The normal form of a number tells only its length.
		if a.Kind == text.Number && p.s[a.Start:a.End] != s[b.Start:b.End] {
			return false
		}
	}
	return true
}

// end returns where the words end in s, the last of them being that token: before
// its genitive 's, unless they have one too.
func (p *pattern) end(s string, last *text.Token) int {
	if last.Has(text.Genitive) && !p.toks.List[len(p.toks.List)-1].Has(text.Genitive) {
		word := s[last.Start:last.End]
		if at := strings.LastIndexAny(word, "'’"); at > 0 {
			return int(last.Start) + at
		}
	}
	return int(last.End)
}
