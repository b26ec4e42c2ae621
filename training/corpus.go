package training

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

//go:embed corpus/*.jsonl
var corpusFiles embed.FS

// Corpus returns the written part of the corpus, in the order of its files. The
// caller must not change the rows.
var Corpus = sync.OnceValues(func() ([]Row, error) {
	names, err := fs.Glob(corpusFiles, "corpus/*.jsonl")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var rows []Row
	for _, name := range names {
		data, err := corpusFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r, err := ReadRows(strings.NewReader(string(data)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rows = append(rows, r...)
	}
	return rows, nil
})

// The groups of the written corpus whose share under frozenSeed is below
// frozenShare are never trained on: the gate compares models on them.
const (
	frozenSeed  = 20240101
	frozenShare = 0.1
)

// Frozen reports whether a written row belongs to the frozen evaluation set.
func (r *Row) Frozen() bool { return r.Source == Written && share(r.Group, frozenSeed) < frozenShare }

// FrozenSet returns the rows of the written corpus that no shipped model is
// trained on.
func FrozenSet() ([]Row, error) {
	return written(true)
}

// TrainingSet returns the rows of the written corpus that models are trained on.
func TrainingSet() ([]Row, error) {
	return written(false)
}

func written(frozen bool) ([]Row, error) {
	rows, err := Corpus()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Frozen() != frozen }), nil
}
