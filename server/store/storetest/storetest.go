// Package storetest runs a test on every kind of store.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/parley-nlp/parley/server/store"
)

// Variable names the environment variable that holds the URL of a PostgreSQL
// database for tests. Each test makes a schema of its own there and drops it.
const Variable = "PARLEY_TEST_POSTGRES"

// Location says where a store is; it can be opened several times at once.
type Location struct{ Database, Dir string }

// Open opens the store; the end of the test closes it.
func (l Location) Open(t testing.TB) store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), l.Database, l.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Each runs f on an empty SQLite store and on an empty PostgreSQL store; the
// latter is skipped with a message unless the environment names a database.
func Each(t *testing.T, f func(t *testing.T, at Location)) {
	t.Run("sqlite", func(t *testing.T) { f(t, Location{Dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Postgres returns an empty PostgreSQL store, or skips the test.
func Postgres(t testing.TB) Location {
	t.Helper()
	base := os.Getenv(Variable)
	if base == "" {
		t.Skipf("%s is not set: no PostgreSQL to test on (tools/postgres/run.sh starts one)", Variable)
	}
	schema := "t" + strings.ToLower(rand.Text())
	db, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return Location{Database: u.String(), Dir: t.TempDir()}
}
