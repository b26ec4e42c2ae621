package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const trainingColumns = `number, id, COALESCE(request_id, ''), state, model, body, cancel, generation, revision`

type row interface{ Scan(...any) error }

func scanTraining(r row) (t Training, err error) {
	var cancel int
	var body string
	err = r.Scan(&t.Number, &t.ID, &t.RequestID, &t.State, &t.Model, &body, &cancel, &t.Generation, &t.Revision)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	t.Body, t.Cancel = []byte(body), cancel != 0
	return t, err
}

// CreateTraining implements Trainings.
func (d *database) CreateTraining(ctx context.Context, t Training) (_ Training, existed bool, _ error) {
	var out Training
	err := d.tx(ctx, func(tx *sql.Tx) error {
		n, err := counter(ctx, tx, "trainings")
		if err != nil {
			return err
		}
		if t.RequestID != "" {
			out, err = scanTraining(tx.QueryRowContext(ctx, `SELECT `+trainingColumns+` FROM trainings WHERE request_id = $1`, t.RequestID))
			if existed = err == nil; existed || !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		if t.ID == "" {
			t.ID = newID()
		}
		t.Number, t.Revision = n+1, 1
		out = t
		if _, err := tx.ExecContext(ctx, `INSERT INTO trainings (number, id, request_id, state, model, body, generation, revision)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			t.Number, t.ID, sql.NullString{String: t.RequestID, Valid: t.RequestID != ""}, t.State, t.Model, string(t.Body), t.Generation, t.Revision); err != nil {
			return err
		}
		return setCounter(ctx, tx, "trainings", t.Number)
	})
	return out, existed, err
}

// GetTraining implements Trainings.
func (d *database) GetTraining(ctx context.Context, id string) (Training, error) {
	return scanTraining(d.read.QueryRowContext(ctx, `SELECT `+trainingColumns+` FROM trainings WHERE id = $1`, id))
}

// TrainingByRequest implements Trainings.
func (d *database) TrainingByRequest(ctx context.Context, requestID string) (Training, error) {
	return scanTraining(d.read.QueryRowContext(ctx, `SELECT `+trainingColumns+` FROM trainings WHERE request_id = $1`, requestID))
}

// ListTrainings implements Trainings.
func (d *database) ListTrainings(ctx context.Context, model string, before int64, limit int) ([]Training, error) {
	return d.trainings(ctx, fmt.Sprintf(`(CAST($1 AS TEXT) = '' OR model = CAST($1 AS TEXT)) AND (CAST($2 AS BIGINT) = 0 OR number < CAST($2 AS BIGINT)) ORDER BY number DESC LIMIT %d`, limit), model, before)
}

// Unfinished implements Trainings.
func (d *database) Unfinished(ctx context.Context, states ...string) ([]Training, error) {
	args := make([]any, len(states))
	for i, s := range states {
		args[i] = s
	}
	return d.trainings(ctx, `state IN (`+params(1, len(states))+`) ORDER BY number`, args...)
}

func (d *database) trainings(ctx context.Context, where string, args ...any) (_ []Training, err error) {
	rows, err := d.read.QueryContext(ctx, `SELECT `+trainingColumns+` FROM trainings WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []Training
	for rows.Next() {
		t, err := scanTraining(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// UpdateTraining implements Trainings.
func (d *database) UpdateTraining(ctx context.Context, t Training) (Training, error) {
	out, err := scanTraining(d.write.QueryRowContext(ctx, `UPDATE trainings SET state = $1, model = $2, body = $3, generation = $4, revision = revision + 1
		WHERE id = $5 AND revision = $6 RETURNING `+trainingColumns, t.State, t.Model, string(t.Body), t.Generation, t.ID, t.Revision))
	if errors.Is(err, ErrNotFound) {
		return out, ErrChanged
	}
	return out, err
}

// CancelTraining implements Trainings.
func (d *database) CancelTraining(ctx context.Context, id string) (Training, error) {
	return scanTraining(d.write.QueryRowContext(ctx, `UPDATE trainings SET cancel = 1 WHERE id = $1 RETURNING `+trainingColumns, id))
}

// AcquireLease implements Trainings.
func (d *database) AcquireLease(ctx context.Context, name, holder string, ttl time.Duration) (Lease, error) {
	l := Lease{Name: name, Holder: holder}
	err := d.write.QueryRowContext(ctx, `INSERT INTO leases (name, holder, generation, expires) VALUES ($1, $2, 1, `+d.now+` + $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, generation = leases.generation + 1, expires = excluded.expires
		WHERE leases.expires <= `+d.now+` RETURNING generation`, name, holder, ttl.Microseconds()).Scan(&l.Generation)
	if errors.Is(err, sql.ErrNoRows) {
		return l, ErrLeaseHeld
	}
	return l, err
}

// RenewLease implements Trainings. A lease that ran out but that nobody has
// taken is renewed.
func (d *database) RenewLease(ctx context.Context, l Lease, ttl time.Duration) error {
	return d.lease(ctx, `UPDATE leases SET expires = `+d.now+` + $4 WHERE name = $1 AND holder = $2 AND generation = $3`,
		l.Name, l.Holder, l.Generation, ttl.Microseconds())
}

// ReleaseLease implements Trainings.
func (d *database) ReleaseLease(ctx context.Context, l Lease) error {
	err := d.lease(ctx, `UPDATE leases SET expires = 0 WHERE name = $1 AND holder = $2 AND generation = $3`, l.Name, l.Holder, l.Generation)
	if errors.Is(err, ErrLeaseLost) {
		return nil
	}
	return err
}

func (d *database) lease(ctx context.Context, query string, args ...any) error {
	res, err := d.write.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return ErrLeaseLost
}

const promotionColumns = `seq, model, previous, actor, reason, training, at`

func scanPromotion(r row) (p Promotion, err error) {
	var at int64
	err = r.Scan(&p.Sequence, &p.Model, &p.Previous, &p.Actor, &p.Reason, &p.Training, &at)
	p.Time = fromMicros(at)
	return p, err
}

// AddPromotion implements Trainings.
func (d *database) AddPromotion(ctx context.Context, p Promotion) (Promotion, error) {
	err := d.tx(ctx, func(tx *sql.Tx) error {
		n, err := counter(ctx, tx, "promotions")
		if err != nil {
			return err
		}
		last, err := scanPromotion(tx.QueryRowContext(ctx, `SELECT `+promotionColumns+` FROM promotions ORDER BY seq DESC LIMIT 1`))
		switch {
		case err == nil && last.Model == p.Model:
			p = last
			return nil
		case err == nil:
			p.Previous = last.Model
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if p.Time.IsZero() {
			p.Time = time.Now()
		}
		p.Sequence, p.Time = n+1, fromMicros(micros(p.Time))
		if _, err := tx.ExecContext(ctx, `INSERT INTO promotions (`+promotionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			p.Sequence, p.Model, p.Previous, p.Actor, p.Reason, p.Training, micros(p.Time)); err != nil {
			return err
		}
		return setCounter(ctx, tx, "promotions", p.Sequence)
	})
	return p, err
}

// ListPromotions implements Trainings.
func (d *database) ListPromotions(ctx context.Context, before int64, limit int) (_ []Promotion, err error) {
	rows, err := d.read.QueryContext(ctx, fmt.Sprintf(`SELECT `+promotionColumns+` FROM promotions
		WHERE CAST($1 AS BIGINT) = 0 OR seq < CAST($1 AS BIGINT) ORDER BY seq DESC LIMIT %d`, limit), before)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []Promotion
	for rows.Next() {
		p, err := scanPromotion(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}
