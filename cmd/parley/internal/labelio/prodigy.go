package labelio

import (
	"encoding/json"
	"fmt"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// prodigyRow is a task of Prodigy's db-out. Choices stand in accept (or label),
// spans in spans; answer says what the annotator made of it.
type prodigyRow struct {
	Text      string         `json:"text"`
	Label     string         `json:"label,omitempty"`
	Accept    []string       `json:"accept,omitempty"`
	Spans     []prodigySpan  `json:"spans,omitempty"`
	Answer    string         `json:"answer,omitempty"`
	Annotator string         `json:"_annotator_id,omitempty"`
	Session   string         `json:"_session_id,omitempty"`
	Meta      map[string]any `json:"meta,omitempty"`
	InputHash json.Number    `json:"_input_hash,omitempty"`
}

type prodigySpan struct {
	Start *int64  `json:"start"`
	End   *int64  `json:"end"`
	Text  *string `json:"text,omitempty"`
	Label string  `json:"label"`
}

func parseProdigy(data []byte, o *Options) ([]*Row, error) {
	var r prodigyRow
	if err := unmarshal(data, &r); err != nil {
		return nil, err
	}
	switch r.Answer {
	case "", "accept":
	case "reject", "ignore":
		return nil, skip("the answer is %s", r.Answer)
	default:
		return nil, fmt.Errorf("answer %q is none of accept, reject, ignore", r.Answer)
	}
	meta := func(key string) string {
		v, _ := r.Meta[key].(string)
		return v
	}
	s := said{
		language: meta("lang"), group: meta("group"), source: meta("source"), holder: meta("holder"), model: meta("model"), note: meta("note"), annotator: r.Annotator,
	}
	if s.annotator == "" {
		s.annotator = r.Session
	}
	names := r.Accept
	if r.Label != "" {
		names = append(names, r.Label)
	}
	for _, name := range names {
		if err := s.choose(name); err != nil {
			return nil, err
		}
	}
	for i, sp := range r.Spans {
		if sp.Start == nil || sp.End == nil {
			return nil, fmt.Errorf("span %d lacks start or end", i+1)
		}
		t, err := taskOfSpan(sp.Label)
		if err != nil {
			return nil, err
		}
		if err := s.mark(t, r.Text, o.unit(Prodigy), *sp.Start, *sp.End, sp.Text); err != nil {
			return nil, err
		}
	}
	l, err := s.label(r.Text, o)
	if err != nil {
		return nil, err
	}
	return []*Row{{ID: r.InputHash.String(), Label: l}}, nil
}

func toProdigy(l *parleyv1.Label, unit text.Encoding) any {
	r := prodigyRow{
		Text: l.GetText(), Accept: []string{"stance:" + stanceName(l), "tone:" + toneName(l)}, Answer: "accept", Annotator: l.GetAnnotator(), Meta: map[string]any{},
	}
	for key, v := range map[string]string{
		"lang": languageName(l), "group": l.GetGroup(), "source": l.GetSource(), "holder": l.GetHolder(), "model": l.GetModel(), "note": l.GetNote(),
	} {
		if v != "" {
			r.Meta[key] = v
		}
	}
	for t := range model.Task(model.NumTasks) {
		c := text.NewConverter(l.GetText(), unit)
		for _, sp := range taskEvidence(l, t) {
			b := text.Span{Start: int(sp.Start), End: int(sp.End)}
			u, in := c.Span(b), b.In(l.GetText())
			start, end := int64(u.Start), int64(u.End)
			r.Spans = append(r.Spans, prodigySpan{Start: &start, End: &end, Text: &in, Label: t.String()})
		}
	}
	return r
}
