package rows

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// Table shows rows to a reader: the id of the document over its paragraphs, for
// each the labels with their confidence, the text and the evidence.
type Table struct {
	// Width is the number of columns to wrap at; 0 is 80.
	Width int
	// Color marks labels and evidence with ANSI colours. Without it the
	// evidence is listed under the text only.
	Color bool
	// Offsets is the unit of the rows' offsets.
	Offsets text.Encoding
}

type tableWriter struct {
	Table
	w    *bufio.Writer
	id   string
	some bool
}

// NewWriter returns the writer of the table.
func (t Table) NewWriter(w io.Writer) Writer {
	if t.Width <= 0 {
		t.Width = 80
	}
	t.Width = max(t.Width, 20)
	return &tableWriter{Table: t, w: bufio.NewWriter(w)}
}

const (
	reset = "\x1b[0m"
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
)

// paints are the colours of the labels. They differ in brightness too, and the
// label is always written out.
var paints = map[string]string{
	"favor": "\x1b[32m", "against": "\x1b[31m", "neutral": "\x1b[33m", "unrelated": dim,
	"cooperative": "\x1b[36m", "confrontational": "\x1b[35m",
}

func (t *tableWriter) paint(code, s string) string {
	if !t.Color || code == "" {
		return s
	}
	return code + s + reset
}

// Write writes one paragraph.
func (t *tableWriter) Write(r *Row, _ []byte) error {
	if !t.some || r.ID != t.id {
		if t.some {
			t.w.WriteByte('\n')
		}
		fmt.Fprintln(t.w, t.paint(bold, Printable(r.ID)))
		t.some, t.id = true, r.ID
	}
	fmt.Fprintf(t.w, "%3d  ", r.Paragraph)
	for task := range model.Task(model.NumTasks) {
		p, _ := r.Task(task)
		label := fmt.Sprintf("%-*s", widest(task), p.Label)
		fmt.Fprintf(t.w, "%s %.2f%s  ", t.paint(paints[p.Label], label), p.Confidence, mark(p))
	}
	fmt.Fprintf(t.w, "%s\n", t.paint(dim, r.Language))
	t.writeText(r)
	for task := range model.Task(model.NumTasks) {
		t.writeEvidence(task, r)
	}
	return nil
}

// mark shows that a label should not be relied upon.
func mark(p *Prediction) string {
	if p.Abstained != "" {
		return "?"
	}
	return " "
}

func widest(t model.Task) int {
	n := 0
	for _, l := range t.Labels() {
		n = max(n, len(l))
	}
	return n
}

// indent stands before the lines under a paragraph's labels.
const indent = "     "

// writeText writes the paragraph, wrapped, with its evidence in the colour of
// the label that it speaks for.
func (t *tableWriter) writeText(r *Row) {
	spans := t.highlights(r)
	w := wrapper{out: t.w, width: t.Width - len(indent), paint: t.Color}
	for i, c := range r.Text {
		for len(spans) > 0 && i >= spans[0].end {
			spans = spans[1:]
		}
		code := ""
		if len(spans) > 0 && i >= spans[0].start {
			code = spans[0].paint
		}
		w.put(c, code)
	}
	w.flush()
}

// highlight is a stretch of bytes with its colour.
type highlight struct {
	start, end int
	paint      string
}

// highlights returns the evidence in the order of the text; where that of both
// tasks overlaps, the stance is shown.
func (t *tableWriter) highlights(r *Row) []highlight {
	if !t.Color {
		return nil
	}
	at := make([]string, len(r.Text)+1)
	for _, task := range [...]model.Task{model.Tone, model.Stance} {
		p, _ := r.Task(task)
		for _, v := range p.Evidence {
			start := byteOffset(r.Text, v.Start, t.Offsets)
			end := start + len(v.Text)
			for i := start; i < end && i < len(at); i++ {
				at[i] = "\x1b[4m" + paints[v.Label]
			}
		}
	}
	var out []highlight
	for i := 0; i < len(r.Text); {
		j := i
		for j < len(r.Text) && at[j] == at[i] {
			j++
		}
		if at[i] != "" {
			out = append(out, highlight{i, j, at[i]})
		}
		i = j
	}
	return out
}

// byteOffset is the inverse of text.Offset.
func byteOffset(s string, units int, e text.Encoding) int {
	if e == text.UTF8 {
		return min(units, len(s))
	}
	for i, c := range s {
		if units <= 0 {
			return i
		}
		units--
		if e == text.UTF16 && c > 0xFFFF {
			units--
		}
	}
	return len(s)
}

// writeEvidence lists what speaks for the labels of a task.
func (t *tableWriter) writeEvidence(task model.Task, r *Row) {
	p, _ := r.Task(task)
	if len(p.Evidence) == 0 {
		return
	}
	parts := make([]string, len(p.Evidence))
	for i, v := range p.Evidence {
		s := fmt.Sprintf("%q %s %+.2f", Printable(v.Text), t.paint(paints[v.Label], v.Label), v.Weight)
		if v.Holder != "" {
			s += " (" + Printable(v.Holder) + ")"
		}
		parts[i] = s
	}
	lead := fmt.Sprintf("%s%-6s ", indent, task)
	for _, s := range parts {
		fmt.Fprintf(t.w, "%s%s\n", t.paint(dim, lead), s)
		lead = strings.Repeat(" ", len(lead))
	}
}

// Whole implements [Writer]: a table is for looking at, not for going on with.
func (t *tableWriter) Whole() bool { return false }

// Flush implements [Writer].
func (t *tableWriter) Flush() error { return t.w.Flush() }

// Close implements [Writer].
func (t *tableWriter) Close() error { return t.w.Flush() }
