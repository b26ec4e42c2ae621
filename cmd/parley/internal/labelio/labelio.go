// Package labelio reads and writes labels in the formats of annotation tools:
// Parley's own JSONL, CSV, Label Studio's JSON, and the JSONL of doccano and
// Prodigy. Offsets are converted from the unit of the tool to bytes, and
// checked wherever the file also holds the text of a span.
package labelio

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/labels/offset"
)

// Format is how labels are written.
type Format string

// The formats.
const (
	Parley      Format = "parley"
	CSV         Format = "csv"
	LabelStudio Format = "label-studio"
	Doccano     Format = "doccano"
	Prodigy     Format = "prodigy"
)

// Formats are all formats, in the order of the documentation.
var Formats = []Format{Parley, CSV, LabelStudio, Doccano, Prodigy}

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats {
		if string(f) == name {
			return f, nil
		}
	}
	return "", fmt.Errorf("unknown format %q (want parley, csv, label-studio, doccano or prodigy)", name)
}

// Detect tells the format by the suffix of a path: .csv is CSV, .json Label
// Studio's, anything else Parley's own.
func Detect(path string) Format {
	switch name := strings.ToLower(path); {
	case strings.HasSuffix(name, ".csv"):
		return CSV
	case strings.HasSuffix(name, ".json"):
		return LabelStudio
	}
	return Parley
}

// Offsets returns the unit in which the tool of the format counts. Label Studio
// counts code points, but its older versions UTF-16 units; the text beside each
// span tells which. doccano counts UTF-16 units, Prodigy code points.
func (f Format) Offsets() text.Encoding {
	switch f {
	case LabelStudio, Prodigy:
		return text.UTF32
	case Doccano:
		return text.UTF16
	}
	return text.UTF8
}

// Options are what the caller knows of a file.
type Options struct {
	// Offsets is the unit of offsets; nil stands for that of the format.
	Offsets *text.Encoding
	// Annotator, Source and Model fill in what a row does not say.
	Annotator, Source, Model string
}

func (o *Options) unit(f Format) text.Encoding {
	if o.Offsets != nil {
		return *o.Offsets
	}
	return f.Offsets()
}

// Row is a label of a file.
type Row struct {
	// Line is where the row begins, from 1.
	Line int
	// ID is the name the file gives it; may be empty.
	ID string
	// Label is what it says; offsets are in bytes.
	Label *parleyv1.Label
}

// RowError is a row that cannot be read. The rows after it can.
type RowError struct {
	Line int
	// Skipped marks a row that is no label by the tool's own word: rejected,
	// cancelled or not yet annotated.
	Skipped bool
	Err     error
}

// Error returns the line and the reason.
func (e *RowError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the reason.
func (e *RowError) Unwrap() error { return e.Err }

// MaxRow is the longest row that is read, in bytes.
const MaxRow = 4 << 20

// Read reads labels. An error is a *RowError, after which reading goes on, or
// one of the input, which ends it.
func Read(in io.Reader, f Format, o Options) iter.Seq2[*Row, error] {
	switch f {
	case CSV:
		return readCSV(in, o)
	case LabelStudio:
		return readLabelStudio(in, o)
	case Doccano:
		return readLines(in, o, parseDoccano)
	case Prodigy:
		return readLines(in, o, parseProdigy)
	}
	return readLines(in, o, parseParley)
}

// Writer writes labels. Close ends the file but does not close the output.
type Writer interface {
	Write(l *parleyv1.Label) error
	Close() error
}

// NewWriter returns a writer of a format. The labels it is given have offsets
// in bytes; it writes them in the given unit.
func NewWriter(out io.Writer, f Format, unit text.Encoding) Writer {
	switch f {
	case CSV:
		return newCSVWriter(out)
	case LabelStudio:
		return &labelStudioWriter{out: out, unit: unit}
	case Doccano:
		return &lineWriter{out: out, encode: func(l *parleyv1.Label) any { return toDoccano(l, unit) }}
	case Prodigy:
		return &lineWriter{out: out, encode: func(l *parleyv1.Label) any { return toProdigy(l, unit) }}
	}
	return &lineWriter{out: out, encode: func(l *parleyv1.Label) any { return toParley(l, unit) }}
}

// said collects what a row says in words.
type said struct {
	stance, tone                            string
	language, holder, group, source, note   string
	annotator, model, supersedes, requestID string
	spans                                   [model.NumTasks][]*parleyv1.Span
}

// label turns words into a label. Whether they make sense is the service's to
// judge; here it is whether they can be said at all.
func (s *said) label(body string, o *Options) (*parleyv1.Label, error) {
	l := &parleyv1.Label{
		Text: body, Holder: s.holder, Group: s.group, Source: s.source, Note: s.note, Annotator: s.annotator, Model: s.model,
		Supersedes: s.supersedes, RequestId: s.requestID, StanceEvidence: s.spans[model.Stance], ToneEvidence: s.spans[model.Tone],
	}
	if strings.TrimSpace(body) == "" {
		return nil, fmt.Errorf("text is missing or blank")
	}
	for _, d := range []struct{ to, from *string }{{&l.Annotator, &o.Annotator}, {&l.Source, &o.Source}, {&l.Model, &o.Model}} {
		if *d.to == "" {
			*d.to = *d.from
		}
	}
	if l.Annotator == "" {
		return nil, fmt.Errorf("no annotator: the row names none, and --annotator is not given")
	}
	for _, t := range []struct {
		task model.Task
		name string
		set  func(n int)
	}{
		{model.Stance, s.stance, func(n int) { l.Stance = parleyv1.Stance(n + 1) }},
		{model.Tone, s.tone, func(n int) { l.Tone = parleyv1.Tone(n + 1) }},
	} {
		if t.name == "" {
			return nil, fmt.Errorf("%s is missing, want one of %s", t.task, strings.Join(t.task.Labels(), ", "))
		}
		n, err := t.task.ParseLabel(t.name)
		if err != nil {
			return nil, fmt.Errorf("%s %q is none of %s", t.task, t.name, strings.Join(t.task.Labels(), ", "))
		}
		t.set(n)
	}
	switch s.language {
	case "":
	case text.English.String():
		l.Language = parleyv1.Language_LANGUAGE_ENGLISH
	case text.Arabic.String():
		l.Language = parleyv1.Language_LANGUAGE_ARABIC
	default:
		return nil, fmt.Errorf("lang %q is none of en, ar", s.language)
	}
	return l, nil
}

// choose takes a label name that a tool holds: "stance:favor", "tone=neutral",
// or "favor" where only one task has it.
func (s *said) choose(name string) error {
	t, label, err := parseName(name)
	if err != nil {
		return err
	}
	to := &s.stance
	if t == model.Tone {
		to = &s.tone
	}
	if *to != "" && *to != label {
		return fmt.Errorf("two labels for %s: %s and %s", t, *to, label)
	}
	*to = label
	return nil
}

func parseName(name string) (model.Task, string, error) {
	if i := strings.IndexAny(name, ":=/"); i > 0 {
		for t := range model.Task(model.NumTasks) {
			if strings.EqualFold(name[:i], t.String()) {
				return t, strings.ToLower(strings.TrimSpace(name[i+1:])), nil
			}
		}
		return 0, "", fmt.Errorf("label %q names neither stance nor tone", name)
	}
	found := -1
	for t := range model.Task(model.NumTasks) {
		if _, err := t.ParseLabel(strings.ToLower(name)); err == nil {
			if found >= 0 {
				return 0, "", fmt.Errorf("label %q may be a stance or a tone; write stance:%s or tone:%s", name, name, name)
			}
			found = int(t)
		}
	}
	if found < 0 {
		return 0, "", fmt.Errorf("label %q is none of stance:favor, stance:against, stance:neutral, stance:unrelated, tone:cooperative, tone:confrontational, tone:neutral", name)
	}
	return model.Task(found), strings.ToLower(name), nil
}

// taskOfSpan tells which task a span's label speaks for: "stance", "tone", or
// the label itself.
func taskOfSpan(name string) (model.Task, error) {
	for t := range model.Task(model.NumTasks) {
		if strings.EqualFold(name, t.String()) {
			return t, nil
		}
	}
	t, _, err := parseName(name)
	return t, err
}

// mark adds a span in units of enc. Where the file holds its text, that is
// checked.
func (s *said) mark(t model.Task, body string, enc text.Encoding, start, end int64, want *string) error {
	span, err := offset.ToBytes(body, enc, start, end)
	if err != nil {
		return err
	}
	if got := span.In(body); want != nil && got != *want {
		return fmt.Errorf("the span %d to %d is %q when counted in %s, but the file says %q%s", start, end, got, enc, *want, hint(body, enc, start, end, *want))
	}
	s.spans[t] = append(s.spans[t], &parleyv1.Span{Start: int64(span.Start), End: int64(span.End)})
	return nil
}

// hint names the unit in which a span would have been right.
func hint(body string, not text.Encoding, start, end int64, want string) string {
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16, text.UTF32} {
		if span, err := offset.ToBytes(body, enc, start, end); enc != not && err == nil && span.In(body) == want {
			return fmt.Sprintf(" (it would be right in %s: try --offsets %s)", enc, enc)
		}
	}
	return ""
}

// quote finds a verbatim stretch that no span of the task covers yet.
func (s *said) quote(t model.Task, body, stretch string) error {
	if stretch == "" {
		return fmt.Errorf("evidence of %s: empty stretch", t)
	}
	for from := 0; ; {
		i := strings.Index(body[from:], stretch)
		if i < 0 {
			return fmt.Errorf("evidence of %s: %q does not stand in the text", t, stretch)
		}
		start, end := from+i, from+i+len(stretch)
		if !s.covered(t, start, end) {
			s.spans[t] = append(s.spans[t], &parleyv1.Span{Start: int64(start), End: int64(end)})
			return nil
		}
		from = start + 1
	}
}

func (s *said) covered(t model.Task, start, end int) bool {
	for _, sp := range s.spans[t] {
		if int64(start) < sp.End && sp.Start < int64(end) {
			return true
		}
	}
	return false
}

// taskEvidence returns the evidence of a label for a task.
func taskEvidence(l *parleyv1.Label, t model.Task) []*parleyv1.Span {
	if t == model.Stance {
		return l.GetStanceEvidence()
	}
	return l.GetToneEvidence()
}

func stanceName(l *parleyv1.Label) string { return nameOf(model.Stance, int(l.GetStance())) }
func toneName(l *parleyv1.Label) string   { return nameOf(model.Tone, int(l.GetTone())) }

func nameOf(t model.Task, n int) string {
	if names := t.Labels(); n >= 1 && n <= len(names) {
		return names[n-1]
	}
	return ""
}

func languageName(l *parleyv1.Label) string {
	switch l.GetLanguage() {
	case parleyv1.Language_LANGUAGE_ENGLISH:
		return text.English.String()
	case parleyv1.Language_LANGUAGE_ARABIC:
		return text.Arabic.String()
	}
	return ""
}
