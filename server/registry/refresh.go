package registry

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/parley-nlp/parley/model"
)

// Entry describes a model.
type Entry struct {
	// ID is the exact name; of a file that cannot be read sha256:digest.
	ID string
	// Info is where it comes from; empty for a file that cannot be read.
	Info model.Info
	// Aliases point to it, in order.
	Aliases []string
	// Size of the file in bytes, 0 for the embedded model if it is not stored.
	Size int64
	// Stored is when the file was stored; zero for the embedded model.
	Stored time.Time
	// Loaded means that requests can name it.
	Loaded bool
	// Embedded means that it comes with the program.
	Embedded bool
	// Problem says why it cannot be loaded; empty if it can.
	Problem string
}

// refresh reads the store again. With deep set, it also reads the files that no
// alias points to, to learn what they are.
func (r *Registry) refresh(ctx context.Context, deep bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.refreshLocked(ctx, deep)
}

func (r *Registry) refreshLocked(ctx context.Context, deep bool) error {
	problems := map[string]string{}
	objects, err := r.store.list(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		old := r.now.Load()
		maps.Copy(problems, old.problems)
		problems["store"] = "cannot be listed: " + err.Error()
		r.report(ctx, problems)
		next := *old
		next.problems = problems
		r.now.Store(&next)
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	r.scan(objects, problems)
	aliases := r.readLatest(ctx, objects, problems)
	wanted := r.wanted(aliases)
	for digest, f := range r.files {
		switch {
		case wanted[digest]:
			_ = f.load(ctx, r.store)
		default:
			f.model = nil
			if deep {
				f.verify(ctx, r.store)
			}
		}
		if f.problem != nil {
			problems[modelFile(digest)] = f.problem.Error()
		}
	}
	r.apply(ctx, aliases, problems)
	return nil
}

// scan brings r.files in line with a listing. A file that was broken is looked
// at again when it has changed.
func (r *Registry) scan(objects []object, problems map[string]string) {
	seen := map[string]bool{}
	for _, o := range objects {
		digest, ok := digestOfFile(o.name)
		if !ok {
			if strings.HasSuffix(o.name, modelSuffix) {
				problems[o.name] = "is not named sha256-<digest of the file>" + modelSuffix
			}
			continue
		}
		seen[digest] = true
		f := r.files[digest]
		if f == nil || f.problem != nil && (f.size != o.size || !f.modified.Equal(o.modified)) {
			f = &file{digest: digest}
			r.files[digest] = f
		}
		f.size, f.modified = o.size, o.modified
	}
	maps.DeleteFunc(r.files, func(d string, f *file) bool {
		// A model that answers goes on answering after its file is gone.
		return !seen[d] && f.model == nil
	})
	if len(objects) >= maxObjects {
		problems["store"] = fmt.Sprintf("holds more than %d objects; the rest is not looked at", maxObjects)
	}
}

// readLatest returns the aliases of the latest generation, or those in use when
// that cannot be read.
func (r *Registry) readLatest(ctx context.Context, objects []object, problems map[string]string) Aliases {
	old := r.now.Load().aliases
	latest := int64(0)
	for _, o := range objects {
		latest = max(latest, generationOf(o.name))
	}
	if latest == 0 || latest == old.Generation {
		return old
	}
	a, err := readAliases(ctx, r.store, latest)
	if err != nil {
		problems[aliasFile(latest)] = err.Error()
		return old
	}
	return a
}

// wanted returns the digests of the models that are to be loaded: those that
// aliases point to and those that one rollback would bring back.
func (r *Registry) wanted(a Aliases) map[string]bool {
	out := map[string]bool{}
	add := func(id string) {
		if d, ok := digestOf(id); ok && id != r.embedded.ID() {
			out[d] = true
		}
	}
	for _, v := range a.Aliases {
		add(v.Model)
		if len(v.History) > 0 {
			add(v.History[0])
		}
	}
	// What answers in place of a model that cannot be loaded stays.
	now := r.now.Load()
	for name := range a.Aliases {
		if m, ok := now.byName[name]; ok && !r.loadable(a.Aliases[name].Model) {
			add(m.ID())
		}
	}
	return out
}

// loadable tells whether nothing is known against a model.
func (r *Registry) loadable(id string) bool {
	if id == r.embedded.ID() {
		return true
	}
	d, _ := digestOf(id)
	f := r.files[d]
	return f != nil && f.problem == nil
}

// apply makes the aliases and the loaded models what requests see.
func (r *Registry) apply(ctx context.Context, a Aliases, problems map[string]string) {
	old := r.now.Load()
	next := r.snapshot(a, problems)
	swapped := false
	for _, name := range slices.Sorted(maps.Keys(next.aliases.Aliases)) {
		was, is := old.byName[name], next.byName[name]
		if was != nil && is != nil && was.ID() == is.ID() || was == is {
			continue
		}
		swapped = true
		r.swaps.Add(1)
		r.log.InfoContext(ctx, "alias answers with another model", "alias", name, "from", idOf(was), "to", idOf(is))
	}
	r.report(ctx, next.problems)
	r.now.Store(next)
	if swapped {
		r.collect()
	}
}

// collect frees the tables of a model that has been replaced, which are large,
// when its last call is over, without waiting for the heap to grow.
func (r *Registry) collect() {
	if r.collecting.Swap(true) {
		return
	}
	go func() {
		time.Sleep(time.Second)
		r.collecting.Store(false)
		runtime.GC()
	}()
}

func idOf(m *model.Model) string {
	if m == nil {
		return ""
	}
	return m.ID()
}

// snapshot builds what requests see. An alias whose model cannot be loaded
// keeps the one that answered before; Default falls back to the embedded model.
func (r *Registry) snapshot(a Aliases, problems map[string]string) *snapshot {
	s := &snapshot{byName: map[string]*model.Model{}, aliases: a.clone(), problems: maps.Clone(problems)}
	if s.problems == nil {
		s.problems = map[string]string{}
	}
	if _, ok := s.aliases.Aliases[Default]; !ok {
		s.aliases.Aliases[Default] = Alias{Model: r.embedded.ID()}
	}
	s.byName[r.embedded.ID()] = r.embedded
	for _, f := range r.files {
		if f.model != nil {
			s.byName[f.id] = f.model
		}
	}
	old := r.now.Load()
	for name, v := range s.aliases.Aliases {
		m := s.byName[v.Model]
		if m == nil {
			s.problems["alias "+name] = fmt.Sprintf("points to %s, which cannot be loaded", v.Model)
			if old != nil {
				m = old.byName[name]
			}
			if m == nil && name == Default {
				m = r.embedded
			}
		}
		if m != nil {
			s.byName[name] = m
			s.byName[m.ID()] = m
		}
	}
	s.def = s.byName[Default]
	s.entries = r.entries(s)
	return s
}

// entries lists all models: those that aliases point to first, then by age,
// the latest first.
func (r *Registry) entries(s *snapshot) []Entry {
	embedded := Entry{ID: r.embedded.ID(), Info: r.embedded.Info(), Loaded: true, Embedded: true, Aliases: s.aliases.names(r.embedded.ID())}
	var out []Entry
	for _, f := range r.files {
		if f.id == embedded.ID {
			embedded.Size, embedded.Stored = f.size, f.modified
			continue
		}
		e := Entry{ID: f.id, Info: f.info, Size: f.size, Stored: f.modified, Loaded: f.model != nil, Aliases: s.aliases.names(f.id)}
		if f.id == "" {
			e.ID = "sha256:" + f.digest
			e.Aliases = nil
			for name, v := range s.aliases.Aliases {
				if d, _ := digestOf(v.Model); d == f.digest {
					e.Aliases = append(e.Aliases, name)
				}
			}
			slices.Sort(e.Aliases)
		}
		if f.problem != nil {
			e.Problem = problemText(f.problem)
		}
		out = append(out, e)
	}
	out = append(out, embedded)
	slices.SortFunc(out, func(a, b Entry) int {
		if (len(a.Aliases) > 0) != (len(b.Aliases) > 0) {
			return len(b.Aliases) - len(a.Aliases)
		}
		if c := b.Stored.Compare(a.Stored); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// problemText is what callers may know of a problem: what is wrong with the
// bytes of a file, but not the paths and hosts of a store.
func problemText(err error) string {
	if errors.Is(err, model.ErrCorrupt) || isVersion(err) || strings.HasPrefix(err.Error(), "its ") {
		return err.Error()
	}
	return "the file cannot be read"
}

// report logs the problems that are new and those that are over.
func (r *Registry) report(ctx context.Context, problems map[string]string) {
	for name, p := range problems {
		if r.reported[name] != p {
			r.log.ErrorContext(ctx, "model store", "object", name, "problem", p)
		}
	}
	for name := range r.reported {
		if _, ok := problems[name]; !ok {
			r.log.InfoContext(ctx, "model store: problem is over", "object", name)
		}
	}
	r.reported = maps.Clone(problems)
}
