package registry

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "gocloud.dev/blob/memblob" // mem://

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/server/modeltest"
)

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func open(t *testing.T, where string) *Registry {
	t.Helper()
	r, err := Open(testContext(t), Options{Embedded: modeltest.Model(t, 0), Where: where})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func add(t *testing.T, r *Registry, seed uint64) string {
	t.Helper()
	id, err := r.Add(testContext(t), modeltest.File(t, seed))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func activate(t *testing.T, r *Registry, c Change) Aliases {
	t.Helper()
	a, err := r.Activate(testContext(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantModel(t *testing.T, r *Registry, name, id string) {
	t.Helper()
	m, err := r.Resolve(name)
	if err != nil {
		t.Errorf("resolve %q: %v, want %s", name, err, id)
		return
	}
	if m.ID() != id {
		t.Errorf("%q is %s, want %s", name, m.ID(), id)
	}
}

func entry(t *testing.T, r *Registry, id string) Entry {
	t.Helper()
	for _, e := range r.Entries() {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("no entry %s in %+v", id, r.Entries())
	return Entry{}
}

// stores runs a test over every kind of store.
func stores(t *testing.T, test func(t *testing.T, where string)) {
	t.Run("memory", func(t *testing.T) { test(t, "") })
	t.Run("directory", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "models")) })
	t.Run("file URL", func(t *testing.T) { test(t, "file://"+filepath.Join(t.TempDir(), "models")) })
	t.Run("bucket", func(t *testing.T) { test(t, "mem://") })
}

func TestLife(t *testing.T) {
	stores(t, func(t *testing.T, where string) {
		r := open(t, where)
		embedded := r.embedded.ID()
		wantModel(t, r, "", embedded)
		wantModel(t, r, "default", embedded)
		wantModel(t, r, embedded, embedded)

		a, b := add(t, r, 1), add(t, r, 2)
		if e := entry(t, r, a); e.Loaded || e.Info.Seed != 1 || e.Size == 0 || e.Stored.IsZero() {
			t.Errorf("a stored model is %+v", e)
		}
		if _, err := r.Resolve(a); !errors.Is(err, ErrNotServable) {
			t.Errorf("a model without alias: %v, want ErrNotServable", err)
		}
		got := activate(t, r, Change{Alias: "candidate", Model: a, Generation: 0})
		if got.Generation != 1 {
			t.Errorf("generation %d, want 1", got.Generation)
		}
		wantModel(t, r, "candidate", a)
		wantModel(t, r, a, a)
		wantModel(t, r, "", embedded)

		activate(t, r, Change{Model: "candidate", Generation: 1, By: "ops", Note: "better"})
		wantModel(t, r, "", a)
		activate(t, r, Change{Alias: "default", Model: b, Generation: AnyGeneration})
		wantModel(t, r, "", b)
		v := r.Aliases().Aliases["default"]
		if !slices.Equal(v.History, []string{a, embedded}) || v.Since.IsZero() {
			t.Errorf("default is %+v", v)
		}
		activate(t, r, Change{Rollback: true, Generation: AnyGeneration})
		wantModel(t, r, "", a)
		activate(t, r, Change{Rollback: true, Generation: AnyGeneration})
		wantModel(t, r, "", embedded)
		if _, err := r.Activate(testContext(t), Change{Rollback: true, Generation: AnyGeneration}); !errors.Is(err, ErrNoHistory) {
			t.Errorf("one rollback too many: %v, want ErrNoHistory", err)
		}
		if e := entry(t, r, a); !slices.Equal(e.Aliases, []string{"candidate"}) {
			t.Errorf("aliases of the model: %v, want candidate", e.Aliases)
		}
		if r.Swaps() == 0 {
			t.Error("no swap was counted")
		}
	})
}

func TestRefusedChanges(t *testing.T) {
	r := open(t, t.TempDir())
	a := add(t, r, 1)
	digest, _ := digestOf(a)
	tests := []struct {
		name   string
		change Change
		want   error
	}{
		{"no such model", Change{Model: "assad@sha256:" + strings.Repeat("0", 64)}, ErrNotFound},
		{"neither alias nor model", Change{Model: "tomorrow"}, ErrNotFound},
		{"another name for the digest", Change{Model: "other@sha256:" + digest}, ErrNotFound},
		{"upper-case alias", Change{Alias: "Default", Model: a}, ErrInvalid},
		{"alias with a slash", Change{Alias: "a/b", Model: a}, ErrInvalid},
		{"alias too long", Change{Alias: strings.Repeat("a", 64), Model: a}, ErrInvalid},
		{"stale generation", Change{Model: a, Generation: 7}, ErrConflict},
		{"rollback of an alias that is not there", Change{Alias: "x", Rollback: true}, ErrNoHistory},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := r.Activate(testContext(t), tt.change); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if g := r.Aliases().Generation; g != 0 {
				t.Errorf("generation is %d after a refused change", g)
			}
		})
	}
	for i := range maxAliases - 1 {
		activate(t, r, Change{Alias: "a" + string(rune('a'+i)), Model: a, Generation: AnyGeneration})
	}
	if _, err := r.Activate(testContext(t), Change{Alias: "zz", Model: a, Generation: AnyGeneration}); !errors.Is(err, ErrInvalid) {
		t.Errorf("one alias too many: %v, want ErrInvalid", err)
	}
}

func TestBrokenFiles(t *testing.T) {
	good := modeltest.File(t, 1)
	m, err := model.Load(good)
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := digestOf(m.ID())
	flipped := slices.Clone(good)
	flipped[len(flipped)/2] ^= 1
	tests := []struct {
		name string
		data []byte
		says string
	}{
		{"truncated", good[:len(good)/2], "not whole"},
		{"empty", nil, "not whole"},
		{"one bit flipped", flipped, "damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, dir)
			b := add(t, r, 2)
			activate(t, r, Change{Model: b})
			write(t, dir, modelFile(digest), tt.data)
			if err := r.Refresh(testContext(t)); err != nil {
				t.Fatal(err)
			}
			if p := entry(t, r, "sha256:"+digest).Problem; !strings.Contains(p, tt.says) {
				t.Errorf("problem is %q, want %q in it", p, tt.says)
			}
			if _, err := r.Activate(testContext(t), Change{Model: m.ID(), Generation: AnyGeneration}); !errors.Is(err, ErrNotServable) {
				t.Errorf("activate: %v, want ErrNotServable", err)
			}
			// Somebody moves the alias without asking.
			write(t, dir, aliasFile(9), []byte(`{"generation":9,"aliases":{"default":{"model":"`+m.ID()+`"}}}`))
			if err := r.Refresh(testContext(t)); err != nil {
				t.Fatal(err)
			}
			wantModel(t, r, "", b)
			if len(r.Problems()) == 0 {
				t.Error("nothing is reported")
			}
			// The whole file arrives.
			write(t, dir, modelFile(digest), good)
			if err := r.Refresh(testContext(t)); err != nil {
				t.Fatal(err)
			}
			wantModel(t, r, "", m.ID())
			if p := r.Problems(); len(p) != 0 {
				t.Errorf("problems after the cure: %v", p)
			}
		})
	}
}

func TestOtherVersion(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	data := slices.Clone(modeltest.File(t, 1))
	data[8] = 99 // the format version stands behind the magic
	digest := sha256Hex(data)
	write(t, dir, modelFile(digest), data)
	if err := r.Refresh(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if p := entry(t, r, "sha256:"+digest).Problem; p == "" {
		t.Error("a file of another version has no problem")
	}
}

func TestBrokenAliases(t *testing.T) {
	good := "assad@sha256:" + strings.Repeat("0", 64)
	tests := []struct{ name, data string }{
		{"not JSON", "{"},
		{"other generation", `{"generation":8,"aliases":{}}`},
		{"bad alias", `{"generation":9,"aliases":{"A":{"model":"` + good + `"}}}`},
		{"bad model", `{"generation":9,"aliases":{"default":{"model":"latest"}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, dir)
			a := add(t, r, 1)
			activate(t, r, Change{Model: a})
			write(t, dir, aliasFile(9), []byte(tt.data))
			if err := r.Refresh(testContext(t)); err != nil {
				t.Fatal(err)
			}
			wantModel(t, r, "", a)
			if r.Problems()[aliasFile(9)] == "" {
				t.Errorf("not reported: %v", r.Problems())
			}
			if g := r.Aliases().Generation; g != 1 {
				t.Errorf("generation %d, want 1", g)
			}
		})
	}
}

func TestMisnamedFileIsReported(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	write(t, dir, "latest.parley", modeltest.File(t, 1))
	write(t, dir, "README", []byte("not ours"))
	if err := r.Refresh(testContext(t)); err != nil {
		t.Fatal(err)
	}
	p := r.Problems()
	if len(p) != 1 || p["latest.parley"] == "" {
		t.Errorf("problems: %v, want latest.parley alone", p)
	}
}

func TestUnreadableDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "models")
	if err := os.WriteFile(path, []byte("a file, not a directory"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, path)
	wantModel(t, r, "", r.embedded.ID())
	if err := r.Refresh(testContext(t)); !errors.Is(err, ErrStore) {
		t.Errorf("refresh: %v, want ErrStore", err)
	}
	if r.Problems()["store"] == "" {
		t.Errorf("not reported: %v", r.Problems())
	}
	if _, err := r.Activate(testContext(t), Change{Model: "default", Generation: AnyGeneration}); !errors.Is(err, ErrStore) {
		t.Errorf("activate: %v, want ErrStore", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(testContext(t)); err != nil {
		t.Errorf("after the cure: %v", err)
	}
	if p := r.Problems(); len(p) != 0 {
		t.Errorf("problems after the cure: %v", p)
	}
}

// TestTwoServersLoseNoUpdate lets registries of one directory change aliases at
// the same time: each change is either refused or on record.
func TestTwoServersLoseNoUpdate(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	a := add(t, first, 1)
	regs := []*Registry{first, open(t, dir), open(t, dir)}
	var mu sync.Mutex
	done := map[string]bool{}
	var wg sync.WaitGroup
	for k, r := range regs {
		wg.Go(func() {
			for i := range 5 {
				alias := "alias-" + string(rune('a'+k)) + string(rune('a'+i))
				for {
					_, err := r.Activate(testContext(t), Change{Alias: alias, Model: a, Generation: AnyGeneration})
					if errors.Is(err, ErrConflict) {
						continue
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					done[alias] = true
					mu.Unlock()
					break
				}
			}
		})
	}
	wg.Wait()
	for _, r := range regs {
		if err := r.Refresh(testContext(t)); err != nil {
			t.Fatal(err)
		}
		for alias := range done {
			wantModel(t, r, alias, a)
		}
		if g := r.Aliases().Generation; g != int64(len(done)) {
			t.Errorf("generation %d after %d changes", g, len(done))
		}
	}
}

func TestWatchFollowsAnotherServer(t *testing.T) {
	dir := t.TempDir()
	writer, reader := open(t, dir), open(t, dir)
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	go reader.Watch(ctx, time.Hour)
	a := add(t, writer, 1)
	activate(t, writer, Change{Model: a})
	reader.Poke()
	for {
		if m, err := reader.Resolve(""); err == nil && m.ID() == a {
			break
		}
		if ctx.Err() != nil {
			t.Fatal("the other registry does not follow")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestRestartRemembers(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	a, b := add(t, r, 1), add(t, r, 2)
	activate(t, r, Change{Model: a})
	activate(t, r, Change{Model: b, Generation: AnyGeneration})
	again := open(t, dir)
	wantModel(t, again, "", b)
	wantModel(t, again, a, a) // ready for a rollback
}

func TestModelWhoseFileIsGoneGoesOn(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	a := add(t, r, 1)
	activate(t, r, Change{Model: a})
	digest, _ := digestOf(a)
	if err := os.Remove(filepath.Join(dir, modelFile(digest))); err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(testContext(t)); err != nil {
		t.Fatal(err)
	}
	wantModel(t, r, "", a)
}

func TestOldGenerationsAreForgotten(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	a := add(t, r, 1)
	for range keepAliases + 5 {
		activate(t, r, Change{Alias: "x", Model: a, Generation: AnyGeneration})
	}
	files, err := filepath.Glob(filepath.Join(dir, aliasPrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) > keepAliases+1 {
		t.Errorf("%d generations are kept, want at most %d", len(files), keepAliases+1)
	}
	leftovers, _ := filepath.Glob(filepath.Join(dir, tempPrefix+"*"))
	if len(leftovers) > 0 {
		t.Errorf("temporary files are left: %v", leftovers)
	}
}

func TestAddRefusesWhatIsNoModel(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	if _, err := r.Add(testContext(t), []byte("PARLEY\r\nbut no more")); !errors.Is(err, ErrNotServable) {
		t.Errorf("got %v, want ErrNotServable", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d files were written", len(files))
	}
	a := add(t, r, 3)
	if b := add(t, r, 3); a != b {
		t.Errorf("the same file has the names %s and %s", a, b)
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(testContext(t), Options{}); err == nil {
		t.Error("no error without the embedded model")
	}
	for _, where := range []string{"nosuch://bucket", "file://host/x", "file:relative"} {
		if _, err := Open(testContext(t), Options{Embedded: modeltest.Model(t, 0), Where: where}); err == nil && where != "file:relative" {
			t.Errorf("%s: no error", where)
		}
	}
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
