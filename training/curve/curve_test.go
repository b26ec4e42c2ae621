package curve_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/curve"
	"github.com/parley-nlp/parley/training/vectors"
)

// inputs splits some of the written corpus into three parts.
func inputs(t *testing.T) curve.Inputs {
	t.Helper()
	rows, err := training.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	in := curve.Inputs{Config: training.DefaultConfig(), Shares: []float64{0.3, 1}, Folds: 2}
	in.Config.Iterations = 3
	part := training.Folds(rows, 120, 5)
	for i := range rows {
		switch r := rows[i]; part[i] {
		case 0, 1:
			in.Written = append(in.Written, r)
		case 2, 3:
			r.Source = "elsewhere"
			in.Real = append(in.Real, r)
		case 4, 5, 6, 7:
			in.Dev = append(in.Dev, r)
		}
	}
	if in.English, err = vectors.English(); err != nil {
		t.Fatal(err)
	}
	if in.Arabic, err = vectors.Arabic(); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestRun(t *testing.T) {
	in := inputs(t)
	var told []int
	in.Progress = func(done, all int) {
		if all != 14 { // 2 shares of (1 fit of written, 1 + 2 of real, 1 + 2 of both)
			t.Errorf("%d fits in all, want 14", all)
		}
		told = append(told, done)
	}
	c, err := curve.Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != 14 || !slices.IsSorted(told) || told[13] != 14 {
		t.Errorf("progress %v", told)
	}
	want := map[string]int{"written": len(in.Written), "real": len(in.Real), "both": len(in.Written) + len(in.Real)}
	if len(c.Series) != 3 {
		t.Fatalf("%d series, want 3", len(c.Series))
	}
	for _, s := range c.Series {
		if len(s.Points) != 2 {
			t.Fatalf("%s: %d points, want 2", s.Name, len(s.Points))
		}
		few, all := s.Points[0].Languages, s.Points[1].Languages
		if n := all[0].Rows + all[1].Rows; n != want[s.Name] {
			t.Errorf("%s: the whole has %d rows, want %d", s.Name, n, want[s.Name])
		}
		for i := range all {
			if few[i].Rows == 0 || few[i].Rows >= all[i].Rows {
				t.Errorf("%s, %s: %d rows of %d at 0.3", s.Name, all[i].Language, few[i].Rows, all[i].Rows)
			}
			for _, x := range []float64{all[i].Dev.Stance, all[i].Dev.Tone, all[i].CV.Stance, all[i].CV.Tone} {
				if x <= 0.02 || x >= 1 {
					t.Errorf("%s: scores %+v are not those of a model", s.Name, all[i])
				}
			}
		}
	}
	var svg bytes.Buffer
	if err := c.WriteSVG(&svg); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"English, stance", "Arabic, tone", "written, dev"} {
		if !strings.Contains(svg.String(), text) {
			t.Errorf("the drawing lacks %q", text)
		}
	}
	for d := xml.NewDecoder(&svg); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the drawing is not XML: %v", err)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	rows := []training.Row{{ID: "a"}}
	good := curve.Inputs{Written: rows, Real: rows, Dev: rows}
	for name, c := range map[string]struct {
		change func(*curve.Inputs)
		want   string
	}{
		"no real rows": {func(in *curve.Inputs) { in.Real = nil }, "real"},
		"share of 0":   {func(in *curve.Inputs) { in.Shares = []float64{0} }, "share 0"},
		"share of 2":   {func(in *curve.Inputs) { in.Shares = []float64{0.5, 2} }, "share 2"},
		"one fold":     {func(in *curve.Inputs) { in.Folds = 1 }, "1 folds"},
	} {
		in := good
		c.change(&in)
		if _, err := curve.Run(context.Background(), in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	in := inputs(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := curve.Run(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want a cancellation", err)
	}
}
