package behaviour

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
)

// MinMove is by how much a score, which lies in [-1, 1], must move in a
// directional test.
const MinMove = 0.1

// Scorer is what is tested; *model.Model is one.
type Scorer interface {
	Paragraph(s string, opt model.Options) (model.Paragraph, error)
}

// Report is how a model does.
type Report struct {
	// Rates are sorted by capability and language.
	Rates    []Rate    `json:"rates"`
	Failures []Failure `json:"failures"`
}

// Rate is how many cases of a capability a model passes in a language.
type Rate struct {
	Capability string `json:"capability"`
	Language   string `json:"language"`
	Cases      int    `json:"cases"`
	Passed     int    `json:"passed"`
	// Rate is Passed / Cases, Floor the rate that must be reached; 0 where
	// none is set.
	Rate  float64 `json:"rate"`
	Floor float64 `json:"floor"`
}

// Failure is a case that was not passed.
type Failure struct {
	ID         string `json:"id"`
	Capability string `json:"capability"`
	Language   string `json:"language"`
	// Why says what was wanted and what came.
	Why  string `json:"why"`
	Text string `json:"text"`
}

// Run tests a model on cases. floor holds the rates to reach by the Key of
// capability and language; it may be nil.
func Run(m Scorer, cases []Case, floor map[string]float64) (*Report, error) {
	r := &Report{Failures: []Failure{}}
	at := map[string]*Rate{}
	for i := range cases {
		c := &cases[i]
		why, err := c.run(m)
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", c.ID, err)
		}
		key := Key(c.Capability, c.Language.String())
		if at[key] == nil {
			at[key] = &Rate{Capability: c.Capability, Language: c.Language.String(), Floor: floor[key]}
		}
		at[key].Cases++
		if why == "" {
			at[key].Passed++
			continue
		}
		r.Failures = append(r.Failures, Failure{c.ID, c.Capability, c.Language.String(), why, c.Text})
	}
	for _, rate := range at {
		rate.Rate = float64(rate.Passed) / float64(rate.Cases)
		r.Rates = append(r.Rates, *rate)
	}
	slices.SortFunc(r.Rates, func(a, b Rate) int {
		return cmp.Or(cmp.Compare(a.Capability, b.Capability), cmp.Compare(a.Language, b.Language))
	})
	return r, nil
}

// run returns why a case fails, empty if it passes.
func (c *Case) run(m Scorer) (string, error) {
	opt := model.Options{Evidence: model.NoEvidence, Language: c.Language}
	p, err := m.Paragraph(c.Text, opt)
	if err != nil {
		return "", err
	}
	var q model.Paragraph
	if c.Variant != "" {
		if q, err = m.Paragraph(c.Variant, opt); err != nil {
			return "", err
		}
	}
	var why []string
	for t := range model.Task(model.NumTasks) {
		a, b := p.Task(t), q.Task(t)
		name := func(label int) string { return t.Labels()[label] }
		if want := c.Want[t.String()]; want != nil && !slices.Contains(want, name(a.Label)) {
			why = append(why, fmt.Sprintf("%s is %s (%.2f), want %s", t, name(a.Label), a.Confidence(), strings.Join(want, " or ")))
		}
		if slices.Contains(c.Same, t.String()) && a.Label != b.Label {
			why = append(why, fmt.Sprintf("%s goes from %s to %s, want no change", t, name(a.Label), name(b.Label)))
		}
		if way := c.Move[t.String()]; way != "" {
			move := b.Score() - a.Score()
			if way == "down" {
				move = -move
			}
			if !(move >= MinMove) {
				why = append(why, fmt.Sprintf("score of %s goes from %+.2f to %+.2f, want it %s by %g or more", t, a.Score(), b.Score(), way, MinMove))
			}
		}
	}
	return strings.Join(why, "; "), nil
}

// Key names a capability in a language in the floor file.
func Key(capability, lang string) string { return capability + "/" + lang }

// floorName is the file that holds the rates to reach.
const floorName = "floor.json"

// Floor reads the rates to reach, in [0, 1] by Key. No file means none.
func Floor(files fs.FS) (map[string]float64, error) {
	data, err := fs.ReadFile(files, floorName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var floor map[string]float64
	if err := json.Unmarshal(data, &floor); err != nil {
		return nil, fmt.Errorf("%s: %w", floorName, err)
	}
	for key, rate := range floor {
		if !(rate >= 0 && rate <= 1) {
			return nil, fmt.Errorf("%s: rate of %s is %v, want 0 to 1", floorName, key, rate)
		}
	}
	return floor, nil
}

// Reached returns the content of a floor file with the rates of the report,
// rounded down to a hundredth.
func (r *Report) Reached() ([]byte, error) {
	floor := map[string]float64{}
	for _, x := range r.Rates {
		floor[Key(x.Capability, x.Language)] = math.Floor(100*x.Rate) / 100
	}
	data, err := json.MarshalIndent(floor, "", "  ")
	return append(data, '\n'), err
}

// Below returns the rates that are under their floor.
func (r *Report) Below() []Rate {
	var below []Rate
	for _, x := range r.Rates {
		if x.Rate < x.Floor {
			below = append(below, x)
		}
	}
	return below
}
