// Package vectors learns word vectors from unlabelled news and keeps them in a
// small table. A table holds statistics of words (a hash, a count and a
// quantised vector each); no text can be read back from it.
package vectors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
)

// Table maps words, by the hash of their normal form, to counts and vectors.
type Table struct {
	dim    int
	tokens int // running words of the text it was learned from
	hashes []uint64
	counts []uint32
	scales []float32 // a vector is its bytes times its scale
	data   []int8
	index  map[uint64]int
}

const magic = "PVEC1\n"

// ErrCorrupt is returned for bytes that are not a whole table.
var ErrCorrupt = errors.New("not a vector table, or a damaged one")

func newTable(dim, tokens int) *Table {
	return &Table{dim: dim, tokens: tokens, index: map[uint64]int{}}
}

// add appends a word; its vector is scaled to length 1 and then quantised.
func (t *Table) add(hash uint64, count int, v []float64) {
	var norm, largest float64
	for _, x := range v {
		norm += x * x
		largest = max(largest, math.Abs(x))
	}
	t.index[hash] = len(t.hashes)
	t.hashes = append(t.hashes, hash)
	t.counts = append(t.counts, uint32(count))
	if norm == 0 {
		t.scales = append(t.scales, 0)
		t.data = append(t.data, make([]int8, t.dim)...)
		return
	}
	t.scales = append(t.scales, float32(largest/127/math.Sqrt(norm)))
	for _, x := range v {
		t.data = append(t.data, int8(math.Round(x/largest*127)))
	}
}

// Dim returns the length of a vector.
func (t *Table) Dim() int { return t.dim }

// Len returns the number of words.
func (t *Table) Len() int { return len(t.hashes) }

// Hashes returns the words' hashes, most frequent first. The caller must not
// change them.
func (t *Table) Hashes() []uint64 { return t.hashes }

// Vector adds scale times the vector of the word to dst (length Dim) and
// reports whether the word is in the table.
func (t *Table) Vector(hash uint64, scale float64, dst []float64) bool {
	i, ok := t.index[hash]
	if !ok {
		return false
	}
	s := scale * float64(t.scales[i])
	for k, b := range t.data[i*t.dim : (i+1)*t.dim] {
		dst[k] += s * float64(b)
	}
	return true
}

// Rarity returns the inverse frequency of a word in [0, 1]: a/(a+p) with a =
// 1e-3 and p its share of the running words (Arora, Liang and Ma 2017). A word
// that is not in the table has rarity 1.
func (t *Table) Rarity(hash uint64) float64 {
	i, ok := t.index[hash]
	if !ok {
		return 1
	}
	const a = 1e-3
	return a / (a + float64(t.counts[i])/float64(t.tokens))
}

// Encode returns the table as bytes: magic, dimension, tokens, number of words,
// the columns in the order of the fields, and a CRC-32 of all that.
func (t *Table) Encode() []byte {
	var b bytes.Buffer
	b.WriteString(magic)
	le := binary.LittleEndian
	head := le.AppendUint32(nil, uint32(t.dim))
	head = le.AppendUint64(head, uint64(t.tokens))
	head = le.AppendUint32(head, uint32(len(t.hashes)))
	b.Write(head)
	for _, col := range []any{t.hashes, t.counts, t.scales, t.data} {
		if err := binary.Write(&b, le, col); err != nil {
			panic(err) // a bytes.Buffer does not fail
		}
	}
	return le.AppendUint32(b.Bytes(), crc32.ChecksumIEEE(b.Bytes()))
}

// Decode reads what Encode wrote.
func Decode(data []byte) (*Table, error) {
	le := binary.LittleEndian
	const head = len(magic) + 16
	if len(data) < head+4 || string(data[:len(magic)]) != magic {
		return nil, ErrCorrupt
	}
	body := data[:len(data)-4]
	if crc32.ChecksumIEEE(body) != le.Uint32(data[len(body):]) {
		return nil, ErrCorrupt
	}
	dim := int(le.Uint32(body[len(magic):]))
	tokens := le.Uint64(body[len(magic)+4:])
	n := int(le.Uint32(body[len(magic)+12:]))
	if dim < 1 || dim > 4096 || tokens > math.MaxInt32 || len(body) != head+n*(16+dim) {
		return nil, ErrCorrupt
	}
	t := newTable(dim, int(tokens))
	t.hashes, t.counts = make([]uint64, n), make([]uint32, n)
	t.scales, t.data = make([]float32, n), make([]int8, n*dim)
	r := bytes.NewReader(body[head:])
	for _, col := range []any{t.hashes, t.counts, t.scales, t.data} {
		if err := binary.Read(r, le, col); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	for i, h := range t.hashes {
		t.index[h] = i
	}
	return t, nil
}
