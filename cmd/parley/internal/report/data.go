package report

import (
	"bytes"
	"encoding/json"
	"math"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
)

// The page holds one block of meta, and the rows in blocks that a browser
// parses one by one. All of it is JSON in which <, > and & are escaped, so that
// no text of an article can end the element that holds it.

// meta is everything but the rows. The script of the page reads it under the
// same names.
type meta struct {
	Labels    [model.NumTasks][]string `json:"labels"`
	Languages []string                 `json:"languages"`
	Sources   []string                 `json:"sources"`
	// Holders has the author, as an empty name, first.
	Holders []string `json:"holders"`
	Phrases []string `json:"phrases"`
	// Docs are [id, title, source, day or null, link].
	Docs [][5]any `json:"docs"`
	Rows int      `json:"rows"`
}

func (r *Report) meta() meta {
	list := func(s []string) []string { return append([]string{}, s...) } // never null
	m := meta{
		Languages: list(r.languages.list), Sources: list(r.sources.list), Holders: list(r.holders.list), Phrases: list(r.phrases.show),
		Docs: make([][5]any, len(r.docs)), Rows: r.rows,
	}
	for t := range model.Task(model.NumTasks) {
		m.Labels[t] = t.Labels()
	}
	for i, d := range r.docs {
		m.Docs[i] = [5]any{d.id, d.title, d.source, nil, d.link}
		if d.dated {
			m.Docs[i][3] = d.day
		}
	}
	return m
}

// probabilityUnits make 1 of a probability in the page.
const probabilityUnits = 10_000

// encode returns a row as
//
//	[document, paragraph, language, text, stance, tone]
//
// with a task as [label, probabilities, evidence, abstained] and evidence as
// one flat list, six numbers each: start, end, label, weight, holder, phrase.
// Offsets are in UTF-16, probabilities in 1/10,000, weights in 1/100.
func (r *Report) encode(row *rows.Row, doc int, tasks *[model.NumTasks]prediction) [6]any {
	out := [6]any{doc, row.Paragraph, r.languages.index(row.Language), row.Text}
	for t := range tasks {
		p := &tasks[t]
		probabilities := make([]int, len(p.probabilities))
		for i, v := range p.probabilities {
			probabilities[i] = int(math.Round(v * probabilityUnits))
		}
		flat := make([]int, 0, 6*len(p.evidence))
		for _, e := range p.evidence {
			weight := int(math.Round(100 * max(-1e6, min(1e6, e.weight))))
			flat = append(flat, e.start, e.end, e.label, weight, r.holders.index(e.holder), r.phrases.index(e.words))
		}
		out[4+t] = []any{p.label, probabilities, flat, p.abstained}
	}
	return out
}

// A block ends with the row that reaches either bound, so that parsing one
// never holds up the page.
const (
	blockRows  = 500
	blockBytes = 512 << 10
)

// blocks are JSON arrays of rows.
type blocks struct {
	list [][]byte
	open bytes.Buffer
	rows int // in open
}

func (b *blocks) add(row [6]any) error {
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	b.open.WriteByte("[,"[min(b.rows, 1)])
	b.open.Write(data)
	b.rows++
	if b.rows == blockRows || b.open.Len() >= blockBytes {
		b.cut()
	}
	return nil
}

// cut ends the open block.
func (b *blocks) cut() {
	if b.rows == 0 {
		return
	}
	b.open.WriteByte(']')
	b.list = append(b.list, bytes.Clone(b.open.Bytes()))
	b.open.Reset()
	b.rows = 0
}
