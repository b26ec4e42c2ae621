package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// FileName is the name of the SQLite database in a data directory.
const FileName = "parley.db"

// dialect is what SQLite and PostgreSQL do not say in the same words. Both
// take $1, $2, ... as parameters.
type dialect struct {
	driver string
	// now is the database's own clock in microseconds since 1970. Leases are
	// measured by it, so that servers' clocks need not agree.
	now string
	// lock is run first in a migration, to keep other processes out.
	lock string
	// contains finds $N in a column, letter by letter.
	contains string
}

var (
	sqlite = dialect{
		driver:   "sqlite",
		now:      "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
		contains: "instr(%s, $%d) > 0",
	}
	postgres = dialect{
		driver:   "pgx",
		now:      "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
		lock:     "SELECT pg_advisory_xact_lock(7236117295)",
		contains: "strpos(%s, $%d) > 0",
	}
)

// database is a Store in SQL.
type database struct {
	dialect
	// write and read are one pool for PostgreSQL. For SQLite, write holds one
	// connection: writers queue here instead of colliding in the file.
	write, read *sql.DB
}

// Open opens the store that databaseURL names: "postgres://..." or
// "postgresql://...", or, if it is empty, the SQLite file in dataDir, which is
// made if need be. It brings the schema up to date.
func Open(ctx context.Context, databaseURL, dataDir string) (Store, error) {
	switch {
	case strings.HasPrefix(databaseURL, "postgres://"), strings.HasPrefix(databaseURL, "postgresql://"):
		return openPostgres(ctx, databaseURL)
	case databaseURL != "":
		scheme, _, _ := strings.Cut(databaseURL, "://")
		return nil, fmt.Errorf("database %q is not known: leave it empty for SQLite, or give postgres://USER@HOST/NAME", scheme)
	case dataDir == "":
		return nil, errors.New("a data directory or a database is required")
	}
	d, err := newSQLite(dataDir)
	if err != nil {
		return nil, err
	}
	if err := d.write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store in %s: %w", dataDir, err), d.Close())
	}
	return d, nil
}

// Later returns the SQLite store of a data directory that is made, with the
// directory, when it is first used. A failure to make it is that of the use.
func Later(dataDir string) (Store, error) { return newSQLite(dataDir) }

// Exists tells whether a data directory holds a store.
func Exists(dataDir string) bool {
	_, err := os.Stat(filepath.Join(dataDir, FileName))
	return err == nil
}

func newSQLite(dataDir string) (*database, error) {
	path := filepath.Join(dataDir, FileName)
	// WAL with FULL syncs the log on every commit: what is answered is on disk.
	query := url.Values{"_pragma": {
		"busy_timeout(20000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-16384)",
	}, "_txlock": {"immediate"}}
	dsn := (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String()
	d := &database{dialect: sqlite}
	registered, err := sql.Open(sqlite.driver, dsn)
	if err != nil {
		return nil, err
	}
	raw := registered.Driver()
	if err := registered.Close(); err != nil {
		return nil, err
	}
	c := &connector{driver: raw, dsn: dsn}
	c.prepare = func(ctx context.Context) error {
		if err := os.MkdirAll(dataDir, 0o700); err != nil {
			return err
		}
		plain := &database{dialect: sqlite, write: sql.OpenDB(&connector{driver: raw, dsn: dsn, ready: true})}
		plain.read = plain.write
		plain.write.SetMaxOpenConns(1)
		return errors.Join(plain.migrate(ctx), plain.Close())
	}
	d.write, d.read = sql.OpenDB(c), sql.OpenDB(c)
	d.write.SetMaxOpenConns(1)
	d.read.SetMaxOpenConns(4)
	return d, nil
}

// connector makes the database before the first connection to it.
type connector struct {
	driver  driver.Driver
	dsn     string
	prepare func(context.Context) error
	mu      sync.Mutex
	ready   bool
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ready {
		if err := c.prepare(ctx); err != nil {
			return nil, err
		}
		c.ready = true
	}
	return c.driver.Open(c.dsn)
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return c.driver }

func openPostgres(ctx context.Context, dsn string) (Store, error) {
	db, err := sql.Open(postgres.driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(16)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return (&database{dialect: postgres, write: db, read: db}).prepare(ctx, "PostgreSQL")
}

func (d *database) prepare(ctx context.Context, name string) (Store, error) {
	if err := d.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store in %s: %w", name, err), d.Close())
	}
	return d, nil
}

// Close closes the connections. What was acknowledged stays.
func (d *database) Close() error {
	if d.read == d.write {
		return d.write.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// tx runs f in a transaction of the writing pool. f's error rolls it back.
func (d *database) tx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// counter returns the value of a counter and keeps other writers out until the
// transaction ends, so that numbers are given in the order of the commits.
func counter(ctx context.Context, tx *sql.Tx, name string) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE counters SET value = value WHERE name = $1 RETURNING value`, name).Scan(&n)
	return n, err
}

func setCounter(ctx context.Context, tx *sql.Tx, name string, n int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE counters SET value = $1 WHERE name = $2`, n, name)
	return err
}

// newID returns a random id of 26 lower-case letters and digits.
func newID() string { return strings.ToLower(rand.Text()) }

// params returns "$from, $from+1, ..." for n parameters.
func params(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
