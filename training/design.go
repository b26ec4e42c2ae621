package training

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/parley-nlp/parley/model"
)

// Design is rows made ready for fitting, to measure the fit alone.
type Design struct {
	d   *dataset
	cfg Config
}

// NewDesign extracts the features of the rows, as Train does. Marked evidence
// makes no rows of its own.
func NewDesign(ctx context.Context, in Inputs, cfg Config) (*Design, error) {
	in.defaults()
	if err := checkRows(in.Rows); err != nil {
		return nil, err
	}
	x, err := model.NewExtractor(in.Target, in.Lexicon, stats{in.English, in.Arabic})
	if err != nil {
		return nil, err
	}
	cfg.Rationale = 0
	d, err := newDataset(ctx, canonical(in.Rows), x, &cfg)
	if err != nil {
		return nil, err
	}
	return &Design{d, cfg}, nil
}

// Fit fits both tasks to all rows once and forgets the weights.
func (d *Design) Fit(ctx context.Context) error {
	_, err := d.d.fitAll(ctx, &d.cfg)
	return err
}

// WriteSVMLight writes the matrix with the labels of a task as LIBLINEAR and
// others read it: a row a line, the label's number, then column:value with
// columns from 1 on.
func (d *Design) WriteSVMLight(w io.Writer, t model.Task) error {
	b := bufio.NewWriter(w)
	for i, row := range d.d.x.rows {
		fmt.Fprint(b, d.d.label[i][t])
		for _, e := range row {
			fmt.Fprintf(b, " %d:%g", e.column+1, e.value)
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}
