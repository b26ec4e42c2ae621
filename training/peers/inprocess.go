package peers

import (
	"slices"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/golearn"
)

// majority answers with the most frequent label of the training rows; on a tie
// the one of the lowest number.
func majority(train, test []training.Row, t model.Task) []int {
	count := make([]int, len(t.Labels()))
	for _, l := range labelsOf(train, t) {
		count[l]++
	}
	out := make([]int, len(test))
	for i := range out {
		out[i] = slices.Index(count, slices.Max(count))
	}
	return out
}

// bayesFeatures is how many features golearn's naive Bayes is given.
const bayesFeatures = 2000

// bayes is golearn's Bernoulli naive Bayes on the presence of words and pairs
// of words.
func bayes(train, test []training.Row, t model.Task) ([]int, error) {
	c, err := golearn.NewBernoulliNB(Docs(train), labelsOf(train, t), t.Labels(), bayesFeatures)
	if err != nil {
		return nil, err
	}
	return c.Predict(Docs(test))
}

// Docs returns the hashes of the words, and pairs of words side by side, of
// each row.
func Docs(rows []training.Row) []golearn.Doc {
	var toks text.Tokens
	docs := make([]golearn.Doc, len(rows))
	for i := range rows {
		toks.Tokenize(rows[i].Text)
		before := uint64(0)
		for j := range toks.List {
			k := &toks.List[j]
			if k.Kind != text.Word && k.Kind != text.Number {
				before = 0
				continue
			}
			docs[i] = append(docs[i], k.Hash)
			if before != 0 {
				docs[i] = append(docs[i], pairHash(before, k.Hash))
			}
			before = k.Hash
		}
	}
	return docs
}

func pairHash(a, b uint64) uint64 {
	h := (a ^ 0x9E3779B97F4A7C15) * text.HashPrime
	return (h ^ h>>32 ^ b) * text.HashPrime
}

// negations turn the polarity of the words after them.
var negations = map[string]bool{}

func init() {
	for _, w := range []string{
		"not", "no", "never", "neither", "nor", "without", "cannot", "can't", "don't", "doesn't", "didn't", "won't", "isn't", "aren't", "wasn't",
		"لا", "لم", "لن", "ليس", "ليست", "ما", "غير", "دون", "بدون", "مو", "مش",
	} {
		negations[text.Normalize(w)] = true
	}
}

// negationReach is how many words after a negation are turned, as in VADER
// (Hutto and Gilbert 2014).
const negationReach = 3

// polarity is a lexicon classifier in the manner of VADER: words of the attitude
// lexicon count for and against, and a negation before them turns them. A
// paragraph that does not name the target is unrelated to it.
func polarity(m *model.Model, x *model.Extractor, test []training.Row, t model.Task) ([]int, error) {
	var toks text.Tokens
	out := make([]int, len(test))
	for i := range test {
		r := &test[i]
		toks.Tokenize(r.Text)
		sum := 0
		for label, sign := range []int{1, -1} {
			for _, s := range m.LexiconSpans(r.Text, t, label) {
				if negated(&toks, s.Start) {
					sum -= sign
				} else {
					sum += sign
				}
			}
		}
		switch {
		case sum > 0:
			out[i] = 0
		case sum < 0:
			out[i] = 1
		case t == model.Stance:
			out[i] = model.Neutral
		default:
			out[i] = model.NeutralTone
		}
		if t == model.Stance {
			if _, err := x.Extract(r.Text, r.Language()); err != nil {
				return nil, err
			}
			if x.Mentions() == 0 {
				out[i] = model.Unrelated
			}
		}
	}
	return out, nil
}

// negated reports whether a negation stands shortly before a place in the text.
func negated(toks *text.Tokens, at int) bool {
	seen := 0
	for i := len(toks.List) - 1; i >= 0 && seen < negationReach; i-- {
		if k := &toks.List[i]; int(k.Start) < at && k.Kind == text.Word {
			if negations[string(toks.Norm(i))] {
				return true
			}
			seen++
		}
	}
	return false
}
