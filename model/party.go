package model

import (
	"math/bits"
	"slices"
)

// party is somebody who does something or to whom it is done.
type party uint8

const (
	noParty party = iota
	partyTarget
	partyAlly
	partyWest
	partyGulf
	partyOpposition
	partyJihadist
	partyUN
	partyKurd
	partyCivilian
	partyEnemyState
	numParties
)

// parties are the parties that classes name.
var parties = [numClasses]party{
	ally: partyAlly, west: partyWest, gulf: partyGulf, opposition: partyOpposition, jihadist: partyJihadist,
	united: partyUN, kurd: partyKurd, civilian: partyCivilian, enemyState: partyEnemyState,
}

const partyClasses = 1<<ally | 1<<west | 1<<gulf | 1<<opposition | 1<<jihadist | 1<<united | 1<<kurd | 1<<civilian | 1<<enemyState

// nameClasses are the parties that are known by the names of states, peoples and
// persons; nouns name the others, and nouns have meanings.
const nameClasses = 1<<ally | 1<<west | 1<<gulf | 1<<kurd | 1<<enemyState

// isName reports whether a word does no more than name the target or a state, its
// people or its leaders.
func (w *word) isName() bool {
	if w.mention == person && w.classes == 0 {
		return true
	}
	return w.classes&nameClasses != 0 && w.classes&^nameClasses == 0
}

// partyOf returns the party that a token names.
func partyOf(w *word) party {
	if w.mention != notMention {
		return partyTarget
	}
	if set := w.classes & partyClasses; set != 0 {
		return parties[bits.TrailingZeros64(uint64(set))] // of several classes the first
	}
	return noParty
}

// findParties tells the marked tokens the nearest party on each side of them in
// their clause: who, roughly, does what to whom.
func (f *frame) findParties() {
	last, clause := noParty, uint16(0)
	for _, i := range f.marked {
		w := &f.words[i]
		if w.clause != clause {
			last, clause = noParty, w.clause
		}
		w.before = last
		if p := partyOf(w); p != noParty {
			last = p
		}
	}
	last = noParty
	for _, i := range slices.Backward(f.marked) {
		w := &f.words[i]
		if w.clause != clause {
			last, clause = noParty, w.clause
		}
		w.after = last
		if p := partyOf(w); p != noParty {
			last = p
		}
	}
}
