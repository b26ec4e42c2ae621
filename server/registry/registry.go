// Package registry keeps the models that a server can answer with.
//
// A store (a directory or a bucket) holds model files, each under the name
// sha256-<digest>.parley and never changed, and the aliases that point to them.
// The registry loads the models that aliases point to, and those they pointed
// to before, checks and warms up each before it answers, and swaps them under
// running calls. A file that is broken is reported and never replaces a good
// one; the embedded model answers when there is no other.
package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-nlp/parley/model"
)

// The causes of failure on which callers branch.
var (
	// ErrNotFound means that no alias and no model has the name.
	ErrNotFound = errors.New("no such model")
	// ErrNotServable means that the model is stored but cannot answer.
	ErrNotServable = errors.New("model cannot serve")
	// ErrConflict means that the aliases are of another generation than expected.
	ErrConflict = errors.New("aliases have changed")
	// ErrNoHistory means that the alias has no earlier model.
	ErrNoHistory = errors.New("no earlier model")
	// ErrInvalid means that an argument is not accepted.
	ErrInvalid = errors.New("invalid argument")
	// ErrStore means that the store cannot be read or written.
	ErrStore = errors.New("model store unavailable")
)

// Options configure a registry.
type Options struct {
	// Embedded is the model that answers when the store has none. Required.
	Embedded *model.Model
	// Where is a directory, or a URL of a bucket. Default: aliases are kept in
	// memory only, and there are no models but the embedded one.
	Where string
	// Log gets what happens to models. Default: nothing is logged.
	Log *slog.Logger
}

// Registry is safe for concurrent use.
type Registry struct {
	embedded *model.Model
	store    store
	log      *slog.Logger
	poke     chan struct{}
	now      atomic.Pointer[snapshot]
	swaps    atomic.Int64

	collecting atomic.Bool

	mu       sync.Mutex // one refresh or change at a time
	files    map[string]*file
	reported map[string]string // problem by object, as last logged
}

// Open opens a registry and loads the models that its aliases point to. A store
// that cannot be read is reported, not an error: the embedded model serves.
func Open(ctx context.Context, opt Options) (*Registry, error) {
	if opt.Embedded == nil {
		return nil, errors.New("registry options lack the embedded model")
	}
	r := &Registry{
		embedded: opt.Embedded, log: opt.Log, poke: make(chan struct{}, 1),
		files: map[string]*file{}, reported: map[string]string{},
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	warmUp(r.embedded)
	if opt.Where == "" {
		r.store = newMemStore()
	} else {
		s, err := openStore(ctx, opt.Where)
		if err != nil {
			return nil, err
		}
		r.store = s
	}
	r.now.Store(r.snapshot(Aliases{}, nil))
	// A store that cannot be listed now is tried again by the watch; until then
	// the fallback serves.
	_ = r.refresh(ctx, false)
	return r, nil
}

// Close ends the registry's use of its store.
func (r *Registry) Close() error { return r.store.close() }

// Resolve returns the model of an alias or of an exact name; empty stands for
// Default. It takes no lock.
func (r *Registry) Resolve(name string) (*model.Model, error) {
	s := r.now.Load()
	if name == "" {
		return s.def, nil
	}
	if m, ok := s.byName[name]; ok {
		return m, nil
	}
	return nil, s.missing(name)
}

// Aliases returns the aliases, Default always among them.
func (r *Registry) Aliases() Aliases { return r.now.Load().aliases.clone() }

// Swaps counts how often an alias came to answer with another model.
func (r *Registry) Swaps() int64 { return r.swaps.Load() }

// Problems returns what is wrong with objects of the store, by name.
func (r *Registry) Problems() map[string]string { return maps.Clone(r.now.Load().problems) }

// Refresh looks for new models and aliases at once. The error is that of the
// store; problems of single files are in Problems.
func (r *Registry) Refresh(ctx context.Context) error { return r.refresh(ctx, true) }

// Poke makes Watch refresh at once.
func (r *Registry) Poke() {
	select {
	case r.poke <- struct{}{}:
	default:
	}
}

// Watch refreshes every interval and when poked, until ctx ends.
func (r *Registry) Watch(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		_ = r.Refresh(ctx) // reported in the log
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-r.poke:
		}
	}
}

// Add stores a model file and returns its exact name. The bytes are checked
// first; storing what is there already is no error.
func (r *Registry) Add(ctx context.Context, data []byte) (string, error) {
	m, err := model.Load(data)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNotServable, err)
	}
	digest, _ := digestOf(m.ID())
	if err := r.store.create(ctx, modelFile(digest), data); err != nil && !errors.Is(err, errExists) {
		return "", fmt.Errorf("%w: store %s: %w", ErrStore, modelFile(digest), err)
	}
	return m.ID(), r.Refresh(ctx)
}

// snapshot is what the registry answers from. It is never changed.
type snapshot struct {
	def      *model.Model
	byName   map[string]*model.Model // by alias and by exact name
	aliases  Aliases
	entries  []Entry
	problems map[string]string
}

// missing says why a name does not resolve.
func (s *snapshot) missing(name string) error {
	for _, e := range s.entries {
		if e.ID == name {
			if e.Problem != "" {
				return fmt.Errorf("%w: %s: %s", ErrNotServable, name, e.Problem)
			}
			return fmt.Errorf("%w: %s is stored but no alias points to it", ErrNotServable, name)
		}
	}
	if a, ok := s.aliases.Aliases[name]; ok {
		return fmt.Errorf("%w: alias %q points to %s, which cannot be loaded", ErrNotServable, name, a.Model)
	}
	if strings.Contains(name, "@") {
		return fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	return fmt.Errorf("%w: no alias %q; there are %s", ErrNotFound, name, strings.Join(slices.Sorted(maps.Keys(s.aliases.Aliases)), ", "))
}
