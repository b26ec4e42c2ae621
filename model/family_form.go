package model

import (
	"cmp"

	"github.com/parley-nlp/parley/model/text"
)

// The features of form.
const (
	isLanguage    = 0                                // by language
	lengthOf      = isLanguage + 3                   // by length in words
	hasKind       = lengthOf + 6                     // a mention of this kind
	firstKind     = hasKind + int(numMentionKinds)   // the first mention is of this kind
	opensKind     = firstKind + int(numMentionKinds) // a mention in the first sentence
	saysKind      = opensKind + int(numMentionKinds) // a mention in reported speech
	mentionsOf    = saysKind + int(numMentionKinds)  // by number of mentions
	hintsOf       = mentionsOf + 5                   // kinds that are there, when none names the target outright
	hasCamp       = hintsOf + 8                      // a speaker of this camp
	speakersOf    = hasCamp + int(numCamps)          // by number of speakers
	hasQuote      = speakersOf + 4
	hasQuestion   = hasQuote + 1
	hasCry        = hasQuestion + 1
	endsOpen      = hasCry + 1   // no stop at the end: a heading, caption or menu
	shouts        = endsOpen + 1 // a word of capitals
	numbersOf     = shouts + 1   // by number of numbers
	onlyNames     = numbersOf + 3
	polarOf       = onlyNames + 1              // by number of words that speak for a label, see polar
	balanceOf     = polarOf + 2*2*2*polarSteps // which of a task's labels has more of them
	formDenseSize = balanceOf + 2*2*3
)

// polarSteps is into how many steps numbers of polar words fall.
const polarSteps = 4

// The value of the features of form.
const formValue = 0.5

// formFeatures say how the paragraph names the target, who speaks in it and
// what kind of paragraph it is. Those of mentions are credited to them.
func (f *frame) formFeatures(out sink) {
	whole := func(id int) { out.dense(FormFamily, id, formValue, -1) }
	whole(isLanguage + int(f.lang))
	whole(lengthOf + bucket(f.nWords, 6, 15, 35, 70, 110))
	sure := len(f.mentions) - f.hints[generic]
	whole(mentionsOf + bucket(sure, 1, 2, 3, 5))
	if sure == 0 {
		whole(hintsOf + flags(f.hints[generic] > 0, f.hints[place] > 0, f.hints[lookalike] > 0))
	}
	whole(speakersOf + bucket(len(f.speakers), 1, 2, 3))
	f.mentionFeatures(out)
	f.markFeatures(whole)
	f.polarFeatures(whole)
	var seen [numCamps]bool
	for i := range f.speakers {
		if c := f.speakers[i].camp; !seen[c] {
			seen[c] = true
			whole(hasCamp + int(c))
		}
	}
}

func (f *frame) mentionFeatures(out sink) {
	var has, opened, said [numMentionKinds]bool
	for j, m := range f.mentions {
		once := func(seen *[numMentionKinds]bool, id int) {
			if !seen[m.kind] {
				seen[m.kind] = true
				out.dense(FormFamily, id+int(m.kind), formValue, m.first)
			}
		}
		once(&has, hasKind)
		if j == 0 {
			out.dense(FormFamily, firstKind+int(m.kind), formValue, m.first)
		}
		w := &f.words[m.first]
		if w.sentence == 0 {
			once(&opened, opensKind)
		}
		if w.speaker >= 0 {
			once(&said, saysKind)
		}
	}
}

func (f *frame) markFeatures(whole func(int)) {
	var quote, question, cry, shout bool
	numbers, capital := 0, 0
	for i := range f.toks.List {
		k := &f.toks.List[i]
		switch k.Kind {
		case text.QuoteOpen:
			quote = true
		case text.Number:
			numbers++
		case text.Stop:
			switch f.text[k.Start:k.End] {
			case "?", "؟":
				question = true
			case "!":
				cry = true
			}
		case text.Word:
			if k.Has(text.Capital) {
				capital++
			}
			shout = shout || k.Has(text.AllCaps) && k.End-k.Start > 4
		}
	}
	for _, m := range []struct {
		is bool
		id int
	}{
		{quote, hasQuote}, {question, hasQuestion}, {cry, hasCry}, {shout, shouts},
		{f.opensEnded(), endsOpen}, {capital > 2 && capital == f.nWords, onlyNames},
	} {
		if m.is {
			whole(m.id)
		}
	}
	whole(numbersOf + bucket(numbers, 1, 3))
}

// polarFeatures weigh the words of the lexicon that speak for each label against
// each other, over the whole paragraph and in the sentences that name the
// target. A paragraph without any is likely to take no side.
func (f *frame) polarFeatures(whole func(int)) {
	var count [NumTasks][2][2]int // by task, label and whether near the target
	for _, i := range f.marked {
		w := &f.words[i]
		if w.classes&meaning == 0 {
			continue
		}
		for t := range NumTasks {
			for label := range 2 {
				if w.classes&polar[t][label] == 0 {
					continue
				}
				side := label
				if w.flags&negated != 0 {
					side = 1 - label
				}
				count[t][side][0]++
				if w.region >= inSentence {
					count[t][side][1]++
				}
			}
		}
	}
	for t := range NumTasks {
		for near := range 2 {
			a, b := count[t][0][near], count[t][1][near]
			whole(polarOf + ((t*2+0)*2+near)*polarSteps + bucket(a, 1, 2, 4))
			whole(polarOf + ((t*2+1)*2+near)*polarSteps + bucket(b, 1, 2, 4))
			whole(balanceOf + (t*2+near)*3 + 1 + cmp.Compare(a, b))
		}
	}
}

// opensEnded reports whether the paragraph does not end in a mark.
func (f *frame) opensEnded() bool {
	n := len(f.toks.List)
	return n > 0 && f.words[n-1].flags&isWord != 0
}

// flags returns the number whose binary digits are the bits, the first lowest.
func flags(bits ...bool) int {
	n := 0
	for i, b := range bits {
		if b {
			n |= 1 << i
		}
	}
	return n
}

// bucket returns how many of the ascending bounds n reaches.
func bucket(n int, bounds ...int) int {
	b := 0
	for b < len(bounds) && n >= bounds[b] {
		b++
	}
	return b
}
