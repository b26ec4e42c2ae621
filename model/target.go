package model

import (
	_ "embed" // the shipped target
	"fmt"
)

// AssadTarget is the target file of the shipped model.
//
//go:embed assad.target
var AssadTarget string

// mentionKind says how a mention names the target.
type mentionKind uint8

const (
	notMention mentionKind = iota
	person                 // by name
	office                 // "the Syrian president"
	government             // his government, or the state as an actor
	forces                 // those who fight for it
	actor                  // a metonym: country or capital that acts
	lookalike              // something of a similar name
	generic                // a noun that may mean it: "the president", "the army"
	place                  // country or capital where it does not act
	numMentionKinds
)

var mentionSections = map[string]mentionKind{
	"person": person, "office": office, "government": government,
	"forces": forces, "actor": actor, "not": lookalike, "generic": generic,
}

// target finds mentions of the target. Aliases are matched on bare words (see
// text.Bare), so that no stemming confuses a name with a common word.
type target struct {
	name, title string
	aliases     *phrases
	before      map[uint64]bool // words after which an actor is a place
	acts        map[uint64]bool // words that make an actor before them act
	foreign     map[uint64]bool // words behind a generic noun that make it somebody else's
}

// parseTarget reads a target file.
func parseTarget(src string) (*target, error) {
	l, err := parseList(src)
	if err != nil {
		return nil, fmt.Errorf("target file: %w", err)
	}
	t := &target{
		name: l.settings["name"], title: l.settings["title"], aliases: newPhrases(),
		before: map[uint64]bool{}, acts: map[uint64]bool{}, foreign: map[uint64]bool{},
	}
	if t.name == "" || t.title == "" {
		return nil, fmt.Errorf("target file: the settings name and title are required")
	}
	mentions := 0
	for _, s := range l.sections {
		kind, ok := mentionSections[s.name]
		for _, p := range s.phrases {
			keys := phraseKeys(p, hashBytes)
			switch {
			case len(keys) == 0:
				return nil, fmt.Errorf("target file: [%s]: %q holds no word", s.name, p)
			case ok:
				if err := t.aliases.add(keys, uint64(kind)); err != nil {
					return nil, fmt.Errorf("target file: %w", err)
				}
				if kind != lookalike {
					mentions++
				}
			case s.name == "place-before":
				t.before[keys[0]] = true
			case s.name == "acts":
				t.acts[keys[0]] = true
			case s.name == "foreign":
				t.foreign[keys[0]] = true
			default:
				return nil, fmt.Errorf("target file: unknown section [%s]", s.name)
			}
		}
	}
	if mentions == 0 {
		return nil, fmt.Errorf("target file: no section [person], [office], [government], [forces] or [actor] holds a phrase")
	}
	return t, nil
}

// TargetName returns the name and the title that a target file gives its target.
func TargetName(src string) (name, title string, err error) {
	t, err := parseTarget(src)
	if err != nil {
		return "", "", err
	}
	return t.name, t.title, nil
}
