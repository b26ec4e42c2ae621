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
	numContexts    = nearInMouthOf + int(numCamps)
	frameDenseSize = int(firstGrammar) * numContexts
)

// meaning is the set of classes that become features.
const meaning = classes(1)<<firstGrammar - 1

// frameValue is how much a lexicon hit counts, against a word of the bag.
const frameValue = 3

// frameFeatures count lexicon classes by context: how near the target and on
// which side of it, quoted, negated or hypothetical, and in whose mouth. They
// pool what single words are too rare to teach.
func (f *frame) frameFeatures(out sink) {
	v := frameValue * f.scale
	for i := range f.words {
		w := &f.words[i]
		for set := w.classes & meaning; set != 0; set &= set - 1 {
			k := bits.TrailingZeros64(uint64(set)) * numContexts
			out.dense(FrameFamily, k+anywhere, v, i)
			out.dense(FrameFamily, k+atRegion+int(w.region), v, i)
			if w.side != noSide {
				out.dense(FrameFamily, k+atSide+int(w.side), v, i)
			}
			if w.flags&quoted != 0 {
				out.dense(FrameFamily, k+inQuotes, v, i)
			}
			if w.flags&negated != 0 {
				out.dense(FrameFamily, k+underNegation, v, i)
				if w.region >= inSentence {
					out.dense(FrameFamily, k+nearNegated, v, i)
				}
			}
			if w.flags&hypothetical != 0 {
				out.dense(FrameFamily, k+underModal, v, i)
			}
			who := int(f.campAt(w))
			out.dense(FrameFamily, k+inMouthOf+who, v, i)
			if w.region == inClause {
				out.dense(FrameFamily, k+nearInMouthOf+who, v, i)
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
