package corpuscheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

// Counts are the figures of one language's rows.
type Counts struct {
	Language string
	Rows     int
	// Pairs counts the rows by stance and tone.
	Pairs  map[[2]string]int
	Styles map[string]int
	Eras   map[string]int
	// Words are the lengths of the rows in words between white space, ascending.
	Words  []int
	Groups int
	// Contrast counts the contrast pairs; Halves names those that are not two
	// rows of one group with different labels.
	Contrast int
	Halves   []string
	// Distinct is the share of distinct word 1-, 2- and 3-grams.
	Distinct [3]float64
	// Held counts the rows whose stance has a named holder.
	Held int
}

// Count counts the rows of a language.
func Count(rows []training.Row, lang string) *Counts {
	c := &Counts{
		Language: lang, Pairs: map[[2]string]int{}, Styles: map[string]int{}, Eras: map[string]int{},
	}
	groups := map[string]bool{}
	pairs := map[string][]*training.Row{}
	var grams [3]map[string]bool
	var total [3]int
	for n := range grams {
		grams[n] = map[string]bool{}
	}
	for i := range rows {
		r := &rows[i]
		if r.Lang != lang {
			continue
		}
		c.Rows++
		c.Pairs[[2]string{r.Stance, r.Tone}]++
		c.Styles[r.Style]++
		c.Eras[r.Era]++
		c.Words = append(c.Words, len(strings.Fields(r.Text)))
		groups[r.Group] = true
		if r.Holder != "" {
			c.Held++
		}
		if r.Pair != "" {
			pairs[r.Pair] = append(pairs[r.Pair], r)
		}
		w := words(r.Text)
		for n := range grams {
			for k := 0; k+n < len(w); k++ {
				grams[n][strings.Join(w[k:k+n+1], " ")] = true
				total[n]++
			}
		}
	}
	for n := range grams {
		c.Distinct[n] = ratio(len(grams[n]), total[n])
	}
	c.Groups = len(groups)
	for name, p := range pairs {
		if len(p) == 2 && p[0].Group == p[1].Group && (p[0].Stance != p[1].Stance || p[0].Tone != p[1].Tone) {
			c.Contrast++
		} else {
			c.Halves = append(c.Halves, name)
		}
	}
	slices.Sort(c.Halves)
	slices.Sort(c.Words)
	return c
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// Stance returns the share of rows with a stance.
func (c *Counts) Stance(label string) float64 { return c.share(0, label) }

// Tone returns the share of rows with a tone.
func (c *Counts) Tone(label string) float64 { return c.share(1, label) }

func (c *Counts) share(part int, label string) float64 {
	n := 0
	for pair, k := range c.Pairs {
		if pair[part] == label {
			n += k
		}
	}
	return ratio(n, c.Rows)
}

// Quantile returns the length in words that a share q of the rows does not
// exceed.
func (c *Counts) Quantile(q float64) int {
	if len(c.Words) == 0 {
		return 0
	}
	return c.Words[min(int(q*float64(len(c.Words))), len(c.Words)-1)]
}

// against returns where the counts fall short of a plan.
func (c *Counts) against(p LanguagePlan) []string {
	var out []string
	fail := func(format string, args ...any) { out = append(out, c.Language+": "+fmt.Sprintf(format, args...)) }
	if c.Rows < p.Rows {
		fail("%d rows, want %d", c.Rows, p.Rows)
	}
	for _, s := range model.Stance.Labels() {
		for _, t := range model.Tone.Labels() {
			if n := c.Pairs[[2]string{s, t}]; n < p.PairRows {
				fail("%s and %s: %d rows, want %d", s, t, n, p.PairRows)
			}
		}
	}
	for _, x := range []struct {
		name      string
		got, want float64
	}{
		{"favor", c.Stance("favor"), p.Favor}, {"cooperative", c.Tone("cooperative"), p.Cooperative},
		{"neutral stance", c.Stance("neutral"), p.Neutral}, {"unrelated", c.Stance("unrelated"), p.Unrelated},
		{"distinct words", c.Distinct[0], p.Distinct[0]},
		{"distinct 2-grams", c.Distinct[1], p.Distinct[1]}, {"distinct 3-grams", c.Distinct[2], p.Distinct[2]},
	} {
		if x.got < x.want {
			fail("%s: share %.3f, want %.3f", x.name, x.got, x.want)
		}
	}
	if c.Contrast < p.ContrastPairs {
		fail("%d contrast pairs, want %d", c.Contrast, p.ContrastPairs)
	}
	for _, name := range c.Halves {
		fail("contrast pair %s is not two rows of one group with different labels", name)
	}
	if m := float64(c.Quantile(0.5)); m < p.MedianWords[0] || m > p.MedianWords[1] {
		fail("median length %.0f words, want %.0f to %.0f", m, p.MedianWords[0], p.MedianWords[1])
	}
	if n := c.Quantile(1); n > p.MaxWords {
		fail("longest row has %d words, want at most %d", n, p.MaxWords)
	}
	return out
}
