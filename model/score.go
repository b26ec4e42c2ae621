package model

import (
	"math"
	"slices"
	"sync"

	"github.com/parley-nlp/parley/model/text"
)

// Model is a trained classifier. It is immutable and safe for concurrent use.
type Model struct {
	id     string
	info   Info
	res    *resources
	vocab  *vocabulary
	sparse *table
	langs  [numLanguages]langParams
	bias   [NumOutputs]float64
	pool   sync.Pool // of *scorer
}

// numLanguages is how many languages a model is trained in.
const numLanguages = 2

// langParams is what differs between the languages.
type langParams struct {
	frame, form []weights
	// scale multiplies every contribution of a task, and offset is added to the
	// logits: the calibration (vector scaling; Guo et al. 2017).
	scale  [NumTasks]float64
	offset [NumOutputs]float64
	// threshold is the confidence below which a task abstains.
	threshold [NumTasks]float64
}

// languageIndex returns the index of a language's parameters; a language that
// the model does not know is read by its script.
func languageIndex(l text.Language, s string) int {
	switch l {
	case text.English:
		return 0
	case text.Arabic:
		return 1
	}
	for _, r := range s {
		if r >= 0x600 && r <= 0x6FF {
			return 1
		}
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			return 0
		}
	}
	return 0
}

// logits are the outputs of both tasks.
type logits [NumOutputs]float64

// scorer is the working memory of one classification.
type scorer struct {
	frame frame
	m     *Model
	lang  *langParams
	// contrib holds what each token adds to each logit; the last row is what the
	// paragraph as a whole adds.
	contrib []logits
	total   logits
	spans   spanFinder
	rows    []int32             // of the tokens in the vocabulary
	wanted  []request           // the sparse features that are to be looked up
	found   []answer            // what was found of them
	gain    [NumOutputs]float64 // the calibration's factor of each output
	trace   *Explanation        // records every feature if not nil
	buf     [64]byte            // for the forms of a word outside the vocabulary
}

func (m *Model) scorer() *scorer {
	if s, ok := m.pool.Get().(*scorer); ok {
		return s
	}
	return &scorer{m: m}
}

// keepTokens is the longest paragraph whose working memory is kept for reuse.
const keepTokens = 1 << 14

func (m *Model) release(s *scorer) {
	s.frame.text, s.trace = "", nil
	if cap(s.contrib) <= keepTokens {
		m.pool.Put(s)
	}
}

// Paragraph scores s, which must be valid UTF-8, as one paragraph. Its only
// error is ErrTooLong.
func (m *Model) Paragraph(s string, opt Options) (Paragraph, error) {
	if len(s) > MaxParagraph {
		return Paragraph{}, ErrTooLong
	}
	z := m.scorer()
	defer m.release(z)
	p := Paragraph{Language: opt.Language}
	if p.Language == text.Other {
		p.Language = text.Detect(s)
	}
	z.score(s, p.Language)
	abstain := NotAbstained
	switch {
	case p.Language == text.Other && !z.frame.hasLetters(), z.frame.nWords == 0:
		abstain = NothingToRead
	case p.Language == text.Other:
		abstain = UnsupportedLanguage
	}
	for t := range Task(NumTasks) {
		pr := p.Task(t)
		*pr = z.predict(t)
		pr.Abstained = abstain
		if abstain == NotAbstained && pr.Confidence() < z.lang.threshold[t] {
			pr.Abstained = LowConfidence
		}
		if opt.Evidence >= 0 && abstain == NotAbstained {
			n := opt.Evidence
			if n == 0 {
				n = DefaultEvidence
			}
			pr.Evidence = z.evidence(t, pr, min(n, MaxEvidence))
		}
	}
	return p, nil
}

// hasLetters reports whether the paragraph has a word that is no number.
func (f *frame) hasLetters() bool {
	return slices.ContainsFunc(f.toks.List, func(k text.Token) bool { return k.Kind == text.Word })
}

// score reads s and works out every contribution and their sum.
func (z *scorer) score(s string, lang text.Language) {
	z.lang = &z.m.langs[languageIndex(lang, s)]
	for t := range Task(NumTasks) {
		from, to := t.Outputs()
		for c := from; c < to; c++ {
			z.gain[c] = z.lang.scale[t]
		}
	}
	z.spans.runs = z.spans.runs[:0]
	z.frame.read(s, lang, z.m.res, z)
	n := len(z.frame.words)
	z.contrib = resize(z.contrib, n+1)
	clear(z.contrib)
	z.frame.extract(z)
	z.total = z.m.biasOf(z.lang)
	gain, total := z.gain, z.total
	for i := range z.contrib {
		row := &z.contrib[i]
		for c := range row {
			row[c] *= gain[c]
			total[c] += row[c]
		}
	}
	z.total = total
}

// biasOf returns the logits of a paragraph without features, calibrated.
func (m *Model) biasOf(l *langParams) logits {
	var b logits
	for t := range Task(NumTasks) {
		from, to := t.Outputs()
		for c := from; c < to; c++ {
			b[c] = m.bias[c]*l.scale[t] + l.offset[c]
		}
	}
	return b
}

// predict turns the logits of a task into a prediction without evidence.
func (z *scorer) predict(t Task) Prediction {
	from, to := t.Outputs()
	var p Prediction
	p.Label = softmax(z.total[from:to], p.Probabilities[:to-from])
	return p
}

// softmax writes the probabilities of the logits z to p and returns the number
// of the largest, the lowest number on a tie.
func softmax(z, p []float64) int {
	best := 0
	for c := range z {
		if z[c] > z[best] {
			best = c
		}
	}
	sum := 0.0
	for c := range z {
		p[c] = math.Exp(z[c] - z[best])
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	return best
}

// lookup finds the words in the vocabulary, and works out those that are not
// there.
func (z *scorer) lookup(f *frame) {
	z.rows = resize(z.rows, len(f.words))
	z.m.vocab.findAll(f.toks.List, z.rows)
	for i := range f.words {
		w := &f.words[i]
		switch w.row = z.rows[i]; {
		case w.row >= 0:
			e := &z.m.vocab.entries[w.row]
			w.stem, f.names[i], f.lex[i] = e.stem, e.name, e.lex
		case w.flags&isWord != 0:
			w.stem, f.names[i], f.lex[i] = z.m.res.keys(f.toks.Norm(i), z.buf[:0])
		}
	}
}

func (z *scorer) word(i int) {
	w := &z.frame.words[i]
	if w.row >= 0 {
		z.add(WordFamily, &z.m.vocab.entries[w.row].w, z.frame.scale, i)
		return
	}
	unknown(z.frame.toks.Norm(i), w.stem, z.frame.scale, func(f Family, key uint64, v float64) {
		z.sparse(f, key, v, i)
	})
}

// unknown yields the features of a word outside the vocabulary: its stem and its
// n-grams.
func unknown(norm []byte, stem uint64, scale float64, yield func(Family, uint64, float64)) {
	v := scale * wordValue(1)
	yield(StemFamily, mix(StemFamily, stem, 0), v)
	if norm[0] == '#' {
		return
	}
	v /= math.Sqrt(float64(max(text.NumGrams(norm, gramMin, gramMax), 1)))
	for g := range text.Grams(norm, gramMin, gramMax) {
		yield(GramFamily, mix(GramFamily, g, 0), v)
	}
}

func (z *scorer) sparse(f Family, key uint64, value float64, i int) {
	z.wanted = append(z.wanted, request{key: key, value: value, token: int32(i), family: f})
}

func (z *scorer) endSparse() {
	z.found = z.m.sparse.findAll(z.wanted, z.found)
	for i := range z.found {
		r := &z.found[i]
		z.add(r.family, &r.at.row, r.value, int(r.token))
	}
	z.wanted = z.wanted[:0]
}

func (z *scorer) dense(f Family, id int, value float64, i int) {
	rows := z.lang.form
	if f == FrameFamily {
		rows = z.lang.frame
	}
	z.add(f, &rows[id], value, i)
}

func (z *scorer) add(f Family, w *weights, value float64, i int) {
	if i < 0 {
		i = len(z.contrib) - 1
	}
	row := &z.contrib[i]
	// Written out: this is the innermost loop of scoring.
	row[0] += value * float64(w[0])
	row[1] += value * float64(w[1])
	row[2] += value * float64(w[2])
	row[3] += value * float64(w[3])
	row[4] += value * float64(w[4])
	row[5] += value * float64(w[5])
	row[6] += value * float64(w[6])
	if z.trace != nil {
		z.trace.record(z, f, w, value, i)
	}
}
