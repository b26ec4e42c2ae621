package text

import (
	"unicode/utf8"

	"golang.org/x/net/html"
)

// entity decodes the character reference at the beginning of s and returns how many bytes it takes, 0 when there is
// none. The name table is that of the html package, which does not tell how much of its input a reference was.
func entity(s string) (decoded string, n int) {
	n = 1
	if n < len(s) && s[n] == '#' {
		return numericEntity(s)
	}
	for n < len(s) && n <= maxEntityName && isAlnum(s[n]) {
		n++
	}
	if n < len(s) && s[n] == ';' {
		n++
	}
	whole := html.UnescapeString(s[:n])
	if whole == s[:n] {
		return "", 0
	}
	if s[n-1] == ';' && whole[len(whole)-1] != ';' {
		return whole, n
	}
	// A name without a semicolon may be the beginning of a longer word: &copyright is © and "right".
	for k := 2; k < n; k++ {
		if part := html.UnescapeString(s[:k]); part != s[:k] && part+s[k:n] == whole {
			return part, k
		}
	}
	return whole, n
}

// maxEntityName is the length of the longest entity name, CounterClockwiseContourIntegral.
const maxEntityName = 31

// numericEntity decodes &#123; and &#x7b; with or without the semicolon.
func numericEntity(s string) (decoded string, n int) {
	n = 2
	hex := n < len(s) && s[n]|0x20 == 'x'
	if hex {
		n++
	}
	first := n
	for n < len(s) && (isDigit(s[n]) || hex && 'a' <= s[n]|0x20 && s[n]|0x20 <= 'f') {
		n++
	}
	if n == first {
		return "", 0
	}
	digits := n
	if n < len(s) && s[n] == ';' {
		n++
	}
	if digits-first > 10 {
		return string(utf8.RuneError), n // beyond Unicode unless padded with zeros, and past what an int can hold
	}
	return html.UnescapeString(s[:n]), n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlnum(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }
