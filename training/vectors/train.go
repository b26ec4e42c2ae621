package vectors

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parley-nlp/parley/model/text"
)

// Config holds the settings of Train. The zero value of a field means its
// default.
type Config struct {
	Dim      int     // length of a vector; default 64
	MinCount int     // words seen less often are left out; default 8
	MaxWords int     // the most frequent words kept; default 60,000
	Window   int     // largest distance between a word and its context; default 5
	Negative int     // noise words a context word; default 5
	Epochs   int     // passes over the text; default 5
	Rate     float64 // initial learning rate, falling linearly to 0; default 0.05
	Sample   float64 // threshold of frequent-word subsampling; default 1e-4
	Buckets  int     // hash buckets of character n-grams; default 1<<18
	Seed     uint64
	// Progress, if set, is called now and then with the share done, in [0, 1].
	Progress func(float64)
}

func (c *Config) defaults() {
	c.Dim = cmp.Or(c.Dim, 64)
	c.MinCount = cmp.Or(c.MinCount, 8)
	c.MaxWords = cmp.Or(c.MaxWords, 60000)
	c.Window = cmp.Or(c.Window, 5)
	c.Negative = cmp.Or(c.Negative, 5)
	c.Epochs = cmp.Or(c.Epochs, 5)
	c.Rate = cmp.Or(c.Rate, 0.05)
	c.Sample = cmp.Or(c.Sample, 1e-4)
	c.Buckets = cmp.Or(c.Buckets, 1<<18)
}

// Train learns word vectors from text, one paragraph a line: skip-gram with
// negative sampling (Mikolov et al. 2013) over words that are the mean of a
// vector of their own and those of their character n-grams (Bojanowski et al.
// 2017). It runs on one goroutine, so that the same text and settings give the
// same bytes.
func Train(ctx context.Context, r io.Reader, cfg Config) (*Table, error) {
	cfg.defaults()
	t := trainer{Config: cfg, rng: cfg.Seed*2862933555777941757 + 3037000493}
	if err := t.read(r); err != nil {
		return nil, err
	}
	if len(t.words) == 0 {
		return nil, fmt.Errorf("no word occurs %d times or more", cfg.MinCount)
	}
	t.prepare()
	for e := range cfg.Epochs {
		if err := t.epoch(ctx, e); err != nil {
			return nil, err
		}
	}
	return t.table(), nil
}

type wordCount struct {
	hash  uint64
	norm  string
	count int
}

// trainer is the state of one Train. The corpus is kept as word numbers, -1
// between lines.
type trainer struct {
	Config
	words  []wordCount // most frequent first
	tokens int
	corpus []int32
	rng    uint64

	grams  [][]int32 // buckets of a word's n-grams
	in     []float32 // a row for every word, then for every bucket
	out    []float32 // a row for every word
	noise  []int32   // words drawn in proportion to count^0.75
	keep   []float32 // probability that an occurrence is kept
	hidden []float32
	grad   []float32
	line   []int32
}

func (t *trainer) read(r io.Reader) error {
	index := map[uint64]int{}
	var hashes []uint64
	var toks text.Tokens
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<20), 1<<24)
	for sc.Scan() {
		toks.Tokenize(sc.Text())
		for i := range toks.List {
			k := &toks.List[i]
			if k.Kind != text.Word && k.Kind != text.Number {
				continue
			}
			j, ok := index[k.Hash]
			if !ok {
				j = len(t.words)
				index[k.Hash] = j
				t.words = append(t.words, wordCount{k.Hash, string(toks.Norm(i)), 0})
			}
			t.words[j].count++
			t.tokens++
			hashes = append(hashes, k.Hash)
		}
		hashes = append(hashes, 0)
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("read text: %w", err)
	}
	slices.SortFunc(t.words, func(a, b wordCount) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.norm, b.norm))
	})
	n := min(len(t.words), t.MaxWords)
	for n > 0 && t.words[n-1].count < t.MinCount {
		n--
	}
	t.words = t.words[:n]
	clear(index)
	for i, w := range t.words {
		index[w.hash] = i
	}
	t.corpus = make([]int32, 0, len(hashes))
	for _, h := range hashes {
		if h == 0 {
			t.corpus = append(t.corpus, -1)
		} else if i, ok := index[h]; ok {
			t.corpus = append(t.corpus, int32(i))
		}
	}
	return nil
}

func (t *trainer) prepare() {
	n := len(t.words)
	t.in = make([]float32, (n+t.Buckets)*t.Dim)
	t.out = make([]float32, n*t.Dim)
	for i := range t.in {
		t.in[i] = (t.uniform() - 0.5) / float32(t.Dim)
	}
	t.hidden, t.grad = make([]float32, t.Dim), make([]float32, t.Dim)
	t.grams = make([][]int32, n)
	t.keep = make([]float32, n)
	var total float64
	for i, w := range t.words {
		for g := range text.Grams(w.norm, 3, 5) {
			t.grams[i] = append(t.grams[i], int32(n+int(g%uint64(t.Buckets))))
		}
		f := float64(w.count) / float64(t.tokens)
		t.keep[i] = float32(math.Sqrt(t.Sample/f) + t.Sample/f)
		total += math.Pow(float64(w.count), 0.75)
	}
	const size = 1 << 22
	t.noise = make([]int32, 0, size)
	acc := 0.0
	for i, w := range t.words {
		acc += math.Pow(float64(w.count), 0.75)
		for float64(len(t.noise)) < acc/total*size {
			t.noise = append(t.noise, int32(i))
		}
	}
}

func (t *trainer) next() uint64 {
	t.rng ^= t.rng << 13
	t.rng ^= t.rng >> 7
	t.rng ^= t.rng << 17
	return t.rng
}

func (t *trainer) uniform() float32 { return float32(t.next()>>40) / (1 << 24) }

func (t *trainer) epoch(ctx context.Context, e int) error {
	t.line = t.line[:0]
	tell := 0 // the place in the corpus from which progress is told again
	for i, w := range t.corpus {
		if w >= 0 {
			if t.keep[w] >= 1 || t.uniform() < t.keep[w] {
				t.line = append(t.line, w)
			}
			continue
		}
		share := (float64(e) + float64(i)/float64(len(t.corpus))) / float64(t.Epochs)
		rate := float32(t.Rate * (1 - share))
		for c := range t.line {
			t.center(c, rate)
		}
		t.line = t.line[:0]
		if i >= tell {
			tell = i + 1<<14
			if err := ctx.Err(); err != nil {
				return err
			}
			if t.Progress != nil {
				t.Progress(share)
			}
		}
	}
	return nil
}

// center takes one gradient step for the word at c and all its context words.
func (t *trainer) center(c int, rate float32) {
	w, d := t.line[c], t.Dim
	grams := t.grams[w]
	scale := 1 / float32(1+len(grams))
	copy(t.hidden, t.in[int(w)*d:int(w+1)*d])
	for _, g := range grams {
		axpy(1, t.in[int(g)*d:int(g+1)*d], t.hidden)
	}
	for i := range t.hidden {
		t.hidden[i] *= scale
	}
	clear(t.grad)
	reach := 1 + int(t.next()>>33)%t.Window
	for j := max(0, c-reach); j <= min(len(t.line)-1, c+reach); j++ {
		if j == c {
			continue
		}
		t.pair(t.line[j], 1, rate)
		for range t.Negative {
			if n := t.noise[t.next()>>20%uint64(len(t.noise))]; n != t.line[j] {
				t.pair(n, 0, rate)
			}
		}
	}
	axpy(1, t.grad, t.in[int(w)*d:int(w+1)*d])
	for _, g := range grams {
		axpy(1, t.grad, t.in[int(g)*d:int(g+1)*d])
	}
}

func (t *trainer) pair(target int32, label, rate float32) {
	row := t.out[int(target)*t.Dim : int(target+1)*t.Dim]
	g := (label - sigmoid(dot(t.hidden, row))) * rate
	axpy(g, row, t.grad)
	axpy(g, t.hidden, row)
}

func (t *trainer) table() *Table {
	tab := newTable(t.Dim, t.tokens)
	v := make([]float64, t.Dim)
	for i, w := range t.words {
		for k := range v {
			v[k] = float64(t.in[i*t.Dim+k])
			for _, g := range t.grams[i] {
				v[k] += float64(t.in[int(g)*t.Dim+k])
			}
		}
		tab.add(w.norm, w.count, v)
	}
	return tab
}

var sigmoidTable = func() (s [1024]float32) {
	for i := range s {
		s[i] = float32(1 / (1 + math.Exp(-(float64(i)-512)/64)))
	}
	return s
}()

// sigmoid is the logistic function, clamped and tabled in steps of 1/64.
func sigmoid(x float32) float32 {
	return sigmoidTable[min(max(int(x*64)+512, 0), 1023)]
}

func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	for i := 0; i+3 < len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	return s0 + s1 + s2 + s3
}

func axpy(a float32, x, y []float32) {
	y = y[:len(x)]
	for i := 0; i+3 < len(x); i += 4 {
		y[i] += a * x[i]
		y[i+1] += a * x[i+1]
		y[i+2] += a * x[i+2]
		y[i+3] += a * x[i+3]
	}
}
