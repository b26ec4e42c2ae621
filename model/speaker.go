package model

import (
	"math"

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
// sentence of the reporting verb, and the quoted sentences after it that have
// no speaker of their own.
func (f *frame) attribute() {
	for i := 0; i < len(f.words); {
		end := i
		for end < len(f.words) && f.words[end].sentence == f.words[i].sentence {
			end++
		}
		who := f.speakerOf(i, end)
		if who < 0 && i > 0 && f.words[i].flags&quoted != 0 {
			who = f.words[i-1].speaker // a quotation goes on
		}
		for j := i; j < end; j++ {
			f.words[j].speaker = who
		}
		i = end
	}
}

// speakerOf returns the number of the speaker of the sentence [from, to), or -1.
func (f *frame) speakerOf(from, to int) int8 {
	for i := from; i < to; i++ {
		w := &f.words[i]
		if !w.classes.has(report) || w.flags&isWord == 0 {
			continue
		}
		var s speaker
		var ok bool
		if f.toks.List[i].Has(text.ArabicTok) {
			s, ok = f.nameAfter(i+1, to)
		} else if s, ok = f.nameBefore(i-1, from); !ok {
			s, ok = f.nameAfter(i+1, to)
		}
		if !ok {
			s = speaker{0, -1, campOther}
		}
		if len(f.speakers) == math.MaxInt8 {
			return -1
		}
		f.speakers = append(f.speakers, s)
		return int8(len(f.speakers) - 1)
	}
	return -1
}

// nameBefore looks backwards from token i for the words that name the subject of
// an English reporting verb.
func (f *frame) nameBefore(i, from int) (speaker, bool) {
	s := speaker{camp: campOther}
	last, first := -1, -1
	for n := 0; i >= from && n < nameReach; i, n = i-1, n+1 {
		k := &f.toks.List[i]
		if k.Kind == text.Word && (k.Has(text.Capital) || f.words[i].classes.has(unnamed)) {
			if last < 0 {
				last = i
			}
			first = i
			continue
		}
		if last >= 0 {
			break
		}
		if k.Kind == text.Stop || k.Kind == text.QuoteClose && n > 0 {
			break
		}
	}
	if last < 0 {
		return s, false
	}
	s.first, s.last = first, last
	s.camp = f.campOf(max(from, first-4), last)
	return s, true
}

// nameAfter looks from token i for the words that name the subject of an Arabic
// verb, or of an English verb that stands before it ("said Kerry", "according to").
func (f *frame) nameAfter(i, to int) (speaker, bool) {
	s := speaker{camp: campOther}
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
		} else if !k.Has(text.Capital) && !f.words[i].classes.has(unnamed) {
			if first >= 0 {
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
			return campTarget
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
