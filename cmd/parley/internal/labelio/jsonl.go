package labelio

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// readLines reads one JSON object a line. parse returns the labels of a row.
func readLines(in io.Reader, o Options, parse func([]byte, *Options) ([]*Row, error)) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		r := bufio.NewReaderSize(in, 64<<10)
		for line := 1; ; line++ {
			data, long, err := readLine(r)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, fmt.Errorf("line %d: %w", line, err))
				return
			}
			if line == 1 {
				data = bytes.TrimPrefix(data, []byte("\uFEFF"))
			}
			data = bytes.TrimSpace(data)
			switch {
			case long:
				if !yield(nil, &RowError{Line: line, Err: fmt.Errorf("the row is longer than %d MiB", MaxRow>>20)}) {
					return
				}
			case len(data) > 0 && !emit(line, data, &o, parse, yield):
				return
			}
			if err != nil {
				return
			}
		}
	}
}

func emit(line int, data []byte, o *Options, parse func([]byte, *Options) ([]*Row, error), yield func(*Row, error) bool) bool {
	rows, err := []*Row(nil), error(nil)
	if !utf8.Valid(data) {
		err = errors.New("invalid UTF-8")
	} else {
		rows, err = parse(data, o)
	}
	for _, r := range rows {
		r.Line = line
		if !yield(r, nil) {
			return false
		}
	}
	if err == nil {
		return true
	}
	var e *RowError
	if !errors.As(err, &e) {
		e = &RowError{Err: err}
	}
	e.Line = line
	return yield(nil, e)
}

// readLine reads up to a line end; of a line that is too long only that it is.
func readLine(r *bufio.Reader) (data []byte, long bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(data)+len(part) > MaxRow; long {
			data = nil
		} else {
			data = append(data, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return data, long, err
		}
	}
}

// unmarshal decodes an object and says in a person's words what is wrong.
func unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("%s is a %s, want %s", kind.Field, kind.Value, kind.Type)
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON: %w at byte %d", err, syntax.Offset)
	case err != nil:
		return fmt.Errorf("not a JSON object: %w", err)
	}
	return nil
}

// skip is the error of a row that the tool itself calls no label.
func skip(format string, args ...any) error {
	return &RowError{Skipped: true, Err: fmt.Errorf(format, args...)}
}

// parleyRow is a labelled row of Parley's JSONL. Spans are exact where a
// stretch stands in the text more than once; evidence alone is enough.
type parleyRow struct {
	ID         string                `json:"id,omitempty"`
	Text       string                `json:"text"`
	Lang       string                `json:"lang,omitempty"`
	Stance     string                `json:"stance"`
	Tone       string                `json:"tone"`
	Evidence   map[string][]string   `json:"evidence"`
	Spans      map[string][][2]int64 `json:"spans,omitempty"`
	Offsets    string                `json:"offsets,omitempty"`
	Holder     string                `json:"holder,omitempty"`
	Group      string                `json:"group,omitempty"`
	Source     string                `json:"source,omitempty"`
	Annotator  string                `json:"annotator,omitempty"`
	Model      string                `json:"model,omitempty"`
	Note       string                `json:"note,omitempty"`
	Supersedes string                `json:"supersedes,omitempty"`
	RequestID  string                `json:"request_id,omitempty"`
	Sequence   int64                 `json:"sequence,omitempty"`
	State      string                `json:"state,omitempty"`
	Created    string                `json:"created,omitempty"`
}

func parseParley(data []byte, o *Options) ([]*Row, error) {
	var r parleyRow
	if err := unmarshal(data, &r); err != nil {
		return nil, err
	}
	if r.State != "" && r.State != "active" {
		return nil, skip("the label is %s", r.State)
	}
	s := said{
		stance: r.Stance, tone: r.Tone, language: r.Lang, holder: r.Holder, group: r.Group, source: r.Source,
		note: r.Note, annotator: r.Annotator, model: r.Model, supersedes: r.Supersedes, requestID: r.RequestID,
	}
	unit := o.unit(Parley)
	if r.Offsets != "" {
		var err error
		if unit, err = text.ParseEncoding(r.Offsets); err != nil {
			return nil, fmt.Errorf("offsets: %w", err)
		}
	}
	for t := range model.Task(model.NumTasks) {
		quotes, spans := r.Evidence[t.String()], r.Spans[t.String()]
		if len(quotes) > 0 && len(spans) > 0 && len(quotes) != len(spans) {
			return nil, fmt.Errorf("%s has %d stretches of evidence and %d spans", t, len(quotes), len(spans))
		}
		for i, sp := range spans {
			var want *string
			if len(quotes) > 0 {
				want = &quotes[i]
			}
			if err := s.mark(t, r.Text, unit, sp[0], sp[1], want); err != nil {
				return nil, fmt.Errorf("spans of %s: %w", t, err)
			}
		}
		if len(spans) > 0 {
			continue
		}
		for _, q := range quotes {
			if err := s.quote(t, r.Text, q); err != nil {
				return nil, err
			}
		}
	}
	l, err := s.label(r.Text, o)
	if err != nil {
		return nil, err
	}
	return []*Row{{ID: r.ID, Label: l}}, nil
}

func toParley(l *parleyv1.Label, unit text.Encoding) any {
	r := parleyRow{
		ID: l.GetId(), Text: l.GetText(), Lang: languageName(l), Stance: stanceName(l), Tone: toneName(l),
		Evidence: map[string][]string{}, Holder: l.GetHolder(), Group: l.GetGroup(), Source: l.GetSource(), Annotator: l.GetAnnotator(),
		Model: l.GetModel(), Note: l.GetNote(), Supersedes: l.GetSupersedes(), Sequence: l.GetSequence(),
		State: strings.ToLower(strings.TrimPrefix(l.GetState().String(), "LABEL_STATE_")),
	}
	if l.GetState() <= parleyv1.LabelState_LABEL_STATE_ACTIVE {
		r.State = ""
	}
	if t := l.GetCreateTime(); t != nil {
		r.Created = t.AsTime().Format("2006-01-02T15:04:05.000Z")
	}
	for t := range model.Task(model.NumTasks) {
		r.Evidence[t.String()] = []string{}
		c := text.NewConverter(l.GetText(), unit)
		for _, sp := range taskEvidence(l, t) {
			b := text.Span{Start: int(sp.Start), End: int(sp.End)}
			r.Evidence[t.String()] = append(r.Evidence[t.String()], b.In(l.GetText()))
			u := c.Span(b)
			if r.Spans == nil {
				r.Spans, r.Offsets = map[string][][2]int64{}, unit.String()
			}
			r.Spans[t.String()] = append(r.Spans[t.String()], [2]int64{int64(u.Start), int64(u.End)})
		}
	}
	return r
}

// lineWriter writes one JSON object a line.
type lineWriter struct {
	out    io.Writer
	encode func(*parleyv1.Label) any
}

func (w *lineWriter) Write(l *parleyv1.Label) error {
	data, err := encodeJSON(w.encode(l))
	if err != nil {
		return err
	}
	_, err = w.out.Write(data)
	return err
}

func (w *lineWriter) Close() error { return nil }

// encodeJSON returns v and a line end, with < and & as they are.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
