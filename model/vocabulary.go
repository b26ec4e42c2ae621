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
	entries []entry
	slots   []uint32 // entry number + 1, 0 for an empty slot
	shift   uint8
}

func newVocabulary(entries []entry) *vocabulary {
	size := 1 << bits.Len(uint(max(len(entries), 1)*2))
	v := &vocabulary{
		entries: entries,
		slots:   make([]uint32, size),
		shift:   uint8(64 - bits.TrailingZeros(uint(size))),
	}
	mask := uint64(size - 1)
	for n := range entries {
		i := entries[n].hash * 0x9E3779B97F4A7C15 >> v.shift
		for v.slots[i] != 0 {
			i = (i + 1) & mask
		}
		v.slots[i] = uint32(n + 1)
	}
	return v
}

// find returns the number of the word's entry, -1 if it has none.
func (v *vocabulary) find(hash uint64) int32 {
	mask := uint64(len(v.slots) - 1)
	for i := hash * 0x9E3779B97F4A7C15 >> v.shift; ; i = (i + 1) & mask {
		n := v.slots[i]
		if n == 0 {
			return -1
		}
		if v.entries[n-1].hash == hash {
			return int32(n - 1)
		}
	}
}
