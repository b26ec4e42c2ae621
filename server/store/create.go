package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/parley-nlp/parley/model/text"
)

// insertRows and lookupRows bound the rows of one statement: the time that the
// SQLite driver takes to bind parameters grows with the square of their number.
const (
	insertRows = 20
	lookupRows = 250
)

// errDryRun rolls back the transaction of a dry run.
var errDryRun = errors.New("dry run")

// evidence is the form in which spans are stored.
type evidence struct {
	Stance [][2]int `json:"stance,omitempty"`
	Tone   [][2]int `json:"tone,omitempty"`
}

func (l *Label) evidence() evidence {
	pairs := func(spans []text.Span) (out [][2]int) {
		for _, s := range spans {
			out = append(out, [2]int{s.Start, s.End})
		}
		return out
	}
	return evidence{pairs(l.StanceEvidence), pairs(l.ToneEvidence)}
}

func spansOf(pairs [][2]int) (out []text.Span) {
	for _, p := range pairs {
		out = append(out, text.Span{Start: p[0], End: p[1]})
	}
	return out
}

// digest returns a hash of what the caller said of a label.
func (l *Label) digest() string {
	said, err := json.Marshal([]any{
		l.Text, l.Language, l.Stance, l.Tone, l.evidence(),
		l.Holder, l.Group, l.Annotator, l.Source, l.Model, l.Note, l.Supersedes,
	})
	if err != nil {
		panic(err) // strings and integers always marshal
	}
	sum := sha256.Sum256(said)
	return hex.EncodeToString(sum[:])
}

// ContentID returns the request id of a label whose caller gave none. It is
// derived from the judgement and who made it, not from note or model, so that a
// label is not stored again because a remark was added.
func (l *Label) ContentID() string {
	said, err := json.Marshal([]any{
		Item(l.Text), l.Stance, l.Tone, l.evidence(),
		l.Holder, l.Group, l.Annotator, l.Source, l.Supersedes,
	})
	if err != nil {
		panic(err) // strings and integers always marshal
	}
	sum := sha256.Sum256(said)
	return ContentPrefix + hex.EncodeToString(sum[:20])
}

// ContentPrefix marks request ids made by ContentID.
const ContentPrefix = "content:"

// CreateLabels implements Labels.
func (d *database) CreateLabels(ctx context.Context, labels []Label, dryRun bool) ([]Created, error) {
	var out []Created
	err := d.tx(ctx, func(tx *sql.Tx) (err error) {
		c := creation{d: d, tx: tx, now: time.Now()}
		if out, err = c.run(ctx, labels); err == nil && dryRun {
			err = errDryRun
		}
		return err
	})
	if errors.Is(err, errDryRun) {
		for i := range out {
			if !out[i].Existed {
				out[i].Label.Sequence, out[i].Label.ID = 0, ""
			}
		}
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// creation is the state of one CreateLabels.
type creation struct {
	d       *database
	tx      *sql.Tx
	now     time.Time
	seq     int64
	pending []*Label // to be inserted, in order
}

func (c *creation) run(ctx context.Context, labels []Label) (_ []Created, err error) {
	if c.seq, err = counter(ctx, c.tx, "labels"); err != nil {
		return nil, err
	}
	first := c.seq
	known, err := c.known(ctx, labels)
	if err != nil {
		return nil, err
	}
	out := make([]Created, len(labels))
	for i := range labels {
		l := labels[i]
		if old, ok := known[l.RequestID]; ok {
			out[i] = Created{Label: *old, Existed: true}
			if !strings.HasPrefix(l.RequestID, ContentPrefix) && old.digest() != l.digest() {
				out[i] = Created{Err: ErrRequestReused}
			}
			continue
		}
		l.ID, l.Sequence, l.State, l.Created = newID(), c.seq+1, Active, fromMicros(micros(c.now))
		if l.Supersedes != "" {
			if err := c.supersede(ctx, &l); err != nil {
				if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrEnded) && !errors.Is(err, ErrOtherText) {
					return nil, err
				}
				out[i] = Created{Err: err}
				continue
			}
		}
		c.seq++
		out[i] = Created{Label: l}
		known[l.RequestID] = &out[i].Label
		c.pending = append(c.pending, &out[i].Label)
	}
	if c.seq == first {
		return out, nil
	}
	if err := c.insertPending(ctx); err != nil {
		return nil, err
	}
	return out, setCounter(ctx, c.tx, "labels", c.seq)
}

func (c *creation) insertPending(ctx context.Context) error {
	for some := range slices.Chunk(c.pending, insertRows) {
		if err := c.insert(ctx, some); err != nil {
			return err
		}
	}
	c.pending = nil
	return nil
}

// known returns the stored labels that bear the request ids, by request id.
func (c *creation) known(ctx context.Context, labels []Label) (map[string]*Label, error) {
	known := make(map[string]*Label)
	for rest := labels; len(rest) > 0; {
		n := min(len(rest), lookupRows)
		args := make([]any, n)
		for i := range n {
			args[i] = rest[i].RequestID
		}
		rest = rest[n:]
		rows, err := c.tx.QueryContext(ctx, `SELECT `+labelColumns+` FROM labels WHERE request_id IN (`+params(1, n)+`)`, args...)
		if err != nil {
			return nil, err
		}
		found, err := scanLabels(rows, 1<<62)
		if err != nil {
			return nil, err
		}
		for i := range found {
			known[found[i].RequestID] = &found[i]
		}
	}
	return known, nil
}

// supersede marks the label that l takes the place of. Naming the exact label
// is what makes concurrent corrections safe: the second finds it ended.
func (c *creation) supersede(ctx context.Context, l *Label) error {
	// The label may be one of this very batch, which is not yet inserted.
	if err := c.insertPending(ctx); err != nil {
		return err
	}
	var item string
	var ended int64
	err := c.tx.QueryRowContext(ctx, `SELECT item, end_seq FROM labels WHERE id = $1`, l.Supersedes).Scan(&item, &ended)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case err != nil:
		return err
	case ended != 0:
		return ErrEnded
	case item != Item(l.Text):
		return ErrOtherText
	}
	_, err = c.tx.ExecContext(ctx, `UPDATE labels SET end_seq = $1, end_state = $2, end_by = $3, end_actor = $4, ended = $5 WHERE id = $6`,
		l.Sequence, string(Superseded), l.ID, l.Annotator, micros(c.now), l.Supersedes)
	return err
}

func (c *creation) insert(ctx context.Context, labels []*Label) error {
	const columns = 17
	var b strings.Builder
	b.WriteString(`INSERT INTO labels (seq, id, request_id, item, body, language, stance, tone, evidence,
		holder, grp, annotator, source, model, note, supersedes, created) VALUES `)
	args := make([]any, 0, columns*len(labels))
	for i, l := range labels {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("(" + params(i*columns+1, columns) + ")")
		spans, err := json.Marshal(l.evidence())
		if err != nil {
			return err
		}
		args = append(args, l.Sequence, l.ID, l.RequestID, Item(l.Text), l.Text, l.Language, l.Stance, l.Tone, string(spans),
			l.Holder, l.Group, l.Annotator, l.Source, l.Model, l.Note, l.Supersedes, micros(l.Created))
	}
	_, err := c.tx.ExecContext(ctx, b.String(), args...)
	return err
}
