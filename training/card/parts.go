package card

import (
	"cmp"
	"slices"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/peers"
)

// view picks one of a row's predictions.
type view func(*training.Scored, model.Task) training.Prediction

func raw(s *training.Scored, t model.Task) training.Prediction        { return s.Raw[t] }
func calibrated(s *training.Scored, t model.Task) training.Prediction { return s.Calibrated[t] }

func isReal(r *training.Row) bool    { return r.Source != training.Written }
func isWritten(r *training.Row) bool { return r.Source == training.Written }
func always(*training.Row) bool      { return true }

// predictions returns those of the rows in use.
func predictions(t model.Task, rows []training.Scored, v view, use func(*training.Row) bool) []training.Prediction {
	var out []training.Prediction
	for i := range rows {
		if use(rows[i].Row) {
			out = append(out, v(&rows[i], t))
		}
	}
	return out
}

func measure(t model.Task, rows []training.Scored, v view) training.Metrics {
	return training.Measure(t, predictions(t, rows, v, always))
}

// macro returns macro-F1 by task and language of the rows in use.
func macro(rows []training.Scored, v view, use func(*training.Row) bool) map[string]float64 {
	out := map[string]float64{}
	for _, cell := range peers.Cells() {
		p := predictions(cell.Task, rows, v, func(r *training.Row) bool { return r.Lang == cell.Lang && use(r) })
		if len(p) > 0 {
			out[cellName(cell)] = rounded(training.Measure(cell.Task, p).MacroF1)
		}
	}
	return out
}

func cellName(c peers.Cell) string { return c.Task.String() + "/" + c.Lang }

// rounded cuts a figure to four places, so that files differ where figures do.
func rounded(x float64) float64 { return float64(int64(x*1e4+0.5)) / 1e4 }

// part is the rows that share a key.
type part struct {
	key  string
	rows []training.Scored
}

// split sorts rows by key, in the order of the keys; an empty key drops a row.
func split(rows []training.Scored, key func(*training.Row) string) []part {
	at := map[string]int{}
	var parts []part
	for _, s := range rows {
		k := key(s.Row)
		if k == "" {
			continue
		}
		i, ok := at[k]
		if !ok {
			i = len(parts)
			at[k] = i
			parts = append(parts, part{key: k})
		}
		parts[i].rows = append(parts[i].rows, s)
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.key, b.key) })
	return parts
}
