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
	slots  []slot
	filter bitset // filterBits bits for each slot
}

// slot is a key and its row side by side, so that both come with one wait.
type slot struct {
	key uint64
	row weights
}

const (
	filterShift = 2
	filterBits  = 1 << filterShift
)

// newTable returns an empty table with room for n keys.
func newTable(n int) *table {
	size := 1 << bits.Len(uint(max(n, 1)*2))
	return &table{
		shift:  uint8(64 - bits.TrailingZeros(uint(size))),
		slots:  make([]slot, size),
		filter: make(bitset, (size*filterBits+63)/64),
	}
}

// home is where the search for a key begins; h is spread(key).
func (t *table) home(h uint64) uint64 { return h >> t.shift }

// bit is the number of a key's bit in the filter.
func (t *table) bit(h uint64) uint64 { return h >> (t.shift - filterShift) }

// bitset is a set of small numbers.
type bitset []uint64

func (b bitset) set(i uint64) { b[i/64] |= 1 << (i % 64) }

// get returns 1 if i is in the set, 0 if not.
func (b bitset) get(i uint64) uint64 { return b[i/64] >> (i % 64) & 1 }

func spread(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 }

// put sets the row of a key other than 0.
func (t *table) put(key uint64, w weights) {
	mask, h := uint64(len(t.slots)-1), spread(key)
	t.filter.set(t.bit(h))
	i := t.home(h)
	for t.slots[i].key != 0 && t.slots[i].key != key {
		i = (i + 1) & mask
	}
	t.slots[i] = slot{key, w}
}

// get returns the row of a key, nil if there is none.
func (t *table) get(key uint64) *weights {
	mask := uint64(len(t.slots) - 1)
	for i := t.home(spread(key)); ; i = (i + 1) & mask {
		switch t.slots[i].key {
		case key:
			return &t.slots[i].row
		case 0:
			return nil
		}
	}
}

// request asks for the row of a key, on behalf of a feature.
type request struct {
	key    uint64
	value  float64
	token  int32
	family Family
}

// answer is a request whose key the table may have.
type answer struct {
	request
	at slot // where the search for the key begins, then where it ends
}

// findAll returns those of the requests whose keys the table has, with their rows,
// in the room of found, and uses up the requests. Each step goes over all of them,
// so that the memory is asked for many at a time.
func (t *table) findAll(wanted []request, found []answer) []answer {
	n := 0
	for i := range wanted {
		r := wanted[i]
		wanted[n] = r
		n += int(t.filter.get(t.bit(spread(r.key)))) // no branch: it would be hard to foretell
	}
	found = resize(found, n)
	for i, r := range wanted[:n] {
		found[i].request, found[i].at = r, t.slots[t.home(spread(r.key))]
	}
	n = 0
	for i := range found {
		r := &found[i]
		if r.at.key != r.key {
			row := t.get(r.key)
			if row == nil {
				continue
			}
			r.at.row = *row
		}
		if n < i {
			found[n] = *r
		}
		n++
	}
	return found[:n]
}
