package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-nlp/parley/server/store"
	"github.com/parley-nlp/parley/server/store/storetest"
)

func TestTrainingRecords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s, ctx := at.Open(t), deadline(t)
		a, existed, err := s.CreateTraining(ctx, store.Training{RequestID: "r", State: "started", Body: []byte(`{"a":1}`)})
		if err != nil || existed || a.ID == "" || a.Number != 1 {
			t.Fatalf("%+v, %v, %v", a, existed, err)
		}
		if again, existed, err := s.CreateTraining(ctx, store.Training{RequestID: "r", State: "other"}); err != nil || !existed || again.ID != a.ID || again.State != "started" {
			t.Errorf("the same request id: %+v, %v, %v", again, existed, err)
		}
		b, _, err := s.CreateTraining(ctx, store.Training{State: "started"})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.CreateTraining(ctx, store.Training{State: "failed"}); err != nil {
			t.Fatalf("a second one without a request id: %v", err)
		}

		b.State, b.Model, b.Body, b.Generation = "candidate", "m@sha256:1", []byte("{}"), 7
		now, err := s.UpdateTraining(ctx, b)
		if err != nil || now.State != "candidate" || now.Generation != 7 || now.Revision == b.Revision {
			t.Fatalf("%+v, %v", now, err)
		}
		if _, err := s.UpdateTraining(ctx, b); !errors.Is(err, store.ErrChanged) {
			t.Errorf("an update of what has changed: %v", err)
		}
		if c, err := s.CancelTraining(ctx, b.ID); err != nil || !c.Cancel || c.Revision != now.Revision {
			t.Errorf("cancel: %+v, %v", c, err)
		}
		if got, err := s.GetTraining(ctx, b.ID); err != nil || !got.Cancel || string(got.Body) != "{}" || got.Model != "m@sha256:1" {
			t.Errorf("get: %+v, %v", got, err)
		}
		if got, err := s.TrainingByRequest(ctx, "r"); err != nil || got.ID != a.ID {
			t.Errorf("by request: %+v, %v", got, err)
		}
		for name, f := range map[string]func() error{
			"request": func() error { _, err := s.TrainingByRequest(ctx, "nobody"); return err },
			"get":     func() error { _, err := s.GetTraining(ctx, "nobody"); return err },
			"cancel":  func() error { _, err := s.CancelTraining(ctx, "nobody"); return err },
		} {
			if err := f(); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s of an unknown id: %v", name, err)
			}
		}
		numbers := func(got []store.Training, err error) (out []int64) {
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range got {
				out = append(out, g.Number)
			}
			return out
		}
		if got := numbers(s.ListTrainings(ctx, "", 0, 2)); len(got) != 2 || got[0] != 3 || got[1] != 2 {
			t.Errorf("the latest two: %v", got)
		}
		if got := numbers(s.ListTrainings(ctx, "", 2, 2)); len(got) != 1 || got[0] != 1 {
			t.Errorf("before 2: %v", got)
		}
		if got := numbers(s.ListTrainings(ctx, "m@sha256:1", 0, 9)); len(got) != 1 || got[0] != 2 {
			t.Errorf("of one model: %v", got)
		}
		if got := numbers(s.Unfinished(ctx, "started", "running")); len(got) != 1 || got[0] != 1 {
			t.Errorf("unfinished: %v", got)
		}
	})
}

func TestLease(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		one, two, ctx := at.Open(t), at.Open(t), deadline(t)
		a, err := one.AcquireLease(ctx, "training", "one", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := two.AcquireLease(ctx, "training", "two", time.Hour); !errors.Is(err, store.ErrLeaseHeld) {
			t.Errorf("a lease that is held: %v", err)
		}
		if _, err := two.AcquireLease(ctx, "another", "two", time.Hour); err != nil {
			t.Errorf("another lease: %v", err)
		}
		// The time runs out, as after a crash.
		if err := one.RenewLease(ctx, a, -time.Second); err != nil {
			t.Fatal(err)
		}
		b, err := two.AcquireLease(ctx, "training", "two", time.Hour)
		if err != nil || b.Generation <= a.Generation {
			t.Fatalf("%+v after %+v, %v", b, a, err)
		}
		if err := one.RenewLease(ctx, a, time.Hour); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("renewing a lost lease: %v", err)
		}
		if err := one.ReleaseLease(ctx, a); err != nil {
			t.Errorf("releasing a lost lease: %v", err)
		}
		if err := two.RenewLease(ctx, b, time.Hour); err != nil {
			t.Errorf("the other's release took it away: %v", err)
		}
		if err := two.ReleaseLease(ctx, b); err != nil {
			t.Fatal(err)
		}
		if _, err := one.AcquireLease(ctx, "training", "one", time.Hour); err != nil {
			t.Errorf("a lease given back: %v", err)
		}
	})
}

func TestPromotions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s, ctx := at.Open(t), deadline(t)
		for _, m := range []string{"a", "b", "c"} {
			if _, err := s.AddPromotion(ctx, store.Promotion{Model: m, Actor: "omar", Reason: "why", Training: "t"}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.ListPromotions(ctx, 0, 2)
		if err != nil || len(got) != 2 || got[0].Model != "c" || got[0].Sequence != 3 || got[0].Actor != "omar" || got[0].Reason != "why" || got[0].Training != "t" || got[0].Time.IsZero() {
			t.Fatalf("%+v, %v", got, err)
		}
		if got[0].Previous != "b" {
			t.Errorf("the one before is %q", got[0].Previous)
		}
		if again, err := s.AddPromotion(ctx, store.Promotion{Model: "c", Actor: "nadia"}); err != nil || again.Sequence != 3 || again.Actor != "omar" {
			t.Errorf("the same model again: %+v, %v", again, err)
		}
		if rest, err := s.ListPromotions(ctx, 2, 9); err != nil || len(rest) != 1 || rest[0].Model != "a" {
			t.Errorf("%+v, %v", rest, err)
		}
	})
}

func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	for _, c := range []struct{ name, database, dir, want string }{
		{"no place", "", "", "a data directory or a database is required"},
		{"unknown kind", "mysql://root:secret@host/db", "", `database "mysql" is not known`},
		{"a file in the way", "", filepath.Join(file, "x"), "not a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.dir != "" {
				if err := writeFile(file); err != nil {
					t.Fatal(err)
				}
			}
			s, err := store.Open(deadline(t), c.database, c.dir)
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q, want one with %q", err, c.want)
			}
		})
	}
}

func TestLaterSchemaIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s := at.Open(t)
		create(t, s, label("nadia", "one", "favor"))
		driver, dsn := "pgx", at.Database
		if dsn == "" {
			driver, dsn = "sqlite", filepath.Join(at.Dir, store.FileName)
		}
		db, err := sql.Open(driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.Exec("INSERT INTO schema_version (version) VALUES (1000)"); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(deadline(t), at.Database, at.Dir); err == nil || !strings.Contains(err.Error(), "later") {
			t.Errorf("a later schema: %v", err)
		}
		if n := len(list(t, s, store.Filter{})); n != 1 {
			t.Errorf("%d labels after the refusal", n)
		}
	})
}

func TestCancelledCallStoresNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		s := at.Open(t)
		ctx, cancel := context.WithCancel(deadline(t))
		cancel()
		if _, err := s.CreateLabels(ctx, []store.Label{label("nadia", "one", "favor")}, false); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		create(t, s, label("nadia", "two", "favor"))
		if got := texts(list(t, s, store.Filter{})); len(got) != 1 {
			t.Errorf("stored: %q", got)
		}
	})
}

func writeFile(name string) error { return os.WriteFile(name, []byte("x"), 0o600) }

func TestLaterMakesTheStoreWhenUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	s, err := store.Later(dir)
	if err != nil {
		t.Fatal(err)
	}
	if store.Exists(dir) {
		t.Error("the store was made before its use")
	}
	create(t, s, label("nadia", "one", "favor"))
	if !store.Exists(dir) {
		t.Error("the store was not made")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := list(t, storetest.Location{Dir: dir}.Open(t), store.Filter{}); len(got) != 1 {
		t.Errorf("%d labels after opening it again", len(got))
	}
}
