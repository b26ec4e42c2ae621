package main

import (
	"fmt"
	"hash/maphash"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
)

// repeats notices documents that have the id of an earlier one: their rows cannot
// be told apart by it, but they are scored all the same.
type repeats struct {
	seed  maphash.Seed
	first map[uint64]place // by the hash of the id
	names []string         // of the inputs that first speaks of
	last  score.Position   // of the document looked at last
	found int64
}

func newRepeats() *repeats {
	return &repeats{seed: maphash.MakeSeed(), first: map[uint64]place{}, last: score.Position{Input: -1}}
}

// place is where an id was first met.
type place struct {
	name uint32 // number of the input's name
	line int64  // 0 for a document that is a file
}

const (
	// maxIDs is how many ids are remembered, so that memory stays bounded; those
	// that come later are compared to these.
	maxIDs = 1 << 17
	// maxNotes is how many repeats are named one by one.
	maxNotes = 10
)

// look returns what is to be said of an item: something if it begins a document
// whose id was met before, and there were not many of them.
func (r *repeats) look(item *score.Item) string {
	if item.Paragraph < 0 {
		return "" // nothing of the document is scored
	}
	at := score.Position{Input: item.Next.Input, Record: item.Next.Record}
	if at == r.last {
		return ""
	}
	r.last = at
	hash := maphash.String(r.seed, item.ID)
	before, known := r.first[hash]
	switch {
	case known:
		if r.found++; r.found <= maxNotes {
			here := input.Place(item.Input, item.Line)
			return fmt.Sprintf("parley: note: %s: id %.40q is that of %s too\n", here, item.ID, input.Place(r.names[before.name], before.line))
		}
	case len(r.first) < maxIDs:
		if n := len(r.names); n == 0 || r.names[n-1] != item.Input {
			r.names = append(r.names, item.Input)
		}
		r.first[hash] = place{uint32(len(r.names) - 1), item.Line}
	}
	return ""
}

// sum returns what is to be said in the end.
func (r *repeats) sum() string {
	if r.found <= maxNotes {
		return ""
	}
	return fmt.Sprintf("parley: note: %d documents have the id of an earlier one\n", r.found)
}
