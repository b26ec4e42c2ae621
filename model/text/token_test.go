package text

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// kinds are how tests write the kinds of token.
var kinds = map[Kind]string{
	Word: "w", Number: "n", Stop: ".", Comma: ",", Colon: ":", QuoteOpen: "(", QuoteClose: ")", Bracket: "b", Symbol: "s",
}

// spell returns the tokens of s: kind, text, and the normal form of words.
func spell(s string) []string {
	var t Tokens
	t.Tokenize(s)
	var out []string
	for i, k := range t.List {
		item := kinds[k.Kind] + " " + s[k.Start:k.End]
		if k.Kind == Word || k.Kind == Number {
			item += " " + string(t.Norm(i))
		}
		out = append(out, item)
	}
	return out
}

func TestTokenize(t *testing.T) {
	tests := []struct {
		name, s string
		want    []string
	}{
		{"empty", "", nil},
		{"white space", " \t\r\n\v\f ", nil},
		{"words", "Talks resumed", []string{"w Talks talks", "w resumed resumed"}},
		{"letters and digits", "F16s B52", []string{"w F16s f16s", "w B52 b52"}},
		{"stop", "It ended.", []string{"w It it", "w ended ended", ". ."}},
		{"stop without white space", "ended.Then", []string{"w ended ended", ". .", "w Then then"}},
		{"abbreviation", "the U.S. envoy", []string{"w the the", "w U.S u.s", ". .", "w envoy envoy"}},
		{"longer abbreviation", "U.S.A. and i.e.", []string{"w U.S.A u.s.a", ". .", "w and and", "w i.e i.e", ". ."}},
		{"contraction", "don't can’t", []string{"w don't dont", "w can’t cant"}},
		{"genitive", "Idlib's Idlib’s", []string{"w Idlib's idlib", "w Idlib’s idlib"}},
		{"plural genitive", "rebels' camp", []string{"w rebels' rebels"[:8] + " rebels", "s '", "w camp camp"}},
		{"hyphen", "cease-fire", []string{"w cease cease", "s -", "w fire fire"}},
		{"dash set off", "war - peace", []string{"w war war", ", -", "w peace peace"}},
		{"long dash", "war—peace", []string{"w war war", ", —", "w peace peace"}},
		{"commas", "a, b; c", []string{"w a a", ", ,", "w b b", ", ;", "w c c"}},
		{"Arabic commas", "أ، ب؛ ج؟", []string{"w أ ا", ", ،", "w ب ب", ", ؛", "w ج ج", ". ؟"}},
		{"question and cry", "Why?! So…", []string{"w Why why", ". ?", ". !", "w So so", ". …"}},
		{"colon", "Lavrov: no", []string{"w Lavrov lavrov", ": :", "w no no"}},
		{"straight quotes", `"a" "b"`, []string{`( "`, "w a a", `) "`, `( "`, "w b b", `) "`}},
		{"curly quotes", "“a”", []string{"( “", "w a a", ") ”"}},
		{"angle quotes", "«أ» ‹b›", []string{"( «", "w أ ا", ") »", "( ‹", "w b b", ") ›"}},
		{"single quotes", "'a' ‘b’", []string{"s '", "w a a", "s '", "s ‘", "w b b", "s ’"}},
		{"brackets", "(a) [b]", []string{"b (", "w a a", "b )", "b [", "w b b", "b ]"}},
		{"symbols", "50% $5 #x @y", []string{"n 50 #00", "s %", "s $", "n 5 #00", "s #", "w x x", "s @", "w y y"}},
		{"years", "1999 2011 3011 20111", []string{"n 1999 #year", "n 2011 #year", "n 3011 #0000", "n 20111 #0"}},
		{"number sizes", "7 42 512 4096 1,000,000", []string{
			"n 7 #00", "n 42 #00", "n 512 #0000", "n 4096 #0000", "n 1,000,000 #0"}},
		{"numbers with parts", "3.5 10:30 1/2 1990s 5th", []string{
			"n 3.5 #00", "n 10:30 #0000", "n 1/2 #00", "n 1990s #0000", "n 5th #00"}},
		{"number at the end", "in 2012.", []string{"w in in", "n 2012 #year", ". ."}},
		{"Arabic digits", "عام ٢٠١١ و۱۲ ٣٠١١ ۱۹۹۹", []string{"w عام عام", "n ٢٠١١ #year", "w و۱۲ و12", "n ٣٠١١ #0000", "n ۱۹۹۹ #year"}},
		{"Arabic word", "والأسد", []string{"w والأسد والاسد"}},
		{"diacritics and tatweel", "مُحَمَّــد", []string{"w مُحَمَّــد محمد"}},
		{"emoji", "war😀peace", []string{"w war war", "s 😀", "w peace peace"}},
		{"directional marks", "\u200fقال\u200f \u202bنعم\u202c", []string{"w قال قال", "w نعم نعم"}},
		{"combining marks", "cafe\u0301 e\u0301", []string{"w cafe\u0301 cafe", "w e\u0301 e"}},
		{"a mark alone", "\u0301", []string{"s \u0301"}},
		{"accented", "École ÉTAT", []string{"w École école", "w ÉTAT état"}},
		{"joiners", "می\u200cخواهم so\u00adft", []string{"w می\u200cخواهم ميخواهم", "w so\u00adft soft"}},
		{"no-break space", "a\u00a0b", []string{"w a a", "w b b"}},
		{"single line break", "a\nb", []string{"w a a", "w b b"}},
		{"blank line", "a\n\nb", []string{"w a a", ". \n", "w b b"}},
		{"blank line behind a stop", "a.\n\nb", []string{"w a a", ". .", "w b b"}},
		{"blank line with CRLF", "a\r\n\r\nb", []string{"w a a", ". \n", "w b b"}},
		{"Cyrillic", "Нет!", []string{"w Нет нет", ". !"}},
		{"presentation forms", "ﺍﻷﺳﺪ", []string{"w ﺍﻷﺳﺪ الاسد"}},
		{"presentation marks alone", "ﹷ ﳳ", []string{"s ﹷ", "s ﳳ"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, spell(tt.s))
		})
	}
}

func TestFlags(t *testing.T) {
	tests := []struct {
		name, s string
		want    string // a letter for each flag of the first word
	}{
		{"small", "talks", " "},
		{"capital", "Talks", "C "},
		{"all capitals", "TALKS", "CA "},
		{"one capital letter", "A", "C "},
		{"capital inside", "iPhone", " "},
		{"abbreviation", "U.S. aid", "CA "},
		{"genitive", "Assad's", "CG "},
		{"capital genitive", "ASSAD'S", "CAG "},
		{"Arabic", "الأسد", "R "},
		{"accented capital", "Élysée", "C "},
		{"accented capitals", "ÉTAT", "CA "},
		{"behind a hyphen", "-held", ""},
		{"capitals with a digit", "F16", "C "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var toks Tokens
			toks.Tokenize(tt.s)
			for i := range toks.List {
				k := &toks.List[i]
				if k.Kind != Word {
					continue
				}
				got := ""
				for _, f := range []struct {
					bit  uint8
					name string
				}{{Capital, "C"}, {AllCaps, "A"}, {Genitive, "G"}, {ArabicTok, "R"}, {Spaced, " "}} {
					if k.Has(f.bit) {
						got += f.name
					}
				}
				assert.Equal(t, tt.want, got)
				return
			}
			t.Fatal("no word")
		})
	}
}

// All the ways to write a word that the models must not tell apart.
func TestSameForm(t *testing.T) {
	tests := []struct {
		name  string
		forms []string
	}{
		{"case", []string{"regime", "Regime", "REGIME"}},
		{"genitive", []string{"Assad", "Assad's", "Assad’s", "ASSAD'S"}},
		{"apostrophe", []string{"don't", "don’t", "dont"}},
		{"alef", []string{"اسد", "أسد", "إسد", "آسد", "ٱسد"}},
		{"ya", []string{"علي", "على", "علی"}},
		{"kaf", []string{"كلام", "کلام"}},
		{"ta marbuta", []string{"حكومه", "حكومة", "حکومة"}},
		{"diacritics", []string{"حرب", "حَرْب", "حَرْبٌ"}},
		{"tatweel", []string{"حرب", "حـــرب"}},
		{"presentation forms", []string{"سلام", "ﺳﻼﻡ"}},
		{"joiners", []string{"soft", "so\u00adft", "so\u200dft"}},
		{"numbers of a size", []string{"17", "42"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, f := range tt.forms[1:] {
				assert.Equal(t, Normalize(tt.forms[0]), Normalize(f), "%q", f)
			}
		})
	}
	assert.NotEqual(t, Normalize("حرب"), Normalize("حزب"))
	assert.NotEqual(t, Normalize("us"), Normalize("U.S"))
}

func TestNormalize(t *testing.T) {
	assert.Equal(t, "the syrian u.s #year", Normalize(" The  Syrian, U.S. (2011)!"))
	assert.Equal(t, "", Normalize("... «»"))
	assert.Equal(t, Hash("assad"), Hash(Normalize("ASSAD’S")))
	assert.NotEqual(t, Hash("assad"), Hash("asad"))
	assert.Equal(t, HashOffset, Hash(""))
	assert.Equal(t, uint64(0xaf63dc4c8601ec8c), Hash("a"), "FNV-1a of its published test vector")
}

// checkTokens asserts what holds of the tokens of any text.
func checkTokens(t testing.TB, s string, toks *Tokens) {
	t.Helper()
	last := 0
	for i := range toks.List {
		k := &toks.List[i]
		start, end := int(k.Start), int(k.End)
		if start < last || end <= start || end > len(s) {
			t.Fatalf("token %d at %d:%d behind %d in %q", i, start, end, last, s)
		}
		if utf8.ValidString(s) && (!utf8.RuneStart(s[start]) || end < len(s) && !utf8.RuneStart(s[end])) {
			t.Fatalf("token %d at %d:%d cuts a character of %q", i, start, end, s)
		}
		if k.Kind == Word || k.Kind == Number {
			if len(toks.Norm(i)) == 0 || Hash(string(toks.Norm(i))) != k.Hash {
				t.Fatalf("%q has the form %q and the hash %x", s[start:end], toks.Norm(i), k.Hash)
			}
		} else if len(toks.Norm(i)) != 0 {
			t.Fatalf("the mark %q has the form %q", s[start:end], toks.Norm(i))
		}
		if i > 0 && k.Has(Spaced) == (start == last) {
			t.Fatalf("token %d at %d behind %d in %q: spaced %v", i, start, last, s, k.Has(Spaced))
		}
		last = end
	}
}

func FuzzTokenize(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Add("A Abcdefgh AbcdefghIJK ABCDEFGH ABCDEFGHIJ abcdefghijklmnop, x بشار الأسد والمستشفيات around")
	f.Add("U.S. Assad's Assads’ 1,000.5 ١٢ ﷺ ﷲ a\u0301'\u0301s")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "�")
		var toks Tokens
		toks.Tokenize(s)
		checkTokens(t, s, &toks)
		first := fmt.Sprint(spell(s))
		toks.Tokenize("something else “between”")
		toks.Tokenize(s)
		checkTokens(t, s, &toks)
		if again := fmt.Sprint(spell(s)); again != first {
			t.Fatalf("%q, then %q", first, again)
		}
		// A word is read the same at the end of a text, where it is read letter by
		// letter, as within it, where many are read eight bytes at a time.
		var alone Tokens
		for i := range toks.List {
			k := &toks.List[i]
			if k.Kind != Word || int(k.End) < len(s) && s[k.End] != ' ' && s[k.End] != ',' {
				continue
			}
			alone.Tokenize(s[k.Start:k.End])
			a := &alone.List[0]
			if len(alone.List) != 1 || a.Hash != k.Hash || (a.Flags^k.Flags)&^Spaced != 0 || string(alone.Norm(0)) != string(toks.Norm(i)) {
				t.Fatalf("%q in %q: %+v %q, alone %+v %q", s[k.Start:k.End], s, k, toks.Norm(i), alone.List, alone.norm)
			}
		}
		for i := range toks.List {
			if toks.List[i].Kind == Word {
				checkForms(t, toks.Norm(i))
			}
		}
	})
}

// checkForms asserts what holds of what is made of a normal form.
func checkForms(t *testing.T, norm []byte) {
	t.Helper()
	before := string(norm)
	if len(Stem(norm, nil)) == 0 {
		t.Fatalf("%q has no stem", norm)
	}
	n := 0
	Bare(norm, nil, func(b []byte) bool {
		n++
		return len(b) == 0
	})
	if n == 0 || n > 5 || string(norm) != before {
		t.Fatalf("%q: %d bare forms; %q afterwards", before, n, norm)
	}
}

// Marks that begin like Arabic letters leave the buffer of forms as it is, however
// full it is.
func TestTokenizeMarksAllocateNothing(t *testing.T) {
	for free := range 9 {
		var toks Tokens
		words := strings.Repeat("abcdefg ", 200)
		toks.Tokenize(words)
		toks.norm = append(make([]byte, 0, len(toks.norm)+free), toks.norm...)
		marks := strings.Repeat("،؟؛", 500)
		toks.List = make([]Token, 0, 4000)
		if n := testing.AllocsPerRun(5, func() { toks.Tokenize(words + marks) }); n > 1 { // the text itself
			t.Errorf("%d bytes free: %v allocations", free, n)
		}
	}
}

func TestTokenizeAllocates(t *testing.T) {
	var toks Tokens
	s := strings.Repeat("The U.S. envoy’s talks in دمشق ended; «لا» he said. ", 40)
	toks.Tokenize(s)
	assert.Zero(t, testing.AllocsPerRun(20, func() { toks.Tokenize(s) }))
}
