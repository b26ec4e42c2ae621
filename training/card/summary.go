package card

import (
	"slices"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/golearn"
)

// summaryColumns is how many summary features a forest is given; a count above
// mostCounted counts as it.
const (
	summaryColumns = 60
	mostCounted    = 3
)

// summary holds, for each row, how often each dense feature (lexicon classes by
// place and speaker, mentions, the form of the paragraph) stands in it.
type summary []map[uint64]int

// noStats knows no word statistics; dense features need none.
type noStats struct{}

func (noStats) Dim() int                               { return 0 }
func (noStats) Rarity(uint64) float64                  { return 1 }
func (noStats) Vector(uint64, float64, []float64) bool { return false }

func newSummary(rows []training.Row) (summary, error) {
	x, err := model.NewExtractor(model.AssadTarget, model.AttitudeLexicon, noStats{})
	if err != nil {
		return nil, err
	}
	s := make(summary, len(rows))
	for i := range rows {
		fs, err := x.Extract(rows[i].Text, rows[i].Language())
		if err != nil {
			return nil, err
		}
		s[i] = map[uint64]int{}
		for _, f := range fs {
			if (f.Family == model.FrameFamily || f.Family == model.FormFamily) && f.Value != 0 {
				s[i][uint64(f.Family)<<32|f.Key]++
			}
		}
	}
	return s, nil
}

// columns are the features of the rows that tell most about their labels.
func (s summary) columns(rows, label []int, labels int) []uint64 {
	docs := make([]golearn.Doc, len(rows))
	for i, r := range rows {
		for f := range s[r] {
			docs[i] = append(docs[i], f)
		}
		slices.Sort(docs[i])
	}
	return golearn.Select(docs, label, labels, summaryColumns)
}

// table lays out rows by columns.
func (s summary) table(rows []int, columns []uint64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, r := range rows {
		out[i] = make([]float64, len(columns))
		for j, c := range columns {
			out[i][j] = float64(min(s[r][c], mostCounted))
		}
	}
	return out
}
