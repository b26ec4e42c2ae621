package model

import (
	"math/bits"

	"github.com/parley-nlp/parley/model/text"
)

// entry is what a model knows of a word of its vocabulary. Its weights are the
// sum of what the families Word, Stem, Gram and Vector give the word.
type entry struct {
	hash      uint64
	stem      uint64
	name, lex symbol
	w         weights
	_         [16]byte // 64 in all: an entry is one line of the cache
}

// vocabulary finds entries by the hash of the word.
type vocabulary struct {
	entries []entry  // the function words first
	common  int32    // how many function words there are
	slots   []uint32 // tag and entry number + 1, 0 for an empty slot
	shift   uint8
}

func newVocabulary(entries []entry, common int) *vocabulary {
	size := 1 << bits.Len(uint(max(len(entries), 1)*2))
	v := &vocabulary{
		entries: entries,
		common:  int32(common),
		slots:   make([]uint32, size),
		shift:   uint8(64 - bits.TrailingZeros(uint(size))),
	}
	mask := uint64(size - 1)
	for n := range entries {
		i := v.slot(entries[n].hash)
		for v.slots[i] != 0 {
			i = (i + 1) & mask
		}
		v.slots[i] = tag(entries[n].hash) | uint32(n+1)
	}
	return v
}

// isCommon reports whether an entry is that of a function word; -1 is not.
func (v *vocabulary) isCommon(n int32) bool { return n >= 0 && n < v.common }

// params returns an entry as a model file holds it.
func (v *vocabulary) params(n int32) WordParams {
	e := &v.entries[n]
	return WordParams{e.hash, e.stem, uint16(e.name), uint16(e.lex), v.isCommon(n), e.w}
}

// maxEntries is how many entries a vocabulary may have; a slot has that many bits
// for their number. The rest holds a tag of the hash, which spares a look at most
// entries of other words.
const maxEntries = 1<<24 - 1

func tag(hash uint64) uint32 { return uint32(hash) &^ maxEntries }

// slot is where the search for a hash begins.
func (v *vocabulary) slot(hash uint64) uint64 { return spread(hash) >> v.shift }

// find returns the number of the word's entry, -1 if it has none.
func (v *vocabulary) find(hash uint64) int32 {
	mask, t := uint64(len(v.slots)-1), tag(hash)
	for i := v.slot(hash); ; i = (i + 1) & mask {
		slot := v.slots[i]
		if slot == 0 {
			return -1
		}
		if n := slot&maxEntries - 1; slot&^maxEntries == t && v.entries[n].hash == hash {
			return int32(n)
		}
	}
}

// findAll sets rows to the numbers of the entries of the tokens, -1 where there
// is none. It reads the slots of all before it looks at an entry, so that the
// memory is asked for many at a time.
func (v *vocabulary) findAll(toks []text.Token, rows []int32) {
	for i := range toks {
		rows[i] = int32(v.slots[v.slot(toks[i].Hash)])
	}
	for i := range toks {
		k := &toks[i]
		if k.Kind > text.Number {
			rows[i] = -1
			continue
		}
		slot := uint32(rows[i])
		n := slot&maxEntries - 1
		if slot == 0 || slot&^maxEntries == tag(k.Hash) && v.entries[n].hash == k.Hash {
			rows[i] = int32(n) // -1 of an empty slot
			continue
		}
		rows[i] = v.find(k.Hash)
	}
}
