package corpuscheck

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

// Leak is a word that speaks for a stance in the written rows more than it does
// in real ones.
type Leak struct {
	Word, Stance string
	// Written and Real count the rows with the word; the shares are those of
	// them with the stance.
	Written, Real           int
	WrittenShare, RealShare float64
	// Z is the difference of the log-odds ratios of the word in both kinds of
	// rows, in standard errors.
	Z float64
}

// leakRows is in how many rows of each kind a word must stand to be judged.
const leakRows = 20

// Leaks compares the written rows of a language with real ones, word by word,
// and returns the words that differ most, the largest Z first.
func Leaks(written, real []training.Row, lang string) []Leak {
	w, wBase, wRows := wordStances(written, lang)
	r, rBase, rRows := wordStances(real, lang)
	var out []Leak
	for word, wt := range w {
		rt := r[word]
		if rt == nil {
			continue
		}
		nw, nr := sum(wt), sum(rt)
		if nw < leakRows || nr < leakRows {
			continue
		}
		for s, stance := range model.Stance.Labels() {
			dw, vw := logOddsRatio(wt[s], nw, wBase[s], wRows)
			dr, vr := logOddsRatio(rt[s], nr, rBase[s], rRows)
			out = append(out, Leak{
				Word: word, Stance: stance, Written: nw, Real: nr,
				WrittenShare: ratio(wt[s], nw), RealShare: ratio(rt[s], nr),
				Z: (dw - dr) / math.Sqrt(vw+vr),
			})
		}
	}
	slices.SortFunc(out, func(a, b Leak) int {
		return cmp.Or(cmp.Compare(b.Z, a.Z), strings.Compare(a.Word, b.Word), strings.Compare(a.Stance, b.Stance))
	})
	return out
}

type stanceCounts [4]int

func sum(c *stanceCounts) int { return c[0] + c[1] + c[2] + c[3] }

// wordStances counts, for each word, the rows in which it stands by stance.
func wordStances(rows []training.Row, lang string) (byWord map[string]*stanceCounts, base stanceCounts, n int) {
	byWord = map[string]*stanceCounts{}
	for i := range rows {
		if rows[i].Lang != lang {
			continue
		}
		s := rows[i].Label(model.Stance)
		base[s]++
		n++
		seen := map[string]bool{}
		eachWord(rows[i].Text, func(w []byte) {
			if seen[string(w)] {
				return
			}
			word := string(w)
			seen[word] = true
			c := byWord[word]
			if c == nil {
				c = new(stanceCounts)
				byWord[word] = c
			}
			c[s]++
		})
	}
	return byWord, base, n
}

// logOddsRatio returns the log-odds of k in n against that of base in all, each
// smoothed by a half, and the variance of the former.
func logOddsRatio(k, n, base, all int) (d, variance float64) {
	a, b := float64(k)+0.5, float64(n-k)+0.5
	c, e := float64(base)+0.5, float64(all-base)+0.5
	return math.Log(a/b) - math.Log(c/e), 1/a + 1/b
}
