// Package modeltest makes small model files for tests.
package modeltest

import (
	"sync"
	"testing"

	"github.com/parley-nlp/parley/model"
)

var base = sync.OnceValues(func() (*model.Params, error) {
	m, err := model.Default()
	if err != nil {
		return nil, err
	}
	p := m.Params()
	p.Words = p.Words[:min(len(p.Words), 200)]
	p.Sparse = p.Sparse[:min(len(p.Sparse), 200)]
	return p, nil
})

// File returns a model file that loads in no time; another seed gives another
// model, the same seed the same.
func File(t testing.TB, seed uint64) []byte {
	t.Helper()
	p, err := base()
	if err != nil {
		t.Fatal(err)
	}
	q := *p
	q.Info.Seed = seed
	q.Info.Metrics = map[string]float64{"test/en/stance/macro_f1": 0.5}
	// So that answers of different models differ.
	q.Bias[0] += float64(seed%100) / 100
	data, err := q.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Model returns the model of File.
func Model(t testing.TB, seed uint64) *model.Model {
	t.Helper()
	m, err := model.Load(File(t, seed))
	if err != nil {
		t.Fatal(err)
	}
	return m
}
