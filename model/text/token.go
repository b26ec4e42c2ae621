package text

// Kind is the class of a token.
type Kind uint8

// The kinds of token.
const (
	Word       Kind = iota // letters, with digits or marks among them
	Number                 // digits, with separators among them
	Stop                   // . ! ? ؟ ۔ … or a line break: ends a sentence
	Comma                  // , ، ; ؛ and dashes set off by spaces: ends a clause
	Colon                  // :
	QuoteOpen              // an opening quotation mark
	QuoteClose             // a closing quotation mark
	Bracket                // ( ) [ ]
	Symbol                 // anything else that is not white space
)

// Flag bits of a token.
const (
	Capital   uint8 = 1 << iota // begins with an upper-case letter
	AllCaps                     // has at least two letters, all upper case
	Genitive                    // ended in 's, which Norm leaves out
	ArabicTok                   // written in Arabic letters
	Spaced                      // white space or the beginning of the text stands before it
)

// Token is a word or a mark of punctuation in a text. Start and End are
// half-open byte offsets; the normalised form is Tokens.Norm(i).
type Token struct {
	Start, End         int32
	normStart, normEnd int32
	// Hash identifies the normalised form: equal forms have equal hashes.
	Hash  uint64
	Kind  Kind
	Flags uint8
}

// Tokens is the token list of one text. Its buffers are used again by the next
// Tokenize, so that a long-lived Tokens costs no allocation a text.
type Tokens struct {
	List []Token
	norm []byte
}

// Norm returns the normalised form of token i, valid until the next Tokenize.
func (t *Tokens) Norm(i int) []byte {
	k := &t.List[i]
	return t.norm[k.normStart:k.normEnd]
}

// Has reports whether all the flag bits of f are set.
func (k *Token) Has(f uint8) bool { return k.Flags&f == f }

// HashOffset and HashPrime are the constants of the 64-bit FNV-1a hash by which
// normalised forms are identified (Fowler, Noll and Vo).
const (
	HashOffset uint64 = 14695981039346656037
	HashPrime  uint64 = 1099511628211
)

// Hash returns the hash under which a normalised form is known.
func Hash(norm string) uint64 {
	h := HashOffset
	for i := 0; i < len(norm); i++ {
		h = (h ^ uint64(norm[i])) * HashPrime
	}
	return h
}

// Normalize returns the normalised form of a single word, as Tokenize gives it;
// words joined by spaces keep single spaces between their forms.
func Normalize(s string) string {
	var t Tokens
	t.Tokenize(s)
	var out []byte
	for i := range t.List {
		if k := t.List[i].Kind; k != Word && k != Number {
			continue
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = append(out, t.Norm(i)...)
	}
	return string(out)
}

// Tokenize splits s, which must be valid UTF-8, into words, numbers and marks.
// Words are runs of letters, digits and combining marks (UAX #29, without its
// rules for scripts that join words without spaces); an apostrophe between
// letters belongs to the word, so do the points of an abbreviation such as
// U.S.; a hyphen separates. The normal form is lower case; Arabic loses
// diacritics and tatweel, and its variant letters fall together. A number's
// form keeps only its length and whether it is a year.
func (t *Tokens) Tokenize(s string) {
	t.List, t.norm = t.List[:0], t.norm[:0]
	z := tokenizer{s: s, t: t, spaced: true}
	for z.i < len(s) {
		z.next()
	}
}

// tokenizer is the state of one Tokenize.
type tokenizer struct {
	s       string
	i       int
	t       *Tokens
	spaced  bool // white space since the last token
	inQuote bool // an odd number of " so far in this paragraph
}

func (z *tokenizer) next() {
	c := z.s[z.i]
	switch class[c] {
	case cSpace:
		if c == '\n' && len(z.t.List) > 0 && z.t.List[len(z.t.List)-1].Kind != Stop {
			z.lineBreak()
			return
		}
		z.i++
		z.spaced = true
	case cLower, cUpper:
		if !z.plainWord(false) {
			z.word()
		}
	case cDigit:
		z.number()
	case cPunct:
		z.punct(z.i, 1, rune(c))
	case cArabic:
		switch {
		case z.plainWord(true):
		case arabicLetter(z.s, z.i) != 0:
			z.word()
		default:
			z.wide()
		}
	default:
		z.wide()
	}
}

// lineBreak makes a blank line within a paragraph (the unit "paragraph" allows
// one) the end of a sentence; a single break is white space.
func (z *tokenizer) lineBreak() {
	j, breaks := z.i, 0
	for j < len(z.s) && class[z.s[j]] == cSpace {
		if z.s[j] == '\n' {
			breaks++
		}
		j++
	}
	if breaks > 1 {
		z.add(z.i, z.i+1, Stop, 0, len(z.t.norm), uint64('\n'))
	}
	z.i, z.spaced = j, true
}

func (z *tokenizer) add(start, end int, k Kind, flags uint8, normStart int, hash uint64) {
	if z.spaced {
		flags |= Spaced
	}
	z.spaced = false
	z.t.List = append(z.t.List, Token{
		Start: int32(start), End: int32(end),
		normStart: int32(normStart), normEnd: int32(len(z.t.norm)),
		Hash: hash, Kind: k, Flags: flags,
	})
}
