package training

import (
	"cmp"
	"slices"

	"github.com/parley-nlp/parley/model"
)

// featureKey identifies a feature over all rows. Dense features come twice: for
// both languages together (lang 0) and for one alone (1 English, 2 Arabic), so
// that the languages share what they have in common.
type featureKey struct {
	family model.Family
	lang   uint8
	key    uint64
}

// compareKeys puts the features of a group together.
func compareKeys(a, b featureKey) int {
	return cmp.Or(cmp.Compare(groupOf(a.family), groupOf(b.family)),
		cmp.Compare(a.family, b.family), cmp.Compare(a.lang, b.lang), cmp.Compare(a.key, b.key))
}

// matrix is a sparse design matrix. Columns are in the order of their keys.
type matrix struct {
	keys   []featureKey
	column map[featureKey]int32
	rows   [][]entry
	first  int32 // the number of the first column
}

// entry is a number of a row.
type entry struct {
	column int32
	value  float32
}

// pick returns the matrix of some of the rows, with the same columns.
func (m *matrix) pick(which []int) *matrix {
	p := &matrix{keys: m.keys, column: m.column, rows: make([][]entry, len(which)), first: m.first}
	for j, i := range which {
		p.rows[j] = m.rows[i]
	}
	return p
}

// part returns the columns [from, to) of the matrix.
func (m *matrix) part(from, to int) *matrix {
	p := &matrix{keys: m.keys[from:to], column: m.column, rows: make([][]entry, len(m.rows)), first: m.first + int32(from)}
	for i, row := range m.rows {
		at := func(column int32) int {
			k, _ := slices.BinarySearchFunc(row, column, func(e entry, c int32) int { return cmp.Compare(e.column, c) })
			return k
		}
		p.rows[i] = row[at(p.first):at(m.first+int32(to))]
	}
	return p
}

// cell is a feature of a row before columns are numbered.
type cell struct {
	key   featureKey
	value float64
}

// rowReader turns the features of a paragraph into cells. Its memory is used
// again.
type rowReader struct {
	boost  [model.NumFamilies]float64
	cells  []cell
	vector []float64 // sums of the dimensions of the word vectors
}

// read returns the cells of a row: scaled by family, summed by key and in the
// order of the keys, but for those of the vectors, which come last. They are
// valid until the next call.
func (b *rowReader) read(fs []model.Feature, r *Row) []cell {
	l := uint8(1)
	if r.Lang == "ar" {
		l = 2
	}
	out := b.cells[:0]
	clear(b.vector)
	for _, f := range fs {
		v := f.Value * b.boost[f.Family]
		if v == 0 {
			continue
		}
		switch f.Family {
		case model.VectorFamily:
			for uint64(len(b.vector)) <= f.Key {
				b.vector = append(b.vector, 0)
			}
			b.vector[f.Key] += v
			continue
		case model.FrameFamily, model.FormFamily:
			out = append(out, cell{featureKey{f.Family, l, f.Key}, v})
		}
		out = append(out, cell{featureKey{f.Family, 0, f.Key}, v})
	}
	slices.SortStableFunc(out, func(a, b cell) int { return compareKeys(a.key, b.key) })
	n := 0
	for i := range out {
		if n > 0 && out[n-1].key == out[i].key {
			out[n-1].value += out[i].value
			continue
		}
		out[n] = out[i]
		n++
	}
	out = out[:n]
	for d, v := range b.vector {
		if v != 0 {
			out = append(out, cell{featureKey{model.VectorFamily, 0, uint64(d)}, v})
		}
	}
	b.cells = out
	return out
}

// matrixBuilder numbers features as they come.
type matrixBuilder struct {
	number map[featureKey]int32
	keys   []featureKey
	count  []int32 // in how many rows a feature is
	rows   [][]entry
}

func newMatrixBuilder() *matrixBuilder { return &matrixBuilder{number: map[featureKey]int32{}} }

// add appends a row.
func (b *matrixBuilder) add(cells []cell) {
	b.rows = append(b.rows, b.row(cells))
	for _, e := range b.rows[len(b.rows)-1] {
		b.count[e.column]++
	}
}

// row numbers the features of a row that does not count.
func (b *matrixBuilder) row(cells []cell) []entry {
	row := make([]entry, len(cells))
	for i, c := range cells {
		n, ok := b.number[c.key]
		if !ok {
			n = int32(len(b.keys))
			b.number[c.key] = n
			b.keys = append(b.keys, c.key)
			b.count = append(b.count, 0)
		}
		row[i] = entry{n, float32(c.value)}
	}
	return row
}

// build lays out the rows and, after them, extra, with the features that are in
// at least minRows of the rows.
func (b *matrixBuilder) build(extra [][]entry, minRows int) *matrix {
	m := &matrix{rows: append(b.rows, extra...)}
	for n, k := range b.keys {
		if int(b.count[n]) >= minRows {
			m.keys = append(m.keys, k)
		}
	}
	slices.SortFunc(m.keys, compareKeys)
	m.column = make(map[featureKey]int32, len(m.keys))
	place := make([]int32, len(b.keys))
	for n := range place {
		place[n] = -1
	}
	for c, k := range m.keys {
		m.column[k] = int32(c)
		place[b.number[k]] = int32(c)
	}
	for i, row := range m.rows {
		n := 0
		for _, e := range row {
			if c := place[e.column]; c >= 0 {
				row[n] = entry{c, e.value}
				n++
			}
		}
		m.rows[i] = slices.Clone(row[:n]) // without what rare features left behind
		slices.SortFunc(m.rows[i], func(a, b entry) int { return cmp.Compare(a.column, b.column) })
	}
	return m
}
