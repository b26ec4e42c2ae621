package labelio

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/labels/offset"
)

// studioTask is a task of Label Studio's JSON export.
type studioTask struct {
	ID          json.RawMessage    `json:"id,omitempty"`
	Data        studioData         `json:"data"`
	Annotations []studioAnnotation `json:"annotations"`
}

type studioData struct {
	Text   string `json:"text"`
	Lang   string `json:"lang,omitempty"`
	Group  string `json:"group,omitempty"`
	Source string `json:"source,omitempty"`
	Holder string `json:"holder,omitempty"`
	Model  string `json:"model,omitempty"`
	Note   string `json:"note,omitempty"`
}

type studioAnnotation struct {
	CompletedBy  json.RawMessage `json:"completed_by,omitempty"`
	WasCancelled bool            `json:"was_cancelled"`
	Result       []studioResult  `json:"result"`
}

// studioResult is a choice (type "choices", from_name "stance" or "tone") or a
// span (type "labels").
type studioResult struct {
	ID       string      `json:"id,omitempty"`
	FromName string      `json:"from_name"`
	ToName   string      `json:"to_name"`
	Type     string      `json:"type"`
	Value    studioValue `json:"value"`
}

type studioValue struct {
	Choices []string `json:"choices,omitempty"`
	Start   *int64   `json:"start,omitempty"`
	End     *int64   `json:"end,omitempty"`
	Text    *string  `json:"text,omitempty"`
	Labels  []string `json:"labels,omitempty"`
}

// readLabelStudio reads the array of tasks one task at a time. Each annotation
// of a task is a row.
func readLabelStudio(in io.Reader, o Options) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		buf := bufio.NewReader(in)
		if head, _ := buf.Peek(3); string(head) == "\uFEFF" {
			_, _ = buf.Discard(3)
		}
		count := &lineCounter{in: buf}
		d := json.NewDecoder(count)
		open, err := d.Token()
		if err != nil || open != json.Delim('[') {
			yield(nil, errors.New("not an export of Label Studio: want a JSON array of tasks (format JSON, not JSON-MIN or CSV)"))
			return
		}
		for d.More() {
			line := count.line(d.InputOffset())
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				yield(nil, fmt.Errorf("line %d: not JSON: %w", line, err))
				return
			}
			if len(raw) > MaxRow {
				if !yield(nil, &RowError{Line: line, Err: fmt.Errorf("the task is longer than %d MiB", MaxRow>>20)}) {
					return
				}
				continue
			}
			if !emit(line, raw, &o, parseStudio, yield) {
				return
			}
		}
		if _, err := d.Token(); err != nil {
			yield(nil, fmt.Errorf("the array of tasks is cut off: %w", err))
		}
	}
}

// lineCounter finds the line of an offset, which must not go back.
type lineCounter struct {
	in   io.Reader
	ends []int64 // offsets of line ends not yet passed
	read int64
	n    int
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

// line returns the line of the first task after the offset, which stands after
// a comma or a bracket: the line end there belongs to what is before.
func (c *lineCounter) line(offset int64) int {
	for len(c.ends) > 0 && c.ends[0] <= offset+1 {
		c.ends = c.ends[1:]
		c.n++
	}
	return c.n + 1
}

func parseStudio(data []byte, o *Options) ([]*Row, error) {
	var t studioTask
	if err := unmarshal(data, &t); err != nil {
		return nil, err
	}
	id := strings.Trim(string(t.ID), `"`)
	if len(t.Annotations) == 0 {
		return nil, skip("task %s is not annotated", id)
	}
	var rows []*Row
	for i := range t.Annotations {
		a := &t.Annotations[i]
		if a.WasCancelled {
			if len(t.Annotations) == 1 {
				return nil, skip("task %s was skipped by its annotator", id)
			}
			continue
		}
		l, err := a.label(&t.Data, o)
		if err != nil {
			return rows, fmt.Errorf("task %s, annotation %d: %w", id, i+1, err)
		}
		rows = append(rows, &Row{ID: id, Label: l})
	}
	return rows, nil
}

func (a *studioAnnotation) label(d *studioData, o *Options) (*parleyv1.Label, error) {
	s := said{
		language: d.Lang, group: d.Group, source: d.Source, holder: d.Holder, model: d.Model, note: d.Note, annotator: studioAnnotator(a.CompletedBy),
	}
	for i := range a.Result {
		r := &a.Result[i]
		switch r.Type {
		case "choices":
			for _, c := range r.Value.Choices {
				if r.FromName == model.Stance.String() || r.FromName == model.Tone.String() {
					c = r.FromName + ":" + c
				}
				if err := s.choose(c); err != nil {
					return nil, err
				}
			}
		case "labels":
			if err := r.mark(&s, d.Text, o); err != nil {
				return nil, err
			}
		}
	}
	return s.label(d.Text, o)
}

func (r *studioResult) mark(s *said, body string, o *Options) error {
	v := &r.Value
	if v.Start == nil || v.End == nil || len(v.Labels) == 0 {
		return errors.New("a span lacks start, end or labels")
	}
	unit := o.unit(LabelStudio)
	if o.Offsets == nil && v.Text != nil {
		// Versions before 1.5 counted UTF-16 units.
		if span, err := offset.ToBytes(body, unit, *v.Start, *v.End); err != nil || span.In(body) != *v.Text {
			if span, err := offset.ToBytes(body, text.UTF16, *v.Start, *v.End); err == nil && span.In(body) == *v.Text {
				unit = text.UTF16
			}
		}
	}
	for _, name := range v.Labels {
		t, err := taskOfSpan(name)
		if err != nil {
			return err
		}
		if err := s.mark(t, body, unit, *v.Start, *v.End, v.Text); err != nil {
			return err
		}
	}
	return nil
}

// studioAnnotator reads completed_by: a number, or an object with an e-mail
// address.
func studioAnnotator(raw json.RawMessage) string {
	var n int64
	if json.Unmarshal(raw, &n) == nil && len(raw) > 0 && string(raw) != "null" {
		return "user " + strconv.FormatInt(n, 10)
	}
	var who struct {
		Email string `json:"email"`
		ID    int64  `json:"id"`
	}
	if json.Unmarshal(raw, &who) != nil {
		return ""
	}
	if who.Email == "" && who.ID != 0 {
		return "user " + strconv.FormatInt(who.ID, 10)
	}
	return who.Email
}

type labelStudioWriter struct {
	out  io.Writer
	unit text.Encoding
	n    int
}

func (w *labelStudioWriter) Write(l *parleyv1.Label) error {
	data, err := encodeJSON(toStudio(l, w.unit, w.n+1))
	if err != nil {
		return err
	}
	sep := ",\n"
	if w.n == 0 {
		sep = "[\n"
	}
	w.n++
	_, err = fmt.Fprintf(w.out, "%s%s", sep, strings.TrimSuffix(string(data), "\n"))
	return err
}

func (w *labelStudioWriter) Close() error {
	end := "\n]\n"
	if w.n == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(w.out, end)
	return err
}

func toStudio(l *parleyv1.Label, unit text.Encoding, number int) studioTask {
	who, _ := json.Marshal(map[string]string{"email": l.GetAnnotator()})
	a := studioAnnotation{CompletedBy: who, Result: []studioResult{
		{FromName: "stance", ToName: "text", Type: "choices", Value: studioValue{Choices: []string{stanceName(l)}}},
		{FromName: "tone", ToName: "text", Type: "choices", Value: studioValue{Choices: []string{toneName(l)}}},
	}}
	for t := range model.Task(model.NumTasks) {
		c := text.NewConverter(l.GetText(), unit)
		for i, sp := range taskEvidence(l, t) {
			b := text.Span{Start: int(sp.Start), End: int(sp.End)}
			u, in := c.Span(b), b.In(l.GetText())
			start, end := int64(u.Start), int64(u.End)
			a.Result = append(a.Result, studioResult{
				ID: fmt.Sprintf("%s-%d", t, i+1), FromName: "evidence", ToName: "text", Type: "labels",
				Value: studioValue{Start: &start, End: &end, Text: &in, Labels: []string{t.String()}},
			})
		}
	}
	return studioTask{
		ID:          json.RawMessage(strconv.Itoa(number)),
		Data:        studioData{Text: l.GetText(), Lang: languageName(l), Group: l.GetGroup(), Source: l.GetSource(), Holder: l.GetHolder(), Model: l.GetModel(), Note: l.GetNote()},
		Annotations: []studioAnnotation{a},
	}
}
