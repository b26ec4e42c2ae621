package card

import (
	"bytes"
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

// bins of a reliability diagram. They are wider than those of the calibration
// error, so that each holds rows enough to look at.
const bins = 10

var (
	gray = color.Gray{Y: 160}
	blue = color.RGBA{R: 31, G: 95, B: 160, A: 255}
	red  = color.RGBA{R: 190, G: 60, B: 40, A: 255}
)

// side is the width and height of a figure, margin what is left free at its
// right and top.
const (
	side   = 9 * vg.Centimeter
	margin = 5 * vg.Millimeter
)

// Draw returns the figures as SVG files by name: for each task the reliability
// diagram before and after calibration, and accuracy by coverage.
func (c *Card) Draw() (map[string][]byte, error) {
	out := map[string][]byte{}
	for t := range model.Task(model.NumTasks) {
		before, after := predictions(t, c.test, raw, always), predictions(t, c.test, calibrated, always)
		p := axes(fmt.Sprintf("Reliability, %s", t), "confidence", "accuracy")
		p.Y.Min, p.X.Min = 0, 0
		if err := line(p, "", plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}}, gray, true); err != nil {
			return nil, err
		}
		if err := points(p, "before calibration", reliability(before), red); err != nil {
			return nil, err
		}
		if err := points(p, "after", reliability(after), blue); err != nil {
			return nil, err
		}
		p.Legend.Left, p.Legend.Top = true, true
		if err := save(out, "reliability-"+t.String()+".svg", p); err != nil {
			return nil, err
		}

		p = axes(fmt.Sprintf("Accuracy by coverage, %s", t), "share of rows answered", "accuracy")
		p.X.Min, p.Y.Min = 0, 0.5
		for _, l := range []struct {
			lang string
			c    color.Color
		}{{"en", blue}, {"ar", red}} {
			e := c.eval.Language(l.lang)
			if e == nil {
				continue
			}
			curve := e.Task(t).Coverage.Curve
			var xys plotter.XYs
			for i, y := range curve {
				xys = append(xys, plotter.XY{X: float64(i+1) / float64(len(curve)), Y: y})
			}
			if err := line(p, map[string]string{"en": "English", "ar": "Arabic"}[l.lang], xys, l.c, false); err != nil {
				return nil, err
			}
		}
		p.Legend.Left = true
		if err := save(out, "coverage-"+t.String()+".svg", p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// reliability returns mean confidence and accuracy of each bin that has rows.
func reliability(preds []training.Prediction) plotter.XYs {
	var sum, right, n [bins]float64
	for i := range preds {
		q := preds[i].Probabilities[preds[i].Label]
		b := min(int(q*bins), bins-1)
		n[b]++
		sum[b] += q
		if preds[i].Label == preds[i].Gold {
			right[b]++
		}
	}
	var xys plotter.XYs
	for b := range n {
		if n[b] > 0 {
			xys = append(xys, plotter.XY{X: sum[b] / n[b], Y: right[b] / n[b]})
		}
	}
	return xys
}

func axes(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.X.Max, p.Y.Max = 1, 1
	p.Add(plotter.NewGrid())
	return p
}

func line(p *plot.Plot, name string, xys plotter.XYs, c color.Color, dashed bool) error {
	l, err := plotter.NewLine(xys)
	if err != nil {
		return err
	}
	l.Color, l.Width = c, vg.Points(1.5)
	if dashed {
		l.Dashes = []vg.Length{vg.Points(3), vg.Points(3)}
	}
	p.Add(l)
	if name != "" {
		p.Legend.Add(name, l)
	}
	return nil
}

func points(p *plot.Plot, name string, xys plotter.XYs, c color.Color) error {
	l, s, err := plotter.NewLinePoints(xys)
	if err != nil {
		return err
	}
	l.Color, l.Width = c, vg.Points(1)
	s.Color, s.Shape, s.Radius = c, draw.CircleGlyph{}, vg.Points(2.5)
	p.Add(l, s)
	p.Legend.Add(name, l, s)
	return nil
}

func save(out map[string][]byte, name string, p *plot.Plot) error {
	canvas := vgsvg.New(side, side)
	// Room on the right for the last number of the axis.
	p.Draw(draw.Crop(draw.New(canvas), 0, -margin, 0, -margin))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	out[name] = b.Bytes()
	return nil
}
