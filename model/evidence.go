package model

import (
	"cmp"
	"slices"

	"github.com/parley-nlp/parley/model/text"
)

// Evidence is found among the words of a clause. A word's margin for a label is
// what it adds to the label's logit above the mean of what it adds to the
// others. The spans are the maximal scoring stretches (Ruzzo and Tompa 1999) of
// the margins less a price a word, grown over what belongs to them and trimmed
// of function words.
const (
	wordPrice    = 0.04 // what a word must add on average to be worth showing
	minWeight    = 0.10 // the least weight of a span
	minShare     = 0.4  // a span weighs at least this share of the best
	counterShare = 0.5  // and one that speaks for another label this
	maxSpanWords = 12   // before a span is grown
	tailWords    = 3    // what a span is grown by at its end: the object of its verb
)

// spanFinder is the working memory of evidence.
type spanFinder struct {
	runs    []run               // of the paragraph, none until they are needed
	margins []margins           // of its tokens, as soon as the runs are there
	gains   [numMargins][]int32 // for each, the tokens where it is above the price, and behind them the number of tokens, which ends the list
	found   []stretch
}

// margins are those of a token for the labels that take evidence: the first and
// the second of each task.
type margins [numMargins]float64

const numMargins = 2 * NumTasks

// run is a half-open range of tokens that no span leaves.
type run struct{ from, to int }

// stretch is a run of tokens, first to last inclusive.
type stretch struct {
	first, last int
	label       int
	weight      float64
}

// minProbability is how probable a label must be to be shown evidence for where
// the label predicted takes none: two positions that outweigh each other.
const minProbability = 0.2

// evidence returns at most n spans for the label predicted, and the strongest
// one for another label among them if it comes near them in weight.
func (z *scorer) evidence(t Task, p *Prediction, n int) []Evidence {
	if n == 0 {
		return nil
	}
	z.spans.found = z.spans.found[:0]
	if t.Polarity(p.Label) != 0 {
		z.find(t, p.Label)
		z.spans.found = dropWeak(z.spans.found)
		own := len(z.spans.found)
		z.find(t, 1-p.Label)
		z.spans.found = keepStrongest(z.spans.found, own)
	} else {
		for label := range 2 {
			if p.Probabilities[label] >= minProbability {
				own := len(z.spans.found)
				z.find(t, label)
				z.spans.found = append(z.spans.found[:own], dropWeak(z.spans.found[own:])...)
			}
		}
	}
	slices.SortFunc(z.spans.found, func(a, b stretch) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.first, b.first))
	})
	return z.pick(n)
}

// dropWeak drops the stretches that weigh little beside the strongest.
func dropWeak(found []stretch) []stretch {
	best := 0.0
	for _, s := range found {
		best = max(best, s.weight)
	}
	return slices.DeleteFunc(found, func(s stretch) bool { return s.weight < minShare*best })
}

// keepStrongest drops of the counter-evidence found[own:] all but the strongest,
// and that too if it is weak beside the strongest of found[:own].
func keepStrongest(found []stretch, own int) []stretch {
	best := func(s []stretch) (k int) {
		k = -1
		for i := range s {
			if k < 0 || s[i].weight > s[k].weight {
				k = i
			}
		}
		return k
	}
	k, o := best(found[own:]), best(found[:own])
	if k < 0 || o >= 0 && found[own+k].weight < counterShare*found[o].weight {
		return found[:own]
	}
	found[own] = found[own+k]
	return found[:own+1]
}

// pick returns the first n stretches that overlap none before them, in the
// order of the text.
func (z *scorer) pick(n int) []Evidence {
	kept := z.spans.found[:0]
	for _, s := range z.spans.found {
		if len(kept) == n {
			break
		}
		if !slices.ContainsFunc(kept, func(k stretch) bool { return s.first <= k.last && k.first <= s.last }) {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	slices.SortFunc(kept, func(a, b stretch) int { return cmp.Compare(a.first, b.first) })
	out := make([]Evidence, len(kept))
	for i, s := range kept {
		out[i] = Evidence{
			Start:  int(z.frame.toks.List[s.first].Start),
			End:    int(z.frame.toks.List[s.last].End),
			Label:  s.label,
			Weight: s.weight,
			Holder: z.frame.holder(s.first),
		}
	}
	return out
}

// find appends the stretches that speak for a label of a task, which is one of
// its first two.
func (z *scorer) find(t Task, label int) {
	if len(z.spans.runs) == 0 {
		z.findRuns()
		z.findMargins()
	}
	k := int(t)*2 + label
	gains := z.spans.gains[k]
	for _, r := range z.spans.runs {
		gains = z.maximal(r.from, r.to, k, gains)
	}
}

// findRuns finds the runs of the paragraph.
func (z *scorer) findRuns() {
	n := len(z.frame.words)
	for i := 0; i < n; {
		end := i + 1
		for end < n && !z.frame.breaks(end) {
			end++
		}
		z.spans.runs = append(z.spans.runs, run{i, end})
		i = end
	}
}

// findMargins works out the margins of every token. Those of marks are 0, since no
// feature is credited to a mark.
func (z *scorer) findMargins() {
	n := len(z.frame.words)
	z.spans.margins = resize(z.spans.margins, n)
	for i := range z.spans.margins {
		row := &z.contrib[i]
		z.spans.margins[i] = margins{
			row[0] - (row[1]+row[2]+row[3])*(1.0/3), row[1] - (row[0]+row[2]+row[3])*(1.0/3),
			row[4] - (row[5]+row[6])*(1.0/2), row[5] - (row[4]+row[6])*(1.0/2),
		}
	}
	for k := range z.spans.gains {
		gains, found := resize(z.spans.gains[k], n+1), 0
		for i := range z.spans.margins {
			gains[found] = int32(i)
			if z.spans.margins[i][k] > wordPrice {
				found++
			}
		}
		gains[found] = int32(n)
		z.spans.gains[k] = gains
	}
}

// breaks reports whether no span runs on across the beginning of token i.
func (f *frame) breaks(i int) bool {
	if f.words[i].sentence != f.words[i-1].sentence {
		return true
	}
	switch f.toks.List[i].Kind {
	case text.QuoteOpen, text.QuoteClose, text.Colon, text.Bracket:
		return true
	}
	return false
}

// maximal appends the maximal scoring stretches of the tokens [from, to) by the
// kth of their margins. It takes the gains from there on and returns those behind
// to.
func (z *scorer) maximal(from, to, k int, gains []int32) []int32 {
	margins := z.spans.margins
	for i := from; ; {
		for int(gains[0]) < i {
			gains = gains[1:]
		}
		if i = int(gains[0]); i >= to {
			return gains
		}
		best, sum, last := 0.0, 0.0, i
		for j := i; j < to && j < i+maxSpanWords; j++ {
			sum += margins[j][k] - wordPrice
			if sum <= 0 {
				break
			}
			if sum >= best {
				best, last = sum, j
			}
		}
		s := stretch{first: i, last: last, label: k % 2}
		i = last + 1
		if z.shape(&s, from, k) {
			z.spans.found = append(z.spans.found, s)
			i = max(i, s.last+1)
		}
	}
}

// shape grows a stretch by the words after it and by a negation before it, trims
// function words and marks at its edges and sums its weight. It reports whether
// the stretch is worth showing: a mere name is not.
func (z *scorer) shape(s *stretch, from, k int) bool {
	f := &z.frame
	for n := 0; n < tailWords && s.last+1 < len(f.words) && f.words[s.last+1].clause == f.words[s.last].clause && !f.breaks(s.last+1); n++ {
		s.last++
	}
	for s.last > s.first && z.isDull(s.last) {
		s.last--
	}
	for s.first < s.last && z.isDull(s.first) {
		s.first++
	}
	for s.first-2 >= from && f.hyphenated(s.first-1) {
		s.first -= 2
	}
	for s.last+2 < len(f.words) && f.hyphenated(s.last+1) {
		s.last += 2
	}
	if f.words[s.first].flags&isWord == 0 {
		return false
	}
	for i := s.first - 1; i >= from && s.first-i <= 3; i-- {
		if f.words[i].classes.has(negation) && f.words[i].clause == f.words[s.first].clause {
			s.first = i
			break
		}
	}
	telling := false
	for i := s.first; i <= s.last; i++ {
		s.weight += z.spans.margins[i][k]
		telling = telling || !z.saysNothing(i)
	}
	return telling && s.weight >= minWeight
}

// hyphenated reports whether token i joins the words on both sides of it.
func (f *frame) hyphenated(i int) bool {
	k := f.toks.List
	return i > 0 && i+1 < len(k) && k[i].Kind == text.Symbol && !k[i].Has(text.Spaced) &&
		!k[i+1].Has(text.Spaced) && f.words[i-1].flags&f.words[i+1].flags&isWord != 0
}

// isDull reports whether a span neither begins nor ends at token i: a mark, or a
// function word without a meaning of its own.
func (z *scorer) isDull(i int) bool {
	w := &z.frame.words[i]
	if w.flags&isWord == 0 {
		return true
	}
	grammar := classes(1)<<report | classes(1)<<modal
	return w.classes&^grammar == 0 && z.isCommon(w)
}

// saysNothing reports whether token i carries no attitude of its own: a mention of
// the target, a name, a function word or a mark.
func (z *scorer) saysNothing(i int) bool {
	w, k := &z.frame.words[i], &z.frame.toks.List[i]
	return w.flags&isWord == 0 || w.mention != notMention || z.isCommon(w) ||
		w.classes == 0 && k.Has(text.Capital)
}

// isCommon reports whether a word is a function word.
func (z *scorer) isCommon(w *word) bool { return z.m.vocab.isCommon(w.row) }

// holder returns the name of the speaker of token i, empty for the author.
func (f *frame) holder(i int) string {
	w := &f.words[i]
	if w.speaker < 0 {
		return ""
	}
	s := f.speakers[w.speaker]
	if s.last < s.first {
		return ""
	}
	return f.text[f.toks.List[s.first].Start:f.toks.List[s.last].End]
}
