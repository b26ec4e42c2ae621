package model

import "math/bits"

// entry is what a model knows of a word of its vocabulary. Its weights are the
// sum of what the families Word, Stem, Gram and Vector give the word.
type entry struct {
	hash      uint64
	stem      uint64
	name, lex symbol
	w         weights
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
		i := entries[n].hash * 0x9E3779B97F4A7C15 >> v.shift
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

// find returns the number of the word's entry, -1 if it has none.
func (v *vocabulary) find(hash uint64) int32 {
	mask, t := uint64(len(v.slots)-1), tag(hash)
	for i := hash * 0x9E3779B97F4A7C15 >> v.shift; ; i = (i + 1) & mask {
		slot := v.slots[i]
		if slot == 0 {
			return -1
		}
		if n := slot&maxEntries - 1; slot&^maxEntries == t && v.entries[n].hash == hash {
			return int32(n)
		}
	}
}
