package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parley-nlp/parley/model/text"
	"github.com/parley-nlp/parley/server/store"
	"github.com/parley-nlp/parley/server/store/storetest"
)

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func label(annotator, s, stance string) store.Label {
	l := store.Label{Text: s, Language: "en", Stance: stance, Tone: "neutral", Annotator: annotator, Group: "g-" + s, Source: "wire"}
	l.RequestID = l.ContentID()
	return l
}

func create(t testing.TB, s store.Store, labels ...store.Label) []store.Label {
	t.Helper()
	created, err := s.CreateLabels(deadline(t), labels, false)
	if err != nil {
		t.Fatal(err)
	}
	var out []store.Label
	for i, c := range created {
		if c.Err != nil {
			t.Fatalf("label %d: %v", i, c.Err)
		}
		out = append(out, c.Label)
	}
	return out
}

func list(t testing.TB, s store.Store, f store.Filter) []store.Label {
	t.Helper()
	ctx := deadline(t)
	if f.AsOf == 0 {
		var err error
		if f.AsOf, err = s.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.ListLabels(ctx, f, 0, 10000)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func texts(labels []store.Label) []string {
	var out []string
	for _, l := range labels {
		out = append(out, l.Text)
	}
	return out
}

func TestLabelKeepsEveryField(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s := at.Open(t)
		want := store.Label{
			RequestID: "r1", Text: "الرئيس 😀 said \"yes\"\r\n\tto it", Language: "ar", Stance: "favor", Tone: "cooperative",
			StanceEvidence: []text.Span{{Start: 0, End: 12}}, ToneEvidence: []text.Span{{Start: 13, End: 17}, {Start: 18, End: 22}},
			Holder: "الرئيس", Group: "g", Annotator: "nadia", Source: "outlet", Model: "assad@sha256:00", Note: "it's %s; -- ' \" fine",
		}
		made := create(t, s, want)[0]
		if made.ID == "" || made.Sequence != 1 || made.State != store.Active || time.Since(made.Created).Abs() > time.Hour {
			t.Fatalf("the store filled in %+v", made)
		}
		want.ID, want.Sequence, want.State, want.Created = made.ID, made.Sequence, made.State, made.Created
		if got := list(t, at.Open(t), store.Filter{})[0]; fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestCreationIsIdempotent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s := at.Open(t)
		a, b := label("nadia", "one", "favor"), label("nadia", "two", "against")
		first := create(t, s, a, b)
		again, err := s.CreateLabels(deadline(t), []store.Label{b, a, a, label("omar", "one", "favor")}, false)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{first[1].ID, first[0].ID, first[0].ID} {
			if !again[i].Existed || again[i].Label.ID != want {
				t.Errorf("item %d: existed %v, id %s, want %s", i, again[i].Existed, again[i].Label.ID, want)
			}
		}
		if again[3].Existed || again[3].Label.Sequence != 3 {
			t.Errorf("another annotator's label: %+v", again[3])
		}

		named := label("nadia", "three", "neutral")
		named.RequestID = "mine"
		create(t, s, named)
		named.Stance = "favor"
		got, err := s.CreateLabels(deadline(t), []store.Label{named}, false)
		if err != nil || !errors.Is(got[0].Err, store.ErrRequestReused) {
			t.Errorf("a request id with other content: %v, %v", got, err)
		}
		if n := len(list(t, s, store.Filter{})); n != 4 {
			t.Errorf("%d labels are stored, want 4", n)
		}
	})
}

func TestDryRunStoresNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s := at.Open(t)
		got, err := s.CreateLabels(deadline(t), []store.Label{label("nadia", "one", "favor")}, true)
		if err != nil || got[0].Err != nil || got[0].Label.ID != "" {
			t.Fatalf("%+v, %v", got, err)
		}
		if n, err := s.Sequence(deadline(t)); n != 0 || err != nil || len(list(t, s, store.Filter{AsOf: 10})) != 0 {
			t.Errorf("a dry run moved the sequence to %d, %v", n, err)
		}
	})
}

func TestSupersedeAndDeleteKeepHistory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s := at.Open(t)
		old := create(t, s, label("nadia", "one", "favor"), label("nadia", "two", "favor"))
		next := label("nadia", "one", "against")
		next.Supersedes = old[0].ID
		next.RequestID = next.ContentID()
		made := create(t, s, next)[0]

		late := label("omar", "one", "neutral")
		late.Supersedes = old[0].ID
		other := label("omar", "other text", "neutral")
		other.Supersedes = made.ID
		missing := label("omar", "one", "neutral")
		missing.Supersedes, missing.RequestID = "nobody", "x"
		got, err := s.CreateLabels(deadline(t), []store.Label{late, other, missing, label("omar", "three", "favor")}, false)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []error{store.ErrEnded, store.ErrOtherText, store.ErrNotFound, nil} {
			if !errors.Is(got[i].Err, want) {
				t.Errorf("item %d: error %v, want %v", i, got[i].Err, want)
			}
		}
		deleted, err := s.DeleteLabel(deadline(t), old[1].ID, "omar", "a duplicate")
		if err != nil || deleted.State != store.Deleted || deleted.Ended.IsZero() {
			t.Fatalf("%+v, %v", deleted, err)
		}
		if _, err := s.DeleteLabel(deadline(t), old[1].ID, "omar", "again"); err != nil {
			t.Errorf("a repeated deletion: %v", err)
		}
		for _, c := range []struct {
			id, actor string
			want      error
		}{{old[1].ID, "nadia", store.ErrEnded}, {old[0].ID, "omar", store.ErrEnded}, {"nobody", "omar", store.ErrNotFound}} {
			if _, err := s.DeleteLabel(deadline(t), c.id, c.actor, ""); !errors.Is(err, c.want) {
				t.Errorf("delete %s by %s: %v, want %v", c.id, c.actor, err, c.want)
			}
		}

		for _, c := range []struct {
			name string
			f    store.Filter
			want []string
		}{
			{"now", store.Filter{}, []string{"one", "three"}},
			{"as it was first", store.Filter{AsOf: 2}, []string{"one", "two"}},
			{"before the deletion", store.Filter{AsOf: 4}, []string{"two", "one", "three"}},
			{"superseded", store.Filter{States: []store.State{store.Superseded}}, []string{"one"}},
			{"deleted", store.Filter{States: []store.State{store.Deleted}}, []string{"two"}},
			{"all", store.Filter{States: []store.State{store.Active, store.Superseded, store.Deleted}}, []string{"one", "two", "one", "three"}},
		} {
			if got := texts(list(t, s, c.f)); !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		past := list(t, s, store.Filter{AsOf: 2})[0]
		if past.State != store.Active || past.SupersededBy != "" || !past.Ended.IsZero() {
			t.Errorf("looking back shows the future: %+v", past)
		}
		if gone := list(t, s, store.Filter{States: []store.State{store.Superseded}})[0]; gone.SupersededBy != made.ID {
			t.Errorf("superseded by %q, want %q", gone.SupersededBy, made.ID)
		}
	})
}

func TestFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s := at.Open(t)
		a, b, c := label("nadia", "50% of it_all", "favor"), label("omar", "plain", "against"), label("omar", "Plain", "neutral")
		b.Language, b.Group, b.Tone = "ar", "shared", "confrontational"
		c.Source, c.Model = "blog", "m@sha256:1"
		for _, l := range []*store.Label{&a, &b, &c} {
			l.RequestID = l.ContentID()
		}
		made := create(t, s, a, b, c)
		for _, c := range []struct {
			name string
			f    store.Filter
			want []string
		}{
			{"annotator", store.Filter{Annotator: "omar"}, []string{"plain", "Plain"}},
			{"group", store.Filter{Group: "shared"}, []string{"plain"}},
			{"source", store.Filter{Source: "blog"}, []string{"Plain"}},
			{"language", store.Filter{Language: "ar"}, []string{"plain"}},
			{"stance", store.Filter{Stance: "favor"}, []string{"50% of it_all"}},
			{"tone", store.Filter{Tone: "neutral", Annotator: "omar"}, []string{"Plain"}},
			{"model", store.Filter{Model: "m@sha256:1"}, []string{"Plain"}},
			{"contains is letter by letter", store.Filter{Contains: "plain"}, []string{"plain"}},
			{"contains has no wildcards", store.Filter{Contains: "% of it_"}, []string{"50% of it_all"}},
			{"contains nothing such", store.Filter{Contains: "5%all"}, nil},
			{"from", store.Filter{From: made[0].Created}, []string{"50% of it_all", "plain", "Plain"}},
			{"before", store.Filter{Before: made[0].Created}, nil},
		} {
			if got := texts(list(t, s, c.f)); !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		page, err := s.ListLabels(deadline(t), store.Filter{AsOf: 3}, 1, 1)
		if err != nil || !slices.Equal(texts(page), []string{"plain"}) {
			t.Errorf("page: %q, %v", texts(page), err)
		}
		items := []string{store.Item("plain"), store.Item("  plain\n"), store.Item("unseen")}
		labeled, err := s.Labeled(deadline(t), items)
		if err != nil || !labeled[items[0]] || !labeled[items[1]] || labeled[items[2]] {
			t.Errorf("labeled: %v, %v", labeled, err)
		}
	})
}

func TestManyWriters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		const writers, batches, size = 4, 5, 20
		stores := []store.Store{at.Open(t), at.Open(t)}
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for b := range batches {
					var batch []store.Label
					for i := range size {
						batch = append(batch, label("nadia", fmt.Sprintf("%d/%d/%d", w/2, b, i), "favor"))
					}
					if _, err := stores[w%2].CreateLabels(deadline(t), batch, false); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		got := list(t, stores[0], store.Filter{})
		if len(got) != writers/2*batches*size {
			t.Errorf("%d labels, want %d: two writers of the same labels store them once", len(got), writers/2*batches*size)
		}
		for i, l := range got {
			if l.Sequence != int64(i+1) {
				t.Fatalf("label %d has sequence %d", i, l.Sequence)
			}
		}
	})
}

func TestOneOfManyCorrectionsWins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s := at.Open(t)
		old := create(t, s, label("nadia", "one", "favor"))[0]
		var won, lost int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				l := label(fmt.Sprintf("annotator %d", i), "one", "against")
				l.Supersedes = old.ID
				l.RequestID = l.ContentID()
				got, err := s.CreateLabels(deadline(t), []store.Label{l}, false)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(got[0].Err, store.ErrEnded) {
					lost++
				} else if got[0].Err == nil {
					won++
				}
			})
		}
		wg.Wait()
		if won != 1 || lost != 5 {
			t.Errorf("%d won and %d lost, want 1 and 5", won, lost)
		}
	})
}
