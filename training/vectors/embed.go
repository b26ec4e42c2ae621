package vectors

import (
	_ "embed" // the shipped tables
	"fmt"
	"sync"
)

//go:embed en.vec
var english []byte

//go:embed ar.vec
var arabic []byte

// English and Arabic return the tables that the shipped model is trained with:
// what `parley corpus vectors` makes of ../shared/unlabelled.
var (
	English = sync.OnceValues(func() (*Table, error) { return shipped("English", english) })
	Arabic  = sync.OnceValues(func() (*Table, error) { return shipped("Arabic", arabic) })
)

func shipped(name string, data []byte) (*Table, error) {
	t, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s word vectors: %w", name, err)
	}
	return t, nil
}
