// Package compare sets two files of scored rows against one another: how their
// labels are distributed, and where the same paragraphs stand in both, how far
// the two agree.
package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// Comparison takes the rows of A, then those of B. Of A it keeps the labels and
// the probabilities of every row, of B only sums.
type Comparison struct {
	// MaxChanges bounds the changed rows that are kept. Default 0: none.
	MaxChanges int

	models [2]map[string]int64
	sides  [2][model.NumTasks]side
	rows   [2]int64
	byKey  map[key][]brief
	tasks  [model.NumTasks]matched
	common int64
	other  int64 // rows of B of the id and number of a row of A, but of another text
	// changes are the rows of B whose label differs, the surest first.
	changes []Change
}

// key says which paragraph a row is of. Rows with the same one are matched in
// their order, if they have the same text.
type key struct {
	id        string
	paragraph int
}

// brief is what is kept of a row of A.
type brief struct {
	text          uint64 // its hash
	label         [model.NumTasks]int8
	probabilities [model.NumTasks][model.MaxLabels]float32
}

// side sums up one task of one file.
type side struct {
	count      [model.MaxLabels]int64
	score      float64
	confidence float64
	abstained  int64
}

// matched sums up one task over the paragraphs that stand in both.
type matched struct {
	confusion [model.MaxLabels][model.MaxLabels]int64 // [A][B]
	shift     float64                                 // of the probabilities, in total variation
}

// Change is a paragraph to which the two give different labels.
type Change struct {
	ID        string  `json:"id"`
	Paragraph int     `json:"paragraph"`
	Task      string  `json:"task"`
	A         string  `json:"a"`
	B         string  `json:"b"`
	Certainty float64 `json:"certainty"` // the lesser confidence of the two
	Text      string  `json:"text"`
}

// New returns an empty comparison.
func New(maxChanges int) *Comparison {
	return &Comparison{
		MaxChanges: maxChanges, byKey: map[key][]brief{},
		models: [2]map[string]int64{{}, {}},
	}
}

// labels returns the numbers of a row's labels; the error names one that no
// task has.
func labels(r *rows.Row) (out [model.NumTasks]int8, err error) {
	for t := range model.Task(model.NumTasks) {
		p, _ := r.Task(t)
		n, err := t.ParseLabel(p.Label)
		if err != nil {
			return out, err
		}
		out[t] = int8(n)
	}
	return out, nil
}

func (c *Comparison) add(which int, r *rows.Row, label [model.NumTasks]int8) {
	c.rows[which]++
	c.models[which][r.Model]++
	for t := range model.Task(model.NumTasks) {
		p, _ := r.Task(t)
		s := &c.sides[which][t]
		s.count[label[t]]++
		s.score += p.Score
		s.confidence += p.Confidence
		if p.Abstained != "" {
			s.abstained++
		}
	}
}

// AddA takes a row of A.
func (c *Comparison) AddA(r *rows.Row) error {
	label, err := labels(r)
	if err != nil {
		return err
	}
	c.add(0, r, label)
	b := brief{text: text.Hash(r.Text), label: label}
	for t := range model.Task(model.NumTasks) {
		_, probabilities := r.Task(t)
		for i, p := range probabilities {
			b.probabilities[t][i] = float32(p)
		}
	}
	k := key{r.ID, r.Paragraph}
	c.byKey[k] = append(c.byKey[k], b)
	return nil
}

// AddB takes a row of B, after all of A.
func (c *Comparison) AddB(r *rows.Row) error {
	label, err := labels(r)
	if err != nil {
		return err
	}
	c.add(1, r, label)
	k := key{r.ID, r.Paragraph}
	same := c.byKey[k]
	if len(same) == 0 {
		return nil
	}
	hash := text.Hash(r.Text)
	at := slices.IndexFunc(same, func(b brief) bool { return b.text == hash })
	if at < 0 {
		c.other++
		return nil
	}
	a := same[at]
	if c.byKey[k] = slices.Delete(same, at, at+1); len(same) == 1 {
		delete(c.byKey, k)
	}
	c.common++
	for t := range model.Task(model.NumTasks) {
		m := &c.tasks[t]
		m.confusion[a.label[t]][label[t]]++
		_, probabilities := r.Task(t)
		for i, p := range probabilities {
			m.shift += math.Abs(float64(float32(p)-a.probabilities[t][i])) / 2
		}
		if a.label[t] != label[t] {
			c.keep(Change{
				ID: r.ID, Paragraph: r.Paragraph, Task: t.String(), A: t.Labels()[a.label[t]], B: t.Labels()[label[t]],
				Certainty: min(float64(a.probabilities[t][a.label[t]]), probabilities[label[t]]), Text: r.Text,
			})
		}
	}
	return nil
}

// Rows returns how many rows of A (0) or B (1) were added.
func (c *Comparison) Rows(which int) int64 { return c.rows[which] }

// keep keeps a change while it is among the surest.
func (c *Comparison) keep(ch Change) {
	if c.MaxChanges <= 0 || len(c.changes) == c.MaxChanges && ch.Certainty <= c.changes[len(c.changes)-1].Certainty {
		return
	}
	at, _ := slices.BinarySearchFunc(c.changes, ch, func(a, b Change) int {
		if a.Certainty >= b.Certainty {
			return -1 // equals stay in the order in which they came
		}
		return 1
	})
	c.changes = slices.Insert(c.changes, at, ch)
	c.changes = c.changes[:min(len(c.changes), c.MaxChanges)]
}

// Result is the outcome of a comparison.
type Result struct {
	A File `json:"a"`
	B File `json:"b"`
	// Common counts the paragraphs that stand in both; OtherText those of B whose
	// id and number stand in A with another text.
	Common    int64            `json:"common"`
	OtherText int64            `json:"other_text"`
	Tasks     map[string]*Task `json:"tasks"`
	// Changes are paragraphs with different labels, the surest first.
	Changes []Change `json:"changes"`
}

// File describes one of the two.
type File struct {
	Name   string   `json:"name"`
	Rows   int64    `json:"rows"`
	Models []string `json:"models"`
}

// Task compares one task.
type Task struct {
	// A and B are the distributions of all rows of each file.
	A Distribution `json:"a"`
	B Distribution `json:"b"`
	// Distance is the total variation between the two distributions of labels,
	// in [0, 1].
	Distance float64 `json:"distance"`
	// Agreement is that of the common paragraphs; nil without any.
	Agreement *Agreement `json:"agreement,omitempty"`
}

// Distribution sums up the labels of a file.
type Distribution struct {
	Shares     map[string]float64 `json:"shares"`
	Score      float64            `json:"score"`      // mean
	Confidence float64            `json:"confidence"` // mean
	Abstained  float64            `json:"abstained"`  // share
}

// Agreement says how far two files agree on the same paragraphs.
type Agreement struct {
	// Same is the share of paragraphs with the same label.
	Same float64 `json:"same"`
	// Kappa is Cohen's kappa: 1 in full agreement, 0 as by chance.
	Kappa float64 `json:"kappa"`
	// Shift is the mean total variation between the probabilities.
	Shift float64 `json:"shift"`
	// Confusion counts paragraphs by the label in A, then that in B.
	Confusion map[string]map[string]int64 `json:"confusion"`
}

// Result sums up what was added; the names are those of the files.
func (c *Comparison) Result(a, b string) *Result {
	r := &Result{Common: c.common, OtherText: c.other, Tasks: map[string]*Task{}, Changes: c.changes}
	if r.Changes == nil {
		r.Changes = []Change{}
	}
	for i, f := range []*File{&r.A, &r.B} {
		f.Name, f.Rows, f.Models = [...]string{a, b}[i], c.rows[i], []string{}
		for m := range c.models[i] {
			f.Models = append(f.Models, m)
		}
		slices.SortFunc(f.Models, func(x, y string) int {
			return cmp.Or(cmp.Compare(c.models[i][y], c.models[i][x]), cmp.Compare(x, y))
		})
	}
	for t := range model.Task(model.NumTasks) {
		task := &Task{A: c.distribution(0, t), B: c.distribution(1, t)}
		for _, l := range t.Labels() {
			task.Distance += math.Abs(task.A.Shares[l]-task.B.Shares[l]) / 2
		}
		if c.common > 0 {
			task.Agreement = c.tasks[t].agreement(t, c.common)
		}
		r.Tasks[t.String()] = task
	}
	return r
}

func (c *Comparison) distribution(which int, t model.Task) Distribution {
	s, n := &c.sides[which][t], math.Max(1, float64(c.rows[which]))
	d := Distribution{Shares: map[string]float64{}, Score: s.score / n, Confidence: s.confidence / n, Abstained: float64(s.abstained) / n}
	for i, l := range t.Labels() {
		d.Shares[l] = float64(s.count[i]) / n
	}
	return d
}

func (m *matched) agreement(t model.Task, common int64) *Agreement {
	n := float64(common)
	a := &Agreement{Shift: m.shift / n, Confusion: map[string]map[string]int64{}}
	chance := 0.0
	for i, x := range t.Labels() {
		a.Confusion[x] = map[string]int64{}
		row, column := 0.0, 0.0
		for j, y := range t.Labels() {
			a.Confusion[x][y] = m.confusion[i][j]
			row += float64(m.confusion[i][j])
			column += float64(m.confusion[j][i])
		}
		a.Same += float64(m.confusion[i][i]) / n
		chance += row / n * column / n
	}
	a.Kappa = 1
	if chance < 1 {
		a.Kappa = (a.Same - chance) / (1 - chance)
	}
	return a
}

// String names a change for messages.
func (c *Change) String() string {
	return fmt.Sprintf("%s %d: %s %s -> %s", c.ID, c.Paragraph, c.Task, c.A, c.B)
}
