// Package filter selects rows by conditions such as
// `stance=against confidence>=0.8`.
//
// An expression is a list of conditions with blanks between them, all of which
// must hold. A condition is a field, an operator and a value:
//
//	stance tone language id text model holder extra.NAME    = != ~ !~
//	confidence score paragraph stance.LABEL tone.LABEL      = != < <= > >=
//	abstained                                               = != true or false
//
// After = and != a comma separates alternatives; ~ asks whether the value is
// contained, in any case. A value with blanks stands in double quotes.
// confidence, score and abstained are those of the task that was named last
// before them, or with a prefix (tone.score) of that task; without either the
// stance's, and abstained of any task. holder is any that the evidence names.
package filter

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// Filter is a parsed expression. It is safe for concurrent use.
type Filter struct{ conditions []condition }

type condition func(r *rows.Row) bool

// Parse reads an expression. The error names the condition that is wrong and
// what is accepted.
func Parse(s string) (*Filter, error) {
	words, err := split(s)
	if err != nil {
		return nil, err
	}
	f := &Filter{}
	p := parser{task: -1}
	for _, w := range words {
		c, err := p.condition(w)
		if err != nil {
			return nil, fmt.Errorf("condition %q: %w", w, err)
		}
		f.conditions = append(f.conditions, c)
	}
	return f, nil
}

// Match tells whether all conditions hold for the row.
func (f *Filter) Match(r *rows.Row) bool {
	for _, c := range f.conditions {
		if !c(r) {
			return false
		}
	}
	return true
}

// split cuts an expression at blanks outside quotes.
func split(s string) ([]string, error) {
	var words []string
	var b strings.Builder
	quoted, some := false, false
	for _, c := range s {
		switch {
		case c == '"':
			quoted = !quoted
			some = true
		case (c == ' ' || c == '\t' || c == '\n') && !quoted:
			if some {
				words = append(words, b.String())
			}
			b.Reset()
			some = false
		default:
			b.WriteRune(c)
			some = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("quote is not closed in %q", s)
	}
	if some {
		words = append(words, b.String())
	}
	return words, nil
}

// parser remembers the task that was named last, -1 for none.
type parser struct{ task int }

// operators are tried in this order, so that ">=" is not taken for ">".
var operators = []string{"!=", "!~", ">=", "<=", "=", "~", ">", "<"}

func (p *parser) condition(w string) (condition, error) {
	at := strings.IndexAny(w, "=!~<>")
	if at < 1 {
		return nil, fmt.Errorf("want FIELD OPERATOR VALUE without blanks, such as stance=against")
	}
	field, rest := w[:at], w[at:]
	for _, op := range operators {
		if value, ok := strings.CutPrefix(rest, op); ok {
			return p.field(field, op, value)
		}
	}
	return nil, fmt.Errorf("unknown operator (want one of = != ~ !~ < <= > >=)")
}

func (p *parser) field(name, op, value string) (condition, error) {
	if key, ok := strings.CutPrefix(name, "extra."); ok {
		return words(func(r *rows.Row) []string { return []string{extra(r, key)} }, op, value)
	}
	task, prefixed := model.Task(0), false
	for t := range model.Task(model.NumTasks) {
		if name == t.String() {
			p.task = int(t)
			return p.label(t, op, value)
		}
		if rest, ok := strings.CutPrefix(name, t.String()+"."); ok {
			name, task, prefixed = rest, t, true
		}
	}
	if !prefixed && p.task >= 0 {
		task, prefixed = model.Task(p.task), name == "abstained"
	}
	switch name {
	case "confidence":
		return number(func(r *rows.Row) float64 { q, _ := r.Task(task); return q.Confidence }, op, value, 0, 1)
	case "score":
		return number(func(r *rows.Row) float64 { q, _ := r.Task(task); return q.Score }, op, value, -1, 1)
	case "abstained":
		return abstained(task, prefixed, op, value)
	}
	if n, err := task.ParseLabel(name); err == nil && prefixed {
		return number(func(r *rows.Row) float64 { _, q := r.Task(task); return q[n] }, op, value, 0, 1)
	}
	if name == "language" && strings.HasSuffix(op, "=") {
		for _, v := range strings.Split(value, ",") {
			if _, err := text.ParseLanguage(v); err != nil {
				return nil, err
			}
		}
	}
	if get, ok := plain[name]; ok {
		return words(get, op, value)
	}
	if name == "paragraph" {
		return number(func(r *rows.Row) float64 { return float64(r.Paragraph) }, op, value, 0, math.MaxInt32)
	}
	return nil, fmt.Errorf("unknown field (want stance, tone, confidence, score, abstained, stance.LABEL, tone.LABEL, language, holder, id, text, model, paragraph or extra.NAME)")
}

// plain are the fields that are text.
var plain = map[string]func(r *rows.Row) []string{
	"id":       func(r *rows.Row) []string { return []string{r.ID} },
	"text":     func(r *rows.Row) []string { return []string{r.Text} },
	"language": func(r *rows.Row) []string { return []string{r.Language} },
	"model":    func(r *rows.Row) []string { return []string{r.Model} },
	"holder": func(r *rows.Row) []string {
		var out []string
		for t := range model.Task(model.NumTasks) {
			p, _ := r.Task(t)
			for i := range p.Evidence {
				out = append(out, p.Evidence[i].Holder)
			}
		}
		return out
	},
}

// label compares the label of a task; its name has to exist.
func (p *parser) label(t model.Task, op, value string) (condition, error) {
	if op != "=" && op != "!=" {
		return nil, fmt.Errorf("operator %s does not go with a label (want = or !=)", op)
	}
	for _, v := range strings.Split(value, ",") {
		if _, err := t.ParseLabel(v); err != nil {
			return nil, err
		}
	}
	return words(func(r *rows.Row) []string { q, _ := r.Task(t); return []string{q.Label} }, op, value)
}

// words compares text; a negated operator must hold for every value, the
// others for one.
func words(get func(*rows.Row) []string, op, value string) (condition, error) {
	alternatives := strings.Split(value, ",")
	lower := strings.ToLower(value)
	holds := func(s string) bool {
		for _, a := range alternatives {
			if s == a {
				return true
			}
		}
		return false
	}
	negate := strings.HasPrefix(op, "!")
	switch strings.TrimPrefix(op, "!") {
	case "=":
	case "~":
		holds = func(s string) bool { return strings.Contains(strings.ToLower(s), lower) }
	default:
		return nil, fmt.Errorf("operator %s does not go with text (want = != ~ or !~)", op)
	}
	return func(r *rows.Row) bool {
		for _, s := range get(r) {
			if holds(s) {
				return !negate
			}
		}
		return negate
	}, nil
}

// number compares a number of the range from least to most.
func number(get func(*rows.Row) float64, op, value string, least, most float64) (condition, error) {
	want, err := strconv.ParseFloat(value, 64)
	if err != nil || !(want >= least && want <= most) {
		return nil, fmt.Errorf("%q is not a number from %g to %g", value, least, most)
	}
	var holds func(a, b float64) bool
	switch op {
	case "=":
		holds = func(a, b float64) bool { return a == b }
	case "!=":
		holds = func(a, b float64) bool { return a != b }
	case "<":
		holds = func(a, b float64) bool { return a < b }
	case "<=":
		holds = func(a, b float64) bool { return a <= b }
	case ">":
		holds = func(a, b float64) bool { return a > b }
	case ">=":
		holds = func(a, b float64) bool { return a >= b }
	default:
		return nil, fmt.Errorf("operator %s does not go with a number (want = != < <= > or >=)", op)
	}
	return func(r *rows.Row) bool { return holds(get(r), want) }, nil
}

func abstained(task model.Task, only bool, op, value string) (condition, error) {
	want, err := strconv.ParseBool(value)
	if err != nil || op != "=" && op != "!=" {
		return nil, fmt.Errorf("want abstained=true or abstained=false")
	}
	if op == "!=" {
		want = !want
	}
	return func(r *rows.Row) bool {
		got := false
		for t := range model.Task(model.NumTasks) {
			if p, _ := r.Task(t); p.Abstained != "" && (t == task || !only) {
				got = true
			}
		}
		return got == want
	}, nil
}

// extra returns a field that was passed through: a string as it is, anything
// else as JSON, nothing if there is none.
func extra(r *rows.Row, key string) string {
	if len(r.Extra) == 0 {
		return ""
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(r.Extra, &fields) != nil {
		return ""
	}
	raw := fields[key]
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
