package model

import "math/bits"

// weights are what one feature adds to each output, a unit of value.
type weights [NumOutputs]float32

// table maps hashed keys to rows of weights: open addressing with linear
// probing, at most half full. Key 0 marks an empty slot.
type table struct {
	shift uint8
	keys  []uint64
	rows  []weights
}

// newTable returns an empty table with room for n keys.
func newTable(n int) *table {
	size := 1 << bits.Len(uint(max(n, 1)*2))
	return &table{
		shift: uint8(64 - bits.TrailingZeros(uint(size))),
		keys:  make([]uint64, size),
		rows:  make([]weights, size),
	}
}

// slot is where the search for a key begins.
func (t *table) slot(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> t.shift }

// put sets the row of a key other than 0.
func (t *table) put(key uint64, w weights) {
	mask := uint64(len(t.keys) - 1)
	i := t.slot(key)
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	t.keys[i], t.rows[i] = key, w
}

// get returns the row of a key, nil if there is none.
func (t *table) get(key uint64) *weights {
	mask := uint64(len(t.keys) - 1)
	for i := t.slot(key); ; i = (i + 1) & mask {
		switch t.keys[i] {
		case key:
			return &t.rows[i]
		case 0:
			return nil
		}
	}
}
