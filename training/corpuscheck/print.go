package corpuscheck

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/parley-nlp/parley/model"
)

// How many lines of the lists a report prints.
const topLines = 12

// Print writes the tables of the counts, by language.
func Print(w io.Writer, counts []*Counts) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range counts {
		fmt.Fprintf(t, "%s: %d rows in %d groups, %d contrast pairs, %d with a holder\n", c.Language, c.Rows, c.Groups, c.Contrast, c.Held)
		fmt.Fprintf(t, "  \t%s\tall\tshare\n", strings.Join(model.Tone.Labels(), "\t"))
		for _, s := range model.Stance.Labels() {
			fmt.Fprintf(t, "  %s", s)
			n := 0
			for _, tone := range model.Tone.Labels() {
				k := c.Pairs[[2]string{s, tone}]
				n += k
				fmt.Fprintf(t, "\t%d", k)
			}
			fmt.Fprintf(t, "\t%d\t%.3f\n", n, c.Stance(s))
		}
		fmt.Fprint(t, "  share")
		for _, tone := range model.Tone.Labels() {
			fmt.Fprintf(t, "\t%.3f", c.Tone(tone))
		}
		fmt.Fprintln(t, "\t\t")
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "  words a row: least %d, tenth %d, median %d, nine tenths %d, most %d\n",
			c.Quantile(0), c.Quantile(0.1), c.Quantile(0.5), c.Quantile(0.9), c.Quantile(1))
		fmt.Fprintf(w, "  distinct words %.3f, 2-grams %.3f, 3-grams %.3f\n", c.Distinct[0], c.Distinct[1], c.Distinct[2])
		fmt.Fprintf(w, "  styles: %s\n  eras: %s\n\n", tally(c.Styles), tally(c.Eras))
	}
	return nil
}

// tally writes counts, the largest first.
func tally(m map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), strings.Compare(a, b))
	})
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%s %d", cmp.Or(k, "(none)"), m[k])
	}
	return strings.Join(keys, ", ")
}

// Print writes the tables and the breaches.
func (r *Report) Print(w io.Writer) error {
	if err := Print(w, r.Counts); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Counts {
		lang := c.Language
		fmt.Fprintf(t, "%s: most frequent openings\n", lang)
		for _, o := range top(r.Openings[lang]) {
			fmt.Fprintf(t, "  %d\t%s\n", o.Rows, o.Words)
		}
		fmt.Fprintf(t, "%s: most one-sided names of %d\n  \tfavor\tagainst\tneutral\tunrelated\n", lang, len(r.Names[lang]))
		for _, n := range top(r.Names[lang]) {
			fmt.Fprintf(t, "  %s", n.Word)
			for _, s := range model.Stance.Labels() {
				fmt.Fprintf(t, "\t%d", n.Stances[s])
			}
			fmt.Fprintln(t)
		}
		if len(r.Leaks[lang]) > 0 {
			fmt.Fprintf(t, "%s: words that speak for a stance in written rows more than in real ones\n  \tstance\twritten\treal\tz\n", lang)
		}
		for _, l := range top(r.Leaks[lang]) {
			fmt.Fprintf(t, "  %s\t%s\t%.2f of %d\t%.2f of %d\t%.1f\n", l.Word, l.Stance, l.WrittenShare, l.Written, l.RealShare, l.Real, l.Z)
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if r.Overlaps == nil {
		fmt.Fprintln(w, "skipped: overlap with other texts (none given)")
	} else {
		fmt.Fprintf(w, "overlap: %d runs of %d words shared with %d words of other texts\n",
			len(r.Overlaps.List()), overlapWords, r.Overlaps.Words)
	}
	for _, b := range r.Breaches {
		fmt.Fprintf(w, "breach: %s\n", b)
	}
	_, err := fmt.Fprintf(w, "%d breaches\n", len(r.Breaches))
	return err
}

func top[T any](list []T) []T { return list[:min(topLines, len(list))] }
