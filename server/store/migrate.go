package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations are the steps from an empty database to the present schema. A
// step that has been released is never changed; the next is appended.
var migrations = [][]string{
	{
		`CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)`,
		`INSERT INTO counters (name, value) VALUES ('labels', 0), ('trainings', 0), ('promotions', 0)`,
		// end_seq is the sequence of the supersession or deletion; 0 while active.
		`CREATE TABLE labels (
			seq BIGINT PRIMARY KEY,
			id TEXT NOT NULL UNIQUE,
			request_id TEXT NOT NULL UNIQUE,
			item TEXT NOT NULL,
			body TEXT NOT NULL,
			language TEXT NOT NULL,
			stance TEXT NOT NULL,
			tone TEXT NOT NULL,
			evidence TEXT NOT NULL,
			holder TEXT NOT NULL,
			grp TEXT NOT NULL,
			annotator TEXT NOT NULL,
			source TEXT NOT NULL,
			model TEXT NOT NULL,
			note TEXT NOT NULL,
			supersedes TEXT NOT NULL,
			created BIGINT NOT NULL,
			end_seq BIGINT NOT NULL DEFAULT 0,
			end_state TEXT NOT NULL DEFAULT '',
			end_by TEXT NOT NULL DEFAULT '',
			end_actor TEXT NOT NULL DEFAULT '',
			end_note TEXT NOT NULL DEFAULT '',
			ended BIGINT NOT NULL DEFAULT 0
		)`,
		`CREATE INDEX labels_item ON labels (item)`,
		`CREATE INDEX labels_annotator ON labels (annotator, seq)`,
		`CREATE INDEX labels_grp ON labels (grp, seq)`,
		`CREATE TABLE trainings (
			number BIGINT PRIMARY KEY,
			id TEXT NOT NULL UNIQUE,
			request_id TEXT UNIQUE,
			state TEXT NOT NULL,
			model TEXT NOT NULL,
			body TEXT NOT NULL,
			cancel INTEGER NOT NULL DEFAULT 0,
			generation BIGINT NOT NULL DEFAULT 0,
			revision BIGINT NOT NULL
		)`,
		`CREATE INDEX trainings_model ON trainings (model)`,
		`CREATE INDEX trainings_state ON trainings (state)`,
		`CREATE TABLE promotions (
			seq BIGINT PRIMARY KEY,
			model TEXT NOT NULL,
			previous TEXT NOT NULL,
			actor TEXT NOT NULL,
			reason TEXT NOT NULL,
			training TEXT NOT NULL,
			at BIGINT NOT NULL
		)`,
		`CREATE TABLE leases (
			name TEXT PRIMARY KEY,
			holder TEXT NOT NULL,
			generation BIGINT NOT NULL,
			expires BIGINT NOT NULL
		)`,
	},
}

// migrate brings the schema up to date. Several processes may do so at once;
// a database of a later version is refused, untouched.
func (d *database) migrate(ctx context.Context) error {
	return d.tx(ctx, func(tx *sql.Tx) error {
		if d.lock != "" {
			if _, err := tx.ExecContext(ctx, d.lock); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)`); err != nil {
			return err
		}
		var version int
		if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM schema_version`).Scan(&version); err != nil {
			return err
		}
		if version > len(migrations) {
			return fmt.Errorf("the schema has version %d and this program knows %d: it was written by a later one", version, len(migrations))
		}
		for i := version; i < len(migrations); i++ {
			for _, statement := range migrations[i] {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return fmt.Errorf("migration %d: %w", i+1, err)
				}
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO schema_version (version) VALUES ($1)`, i+1); err != nil {
				return err
			}
		}
		return nil
	})
}
