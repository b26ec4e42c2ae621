package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// replaceWords replaces every occurrence of words in s, in any case and only
// where no word goes on before or after it, and tells how many there were. What
// is removed takes one of the blanks around it with it.
func replaceWords(s, words, by string) (string, int) {
	words = strings.TrimSpace(words)
	if words == "" {
		return s, 0
	}
	var b strings.Builder
	n, done := 0, 0
	for i := 0; i < len(s); {
		end := foldPrefix(s[i:], words)
		if end == 0 || !wordEdge(s, i) || !wordEdge(s, i+end) {
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
			continue
		}
		b.WriteString(s[done:i])
		b.WriteString(by)
		i += end
		n++
		if by == "" && strings.HasPrefix(s[i:], " ") && (b.Len() == 0 || strings.HasSuffix(b.String(), " ")) {
			i++
		}
		done = i
	}
	b.WriteString(s[done:])
	return strings.TrimSpace(b.String()), n
}

// foldPrefix returns the length of the prefix of s that equals words in any
// case, 0 if there is none.
func foldPrefix(s, words string) int {
	i := 0
	for _, want := range words {
		got, size := utf8.DecodeRuneInString(s[i:])
		if size == 0 || got != want && !strings.EqualFold(string(got), string(want)) {
			return 0
		}
		i += size
	}
	return i
}

// wordEdge tells whether no word goes on across byte i of s.
func wordEdge(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	return i == 0 || i == len(s) || !inWord(before) || !inWord(after)
}

func inWord(c rune) bool { return unicode.In(c, unicode.L, unicode.N, unicode.M) }
