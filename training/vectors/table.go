// Package vectors learns word vectors from unlabelled news and keeps them in a
// small table. A table holds statistics of words (a normal form, a count and a
// quantised vector each); no text can be read back from it.
package vectors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"

	"github.com/parley-nlp/parley/model/text"
)

// Table maps words, by their normal form (see text.Normalize) or its hash, to
// counts and vectors.
type Table struct {
	dim    int
	tokens int      // running words of the text it was learned from
	norms  []string // normal forms, most frequent first
	hashes []uint64
	counts []uint32
	scales []float32 // a vector is its bytes times its scale
	data   []int8
	index  map[uint64]int
}

const magic = "PVEC1\n"

// headSize is the length of what stands before the words.
const headSize = len(magic) + 20

// ErrCorrupt is returned for bytes that are not a whole table.
var ErrCorrupt = errors.New("not a vector table, or a damaged one")

func newTable(dim, tokens int) *Table {
	return &Table{dim: dim, tokens: tokens, index: map[uint64]int{}}
}

// add appends a word; its vector is scaled to length 1 and then quantised.
func (t *Table) add(norm string, count int, v []float64) {
	var square, largest float64
	for _, x := range v {
		square += x * x
		largest = max(largest, math.Abs(x))
	}
	t.name(norm)
	t.counts = append(t.counts, uint32(count))
	if square == 0 {
		t.scales = append(t.scales, 0)
		t.data = append(t.data, make([]int8, t.dim)...)
		return
	}
	t.scales = append(t.scales, float32(largest/127/math.Sqrt(square)))
	for _, x := range v {
		t.data = append(t.data, int8(math.Round(x/largest*127)))
	}
}

// name appends a word without its figures.
func (t *Table) name(norm string) {
	hash := text.Hash(norm)
	t.index[hash] = len(t.norms)
	t.norms = append(t.norms, norm)
	t.hashes = append(t.hashes, hash)
}

// Dim returns the length of a vector.
func (t *Table) Dim() int { return t.dim }

// Words returns the normal forms of the words, most frequent first. The caller
// must not change them.
func (t *Table) Words() []string { return t.norms }

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
// length of the words, the words with a line feed after each, the columns in
// the order of the fields, and a CRC-32 of all that.
func (t *Table) Encode() []byte {
	words := strings.Join(t.norms, "\n") + "\n"
	le := binary.LittleEndian
	b := le.AppendUint32([]byte(magic), uint32(t.dim))
	b = le.AppendUint64(b, uint64(t.tokens))
	b = le.AppendUint32(b, uint32(len(t.norms)))
	b = le.AppendUint32(b, uint32(len(words)))
	b = append(b, words...)
	buf := bytes.NewBuffer(b)
	for _, col := range []any{t.counts, t.scales, t.data} {
		if err := binary.Write(buf, le, col); err != nil {
			panic(err) // a bytes.Buffer does not fail
		}
	}
	return le.AppendUint32(buf.Bytes(), crc32.ChecksumIEEE(buf.Bytes()))
}

// Decode reads what Encode wrote.
func Decode(data []byte) (*Table, error) {
	le := binary.LittleEndian
	if len(data) < headSize+4 || string(data[:len(magic)]) != magic {
		return nil, ErrCorrupt
	}
	body := data[:len(data)-4]
	if crc32.ChecksumIEEE(body) != le.Uint32(data[len(body):]) {
		return nil, ErrCorrupt
	}
	head := body[len(magic):]
	dim, tokens := int(le.Uint32(head)), le.Uint64(head[4:])
	n, size := int(le.Uint32(head[12:])), int(le.Uint32(head[16:]))
	if dim < 1 || dim > 4096 || tokens > math.MaxInt32 || len(body) != headSize+size+n*(8+dim) {
		return nil, ErrCorrupt
	}
	if size == 0 || body[headSize+size-1] != '\n' {
		return nil, ErrCorrupt
	}
	t := newTable(dim, int(tokens))
	for norm := range strings.SplitSeq(strings.TrimSuffix(string(body[headSize:headSize+size]), "\n"), "\n") {
		t.name(norm)
	}
	if len(t.norms) != n {
		return nil, ErrCorrupt
	}
	t.counts, t.scales, t.data = make([]uint32, n), make([]float32, n), make([]int8, n*dim)
	r := bytes.NewReader(body[headSize+size:])
	for _, col := range []any{t.counts, t.scales, t.data} {
		if err := binary.Read(r, le, col); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	for _, s := range t.scales {
		if !(s >= 0 && s <= math.MaxFloat32) { // nor NaN
			return nil, ErrCorrupt
		}
	}
	return t, nil
}
