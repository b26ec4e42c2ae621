package model

import (
	_ "embed" // the shipped lexicon
	"fmt"
	"slices"
)

// AttitudeLexicon is the lexicon file of the shipped model: words and phrases of
// English and Arabic by the attitude, the deed, the actor or the grammatical
// role that they express.
//
//go:embed attitude.lexicon
var AttitudeLexicon string

// class is a lexicon class. A word may be in several.
type class uint8

// The classes. Those up to firstGrammar carry meaning and become features; the
// order is part of the model format.
const (
	// Attitudes toward somebody.
	praise class = iota
	support
	legitimise
	vindicate // disputes an accusation, presents a case
	condemn
	delegitimise
	insult
	leave // demands that somebody go
	crime // names a deed as a crime
	mock
	plot // victim of a conspiracy
	// Cooperation, verbal and material (PLOVER's quadrants).
	agree
	talks
	aid
	thank
	truce
	mediate
	visit
	// Conflict, verbal and material.
	accuse
	demand
	refuse
	threaten
	sanction
	attack
	casualty
	siege
	deploy
	protest
	// How things are talked about.
	fault // finds political or intellectual fault
	cause // the values of a struggle: freedom, dignity, liberation
	procedure
	doubt // disputes an accusation or a claim
	// Actors by camp, so that names carry no label.
	ally
	west
	gulf
	opposition
	jihadist
	united
	kurd
	unnamed
	civilian
	enemyState
	// Grammar.
	negation
	modal
	report
	numClasses
)

const firstGrammar = negation

var classNames = [numClasses]string{
	"praise", "support", "legitimise", "vindicate", "condemn", "delegitimise", "insult", "leave", "crime", "mock", "plot",
	"agree", "talks", "aid", "thank", "truce", "mediate", "visit",
	"accuse", "demand", "refuse", "threaten", "sanction", "attack", "casualty", "siege", "deploy", "protest",
	"fault", "cause", "procedure", "doubt",
	"ally", "west", "gulf", "opposition", "jihadist", "un", "kurd", "unnamed", "civilian", "enemy-state",
	"negation", "modal", "report",
}

// classes is a set of classes, a bit each.
type classes uint64

func (c classes) has(k class) bool { return c>>k&1 != 0 }

// parseLexicon reads a lexicon file into a recogniser whose values are sets of
// classes. Words are matched on their stems.
func parseLexicon(src string) (*phrases, error) {
	l, err := parseList(src)
	if err != nil {
		return nil, fmt.Errorf("lexicon file: %w", err)
	}
	p := newPhrases()
	for _, s := range l.sections {
		k := slices.Index(classNames[:], s.name)
		if k < 0 {
			return nil, fmt.Errorf("lexicon file: [%s] is none of the classes %v", s.name, classNames)
		}
		for _, phrase := range s.phrases {
			keys := phraseKeys(phrase, stemKey)
			if len(keys) == 0 {
				return nil, fmt.Errorf("lexicon file: [%s]: %q holds no word", s.name, phrase)
			}
			if err := p.add(keys, 1<<k); err != nil {
				return nil, fmt.Errorf("lexicon file: %w", err)
			}
		}
	}
	return p, nil
}

// polar are the classes that speak for each label of a task that takes
// evidence: the lexicon baseline that evidence is measured against.
var polar = [NumTasks][2]classes{
	Stance: {
		1<<praise | 1<<support | 1<<legitimise | 1<<vindicate | 1<<plot | 1<<thank,
		1<<condemn | 1<<delegitimise | 1<<insult | 1<<leave | 1<<crime | 1<<mock | 1<<sanction,
	},
	Tone: {
		1<<agree | 1<<talks | 1<<aid | 1<<thank | 1<<truce | 1<<mediate | 1<<visit | 1<<support,
		1<<accuse | 1<<demand | 1<<refuse | 1<<threaten | 1<<sanction | 1<<attack | 1<<casualty | 1<<siege | 1<<condemn |
			1<<fault | 1<<mock | 1<<insult | 1<<plot | 1<<delegitimise,
	},
}
