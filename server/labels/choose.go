package labels

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

const (
	byUncertainty  = parleyv1.SuggestStrategy_SUGGEST_STRATEGY_UNCERTAINTY
	byMargin       = parleyv1.SuggestStrategy_SUGGEST_STRATEGY_MARGIN
	byDisagreement = parleyv1.SuggestStrategy_SUGGEST_STRATEGY_DISAGREEMENT
	byDiversity    = parleyv1.SuggestStrategy_SUGGEST_STRATEGY_DIVERSITY
	atRandom       = parleyv1.SuggestStrategy_SUGGEST_STRATEGY_RANDOM
	mixed          = parleyv1.SuggestStrategy_SUGGEST_STRATEGY_MIXED
)

// clusters tells whether the strategy groups the pool.
func (p *pool) clusters() bool { return p.strategy == byDiversity || p.strategy == mixed }

// choose returns the suggestions. The random share is drawn first, from the
// whole pool, so that it is a fair sample of it.
func (p *pool) choose() []*parleyv1.Suggestion {
	count := min(p.count, len(p.entries))
	drawn := int(math.Round(p.random * float64(count)))
	if p.strategy == atRandom {
		drawn = count
	}
	lot := make([]uint64, len(p.entries))
	order := make([]int, len(p.entries))
	for i := range p.entries {
		lot[i], order[i] = p.lot(i), i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(lot[a], lot[b]) })
	random, rest := order[:drawn], order[drawn:]

	out := p.rank(rest, count-drawn)
	for _, i := range random {
		out = append(out, p.suggestion(i, atRandom, float64(lot[i])/math.MaxUint64, -1,
			"drawn at random, so that figures measured on what comes back are honest"))
	}
	return out
}

// lot is the number that an entry draws, the same whatever its position.
func (p *pool) lot(i int) uint64 {
	h := fnv.New64a()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], p.settings.GetSeed())
	h.Write(b[:])
	h.Write([]byte(p.entries[i].key))
	return mix(h.Sum64())
}

// mix spreads the bits of a hash (the finaliser of SplitMix64).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// rank returns the best count of the entries in candidates.
func (p *pool) rank(candidates []int, count int) []*parleyv1.Suggestion {
	if count <= 0 {
		return nil
	}
	if p.clusters() {
		return p.spread(candidates, count)
	}
	candidates = slices.Clone(candidates)
	p.sort(candidates)
	var out []*parleyv1.Suggestion
	for _, i := range candidates[:count] {
		out = append(out, p.suggestion(i, p.strategy, p.value(i), -1, p.reason(i)))
	}
	return out
}

// sort orders entries by value, the highest first; on a tie by position.
func (p *pool) sort(which []int) {
	slices.SortFunc(which, func(a, b int) int {
		return cmp.Or(cmp.Compare(p.value(b), p.value(a)), cmp.Compare(p.entries[a].position, p.entries[b].position))
	})
}

// value is how much a label of the entry is worth by the strategy, in [0, 1].
func (p *pool) value(i int) float64 {
	e := &p.entries[i]
	switch p.strategy {
	case byMargin:
		return float64(e.margin)
	case byDisagreement:
		return float64(e.disagree)
	case mixed:
		return float64(max(e.entropy, e.disagree))
	}
	return float64(e.entropy)
}

// reason says why an entry was chosen.
func (p *pool) reason(i int) string {
	e := &p.entries[i]
	closest := model.Stance
	if e.confidence[model.Tone]-e.next[model.Tone] < e.confidence[model.Stance]-e.next[model.Stance] {
		closest = model.Tone
	}
	between := fmt.Sprintf("%s is between %s (%.2f) and %s (%.2f)", closest,
		closest.Labels()[e.label[closest]], e.confidence[closest], closest.Labels()[e.second[closest]], e.next[closest])
	split := model.Stance
	if e.votes[model.Tone] < e.votes[model.Stance] {
		split = model.Tone
	}
	apart := fmt.Sprintf("%d of %d models call its %s %s", e.votes[split], len(p.models), split, split.Labels()[e.label[split]])
	switch {
	case p.strategy == byDisagreement:
		return apart
	case p.strategy == mixed && e.disagree > e.entropy:
		return apart
	}
	return between
}

// spread takes entries from the clusters in turn, larger clusters first.
func (p *pool) spread(candidates []int, count int) []*parleyv1.Suggestion {
	vectors := make([]*[dimensions]float32, len(candidates))
	for k, i := range candidates {
		vectors[k] = &p.entries[i].vector
	}
	c := cluster(vectors, min(count, maxClusters), p.settings.GetSeed())
	members := make([][]int, len(c.centres))
	distance := make(map[int]float64, len(candidates))
	for k, i := range candidates {
		members[c.of[k]] = append(members[c.of[k]], i)
		distance[i] = c.distance[k]
	}
	order := make([]int, 0, len(members))
	for g, m := range members {
		if len(m) == 0 {
			continue
		}
		order = append(order, g)
		if p.strategy == mixed {
			p.sort(m)
			continue
		}
		slices.SortFunc(m, func(a, b int) int {
			return cmp.Or(cmp.Compare(distance[a], distance[b]), cmp.Compare(p.entries[a].position, p.entries[b].position))
		})
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(len(members[b]), len(members[a])), cmp.Compare(a, b)) })
	var out []*parleyv1.Suggestion
	for round := 0; len(out) < count; round++ {
		for number, g := range order {
			if round >= len(members[g]) || len(out) == count {
				continue
			}
			i, size := members[g][round], len(members[g])
			if p.strategy == mixed {
				out = append(out, p.suggestion(i, mixed, p.value(i), number, fmt.Sprintf("%s; stands for a cluster of %d", p.reason(i), size)))
				continue
			}
			out = append(out, p.suggestion(i, byDiversity, float64(size)/float64(len(candidates)), number,
				fmt.Sprintf("nearest to the centre of a cluster of %d paragraphs", size)))
		}
	}
	return out
}

func (p *pool) suggestion(i int, by parleyv1.SuggestStrategy, score float64, group int, reason string) *parleyv1.Suggestion {
	e := &p.entries[i]
	return &parleyv1.Suggestion{
		Id: e.id, Position: e.position, Strategy: by, Score: min(1, max(0, score)), Reason: reason, Cluster: int32(group),
		Stance: parleyv1.Stance(e.label[model.Stance] + 1), StanceConfidence: float64(e.confidence[model.Stance]),
		Tone: parleyv1.Tone(e.label[model.Tone] + 1), ToneConfidence: float64(e.confidence[model.Tone]),
	}
}
