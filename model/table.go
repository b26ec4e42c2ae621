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
	if i, ok := t.find(key); ok {
		return &t.rows[i]
	}
	return nil
}

// find returns the slot of a key, and whether there is one.
func (t *table) find(key uint64) (uint64, bool) {
	mask := uint64(len(t.keys) - 1)
	for i := t.slot(spread(key)); ; i = (i + 1) & mask {
		switch t.keys[i] {
		case key:
			return i, true
		case 0:
			return 0, false
		}
	}
}

// request asks for the row of a key, on behalf of a feature.
type request struct {
	key    uint64
	slot   uint64 // of the key, once it is found
	value  float64
	token  int
	family Family
}

// findAll drops the requests whose key the table lacks and tells the others their
// slots. Each step goes over all of them, so that the memory is asked for many at
// a time.
func (t *table) findAll(all []request) []request {
	n := 0
	for i := range all {
		b := t.bit(spread(all[i].key))
		all[n] = all[i]
		n += int(t.filter[b/64] >> (b % 64) & 1) // no branch: it would be hard to foretell
	}
	all, n = all[:n], 0
	for i := range all {
		all[i].slot = t.keys[t.slot(spread(all[i].key))]
	}
	for i := range all {
		r := all[i]
		if r.slot == r.key {
			r.slot = t.slot(spread(r.key))
		} else if slot, ok := t.find(r.key); ok {
			r.slot = slot
		} else {
			continue
		}
		all[n] = r
		n++
	}
	return all[:n]
}
