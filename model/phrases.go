package model

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/parley-nlp/parley/model/text"
)

// list is a parsed data file: key: value settings, and phrases under [section]
// heads, in the order of the file.
type list struct {
	settings map[string]string
	sections []section
}

type section struct {
	name    string
	phrases []string
}

// parseList reads a data file. "#" begins a comment line; a phrase may be
// anything else that stands alone on a line, or several set apart by commas.
func parseList(src string) (list, error) {
	l := list{settings: map[string]string{}}
	sc := bufio.NewScanner(strings.NewReader(src))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name, ok := strings.CutSuffix(line[1:], "]")
			if !ok || name == "" {
				return list{}, fmt.Errorf("line %d: %q is not a section head such as [person]", n, line)
			}
			l.sections = append(l.sections, section{name: name})
		case len(l.sections) == 0:
			key, value, ok := strings.Cut(line, ":")
			if !ok {
				return list{}, fmt.Errorf("line %d: %q stands before the first section and is not a setting such as name: x", n, line)
			}
			l.settings[strings.TrimSpace(key)] = strings.TrimSpace(value)
		default:
			s := &l.sections[len(l.sections)-1]
			for p := range strings.SplitSeq(strings.ReplaceAll(line, "،", ","), ",") {
				if p = strings.TrimSpace(p); p != "" {
					s.phrases = append(s.phrases, p)
				}
			}
		}
	}
	if err := sc.Err(); err != nil {
		return list{}, err
	}
	return l, nil
}

// symbol is the number of a word that occurs in a phrase list; 0 is any other
// word.
type symbol uint16

// hyphen is the symbol of a hyphen between two words, which counts as a space.
const hyphen symbol = 1<<16 - 1

// phrases recognises the phrases of a list in a token sequence, the longest
// first. It is a trie over symbols, laid out flat: children are found by the
// key (node, symbol).
type phrases struct {
	symbols map[uint64]symbol // by hash of the word's key
	edges   map[uint32]uint16 // node<<16 | symbol -> node
	values  []uint64          // what ends at a node, 0 for nothing
}

func newPhrases() *phrases {
	return &phrases{
		symbols: map[uint64]symbol{},
		edges:   map[uint32]uint16{},
		values:  make([]uint64, 1),
	}
}

// add adds a phrase, given as the hashes of its words' keys; values of the same
// phrase are or-ed.
func (p *phrases) add(keys []uint64, value uint64) error {
	node := uint16(0)
	for _, k := range keys {
		s, ok := p.symbols[k]
		if !ok {
			if len(p.symbols) >= 1<<16-2 {
				return fmt.Errorf("more than %d different words", 1<<16-2)
			}
			s = symbol(len(p.symbols) + 1)
			p.symbols[k] = s
		}
		edge := uint32(node)<<16 | uint32(s)
		next, ok := p.edges[edge]
		if !ok {
			if len(p.values) >= 1<<16-1 {
				return fmt.Errorf("more than %d different beginnings of phrases", 1<<16-1)
			}
			next = uint16(len(p.values))
			p.values = append(p.values, 0)
			p.edges[edge] = next
		}
		node = next
	}
	if node != 0 {
		p.values[node] |= value
	}
	return nil
}

// longest returns the length in tokens and the value of the longest phrase that
// begins syms; length 0 if none does.
func (p *phrases) longest(syms []symbol) (n int, value uint64) {
	node := uint16(0)
	for i, s := range syms {
		if s == hyphen {
			continue
		}
		if s == 0 {
			break
		}
		next, ok := p.edges[uint32(node)<<16|uint32(s)]
		if !ok {
			break
		}
		node = next
		if v := p.values[node]; v != 0 {
			n, value = i+1, v
		}
	}
	return n, value
}

// phraseKeys returns the keys of the words of a phrase: the hashes of key(word).
func phraseKeys(phrase string, key func(norm []byte) uint64) []uint64 {
	var t text.Tokens
	t.Tokenize(phrase)
	var keys []uint64
	for i := range t.List {
		if k := t.List[i].Kind; k == text.Word || k == text.Number {
			keys = append(keys, key(t.Norm(i)))
		}
	}
	return keys
}

// hashBytes is text.Hash for bytes.
func hashBytes(b []byte) uint64 {
	h := text.HashOffset
	for _, c := range b {
		h = (h ^ uint64(c)) * text.HashPrime
	}
	return h
}

// stemKey is the key under which lexicon words are known.
func stemKey(norm []byte) uint64 {
	var buf [64]byte
	return hashBytes(text.Stem(norm, buf[:0]))
}
