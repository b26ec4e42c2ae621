package corpuscheck

import (
	"cmp"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/training"
)

// Similar is a pair of rows of different groups that share many word 5-grams.
type Similar struct {
	A, B    string
	Jaccard float64
}

// NearDuplicates returns the pairs of rows of different groups whose sets of
// word 5-grams are more similar than limit, or whose texts are the same.
func NearDuplicates(rows []training.Row, limit float64) []Similar {
	const n = 5
	size := make([]int, len(rows))
	index := map[string][]int{}
	for i := range rows {
		w := words(rows[i].Text)
		seen := map[string]bool{}
		for k := 0; k+n <= len(w); k++ {
			seen[strings.Join(w[k:k+n], " ")] = true
		}
		if len(seen) == 0 { // too short: only the whole is compared
			seen[strings.Join(w, " ")] = true
		}
		size[i] = len(seen)
		for g := range seen {
			index[g] = append(index[g], i)
		}
	}
	common := map[[2]int]int{}
	for _, list := range index {
		for k, a := range list {
			for _, b := range list[:k] {
				if rows[a].Group != rows[b].Group {
					common[[2]int{b, a}]++
				}
			}
		}
	}
	var out []Similar
	for p, c := range common {
		if j := float64(c) / float64(size[p[0]]+size[p[1]]-c); j > limit {
			out = append(out, Similar{rows[p[0]].ID, rows[p[1]].ID, j})
		}
	}
	slices.SortFunc(out, func(a, b Similar) int { return cmp.Or(strings.Compare(a.A, b.A), strings.Compare(a.B, b.B)) })
	return out
}

// Opening is how many rows begin with the same four words.
type Opening struct {
	Words string
	Rows  int
}

// Openings returns the four-word openings of a language that two rows or more
// share, most frequent first.
func Openings(rows []training.Row, lang string) []Opening {
	count := map[string]int{}
	for i := range rows {
		if w := words(rows[i].Text); rows[i].Lang == lang && len(w) >= 4 {
			count[strings.Join(w[:4], " ")]++
		}
	}
	var out []Opening
	for w, n := range count {
		if n > 1 {
			out = append(out, Opening{w, n})
		}
	}
	slices.SortFunc(out, func(a, b Opening) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.Words, b.Words)) })
	return out
}
