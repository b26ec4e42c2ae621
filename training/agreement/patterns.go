package agreement

import "math"

// patterns counts how often each combination of labels was given to an item,
// whoever gave them.
type patterns struct {
	classes int
	index   map[string]int
	labels  [][]int   // how often each label occurs in the pattern
	raters  []int     // how many labels the pattern has
	count   []float64 // how many items show it
}

func newPatterns(classes int) *patterns { return &patterns{classes: classes, index: map[string]int{}} }

func (p *patterns) add(item []Judgement) {
	labels := make([]int, p.classes)
	for _, j := range item {
		labels[j.Label]++
	}
	key := make([]byte, 0, 4*p.classes)
	for _, n := range labels {
		key = append(key, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	i, ok := p.index[string(key)]
	if !ok {
		i = len(p.labels)
		p.index[string(key)] = i
		p.labels, p.raters, p.count = append(p.labels, labels), append(p.raters, len(item)), append(p.count, 0)
	}
	p.count[i]++
}

// alpha is Krippendorff's alpha where pattern i occurs n[i] times: over all
// labels, or of the label only against the rest if only is not negative.
func (p *patterns) alpha(n []float64, only int) float64 {
	total := 0.0
	given := make([]float64, p.classes) // how often each label was given; of one alone in the first place
	disagree := 0.0
	for i, labels := range p.labels {
		if n[i] == 0 {
			continue
		}
		m := float64(p.raters[i])
		total += n[i] * m
		if only >= 0 {
			k := float64(labels[only])
			given[0] += n[i] * k
			disagree += n[i] * 2 * k * (m - k) / (m - 1)
			continue
		}
		same := 0.0
		for c, k := range labels {
			given[c] += n[i] * float64(k)
			same += float64(k) * float64(k-1)
		}
		disagree += n[i] * (m*(m-1) - same) / (m - 1)
	}
	expected := total * total
	if only >= 0 {
		expected = 2 * given[0] * (total - given[0])
	} else {
		for _, k := range given {
			expected -= k * k
		}
	}
	if total < 2 || expected <= 0 {
		return math.NaN() // nobody gave a second label: there is nothing to disagree on
	}
	return 1 - (total-1)*disagree/expected
}

// commonRaters returns the most common number of judgements of an item, of at
// least two; the larger on a tie.
func (p *patterns) commonRaters() int {
	items := map[int]float64{}
	for i, m := range p.raters {
		items[m] += p.count[i]
	}
	best := 0
	for m, n := range items {
		if n > items[best] || n == items[best] && m > best {
			best = m
		}
	}
	return best
}

// ratedBy returns the patterns of exactly m labels.
func (p *patterns) ratedBy(m int) *patterns {
	out := newPatterns(p.classes)
	for i := range p.labels {
		if p.raters[i] == m {
			out.labels, out.raters, out.count = append(out.labels, p.labels[i]), append(out.raters, m), append(out.count, p.count[i])
		}
	}
	return out
}

// fleiss is Fleiss' kappa; all patterns have as many labels.
func (p *patterns) fleiss(n []float64) float64 {
	items, observed := 0.0, 0.0
	share := make([]float64, p.classes)
	for i, labels := range p.labels {
		m := float64(p.raters[i])
		items += n[i]
		for c, k := range labels {
			observed += n[i] * float64(k) * float64(k-1) / (m * (m - 1))
			share[c] += n[i] * float64(k) / m
		}
	}
	chance := 0.0
	for _, s := range share {
		chance += s / items * s / items
	}
	return beyond(observed/items, chance)
}
