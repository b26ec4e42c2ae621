package model

import "github.com/parley-nlp/parley/model/text"

// Explanation is everything that made the logits of a paragraph: for every
// output, Bias plus the Weights of all Contributions is the Logit.
type Explanation struct {
	Language text.Language
	// Bias, Logits and all weights are in calibrated logit units, the four of
	// Stance first, then the three of Tone.
	Bias, Logits [NumOutputs]float64
	// Contributions come in the order of their families, then of the text.
	Contributions []Contribution
	// Tokens are the byte spans of the paragraph's tokens.
	Tokens []text.Span
}

// Contribution is what one feature adds to the logits.
type Contribution struct {
	Family Family
	// Token is the token it is credited to, -1 for the paragraph as a whole.
	Token   int
	Weights [NumOutputs]float64
}

func (e *Explanation) record(z *scorer, f Family, w *weights, value float64, i int) {
	c := Contribution{Family: f, Token: i}
	if i == len(z.contrib)-1 {
		c.Token = -1
	}
	for k := range c.Weights {
		c.Weights[k] = value * float64(w[k]) * z.gain[k]
	}
	e.Contributions = append(e.Contributions, c)
}

// Explain scores s as Paragraph does and returns every contribution. A word of
// the vocabulary counts as one contribution of WordFamily, in which its stem,
// n-grams and vector are summed. lang text.Other detects the language.
func (m *Model) Explain(s string, lang text.Language) (Explanation, error) {
	if len(s) > MaxParagraph {
		return Explanation{}, ErrTooLong
	}
	if lang == text.Other {
		lang = text.Detect(s)
	}
	z := m.scorer()
	defer m.release(z)
	e := &Explanation{Language: lang}
	z.trace = e
	z.score(s, lang)
	e.Bias = m.biasOf(z.lang)
	e.Logits = z.total
	for i := range z.frame.toks.List {
		k := &z.frame.toks.List[i]
		e.Tokens = append(e.Tokens, text.Span{Start: int(k.Start), End: int(k.End)})
	}
	return *e, nil
}

// Probabilities returns the calibrated probabilities of a task's labels.
func (e *Explanation) Probabilities(t Task) []float64 {
	from, to := t.Outputs()
	p := make([]float64, to-from)
	softmax(e.Logits[from:to], p)
	return p
}

// LexiconSpans returns the stretches of s whose lexicon classes speak for a
// label, without any learned weight: a baseline for evidence. Labels that take
// no evidence have none.
func (m *Model) LexiconSpans(s string, t Task, label int) []text.Span {
	if t.Polarity(label) == 0 || len(s) > MaxParagraph {
		return nil
	}
	z := m.scorer()
	defer m.release(z)
	z.frame.read(s, text.Detect(s), m.res, z)
	var out []text.Span
	for i := range z.frame.words {
		if z.frame.words[i].classes&polar[t][label] != 0 {
			k := &z.frame.toks.List[i]
			out = append(out, text.Span{Start: int(k.Start), End: int(k.End)})
		}
	}
	return out
}
