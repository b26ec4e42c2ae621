package model_test

import (
	"testing"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/model/text"
)

const tinyTarget = `name: mayor
title: The Mayor

[person]
mayor jones

[office]
the mayor
العمدة

[actor]
townhall

[not]
mayor of casterbridge

[place-before]
in

[acts]
denied
`

const tinyLexicon = `[support]
bravo
أيد

[negation]
not, never, لم

[report]
said, says, قال

[opposition]
rivals
`

// tiny returns parameters of which every number is 0 but the calibration's
// scale; the only word it knows is "bravo".
func tiny() *model.Params {
	p := &model.Params{
		Info:    model.Info{Name: "mayor", Title: "The Mayor", Languages: []string{"en", "ar"}, Trainer: "test", Seed: 7, Corpus: "none"},
		Target:  tinyTarget,
		Lexicon: tinyLexicon,
		Words:   []model.WordParams{word("bravo")},
		Sparse:  []model.SparseParams{{Key: 1}},
	}
	for i := range p.Languages {
		l := &p.Languages[i]
		l.Frame = make([][model.NumOutputs]float32, model.FrameFamily.DenseSize(0))
		l.Form = make([][model.NumOutputs]float32, model.FormFamily.DenseSize(0))
		l.Scale = [model.NumTasks]float64{1, 1}
	}
	return p
}

// word returns the entry of a word, as a trainer makes it for the tiny data files.
func word(norm string) model.WordParams {
	x, err := model.NewExtractor(tinyTarget, tinyLexicon, noStats{})
	if err != nil {
		panic(err)
	}
	w := model.WordParams{Hash: text.Hash(norm)}
	w.Stem, w.Name, w.Lex = x.WordKeys([]byte(norm))
	return w
}

// load encodes the parameters and loads the file.
func load(tb testing.TB, p *model.Params) *model.Model {
	tb.Helper()
	file, err := p.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	m, err := model.Load(file)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}
