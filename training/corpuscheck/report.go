// Package corpuscheck checks the written corpus against its plan: the shape of
// its rows, the balance of its labels, and that it repeats neither itself nor
// the texts of others.
package corpuscheck

import (
	"context"
	"fmt"

	"github.com/parley-nlp/parley/training"
)

// Report is what a check found.
type Report struct {
	Plan     *Plan
	Counts   []*Counts
	Openings map[string][]Opening // by language
	Names    map[string][]Tally   // by language, the most one-sided first
	Leaks    map[string][]Leak    // by language; nil without real rows
	// Overlaps is nil where there were no texts to compare with.
	Overlaps *Overlaps
	// Breaches are the lines that name what does not hold.
	Breaches []string
}

// Leak limits: a word is a breach if it gives a stance away in the written rows
// (share) and says nothing of the kind in real ones.
const (
	leakShare = 0.8
	leakReal  = 0.4
)

// Options say what a check compares the rows with.
type Options struct {
	// Plan is the plan; nil means DefaultPlan.
	Plan *Plan
	// Shared is a directory of texts that no row may share a run of eight words
	// with; empty leaves that check out.
	Shared string
	// Real are labelled rows of others; without them words are not compared.
	Real []training.Row
}

// Check checks the rows of the written corpus. The error is about the texts
// under Shared; what is wrong with the rows are breaches of the report.
func Check(ctx context.Context, rows []training.Row, opt Options) (*Report, error) {
	r := &Report{
		Plan: opt.Plan, Openings: map[string][]Opening{}, Names: map[string][]Tally{}, Leaks: map[string][]Leak{},
	}
	if r.Plan == nil {
		r.Plan = DefaultPlan()
	}
	r.shapes(rows)
	for _, lang := range []string{"en", "ar"} {
		p, ok := r.Plan.Languages[lang]
		if !ok {
			continue
		}
		c := Count(rows, lang)
		r.Counts = append(r.Counts, c)
		r.Breaches = append(r.Breaches, c.against(p)...)
		r.words(rows, lang, c.Rows)
		if len(opt.Real) > 0 {
			r.leaks(rows, opt.Real, lang)
		}
	}
	for _, s := range NearDuplicates(rows, r.Plan.Jaccard) {
		r.breach("near-duplicates: %s and %s (Jaccard %.2f)", s.A, s.B, s.Jaccard)
	}
	if opt.Shared == "" {
		return r, nil
	}
	r.Overlaps = NewOverlaps(rows)
	if err := r.Overlaps.Dir(ctx, opt.Shared); err != nil {
		return nil, err
	}
	for _, o := range r.Overlaps.List() {
		r.breach("overlap: %s shares %q with %s, line %d", o.Row, o.Words, o.File, o.Line)
	}
	return r, nil
}

func (r *Report) breach(format string, args ...any) {
	r.Breaches = append(r.Breaches, fmt.Sprintf(format, args...))
}

func (r *Report) shapes(rows []training.Row) {
	seen := map[string]bool{}
	for i := range rows {
		if err := shape(&rows[i]); err != nil {
			r.breach("row %s: %v", rows[i].ID, err)
		}
		if seen[rows[i].ID] {
			r.breach("row %s: the id stands twice", rows[i].ID)
		}
		seen[rows[i].ID] = true
	}
}

func (r *Report) words(rows []training.Row, lang string, n int) {
	r.Openings[lang] = Openings(rows, lang)
	for _, o := range r.Openings[lang] {
		if float64(o.Rows) > r.Plan.Opening*float64(n) {
			r.breach("%s: %d rows begin with %q, at most %.1f %%", lang, o.Rows, o.Words, 100*r.Plan.Opening)
		}
	}
	r.Names[lang] = Names(rows, lang, r.Plan.NameRows)
	for _, t := range r.Names[lang] {
		if k, stance, share := t.Related(); share > r.Plan.NameShare {
			r.breach("%s: name %q: %.0f %% of %d related rows are %s, at most %.0f %%",
				lang, t.Word, 100*share, k, stance, 100*r.Plan.NameShare)
		}
	}
}

func (r *Report) leaks(rows, real []training.Row, lang string) {
	r.Leaks[lang] = Leaks(rows, real, lang)
	for _, l := range r.Leaks[lang] {
		if l.WrittenShare > leakShare && l.RealShare < leakReal {
			r.breach("%s: word %q: %.0f %% of %d written rows are %s, %.0f %% of %d real ones",
				lang, l.Word, 100*l.WrittenShare, l.Written, l.Stance, 100*l.RealShare, l.Real)
		}
	}
}
