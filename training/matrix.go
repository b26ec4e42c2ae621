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

// matrix is the design matrix in compressed sparse rows. Columns are in the
// order of their keys.
type matrix struct {
	keys   []featureKey
	column map[featureKey]int32
	start  []int // row i is entries start[i]:start[i+1]
	index  []int32
	value  []float32
}

// sparseRow is a row before columns are numbered.
type sparseRow []cell

type cell struct {
	key   featureKey
	value float64
}

// columns turns the features of a row into matrix entries: scaled by family and
// summed by key.
func columns(fs []model.Feature, r *Row, boost *[model.NumFamilies]float64) sparseRow {
	l := uint8(1)
	if r.Lang == "ar" {
		l = 2
	}
	out := make(sparseRow, 0, len(fs))
	for _, f := range fs {
		v := f.Value * boost[f.Family]
		if v == 0 {
			continue
		}
		out = append(out, cell{featureKey{f.Family, 0, f.Key}, v})
		if f.Family == model.FrameFamily || f.Family == model.FormFamily {
			out = append(out, cell{featureKey{f.Family, l, f.Key}, v})
		}
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
	return out[:n]
}

func compareKeys(a, b featureKey) int {
	return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.lang, b.lang), cmp.Compare(a.key, b.key))
}

// newMatrix numbers the features that occur in at least minRows rows and lays
// out the rows and, after them, extra, which does not count.
func newMatrix(rows, extra []sparseRow, minRows int) *matrix {
	count := map[featureKey]int{}
	for _, r := range rows {
		for _, f := range r {
			count[f.key]++
		}
	}
	m := &matrix{column: make(map[featureKey]int32, len(count))}
	for k, n := range count {
		if n >= minRows {
			m.keys = append(m.keys, k)
		}
	}
	slices.SortFunc(m.keys, compareKeys)
	for i, k := range m.keys {
		m.column[k] = int32(i)
	}
	m.start = append(m.start, 0)
	for _, r := range slices.Concat(rows, extra) {
		for _, f := range r {
			if c, ok := m.column[f.key]; ok {
				m.index = append(m.index, c)
				m.value = append(m.value, float32(f.value))
			}
		}
		m.start = append(m.start, len(m.index))
	}
	return m
}

// rows returns how many rows the matrix has.
func (m *matrix) rows() int { return len(m.start) - 1 }

// pick returns the matrix of some of the rows, with the same columns.
func (m *matrix) pick(which []int) *matrix {
	p := &matrix{keys: m.keys, column: m.column, start: []int{0}}
	for _, i := range which {
		p.index = append(p.index, m.index[m.start[i]:m.start[i+1]]...)
		p.value = append(p.value, m.value[m.start[i]:m.start[i+1]]...)
		p.start = append(p.start, len(p.index))
	}
	return p
}
