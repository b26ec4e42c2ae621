package labels

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/parley-nlp/parley/model"
)

const (
	// dimensions is the length of a paragraph's vector: the seven label
	// probabilities, then the words of its evidence, hashed.
	dimensions = 48
	numOutputs = 7
	// maxClusters, fitSample and fitRounds bound the work of clustering.
	maxClusters = 64
	fitSample   = 20_000
	fitRounds   = 12
)

// embed writes what the model sees in a paragraph as a vector: what it
// concludes, and the words that made it conclude so. Paragraphs that it labels
// alike for the same reasons lie close together.
func embed(v *[dimensions]float32, p *model.Paragraph, s string) {
	k := 0
	for t := range model.Task(model.NumTasks) {
		for _, q := range p.Task(t).Probabilities[:len(t.Labels())] {
			v[k] = float32(q)
			k++
		}
	}
	words := v[numOutputs:]
	for t := range model.Task(model.NumTasks) {
		for _, e := range p.Task(t).Evidence {
			for word := range strings.FieldsSeq(s[e.Start:e.End]) {
				h := fnv.New64a()
				h.Write([]byte(strings.ToLower(word)))
				z := mix(h.Sum64())
				sign := float32(1)
				if z>>63 == 1 {
					sign = -1
				}
				words[z%uint64(len(words))] += sign * float32(e.Weight)
			}
		}
	}
	norm := 0.0
	for _, x := range words {
		norm += float64(x) * float64(x)
	}
	if norm > 0 {
		scale := float32(1 / math.Sqrt(norm))
		for i := range words {
			words[i] *= scale
		}
	}
}

// clustering is an assignment of vectors to centres.
type clustering struct {
	centres  [][dimensions]float32
	of       []int     // the cluster of each vector
	distance []float64 // its squared distance from the centre
}

// cluster groups vectors into at most k clusters: k-means from a k-means++
// start, fitted on a sample. The same vectors and seed give the same clusters.
func cluster(vectors []*[dimensions]float32, k int, seed uint64) clustering {
	c := clustering{of: make([]int, len(vectors)), distance: make([]float64, len(vectors))}
	if len(vectors) == 0 {
		return c
	}
	rng := rand.New(rand.NewPCG(seed, 0x636c7573746572))
	sample := vectors
	if len(sample) > fitSample {
		sample = make([]*[dimensions]float32, fitSample)
		for i := range sample {
			sample[i] = vectors[i*len(vectors)/fitSample]
		}
	}
	c.start(sample, k, rng)
	of := make([]int, len(sample))
	for range fitRounds {
		for i, v := range sample {
			of[i], _ = c.nearest(v)
		}
		if !c.recentre(sample, of) {
			break
		}
	}
	for i, v := range vectors {
		c.of[i], c.distance[i] = c.nearest(v)
	}
	return c
}

// start picks the first centres, each far from those before it.
func (c *clustering) start(sample []*[dimensions]float32, k int, rng *rand.Rand) {
	far := make([]float64, len(sample))
	for i := range far {
		far[i] = math.Inf(1)
	}
	next := rng.IntN(len(sample))
	for len(c.centres) < k {
		centre := *sample[next]
		c.centres = append(c.centres, centre)
		total := 0.0
		for i, v := range sample {
			far[i] = min(far[i], squared(v, &centre))
			total += far[i]
		}
		if total == 0 {
			return // fewer different vectors than clusters
		}
		at := rng.Float64() * total
		for next = 0; next < len(sample)-1 && at >= far[next]; next++ {
			at -= far[next]
		}
	}
}

// recentre moves each centre to the mean of its vectors, and tells whether one
// moved.
func (c *clustering) recentre(sample []*[dimensions]float32, of []int) (moved bool) {
	sums := make([][dimensions]float64, len(c.centres))
	count := make([]float64, len(c.centres))
	for i, v := range sample {
		count[of[i]]++
		for d, x := range v {
			sums[of[i]][d] += float64(x)
		}
	}
	for g := range c.centres {
		if count[g] == 0 {
			continue
		}
		for d := range c.centres[g] {
			x := float32(sums[g][d] / count[g])
			moved = moved || x != c.centres[g][d]
			c.centres[g][d] = x
		}
	}
	return moved
}

// nearest returns the closest centre; on a tie the first.
func (c *clustering) nearest(v *[dimensions]float32) (int, float64) {
	best, d := 0, math.Inf(1)
	for g := range c.centres {
		if x := squared(v, &c.centres[g]); x < d {
			best, d = g, x
		}
	}
	return best, d
}

func squared(a, b *[dimensions]float32) float64 {
	var sum float32
	for i := range a {
		x := a[i] - b[i]
		sum += x * x
	}
	return float64(sum)
}
