package server

import "github.com/parley-nlp/parley/server/registry"

// single is a Models of one model.
type single struct{ m Model }

// Single offers m as the default model, and under its exact name.
func Single(m Model) Models { return single{m} }

func (s single) Resolve(name string) (Model, error) {
	if name == "" || name == DefaultAlias || name == s.m.ID() {
		return s.m, nil
	}
	return nil, Errorf(ModelNotFound, "no model or alias %q; there is %q, which is %s", name, DefaultAlias, s.m.ID())
}

// DefaultAlias is the alias of the model that answers when a request names none.
const DefaultAlias = registry.Default
