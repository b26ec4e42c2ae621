// Package report turns scored rows into one HTML file that needs no network:
// totals, plots, tables and a reader of the articles with their evidence, for
// any browser.
//
// A [Report] collects rows in any order; what belongs to one document is told
// by its id. The rows are kept in the form in which the page carries them, so
// memory grows with the page, which [Options].MaxParagraphs bounds. All text of
// the rows reaches the page as JSON data that its script turns into text nodes,
// never as markup. The same rows always make the same bytes.
package report

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/parley-nlp/parley/cmd/parley/internal/rows"
	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

// DefaultMaxParagraphs is the most paragraphs that a page takes by default. The
// page is laid out for 50,000; browsers still open one of this size.
const DefaultMaxParagraphs = 200_000

// ErrFull is wrapped by the error of [Report.Add] when the page is full.
var ErrFull = errors.New("the report is full")

// Options are the settings of a report. The zero value is the default.
type Options struct {
	// Title is the heading; "Parley report" when empty.
	Title string
	// Offsets is the unit of the rows' evidence offsets.
	Offsets text.Encoding
	// MaxParagraphs bounds the report; 0 means DefaultMaxParagraphs.
	MaxParagraphs int
}

// Report collects the rows of one page. It is not safe for concurrent use.
type Report struct {
	opt    Options
	blocks blocks

	docs   []document
	known  map[instance]int // documents
	seen   map[paragraph]int
	copies map[string]int // documents by id
	abouts map[about]int
	last   struct {
		paragraph
		number int // of the instance
	}
	extra     []byte // of the last row
	said      about  // what it says
	sources   interner
	holders   interner
	languages interner
	models    interner
	phrases   phrases

	rows      int
	badDates  int
	firstDate string // that could not be read
}

// instance is one of the documents that share an id: two articles of an
// archive may.
type instance struct {
	id            string
	about, number int
}

// paragraph tells the instances of a document apart.
type paragraph struct {
	id           string
	about, index int
}

// New returns an empty report.
func New(opt Options) *Report {
	if opt.Title == "" {
		opt.Title = "Parley report"
	}
	if opt.MaxParagraphs == 0 {
		opt.MaxParagraphs = DefaultMaxParagraphs
	}
	r := &Report{opt: opt, known: map[instance]int{}, seen: map[paragraph]int{}, copies: map[string]int{}, abouts: map[about]int{}}
	r.holders.index("") // the author, always number 0
	return r
}

// Len returns the number of paragraphs so far.
func (r *Report) Len() int { return r.rows }

// Add takes in a row. A row with labels, numbers or offsets that do not fit
// together is refused with an error and leaves the report as it was.
func (r *Report) Add(row *rows.Row) error {
	if r.rows >= r.opt.MaxParagraphs {
		return fmt.Errorf("%w: it takes %d paragraphs", ErrFull, r.opt.MaxParagraphs)
	}
	if row.Paragraph < 0 {
		return fmt.Errorf("paragraph is %d, want 0 or more", row.Paragraph)
	}
	var tasks [model.NumTasks]prediction
	for t := range model.Task(model.NumTasks) {
		var err error
		if tasks[t], err = r.check(row, t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	doc := r.document(row)
	r.docs[doc].count++
	r.models.index(row.Model)
	r.rows++
	return r.blocks.add(r.encode(row, doc, &tasks))
}

// prediction is a checked prediction of one task.
type prediction struct {
	label         int
	probabilities []float64
	evidence      []evidence
	abstained     string
}

// evidence has offsets in UTF-16, the unit of JavaScript.
type evidence struct {
	start, end    int
	label         int
	weight        float64
	holder, words string
}

// check returns the row's prediction of a task if its parts fit together.
func (r *Report) check(row *rows.Row, t model.Task) (prediction, error) {
	p, probabilities := row.Task(t)
	out := prediction{probabilities: probabilities[:len(t.Labels())], abstained: p.Abstained}
	var err error
	if out.label, err = t.ParseLabel(p.Label); err != nil {
		return out, err
	}
	for i, v := range out.probabilities {
		if !(v >= 0 && v <= 1) {
			return out, fmt.Errorf("probability of %s is %v, want 0 to 1", t.Labels()[i], v)
		}
	}
	at := cursor{s: row.Text, unit: r.opt.Offsets}
	for i := range p.Evidence {
		v := &p.Evidence[i]
		e := evidence{weight: v.Weight, holder: oneLine(v.Holder), words: v.Text}
		if e.label, err = t.ParseLabel(v.Label); err != nil {
			return out, fmt.Errorf("evidence %d: %w", i, err)
		}
		if math.IsNaN(v.Weight) || math.IsInf(v.Weight, 0) {
			return out, fmt.Errorf("evidence %d: weight is %v", i, v.Weight)
		}
		if e.start, e.end, err = at.locate(v.Start, v.End, v.Text); err != nil {
			return out, fmt.Errorf("evidence %d: %w", i, err)
		}
		out.evidence = append(out.evidence, e)
	}
	return out, nil
}

// oneLine is a name with single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// interner numbers strings in the order in which they first come.
type interner struct {
	list []string
	at   map[string]int
}

func (n *interner) index(s string) int {
	i, ok := n.at[s]
	if !ok {
		if n.at == nil {
			n.at = map[string]int{}
		}
		i = len(n.list)
		n.list = append(n.list, s)
		n.at[s] = i
	}
	return i
}

// phrases numbers evidence by its normal form, so that the same words in
// another case or with other marks are one phrase; it is shown as it first
// stood.
type phrases struct {
	norm interner
	show []string
}

func (p *phrases) index(s string) int {
	key := text.Normalize(s)
	if key == "" {
		key = s
	}
	i := p.norm.index(key)
	if i == len(p.show) {
		p.show = append(p.show, oneLine(s))
	}
	return i
}
