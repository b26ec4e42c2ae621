package labelio

import (
	"bufio"
	"encoding/csv"
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

// csvColumns are the columns that are written. Of those that are read, text,
// stance and tone are required; others are ignored. Evidence is a JSON list of
// stretches of the text, or one stretch as it is. A line end within a field is
// read as \n, however the file writes it.
var csvColumns = []string{"id", "text", "lang", "stance", "tone", "stance_evidence", "tone_evidence", "holder", "group", "source", "annotator", "model", "note", "supersedes"}

func readCSV(in io.Reader, o Options) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		buf := bufio.NewReader(in)
		if head, _ := buf.Peek(3); string(head) == "\uFEFF" {
			_, _ = buf.Discard(3)
		}
		r := csv.NewReader(buf)
		r.FieldsPerRecord = -1
		header, err := r.Read()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("the file is empty; the first line must name the columns")
			}
			yield(nil, err)
			return
		}
		column := map[string]int{}
		for i, name := range header {
			column[strings.ToLower(strings.TrimSpace(name))] = i
		}
		for _, name := range []string{"text", "stance", "tone"} {
			if _, ok := column[name]; !ok {
				yield(nil, fmt.Errorf("line 1: no column %q; columns are %s", name, strings.Join(header, ", ")))
				return
			}
		}
		for {
			record, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				if !yield(nil, &RowError{Line: bad.StartLine, Err: bad.Err}) {
					return
				}
				continue
			}
			if err != nil {
				yield(nil, err)
				return
			}
			line, _ := r.FieldPos(0)
			row, err := parseRecord(record, len(header), column, &o)
			if err != nil {
				if !yield(nil, &RowError{Line: line, Err: err}) {
					return
				}
				continue
			}
			row.Line = line
			if !yield(row, nil) {
				return
			}
		}
	}
}

func parseRecord(record []string, width int, column map[string]int, o *Options) (*Row, error) {
	if len(record) != width {
		return nil, fmt.Errorf("%d fields, want %d as in the first line", len(record), width)
	}
	get := func(name string) string {
		if i, ok := column[name]; ok {
			return record[i]
		}
		return ""
	}
	for i, v := range record {
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("invalid UTF-8 in field %d", i+1)
		}
		if len(v) > MaxRow {
			return nil, fmt.Errorf("field %d is longer than %d MiB", i+1, MaxRow>>20)
		}
	}
	s := said{
		stance: strings.TrimSpace(get("stance")), tone: strings.TrimSpace(get("tone")), language: strings.TrimSpace(get("lang")), holder: get("holder"),
		group: get("group"), source: get("source"), note: get("note"), annotator: get("annotator"), model: get("model"), supersedes: get("supersedes"),
	}
	for t := range model.Task(model.NumTasks) {
		cell := get(t.String() + "_evidence")
		if strings.TrimSpace(cell) == "" {
			continue
		}
		stretches := []string{cell}
		if strings.HasPrefix(cell, "[") {
			if err := json.Unmarshal([]byte(cell), &stretches); err != nil {
				return nil, fmt.Errorf("%s_evidence is neither one stretch nor a JSON list of them: %w", t, err)
			}
		}
		for _, q := range stretches {
			if err := s.quote(t, get("text"), strings.ReplaceAll(q, "\r\n", "\n")); err != nil {
				return nil, err
			}
		}
	}
	l, err := s.label(get("text"), o)
	if err != nil {
		return nil, err
	}
	return &Row{ID: get("id"), Label: l}, nil
}

type csvWriter struct {
	w      *csv.Writer
	header bool
}

func newCSVWriter(out io.Writer) *csvWriter { return &csvWriter{w: csv.NewWriter(out)} }

func (w *csvWriter) Write(l *parleyv1.Label) error {
	if !w.header {
		w.header = true
		if err := w.w.Write(csvColumns); err != nil {
			return err
		}
	}
	var evidence [model.NumTasks]string
	for t := range model.Task(model.NumTasks) {
		var stretches []string
		for _, sp := range taskEvidence(l, t) {
			stretches = append(stretches, text.Span{Start: int(sp.Start), End: int(sp.End)}.In(l.GetText()))
		}
		if stretches != nil {
			data, err := encodeJSON(stretches)
			if err != nil {
				return err
			}
			evidence[t] = strings.TrimSpace(string(data))
		}
	}
	return w.w.Write([]string{
		l.GetId(), l.GetText(), languageName(l), stanceName(l), toneName(l), evidence[model.Stance], evidence[model.Tone], l.GetHolder(),
		l.GetGroup(), l.GetSource(), l.GetAnnotator(), l.GetModel(), l.GetNote(), l.GetSupersedes(),
	})
}

func (w *csvWriter) Close() error {
	w.w.Flush()
	return w.w.Error()
}
