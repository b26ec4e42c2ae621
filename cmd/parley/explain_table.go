package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// explanation is what parley explain shows.
type explanation struct {
	model  string
	tasks  []model.Task
	before explained
	after  *explained // nil without a what-if
}

// explained is a paragraph with what made its labels.
type explained struct {
	model.Explanation
	text      string
	abstained [model.NumTasks]model.AbstainReason
}

// explain scores and explains a paragraph.
func explain(m *model.Model, s string, language text.Language) (explained, error) {
	x := explained{text: s}
	var err error
	if x.Explanation, err = m.Explain(s, language); err != nil {
		return x, err
	}
	p, err := m.Paragraph(s, model.Options{Language: language, Evidence: model.NoEvidence})
	if err != nil {
		return x, err
	}
	for t := range model.Task(model.NumTasks) {
		x.abstained[t] = p.Task(t).Abstained
	}
	return x, nil
}

// answer names the label with its confidence.
func (e *explained) answer(t model.Task) string {
	p := e.Probabilities(t)
	s := fmt.Sprintf("%s %.2f", t.Labels()[best(p)], p[best(p)])
	if e.abstained[t] != model.NotAbstained {
		s += fmt.Sprintf("? (%s)", e.abstained[t])
	}
	return s
}

// tokenPart is what one token adds, summed over its features.
type tokenPart struct {
	token    int // -1 for the paragraph as a whole
	weights  [model.NumOutputs]float64
	families [model.NumFamilies][model.NumOutputs]float64
}

// parts sums the contributions by token, in the order of the text and the
// paragraph last. The order of the sums is fixed.
func parts(e *model.Explanation) []tokenPart {
	out := make([]tokenPart, len(e.Tokens)+1)
	for i := range out {
		out[i].token = i
	}
	out[len(e.Tokens)].token = -1
	for i := range e.Contributions {
		c := &e.Contributions[i]
		p := &out[len(e.Tokens)]
		if c.Token >= 0 {
			p = &out[c.Token]
		}
		for k, w := range c.Weights {
			p.weights[k] += w
			p.families[c.Family][k] += w
		}
	}
	return slices.DeleteFunc(out, func(p tokenPart) bool { return p.weights == [model.NumOutputs]float64{} })
}

// add adds what another token adds.
func (p *tokenPart) add(o *tokenPart) {
	for k := range p.weights {
		p.weights[k] += o.weights[k]
		for f := range p.families {
			p.families[f][k] += o.families[f][k]
		}
	}
}

// best returns the number of the most probable label.
func best(probabilities []float64) int {
	b := 0
	for i, p := range probabilities {
		if p > probabilities[b] {
			b = i
		}
	}
	return b
}

// margin is how much weights raise a label above the mean of the others.
func margin(weights []float64, label int) float64 {
	rest := 0.0
	for i, w := range weights {
		if i != label {
			rest += w
		}
	}
	return weights[label] - rest/float64(len(weights)-1)
}

func (x *explanation) writeTable(w io.Writer, f *explainFlags) error {
	out := bufio.NewWriter(w)
	all := parts(&x.before.Explanation)
	for i, t := range x.tasks {
		if i > 0 {
			fmt.Fprintln(out)
		}
		x.writeTask(out, t, slices.Clone(all), f)
	}
	if x.after != nil {
		fmt.Fprintf(out, "\nwhat if: %s\n", rows.Printable(x.after.text))
		for _, t := range x.tasks {
			x.writeChange(out, t)
		}
	}
	return out.Flush()
}

// column is the width of a column of numbers.
const column = 16

func (x *explanation) writeTask(w io.Writer, t model.Task, all []tokenPart, f *explainFlags) {
	from, to := t.Outputs()
	labels, probabilities := t.Labels(), x.before.Probabilities(t)
	answer := best(probabilities)
	telling := func(p *tokenPart) float64 { return math.Abs(margin(p.weights[from:to], answer)) }
	all = slices.DeleteFunc(all, func(p tokenPart) bool {
		return !slices.ContainsFunc(p.weights[from:to], func(w float64) bool { return w != 0 })
	})
	var others []tokenPart
	if f.top > 0 || f.sort == "weight" {
		slices.SortStableFunc(all, func(a, b tokenPart) int { return cmp.Compare(telling(&b), telling(&a)) })
		if f.top > 0 {
			n := min(f.top, len(all))
			all, others = all[:n], all[n:]
		}
		if f.sort == "text" {
			slices.SortStableFunc(all, func(a, b tokenPart) int { return cmp.Compare(uint(a.token), uint(b.token)) })
		}
	}
	fmt.Fprintf(w, "%s: %s\n%-24s", t, x.before.answer(t), "")
	for _, l := range labels {
		fmt.Fprintf(w, "%*s", column, l)
	}
	fmt.Fprintf(w, "  of %s\n", labels[answer])
	line := func(name string, numbers []float64, format, more string) {
		fmt.Fprint(w, rows.Pad(name, 24))
		for _, v := range numbers {
			fmt.Fprintf(w, "%*s", column, fmt.Sprintf(format, v))
		}
		fmt.Fprintln(w, strings.TrimRight("  "+more, " "))
	}
	line("bias", x.before.Bias[from:to], "%+.3f", "")
	for i := range all {
		p := &all[i]
		line(x.name(p), p.weights[from:to], "%+.3f", p.ofFamilies(from, to, answer))
	}
	if len(others) > 0 {
		var sum tokenPart
		for i := range others {
			sum.add(&others[i])
		}
		line("(others)", sum.weights[from:to], "%+.3f", sum.ofFamilies(from, to, answer))
	}
	line("logit", x.before.Logits[from:to], "%+.3f", "")
	line("probability", probabilities, "%.3f", "")
}

// name is the token as it stands in the text.
func (x *explanation) name(p *tokenPart) string {
	if p.token < 0 {
		return "(paragraph)"
	}
	span := x.before.Tokens[p.token]
	return rows.Printable(x.before.text[span.Start:span.End])
}

// ofFamilies lists what the families add to the margin of a label.
func (p *tokenPart) ofFamilies(from, to, label int) string {
	var parts []string
	for f := range p.families {
		if v := margin(p.families[f][from:to], label); v != 0 {
			parts = append(parts, fmt.Sprintf("%s %+.2f", model.Family(f), v))
		}
	}
	return strings.Join(parts, ", ")
}

func (x *explanation) writeChange(w io.Writer, t model.Task) {
	before, after := x.before.Probabilities(t), x.after.Probabilities(t)
	if best(before) == best(after) {
		fmt.Fprintf(w, "%s: %s stays\n", t, t.Labels()[best(after)])
	} else {
		fmt.Fprintf(w, "%s: %s becomes %s\n", t, t.Labels()[best(before)], x.after.answer(t))
	}
	for i, l := range t.Labels() {
		fmt.Fprintf(w, "  %-16s %.3f -> %.3f  %+.3f\n", l, before[i], after[i], after[i]-before[i])
	}
}

// jsonExplanation is the shape of --format json.
type jsonExplanation struct {
	Model    string              `json:"model"`
	Text     string              `json:"text"`
	Language string              `json:"language"`
	Tasks    map[string]jsonTask `json:"tasks"`
	Changed  *jsonExplanation    `json:"changed,omitempty"`
}

type jsonTask struct {
	Label         string             `json:"label"`
	Abstained     string             `json:"abstained,omitempty"`
	Bias          map[string]float64 `json:"bias"`
	Logits        map[string]float64 `json:"logits"`
	Probabilities map[string]float64 `json:"probabilities"`
	Contributions []jsonContribution `json:"contributions"`
}

type jsonContribution struct {
	Family string `json:"family"`
	// Start and End are bytes of the text; absent for the paragraph as a whole.
	Start   *int               `json:"start,omitempty"`
	End     *int               `json:"end,omitempty"`
	Text    string             `json:"text,omitempty"`
	Weights map[string]float64 `json:"weights"`
}

func (x *explanation) writeJSON(w io.Writer) error {
	out := toJSON(x.model, &x.before, x.tasks)
	if x.after != nil {
		changed := toJSON(x.model, x.after, x.tasks)
		out.Changed = &changed
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

func toJSON(id string, e *explained, tasks []model.Task) jsonExplanation {
	out := jsonExplanation{Model: id, Text: e.text, Language: e.Language.String(), Tasks: map[string]jsonTask{}}
	for _, t := range tasks {
		from, to := t.Outputs()
		named := func(v []float64) map[string]float64 {
			m := map[string]float64{}
			for i, l := range t.Labels() {
				m[l] = v[i]
			}
			return m
		}
		p := e.Probabilities(t)
		task := jsonTask{
			Label: t.Labels()[best(p)], Abstained: e.abstained[t].String(), Bias: named(e.Bias[from:to]), Logits: named(e.Logits[from:to]),
			Probabilities: named(p), Contributions: []jsonContribution{},
		}
		for i := range e.Contributions {
			c := &e.Contributions[i]
			j := jsonContribution{Family: c.Family.String(), Weights: named(c.Weights[from:to])}
			if c.Token >= 0 {
				span := e.Tokens[c.Token]
				j.Start, j.End, j.Text = &span.Start, &span.End, e.text[span.Start:span.End]
			}
			task.Contributions = append(task.Contributions, j)
		}
		out.Tasks[t.String()] = task
	}
	return out
}
