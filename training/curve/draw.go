package curve

import (
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Colours that most colour-blind readers tell apart (Okabe and Ito), by series.
var colours = map[string]color.Color{
	"written": color.NRGBA{0xe6, 0x9f, 0x00, 0xff},
	"real":    color.NRGBA{0x00, 0x72, 0xb2, 0xff},
	"both":    color.NRGBA{0x00, 0x9e, 0x73, 0xff},
}

// Size of the drawing.
const (
	width  = 26 * vg.Centimeter
	height = 20 * vg.Centimeter
)

var panels = [2][2]struct {
	title, lang string
	of          func(Scores) float64
}{
	{
		{"English, stance", "en", func(s Scores) float64 { return s.Stance }},
		{"English, tone", "en", func(s Scores) float64 { return s.Tone }},
	},
	{
		{"Arabic, stance", "ar", func(s Scores) float64 { return s.Stance }},
		{"Arabic, tone", "ar", func(s Scores) float64 { return s.Tone }},
	},
}

// WriteSVG draws the curve: a panel for each language and task, with macro-F1
// over the number of rows of that language that were trained on.
func (c *Curve) WriteSVG(w io.Writer) error {
	plots := make([][]*plot.Plot, len(panels))
	for i := range panels {
		for j, panel := range panels[i] {
			p := plot.New()
			p.Title.Text = panel.title
			p.X.Label.Text = "rows trained on"
			p.Y.Label.Text = "macro-F1"
			p.X.Min, p.Y.Min, p.Y.Max = 0, 0.2, 0.9
			p.Add(plotter.NewGrid())
			p.Legend.Left = false
			for _, s := range c.Series {
				for _, dev := range []bool{true, false} {
					name := s.Name + ", real rows (cross-validated)"
					if dev {
						name = s.Name + ", dev"
					}
					line, points, err := s.line(panel.lang, func(l LanguagePoint) float64 {
						if dev {
							return panel.of(l.Dev)
						}
						return panel.of(l.CV)
					})
					if err != nil {
						return err
					}
					line.Color, points.Color = colours[s.Name], colours[s.Name]
					line.Width, points.Shape = vg.Points(1.5), draw.CircleGlyph{}
					if !dev {
						line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
					}
					p.Add(line, points)
					if i == 0 && j == 0 {
						p.Legend.Add(name, line, points)
					}
				}
			}
			plots[i] = append(plots[i], p)
		}
	}
	canvas := vgsvg.New(width, height)
	tiles := draw.Tiles{
		Rows: 2, Cols: 2, PadX: vg.Points(16), PadY: vg.Points(16),
		PadTop: vg.Points(8), PadBottom: vg.Points(8), PadLeft: vg.Points(8), PadRight: vg.Points(8),
	}
	for i, row := range plot.Align(plots, tiles, draw.New(canvas)) {
		for j := range row {
			plots[i][j].Draw(row[j])
		}
	}
	_, err := canvas.WriteTo(w)
	return err
}

func (s *Series) line(lang string, of func(LanguagePoint) float64) (*plotter.Line, *plotter.Scatter, error) {
	var xy plotter.XYs
	for _, p := range s.Points {
		for _, l := range p.Languages {
			if l.Language == lang {
				xy = append(xy, plotter.XY{X: float64(l.Rows), Y: of(l)})
			}
		}
	}
	line, points, err := plotter.NewLinePoints(xy)
	if err != nil {
		return nil, nil, fmt.Errorf("series %s: %w", s.Name, err)
	}
	return line, points, nil
}
