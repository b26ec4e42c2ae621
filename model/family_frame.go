package model

import "math/bits"

// The contexts in which a lexicon class is counted.
const (
	anywhere       = 0
	atRegion       = anywhere + 1               // by region of the target
	atSide         = atRegion + int(numRegions) // by side of the target
	inQuotes       = atSide + int(numSides)
	underNegation  = inQuotes + 1
	underModal     = underNegation + 1
	nearNegated    = underModal + 1            // negated, in the target's sentence
	inMouthOf      = nearNegated + 1           // by camp of the speaker
	nearInMouthOf  = inMouthOf + int(numCamps) // the same, in the target's clause
	whileDisputed  = nearInMouthOf + int(numCamps)
	nearDisputed   = whileDisputed + 1 // disputed, in the target's sentence
	inQuestion     = nearDisputed + 1
	behindParty    = inQuestion + 1                // by the nearest party before it in the clause
	beforeParty    = behindParty + int(numParties) // and by that behind it
	numContexts    = beforeParty + int(numParties)
	frameDenseSize = int(firstGrammar) * numContexts
)

// meaning is the set of classes that become features.
const meaning = classes(1)<<firstGrammar - 1

// frameValue is the value of a class in a context.
const frameValue = 0.5

// frameSet is a set of frame features.
type frameSet [(frameDenseSize + 63) / 64]uint64

// add adds a feature and reports whether it is new.
func (s *frameSet) add(id int) bool {
	bit := uint64(1) << (id % 64)
	old := s[id/64]
	s[id/64] = old | bit
	return old&bit == 0
}

// frameFeatures tell which lexicon classes stand in which context: how near the
// target and on which side of it, quoted, negated or hypothetical, and in whose
// mouth. They pool what single words are too rare to teach. Each counts once,
// however long the paragraph, and is credited to the first word that has it: one
// clause decides what a paragraph conveys.
func (f *frame) frameFeatures(out sink) {
	var seen frameSet
	for _, i := range f.marked {
		w, i := &f.words[i], int(i)
		if w.classes&meaning == 0 {
			continue
		}
		who := int(f.campAt(w))
		for set := w.classes & meaning; set != 0; set &= set - 1 {
			k := bits.TrailingZeros64(uint64(set)) * numContexts
			emit := func(context int) {
				if seen.add(k + context) {
					out.dense(FrameFamily, k+context, frameValue, i)
				}
			}
			emit(anywhere)
			emit(atRegion + int(w.region))
			if w.side != noSide {
				emit(atSide + int(w.side))
			}
			if w.flags&quoted != 0 {
				emit(inQuotes)
			}
			if w.flags&negated != 0 {
				emit(underNegation)
				if w.region >= inSentence {
					emit(nearNegated)
				}
			}
			if w.flags&hypothetical != 0 {
				emit(underModal)
			}
			if w.flags&disputed != 0 {
				emit(whileDisputed)
				if w.region >= inSentence {
					emit(nearDisputed)
				}
			}
			if w.flags&asked != 0 {
				emit(inQuestion)
			}
			if w.before != noParty {
				emit(behindParty + int(w.before))
			}
			if w.after != noParty {
				emit(beforeParty + int(w.after))
			}
			emit(inMouthOf + who)
			if w.region == inClause {
				emit(nearInMouthOf + who)
			}
		}
	}
}

// campAt returns the camp of the speaker of a word.
func (f *frame) campAt(w *word) camp {
	if w.speaker < 0 {
		return author
	}
	return f.speakers[w.speaker].camp
}
