package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

const labelColumns = `seq, id, request_id, body, language, stance, tone, evidence, holder, grp, annotator, source, model, note,
	supersedes, created, end_seq, end_state, end_by, ended`

// ListLabels implements Labels.
func (d *database) ListLabels(ctx context.Context, f Filter, after int64, limit int) ([]Label, error) {
	where, args := d.where(f)
	args = append(args, after)
	query := fmt.Sprintf(`SELECT %s FROM labels WHERE %s AND seq > $%d ORDER BY seq LIMIT %d`, labelColumns, where, len(args), limit)
	rows, err := d.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return scanLabels(rows, f.AsOf)
}

// where returns the condition of a filter with its parameters from $1.
func (d *database) where(f Filter) (string, []any) {
	args := []any{f.AsOf}
	and := []string{"seq <= $1"}
	add := func(format string, v any) {
		args = append(args, v)
		and = append(and, fmt.Sprintf(format, len(args)))
	}
	states := f.States
	if len(states) == 0 {
		states = []State{Active}
	}
	var or []string
	for _, s := range states {
		if s == Active {
			or = append(or, "end_seq = 0 OR end_seq > $1")
			continue
		}
		args = append(args, string(s))
		or = append(or, fmt.Sprintf("(end_seq BETWEEN 1 AND $1 AND end_state = $%d)", len(args)))
	}
	and = append(and, "("+strings.Join(or, " OR ")+")")
	for _, c := range []struct{ column, value string }{
		{"annotator", f.Annotator}, {"grp", f.Group}, {"source", f.Source},
		{"language", f.Language}, {"stance", f.Stance}, {"tone", f.Tone}, {"model", f.Model},
	} {
		if c.value != "" {
			add(c.column+" = $%d", c.value)
		}
	}
	if f.Contains != "" {
		args = append(args, f.Contains)
		and = append(and, fmt.Sprintf(d.contains, "body", len(args)))
	}
	if !f.From.IsZero() {
		add("created >= $%d", micros(f.From))
	}
	if !f.Before.IsZero() {
		add("created < $%d", micros(f.Before))
	}
	return strings.Join(and, " AND "), args
}

// scanLabels reads labelColumns and shows each label as it stood at asOf.
func scanLabels(rows *sql.Rows, asOf int64) (_ []Label, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []Label
	for rows.Next() {
		var l Label
		var spans, state, by string
		var created, endSeq, ended int64
		if err := rows.Scan(&l.Sequence, &l.ID, &l.RequestID, &l.Text, &l.Language, &l.Stance, &l.Tone, &spans, &l.Holder, &l.Group,
			&l.Annotator, &l.Source, &l.Model, &l.Note, &l.Supersedes, &created, &endSeq, &state, &by, &ended); err != nil {
			return nil, err
		}
		var e evidence
		if err := json.Unmarshal([]byte(spans), &e); err != nil {
			return nil, fmt.Errorf("label %s: evidence: %w", l.ID, err)
		}
		l.StanceEvidence, l.ToneEvidence, l.Created, l.State = spansOf(e.Stance), spansOf(e.Tone), fromMicros(created), Active
		if endSeq != 0 && endSeq <= asOf {
			l.State, l.SupersededBy, l.Ended = State(state), by, fromMicros(ended)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// DeleteLabel implements Labels.
func (d *database) DeleteLabel(ctx context.Context, id, actor, note string) (Label, error) {
	var out Label
	err := d.tx(ctx, func(tx *sql.Tx) error {
		seq, err := counter(ctx, tx, "labels")
		if err != nil {
			return err
		}
		var state, by string
		err = tx.QueryRowContext(ctx, `SELECT end_state, end_actor FROM labels WHERE id = $1`, id).Scan(&state, &by)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return err
		case State(state) == Deleted && by == actor: // a repetition
		case state != "":
			return ErrEnded
		default:
			if _, err := tx.ExecContext(ctx, `UPDATE labels SET end_seq = $1, end_state = $2, end_actor = $3, end_note = $4, ended = $5 WHERE id = $6`,
				seq+1, string(Deleted), actor, note, micros(time.Now()), id); err != nil {
				return err
			}
			if err := setCounter(ctx, tx, "labels", seq+1); err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(ctx, `SELECT `+labelColumns+` FROM labels WHERE id = $1`, id)
		if err != nil {
			return err
		}
		found, err := scanLabels(rows, seq+1)
		if err == nil {
			out = found[0]
		}
		return err
	})
	return out, err
}

// Labeled implements Labels.
func (d *database) Labeled(ctx context.Context, items []string) (map[string]bool, error) {
	out := make(map[string]bool)
	for len(items) > 0 {
		n := min(len(items), lookupRows)
		args := make([]any, n)
		for i := range n {
			args[i] = items[i]
		}
		items = items[n:]
		rows, err := d.read.QueryContext(ctx, `SELECT DISTINCT item FROM labels WHERE end_seq = 0 AND item IN (`+params(1, n)+`)`, args...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var item string
			if err := rows.Scan(&item); err != nil {
				return nil, errors.Join(err, rows.Close())
			}
			out[item] = true
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Sequence implements Labels.
func (d *database) Sequence(ctx context.Context) (n int64, err error) {
	err = d.read.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = 'labels'`).Scan(&n)
	return n, err
}
