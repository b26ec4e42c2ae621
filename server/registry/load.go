package registry

import (
	"context"

	"github.com/parley-nlp/parley/model"
)

// Load returns a model by alias or exact name as Resolve does, and reads it
// from the store if it is not loaded. Such a model is the caller's alone and is
// not kept.
func (r *Registry) Load(ctx context.Context, name string) (*model.Model, error) {
	m, err := r.Resolve(name)
	if err == nil {
		return m, nil
	}
	d, ok := digestOf(name)
	if !ok {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.files[d]; f != nil && f.final {
		return nil, err
	}
	once := file{digest: d}
	if once.load(ctx, r.store) != nil || once.id != name {
		return nil, err
	}
	return once.model, nil
}
