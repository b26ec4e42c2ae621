package model

import "math/bits"

// weights are what one feature adds to each output, a unit of value.
type weights [NumOutputs]float32

// table maps hashed keys to rows of weights: open addressing with linear
// probing, at most half full. Key 0 marks an empty slot. Most keys looked up are
// not in it: a Bloom filter of one hash, small enough for the cache, spares the
// search for nine in ten of them.
type table struct {
	shift  uint8
	keys   []uint64
	rows   []weights
	filter []uint64 // filterBits bits for each slot of keys
}

const (
	filterShift = 2
	filterBits  = 1 << filterShift
)

// newTable returns an empty table with room for n keys.
func newTable(n int) *table {
	size := 1 << bits.Len(uint(max(n, 1)*2))
	return &table{
		shift: uint8(64 - bits.TrailingZeros(uint(size))),
		keys:  make([]uint64, size),
		rows:  make([]weights, size),

		filter: make([]uint64, (size*filterBits+63)/64),
	}
}

// slot is where the search for a key begins; h is spread(key).
func (t *table) slot(h uint64) uint64 { return h >> t.shift }

// bit is the number of a key's bit in the filter.
func (t *table) bit(h uint64) uint64 { return h >> (t.shift - filterShift) }

func spread(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 }

// put sets the row of a key other than 0.
func (t *table) put(key uint64, w weights) {
	mask, h := uint64(len(t.keys)-1), spread(key)
	t.filter[t.bit(h)/64] |= 1 << (t.bit(h) % 64)
	i := t.slot(h)
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	t.keys[i], t.rows[i] = key, w
}

// get returns the row of a key, nil if there is none.
func (t *table) get(key uint64) *weights {
	h := spread(key)
	if b := t.bit(h); t.filter[b/64]>>(b%64)&1 == 0 {
		return nil
	}
	mask := uint64(len(t.keys) - 1)
	for i := t.slot(h); ; i = (i + 1) & mask {
		switch t.keys[i] {
		case key:
			return &t.rows[i]
		case 0:
			return nil
		}
	}
}
