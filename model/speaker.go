package model

import (
	"math"
	"strings"

	"github.com/parley-nlp/parley/model/text"
)

// speaker is somebody to whom a stretch of the paragraph is attributed by a
// reporting verb or by "according to".
type speaker struct {
	first, last int // the tokens that name the speaker, inclusive; last < first when unnamed
	camp        camp
}

// camp is the class of a speaker.
type camp uint8

const (
	author     camp = iota // nobody is reported
	campOther              // somebody of no known camp
	campTarget             // the target or its government
	campAlly
	campWest
	campGulf
	campOpposition
	campUN
	campUnnamed
	numCamps
)

// nameReach is how many tokens around a reporting verb may name the speaker.
const nameReach = 9

// attribute finds the speakers and marks the tokens that are theirs: the
// sentence of the reporting verb, and the words quoted in sentences without one,
// which belong to the speaker before them or else to the one after.
func (f *frame) attribute() {
	from, marked := 0, f.marked
	for _, end := range f.ends {
		var here []int32
		here, marked = cut(marked, end)
		if who := f.speakerOf(from, int(end), here); who >= 0 {
			for j := from; j < int(end); j++ {
				f.words[j].speaker = who
			}
		}
		from = int(end)
	}
	if len(f.speakers) == 0 {
		return
	}
	who := int8(-1)
	for i := range f.words {
		f.inherit(&f.words[i], &who)
	}
	who = -1
	for i := len(f.words) - 1; i >= 0; i-- {
		f.inherit(&f.words[i], &who)
	}
}

// inherit gives a quoted word without a speaker the one seen last.
func (f *frame) inherit(w *word, last *int8) {
	if w.speaker >= 0 {
		*last = w.speaker
	} else if w.flags&quoted != 0 {
		w.speaker = *last
	}
}

// speakerOf returns the number of the speaker of the sentence [from, to), whose
// marked tokens are given, or -1: who stands before a colon at its head, or else
// the first who is named beside a reporting verb. Reporting verbs of which nobody
// is named still make a speaker.
func (f *frame) speakerOf(from, to int, marked []int32) int8 {
	if s, ok := f.nameBeforeColon(from, to); ok {
		return f.addSpeaker(s)
	}
	unnamed := false
	for _, i := range marked {
		w, i := &f.words[i], int(i)
		if w.flags&quoted != 0 || !w.classes.has(report) && !f.opensWithVerdict(i, from) {
			continue
		}
		var s speaker
		var ok bool
		if f.toks.List[i].Has(text.ArabicTok) {
			s, ok = f.nameAfter(i+1, to)
		} else if s, ok = f.nameBefore(i-1, from); !ok {
			s, ok = f.nameAfter(i+1, to)
		}
		if ok && s.last >= s.first {
			return f.addSpeaker(s)
		}
		unnamed = unnamed || w.classes.has(report)
	}
	if unnamed {
		return f.addSpeaker(speaker{0, -1, campOther})
	}
	return -1
}

func (f *frame) addSpeaker(s speaker) int8 {
	if len(f.speakers) == math.MaxInt8 {
		return -1
	}
	f.speakers = append(f.speakers, s)
	return int8(len(f.speakers) - 1)
}

// verdicts are the classes of verbs that report a position by themselves.
const verdicts = 1<<condemn | 1<<accuse | 1<<praise | 1<<demand | 1<<threaten

// opensWithVerdict reports whether token i is an Arabic verb of praise or blame
// at the head of the sentence, where its subject follows.
func (f *frame) opensWithVerdict(i, from int) bool {
	return i-from < 2 && f.words[i].classes&verdicts != 0 && f.toks.List[i].Has(text.ArabicTok)
}

// nameBeforeColon reads "Kerry: Assad must go" and the like: up to five words
// and a colon at the head of a sentence.
func (f *frame) nameBeforeColon(from, to int) (speaker, bool) {
	for i := from; i < min(to, from+6); i++ {
		k := &f.toks.List[i]
		if k.Kind == text.Colon {
			if i == from || i+1 == to {
				break
			}
			return speaker{from, i - 1, f.campOf(from, i-1)}, true
		}
		if k.Kind != text.Word || f.words[i].classes.has(report) || !k.Has(text.Capital) && !k.Has(text.ArabicTok) {
			break
		}
	}
	return speaker{}, false
}

// nameBefore finds the subject of an English reporting verb in the tokens
// [from, i]: the noun phrase before the verb, past its auxiliaries, an
// apposition and the prepositional phrases that hang on it. A pronoun is a
// speaker without a name.
func (f *frame) nameBefore(i, from int) (speaker, bool) {
	s := speaker{first: 0, last: -1, camp: campOther}
	for n := 0; n < 2 && i >= from && f.is(i, auxiliary); n++ {
		i--
	}
	if i > from && f.toks.List[i].Kind == text.Comma {
		j := i - 1
		for j > from && i-j < nameReach && f.toks.List[j].Kind != text.Comma {
			j--
		}
		if f.toks.List[j].Kind != text.Comma {
			return s, false
		}
		i = j - 1
	}
	for range 3 {
		if i < from || f.words[i].flags&isWord == 0 {
			return s, false
		}
		if f.is(i, pronoun) {
			return s, true
		}
		first := f.nounPhrase(i, from)
		if first > i {
			return s, false
		}
		if first-1 <= from || !f.is(first-1, preposition) {
			if !f.namesSomebody(first, i) {
				return s, true
			}
			s.first, s.last = first, i
			s.camp = f.campOf(max(from, first-3), i)
			return s, true
		}
		i = first - 2
	}
	return s, false
}

// namesSomebody reports whether a name or the class of an actor stands among the
// tokens [first, last].
func (f *frame) namesSomebody(first, last int) bool {
	const actors = partyClasses | 1<<unnamed
	for i := first; i <= last; i++ {
		if f.toks.List[i].Has(text.Capital) || f.words[i].classes&actors != 0 || f.words[i].mention != notMention {
			return true
		}
	}
	return false
}

// nounPhrase returns the first token of the noun phrase that ends at token i,
// i+1 if none does: capitalised words and the words that join them, or up to
// four others.
func (f *frame) nounPhrase(i, from int) int {
	first, plain := i+1, 0
	for j := i; j >= from && i-j < nameReach; j-- {
		k := &f.toks.List[j]
		switch {
		case k.Kind == text.Symbol && !k.Has(text.Spaced) && j < i: // a hyphen
			continue
		case k.Kind != text.Word || f.is(j, preposition|pronoun|auxiliary) || f.words[j].classes.has(report):
			return first
		case f.is(j, joiner):
			if j == i {
				return first
			}
			continue
		case k.Has(text.Capital):
			first = j
		default:
			if plain++; plain > 4 {
				return first
			}
			first = j
		}
	}
	return first
}

// wordRole is a set of grammatical roles of an English function word.
type wordRole uint8

const (
	pronoun wordRole = 1 << iota
	auxiliary
	preposition
	joiner
)

// roles holds the function words that bound or join English noun phrases.
var roles = func() map[uint64]wordRole {
	m := map[uint64]wordRole{}
	for role, words := range map[wordRole]string{
		pronoun:     "he she it they we i you who which this that these those there others many some",
		auxiliary:   "has have had was is were been may might could also long later reportedly repeatedly openly previously earlier now then often once however further recently already publicly",
		preposition: "in on at from by with near inside outside after before during under into against about over between through to when while as if because but or where than",
		joiner:      "of for and the a an de",
	} {
		for w := range strings.FieldsSeq(words) {
			m[text.Hash(w)] |= role
		}
	}
	return m
}()

// is reports whether token i has one of the roles.
func (f *frame) is(i int, r wordRole) bool { return roles[f.toks.List[i].Hash]&r != 0 }

// nameAfter looks from token i for the words that name the subject of an Arabic
// verb, or of an English verb that stands before it ("said Kerry", "according to").
func (f *frame) nameAfter(i, to int) (speaker, bool) {
	s := speaker{first: 0, last: -1, camp: campOther}
	arabic := i < to && f.toks.List[i].Has(text.ArabicTok)
	first, last := -1, -1
	for n := 0; i < to && n < nameReach; i, n = i+1, n+1 {
		k := &f.toks.List[i]
		if k.Kind != text.Word {
			if first >= 0 || k.Kind == text.Stop || k.Kind == text.QuoteOpen {
				break
			}
			continue
		}
		if arabic {
			if arabicComplement[k.Hash] {
				break
			}
		} else if f.is(i, pronoun) {
			return s, first < 0
		} else if !k.Has(text.Capital) && !f.words[i].classes.has(unnamed) {
			if first >= 0 || !f.is(i, joiner|preposition) {
				break
			}
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
	}
	if first < 0 {
		return s, false
	}
	s.first, s.last = first, last
	s.camp = f.campOf(first, last)
	return s, true
}

// arabicComplement holds the words that end the subject of an Arabic verb.
var arabicComplement = func() map[uint64]bool {
	m := map[uint64]bool{}
	for _, w := range []string{
		"أن", "إن", "بأن", "أنه", "إنه", "أنها", "إنها", "أنهم", "إنهم", "أننا", "إننا", "أني", "إني", "في", "خلال", "على", "عن", "من",
		"إلى", "أمام", "بعد", "قبل", "مساء", "صباح", "اليوم", "أمس", "الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت",
		"استعداد", "ضرورة", "أهمية", "دعم", "رفض", "حرص", "عبر", "لقناة", "لصحيفة", "لوكالة", "لـ", "التي", "الذي", "مقتل", "وجود", "مع", "ما",
		"ذلك", "هذا", "هذه", "تلك", "بوحشية", "قائلا", "قائلة", "حيث",
	} {
		m[text.Hash(text.Normalize(w))] = true
	}
	return m
}()

// campOf returns the camp of the speaker named by the tokens [first, last].
func (f *frame) campOf(first, last int) camp {
	c := campOther
	for j := first; j <= last; j++ {
		w := &f.words[j]
		switch k := w.classes; {
		case w.mention != notMention:
			if c != campOther && c != campUnnamed { // an ally or a critic of his
				return c
			}
			if j == last || !f.toks.List[j].Has(text.Genitive) { // "Assad's ally" is not he
				return campTarget
			}
		case k.has(ally):
			c = campAlly
		case k.has(west):
			c = campWest
		case k.has(gulf):
			c = campGulf
		case k.has(opposition):
			c = campOpposition
		case k.has(united):
			c = campUN
		case k.has(unnamed) && c == campOther:
			c = campUnnamed
		}
	}
	return c
}

func invSqrt(n int) float64 { return 1 / math.Sqrt(float64(n)) }
