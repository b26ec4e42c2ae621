package rows

import (
	"bufio"
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

//go:embed page.tmpl
var pageSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": func(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) },
	"weight":  func(f float64) string { return fmt.Sprintf("%+.2f", f) },
}).Parse(pageSource))

// htmlWriter writes one page that needs nothing else: a section for each
// document, its paragraphs with their labels and the evidence marked.
type htmlWriter struct {
	w       *bufio.Writer
	offsets text.Encoding
	id      string
	state   htmlState
}

type htmlState uint8

const (
	htmlNew     htmlState = iota // nothing is written
	htmlOpen                     // the page has begun
	htmlSection                  // and so has the section of id
)

// NewHTMLWriter returns the writer of the page. Offsets is the unit of the
// rows' offsets.
func NewHTMLWriter(w io.Writer, offsets text.Encoding) Writer {
	return &htmlWriter{w: bufio.NewWriter(w), offsets: offsets}
}

// htmlParagraph is what the template shows of a row.
type htmlParagraph struct {
	*Row
	Segments []segment
	Tasks    []htmlTask
}

type htmlTask struct {
	Name string
	*Prediction
}

// segment is a stretch of a text that is marked alike throughout.
type segment struct {
	Text   string
	Labels []string // the labels it speaks for
}

// Write implements [Writer].
func (h *htmlWriter) Write(r *Row, _ []byte) error {
	if h.state == htmlNew {
		if err := h.part("head", nil); err != nil {
			return err
		}
		h.state = htmlOpen
	}
	if h.state == htmlOpen || r.ID != h.id {
		if h.state == htmlSection {
			if err := h.part("sectionEnd", nil); err != nil {
				return err
			}
		}
		if err := h.part("section", r.ID); err != nil {
			return err
		}
		h.state, h.id = htmlSection, r.ID
	}
	p := htmlParagraph{Row: r, Segments: segments(r, h.offsets)}
	for t := range model.Task(model.NumTasks) {
		q, _ := r.Task(t)
		p.Tasks = append(p.Tasks, htmlTask{t.String(), q})
	}
	return h.part("paragraph", p)
}

func (h *htmlWriter) part(name string, data any) error { return page.ExecuteTemplate(h.w, name, data) }

// segments cuts the text of a row where evidence begins and ends.
func segments(r *Row, offsets text.Encoding) []segment {
	marks := make([][model.NumTasks]string, len(r.Text))
	for t := range model.Task(model.NumTasks) {
		p, _ := r.Task(t)
		for _, v := range p.Evidence {
			start := byteOffset(r.Text, v.Start, offsets)
			for i := start; i < min(start+len(v.Text), len(marks)); i++ {
				marks[i][t] = v.Label
			}
		}
	}
	var out []segment
	for i := 0; i < len(marks); {
		j := i
		for j < len(marks) && marks[j] == marks[i] {
			j++
		}
		s := segment{Text: r.Text[i:j]}
		for t, label := range marks[i] {
			if label != "" {
				s.Labels = append(s.Labels, model.Task(t).String()+"-"+label)
			}
		}
		out = append(out, s)
		i = j
	}
	return out
}

// Whole implements [Writer]: a page is for looking at, not for going on with.
func (h *htmlWriter) Whole() bool { return false }

// Flush implements [Writer].
func (h *htmlWriter) Flush() error { return h.w.Flush() }

// Close implements [Writer].
func (h *htmlWriter) Close() error {
	if h.state == htmlNew {
		if err := h.part("head", nil); err != nil {
			return err
		}
	}
	if h.state == htmlSection {
		if err := h.part("sectionEnd", nil); err != nil {
			return err
		}
	}
	if err := h.part("foot", nil); err != nil {
		return err
	}
	return h.w.Flush()
}
