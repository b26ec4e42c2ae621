package registry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// AnyGeneration, as Change.Generation, accepts whatever the aliases are.
const AnyGeneration = -1

// Change is a change of an alias.
type Change struct {
	// Alias is the name, a lower-case letter and then at most 62 of a-z, 0-9, _
	// and -; empty stands for Default.
	Alias string
	// Model is the exact name of the model that the alias is to point to, or
	// another alias, whose model is meant.
	Model string
	// Rollback, instead of Model, brings back the model before.
	Rollback bool
	// Generation is that of the aliases on which the decision rests, or
	// AnyGeneration.
	Generation int64
	// By and Note are kept with the alias.
	By, Note string
}

// Activate makes an alias point to another model. The model is loaded and
// warmed up first; nothing changes if it cannot be. It returns the aliases as
// they are then.
func (r *Registry) Activate(ctx context.Context, c Change) (Aliases, error) {
	if c.Alias == "" {
		c.Alias = Default
	}
	if !aliasName.MatchString(c.Alias) {
		return Aliases{}, fmt.Errorf("%w: alias %q does not match %s", ErrInvalid, c.Alias, aliasName)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	// What another server did in the meantime counts.
	if err := r.refreshLocked(ctx, true); err != nil {
		return Aliases{}, err
	}
	now := r.now.Load()
	if c.Generation != AnyGeneration && c.Generation != now.aliases.Generation {
		return Aliases{}, fmt.Errorf("%w: generation is %d, expected %d", ErrConflict, now.aliases.Generation, c.Generation)
	}
	next := now.aliases.clone()
	if err := r.change(ctx, next, c); err != nil {
		return Aliases{}, err
	}
	if len(next.Aliases) > maxAliases {
		return Aliases{}, fmt.Errorf("%w: %d aliases are the most that are kept", ErrInvalid, maxAliases)
	}
	next.Generation++
	objects, err := r.store.list(ctx)
	if err != nil {
		return Aliases{}, fmt.Errorf("%w: %w", ErrStore, err)
	}
	if err := writeAliases(ctx, r.store, next, objects); err != nil {
		if errors.Is(err, errExists) {
			return Aliases{}, fmt.Errorf("%w: generation %d was written by somebody else", ErrConflict, next.Generation)
		}
		return Aliases{}, fmt.Errorf("%w: %w", ErrStore, err)
	}
	if err := r.refreshLocked(ctx, false); err != nil {
		// Written, and seen by the next refresh.
		r.log.WarnContext(ctx, "aliases were written but the store cannot be read", "error", err)
		r.apply(ctx, next, now.problems)
	}
	return next, nil
}

// change applies c to aliases, after the model in question was loaded.
func (r *Registry) change(ctx context.Context, a Aliases, c Change) error {
	v := a.Aliases[c.Alias]
	if c.Rollback {
		if len(v.History) == 0 {
			return fmt.Errorf("%w: alias %q", ErrNoHistory, c.Alias)
		}
		to := v.History[0]
		if err := r.ready(ctx, to); err != nil {
			return err
		}
		a.Aliases[c.Alias] = Alias{Model: to, Since: time.Now().UTC(), By: c.By, Note: c.Note, History: v.History[1:]}
		return nil
	}
	id := c.Model
	if other, ok := a.Aliases[id]; ok {
		id = other.Model
	}
	if _, ok := digestOf(id); !ok {
		return fmt.Errorf("%w: %q is neither an alias nor name@sha256:digest", ErrNotFound, c.Model)
	}
	if err := r.ready(ctx, id); err != nil {
		return err
	}
	if v.Model == id {
		v.By, v.Note = c.By, c.Note
		a.Aliases[c.Alias] = v
		return nil
	}
	a.point(c.Alias, id, time.Now(), c.By, c.Note)
	return nil
}

// ready loads the model, or says why it cannot serve.
func (r *Registry) ready(ctx context.Context, id string) error {
	if id == r.embedded.ID() {
		return nil
	}
	d, _ := digestOf(id)
	f := r.files[d]
	if f == nil {
		return fmt.Errorf("%w: %q", ErrNotFound, id)
	}
	if err := f.load(ctx, r.store); err != nil {
		return fmt.Errorf("%w: %s: %s", ErrNotServable, id, problemText(err))
	}
	if f.id != id {
		return fmt.Errorf("%w: %q; the model of that digest is %q", ErrNotFound, id, f.id)
	}
	return nil
}

// Entries lists all models.
func (r *Registry) Entries() []Entry { return r.now.Load().entries }
