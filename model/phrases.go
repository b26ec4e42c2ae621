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
// first. It is a trie over symbols.
type phrases struct {
	symbols map[uint64]symbol // by hash of the word's key
	filter  bitset            // of their bits, so that most words need no search
	first   []uint16          // the root's children by symbol, 0 for none
	nodes   []node            // node 0 is the root
}

// node is a beginning of phrases.
type node struct {
	value  uint64 // of the phrase that ends here, 0 for none
	symbol symbol // the last of the beginning
	child  uint16 // the first of the nodes one symbol longer, 0 for none
	next   uint16 // the next of the same length, 0 for none
}

func newPhrases() *phrases {
	return &phrases{symbols: map[uint64]symbol{}, filter: make(bitset, 1<<phraseBits/64), first: make([]uint16, 1), nodes: make([]node, 1)}
}

// symbol returns the symbol of a word, given as the hash of its key.
func (p *phrases) symbol(key uint64) symbol {
	if p.filter.get(phraseBit(key)) == 0 {
		return 0
	}
	return p.symbols[key]
}

// phraseBit is the number of a key's bit in the filter, below 1<<phraseBits.
func phraseBit(key uint64) uint64 { return spread(key) >> (64 - phraseBits) }

const phraseBits = 16

// add adds a phrase, given as the hashes of its words' keys; values of the same
// phrase are or-ed.
func (p *phrases) add(keys []uint64, value uint64) error {
	at := uint16(0)
	for _, k := range keys {
		s, ok := p.symbols[k]
		if !ok {
			if len(p.symbols) >= 1<<16-2 {
				return fmt.Errorf("more than %d different words", 1<<16-2)
			}
			s = symbol(len(p.symbols) + 1)
			p.symbols[k] = s
			p.filter.set(phraseBit(k))
			p.first = append(p.first, 0)
		}
		next := p.child(at, s)
		if next == 0 {
			if len(p.nodes) >= 1<<16-1 {
				return fmt.Errorf("more than %d different beginnings of phrases", 1<<16-1)
			}
			next = uint16(len(p.nodes))
			p.nodes = append(p.nodes, node{symbol: s, next: p.nodes[at].child})
			if at == 0 {
				p.first[s] = next
			} else {
				p.nodes[at].child = next
			}
		}
		at = next
	}
	if at != 0 {
		p.nodes[at].value |= value
	}
	return nil
}

// child returns the node that s leads to, 0 if there is none.
func (p *phrases) child(at uint16, s symbol) uint16 {
	if at == 0 {
		return p.first[s]
	}
	n := p.nodes[at].child
	for n != 0 && p.nodes[n].symbol != s {
		n = p.nodes[n].next
	}
	return n
}

// begins reports whether a phrase begins with s.
func (p *phrases) begins(s symbol) bool { return s != hyphen && p.first[s] != 0 }

// longest returns the length in tokens and the value of the longest phrase that
// begins syms; length 0 if none does.
func (p *phrases) longest(syms []symbol) (n int, value uint64) {
	at := uint16(0)
	for i, s := range syms {
		if s == hyphen {
			continue
		}
		if s == 0 {
			break
		}
		if at = p.child(at, s); at == 0 {
			break
		}
		if v := p.nodes[at].value; v != 0 {
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
