package model

import (
	"math"

	"github.com/parley-nlp/parley/model/text"
)

// frame is a paragraph as the feature families see it: its tokens and what is
// known of each, where the target is named, and who speaks. It is filled by
// one pass and used again for the next paragraph.
type frame struct {
	text     string
	lang     text.Language
	toks     text.Tokens
	words    []word
	ends     []int32  // of the sentences: the token behind each
	asks     []int32  // the question marks among the tokens
	marked   []int32  // the tokens that have a class or name the target
	lex      []symbol // lexicon symbols of the tokens
	names    []symbol // alias symbols of the tokens
	mentions []mention
	hints    [numMentionKinds]int // how often each kind occurs
	speakers []speaker
	nWords   int
	scale    float64 // value of one word's bag features: 1/sqrt(words+LengthPrior)
}

// LengthPrior is added to the number of words by whose square root bag features
// are divided, so that single words in short headings do not weigh too much.
const LengthPrior = 8

// word is what is known of a token.
type word struct {
	row      int32 // in the vocabulary, -1 if the word is not in it
	sentence uint16
	clause   uint16
	stem     uint64 // hash of the stem
	classes  classes
	mention  mentionKind // the kind of mention the token is part of
	speaker  int8        // index into speakers, -1 for the author
	flags    wordFlags
	// Of marked tokens alone:
	region region
	side   side
	before party // the nearest party before the token in its clause
	after  party // and behind it
}

type wordFlags uint8

const (
	isWord wordFlags = 1 << iota
	quoted
	// Of marked tokens alone:
	negated
	hypothetical
	disputed // in a sentence that disputes something
	asked    // in a question
)

// region says how near a token is to a mention of the target.
type region uint8

const (
	noTarget   region = iota // the paragraph does not name the target
	elsewhere                // another sentence does
	inSentence               // the sentence does
	inClause                 // the clause does
	numRegions
)

// side says on which side of the nearest mention of its clause a token stands.
type side uint8

const (
	noSide side = iota
	beforeTarget
	afterTarget
	numSides
)

// mention is a stretch of tokens that names the target.
type mention struct {
	first, last int // tokens, inclusive
	kind        mentionKind
}

// lookup is what a frame needs to know of single words. The model answers from
// its vocabulary and computes only for words outside it.
type lookup interface {
	// lookup fills in, for the words among the tokens of f, the row (-1 outside
	// the vocabulary), the hash of the stem and the symbols in the aliases and the
	// lexicon.
	lookup(f *frame)
}

// resources are the data by which paragraphs are read; a model carries its own.
type resources struct {
	target                  *target
	lexicon                 *phrases
	targetFile, lexiconFile string
}

// read fills f from s.
func (f *frame) read(s string, lang text.Language, res *resources, l lookup) {
	f.text, f.lang = s, lang
	f.toks.Tokenize(s)
	n := len(f.toks.List)
	f.words = resize(f.words, n)
	f.lex, f.names = resize(f.lex, n), resize(f.names, n)
	f.asks, f.mentions, f.speakers = f.asks[:0], f.mentions[:0], f.speakers[:0]
	f.hints = [numMentionKinds]int{}
	f.nWords = 0
	clause := 0
	var flags wordFlags
	for i := range f.toks.List {
		k := &f.toks.List[i]
		w := &f.words[i]
		*w = word{row: -1, clause: number(clause), speaker: -1, flags: flags}
		switch k.Kind {
		case text.Word, text.Number:
			w.flags |= isWord
			f.nWords++
			continue
		case text.Stop:
			if k.Hash == '?' || k.Hash == '؟' { // of a mark, its code point
				f.asks = append(f.asks, int32(i))
			}
			clause++
		case text.Comma, text.Colon:
			clause++
		case text.QuoteOpen:
			flags |= quoted
			clause++
		case text.QuoteClose:
			flags &^= quoted
			clause++
		}
		f.lex[i], f.names[i] = 0, 0
		if f.isHyphen(i) {
			f.lex[i], f.names[i] = hyphen, hyphen
		}
	}
	l.lookup(f)
	f.numberSentences()
	f.scale = invSqrt(f.nWords + LengthPrior)
	f.classify(res)
	f.findMentions(res.target)
	f.mark()
	f.place()
	f.scope()
	f.dispute()
	f.findParties()
	f.attribute()
}

// isHyphen reports whether token i is a hyphen between two words.
func (f *frame) isHyphen(i int) bool {
	k := f.toks.List
	if k[i].Kind != text.Symbol || i == 0 || i+1 == len(k) || k[i].Has(text.Spaced) || k[i+1].Has(text.Spaced) {
		return false
	}
	switch k[i].Hash { // of a mark, its code point
	case '-', '‐', '‑', '–':
		return k[i-1].Kind <= text.Number && k[i+1].Kind <= text.Number
	}
	return false
}

// number is the number of a sentence or a clause; those from the last one on share
// it.
func number(n int) uint16 { return uint16(min(n, math.MaxUint16)) }

// numberSentences tells every token its sentence and finds where they end.
func (f *frame) numberSentences() {
	f.ends = f.ends[:0]
	i := 0
	for span := range text.Sentences(f.text) {
		from := i
		for i < len(f.words) && int(f.toks.List[i].Start) < span.End {
			f.words[i].sentence = number(len(f.ends))
			i++
		}
		if i > from {
			f.ends = append(f.ends, int32(i))
		}
	}
	if n := len(f.words); i < n { // what shows nothing is in no sentence: it goes with the last
		f.ends = append(f.ends[:max(len(f.ends), 1)-1], int32(n))
		for ; i < n; i++ {
			f.words[i].sentence = number(len(f.ends) - 1)
		}
	}
}

// classify gives every token the classes of the lexicon phrases it is part of.
func (f *frame) classify(res *resources) {
	for i := 0; i < len(f.lex); {
		if !res.lexicon.begins(f.lex[i]) {
			i++
			continue
		}
		n, v := res.lexicon.longest(f.lex[i:])
		for j := i; j < i+n; j++ {
			if f.words[j].flags&isWord != 0 {
				f.words[j].classes = classes(v)
			}
		}
		i += max(n, 1)
	}
}

// findMentions finds where the target is named; the longest alias wins.
func (f *frame) findMentions(t *target) {
	for i := 0; i < len(f.names); {
		if !t.aliases.begins(f.names[i]) {
			i++
			continue
		}
		n, v := t.aliases.longest(f.names[i:])
		if n == 0 {
			i++
			continue
		}
		kind := mentionKind(v)
		if kind == actor && !f.isActing(t, i, i+n-1) {
			kind = place
		}
		if kind == generic && f.isForeign(t, i+n) {
			kind = lookalike
		}
		f.hints[kind]++
		if kind != place && kind != lookalike {
			f.mentions = append(f.mentions, mention{i, i + n - 1, kind})
			for j := i; j < i+n; j++ {
				f.words[j].mention = kind
			}
		}
		i += n
	}
}

// isActing tells a metonym that acts ("Damascus rejected the plan") from the
// place ("in Damascus").
func (f *frame) isActing(t *target, first, last int) bool {
	if first > 0 && t.before[f.toks.List[first-1].Hash] {
		return false
	}
	if last+1 < len(f.words) {
		h := f.toks.List[last+1].Hash
		if t.acts[h] || f.words[last+1].classes.has(report) {
			return true
		}
	}
	// Arabic puts the verb first.
	if first > 0 && f.lang == text.Arabic {
		p := &f.words[first-1]
		return t.acts[f.toks.List[first-1].Hash] || p.classes.has(report)
	}
	return false
}

// isForeign reports whether the words from token i on say that the noun before
// them is of another country: "of France", "العراقية".
func (f *frame) isForeign(t *target, i int) bool {
	for _, w := range ofThe {
		if i < len(f.words) && f.toks.List[i].Hash == w {
			i++
		}
	}
	return i < len(f.words) && t.foreign[f.toks.List[i].Hash]
}

var ofThe = [...]uint64{text.Hash("of"), text.Hash("the")}

// mark lists the tokens that have a class or name the target. The others are
// not asked how they stand to anything.
func (f *frame) mark() {
	f.marked = resize(f.marked, len(f.words)+1)
	n := 0
	for i := range f.words {
		f.marked[n] = int32(i)
		if w := &f.words[i]; uint64(w.classes)|uint64(w.mention) != 0 {
			n++
		}
	}
	f.marked = f.marked[:n]
}

// place works out region and side of the marked tokens.
func (f *frame) place() {
	if len(f.mentions) == 0 {
		return
	}
	m := 0 // the first mention whose sentence is not over
	for _, i := range f.marked {
		w, i := &f.words[i], int(i)
		for m < len(f.mentions)-1 && f.words[f.mentions[m].last].sentence < w.sentence {
			m++
		}
		w.region = elsewhere
		best := 1 << 30
		for j := m; j < len(f.mentions) && j < m+4; j++ {
			at := &f.mentions[j]
			if f.words[at.first].sentence != w.sentence {
				break
			}
			if w.region < inSentence {
				w.region = inSentence
			}
			if f.words[at.first].clause != w.clause {
				continue
			}
			w.region = inClause
			switch {
			case i < at.first && at.first-i < best:
				best, w.side = at.first-i, beforeTarget
			case i > at.last && i-at.last < best:
				best, w.side = i-at.last, afterTarget
			}
		}
	}
}

// negationReach is how many words a negation covers within its clause.
const negationReach = 6

// scope tells the marked tokens that a negation or a modal covers.
func (f *frame) scope() {
	neg, hyp := int32(-1), int32(-1)
	for _, i := range f.marked {
		w := &f.words[i]
		if neg >= 0 && i-neg <= negationReach && f.words[neg].clause == w.clause {
			w.flags |= negated
		}
		if hyp >= 0 && i-hyp <= negationReach && f.words[hyp].clause == w.clause {
			w.flags |= hypothetical
		}
		if w.classes.has(negation) {
			neg = i
		}
		if w.classes.has(modal) {
			hyp = i
		}
	}
}

// dispute tells the marked tokens of sentences that dispute something or ask.
func (f *frame) dispute() {
	marked, asks := f.marked, f.asks
	for _, end := range f.ends {
		var here, questions []int32
		here, marked = cut(marked, end)
		questions, asks = cut(asks, end)
		var flags wordFlags
		if len(questions) > 0 {
			flags |= asked
		}
		for _, i := range here {
			if f.words[i].classes&(1<<doubt|1<<vindicate) != 0 {
				flags |= disputed
			}
		}
		if flags != 0 {
			for _, i := range here {
				f.words[i].flags |= flags
			}
		}
	}
}

// cut cuts ascending tokens in two: those before end, and the others.
func cut(tokens []int32, end int32) (before, others []int32) {
	n := 0
	for n < len(tokens) && tokens[n] < end {
		n++
	}
	return tokens[:n], tokens[n:]
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}
