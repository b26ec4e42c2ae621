package labelio

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// doccanoRow is a row of doccano's JSONL export. Text classification writes
// names in label (or cats), sequence labelling triples in label (or entities).
type doccanoRow struct {
	ID       json.RawMessage   `json:"id,omitempty"`
	Text     string            `json:"text"`
	Label    []json.RawMessage `json:"label,omitempty"`
	Cats     []string          `json:"cats,omitempty"`
	Entities []doccanoEntity   `json:"entities,omitempty"`
	// What doccano hands on from the import of the text.
	Lang      string `json:"lang,omitempty"`
	Group     string `json:"group,omitempty"`
	Source    string `json:"source,omitempty"`
	Holder    string `json:"holder,omitempty"`
	Model     string `json:"model,omitempty"`
	Note      string `json:"note,omitempty"`
	Annotator string `json:"annotator,omitempty"`
}

type doccanoEntity struct {
	ID    int    `json:"id"`
	Label string `json:"label"`
	Start int64  `json:"start_offset"`
	End   int64  `json:"end_offset"`
}

func parseDoccano(data []byte, o *Options) ([]*Row, error) {
	var r doccanoRow
	if err := unmarshal(data, &r); err != nil {
		return nil, err
	}
	s := said{language: r.Lang, group: r.Group, source: r.Source, holder: r.Holder, model: r.Model, note: r.Note, annotator: r.Annotator}
	names, entities := r.Cats, r.Entities
	for _, raw := range r.Label {
		var name string
		if json.Unmarshal(raw, &name) == nil {
			names = append(names, name)
			continue
		}
		var e doccanoEntity
		triple := []any{&e.Start, &e.End, &e.Label}
		if err := json.Unmarshal(raw, &triple); err != nil || len(triple) != 3 || e.Label == "" {
			return nil, fmt.Errorf("label %s is neither a name nor [start, end, name]", raw)
		}
		entities = append(entities, e)
	}
	if len(names) == 0 && len(entities) == 0 {
		return nil, skip("the row is not annotated")
	}
	for _, name := range names {
		if err := s.choose(name); err != nil {
			return nil, err
		}
	}
	for _, e := range entities {
		t, err := taskOfSpan(e.Label)
		if err != nil {
			return nil, err
		}
		if err := s.mark(t, r.Text, o.unit(Doccano), e.Start, e.End, nil); err != nil {
			return nil, err
		}
	}
	l, err := s.label(r.Text, o)
	if err != nil {
		return nil, err
	}
	return []*Row{{ID: strings.Trim(string(r.ID), `"`), Label: l}}, nil
}

func toDoccano(l *parleyv1.Label, unit text.Encoding) any {
	r := doccanoRow{
		Text: l.GetText(), Cats: []string{"stance:" + stanceName(l), "tone:" + toneName(l)}, Lang: languageName(l), Group: l.GetGroup(),
		Source: l.GetSource(), Holder: l.GetHolder(), Model: l.GetModel(), Note: l.GetNote(), Annotator: l.GetAnnotator(),
	}
	for t := range model.Task(model.NumTasks) {
		c := text.NewConverter(l.GetText(), unit)
		for _, sp := range taskEvidence(l, t) {
			u := c.Span(text.Span{Start: int(sp.Start), End: int(sp.End)})
			r.Entities = append(r.Entities, doccanoEntity{ID: len(r.Entities) + 1, Label: t.String(), Start: int64(u.Start), End: int64(u.End)})
		}
	}
	return r
}
