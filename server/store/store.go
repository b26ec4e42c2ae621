// Package store keeps labels, records of trainings, the history of the serving
// model and the lease on training in an SQL database: SQLite in a file of its
// own, or PostgreSQL where several servers share one.
//
// Labels are append-only. Every label, supersession and deletion takes the next
// number of one sequence, in the order of the commits, so that "as of sequence
// N" names the same labels for ever. What a method has returned without error
// is durable. All methods are safe for concurrent use, by several processes
// too.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/parley-nlp/parley/model/text"
)

// The failures that callers tell apart.
var (
	// ErrNotFound means that no record has the id.
	ErrNotFound = errors.New("not found")
	// ErrRequestReused means that the request id stands for other content.
	ErrRequestReused = errors.New("the request id was used with other content")
	// ErrEnded means that the label was superseded or deleted by another.
	ErrEnded = errors.New("the label is no longer active")
	// ErrOtherText means that a label would supersede one of another text.
	ErrOtherText = errors.New("the label to supersede is of another text")
	// ErrLeaseHeld means that somebody else holds the lease.
	ErrLeaseHeld = errors.New("the lease is held")
	// ErrLeaseLost means that the lease ran out and may be another's.
	ErrLeaseLost = errors.New("the lease is lost")
	// ErrChanged means that a record is no longer as the caller read it.
	ErrChanged = errors.New("the record has changed")
)

// State says whether a label still holds.
type State string

// The states.
const (
	Active     State = "active"
	Superseded State = "superseded"
	Deleted    State = "deleted"
)

// Label is one person's judgement of one paragraph.
type Label struct {
	ID        string
	Sequence  int64
	RequestID string
	Text      string
	// Language is "en", "ar" or "other".
	Language string
	// Stance and Tone are label names; empty where the task was not judged.
	Stance, Tone string
	// StanceEvidence and ToneEvidence are byte offsets in Text.
	StanceEvidence, ToneEvidence []text.Span
	Holder, Group, Annotator     string
	Source, Model, Note          string
	Supersedes                   string
	Created                      time.Time
	State                        State
	SupersededBy                 string
	// Ended is when it was superseded or deleted; zero while active.
	Ended time.Time
}

// Item returns the key under which judgements of the same paragraph meet: a
// hash of the text that white space does not change.
func Item(s string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(s), " ")))
	return hex.EncodeToString(sum[:16])
}

// Created is the outcome for one label of CreateLabels.
type Created struct {
	Label Label
	// Existed says that an earlier request stored it.
	Existed bool
	// Err is ErrRequestReused, ErrNotFound, ErrEnded or ErrOtherText; the label
	// was then not stored.
	Err error
}

// Filter says which labels are meant; every field that is set must hold.
type Filter struct {
	// States defaults to Active alone.
	States                        []State
	Annotator, Group, Source      string
	Language, Stance, Tone, Model string
	Contains                      string
	From, Before                  time.Time
	// AsOf is the sequence to look back to; 0 is not accepted by ListLabels.
	AsOf int64
}

// Labels is the part of the store that keeps labels.
type Labels interface {
	// CreateLabels stores labels in one transaction and returns the outcome of
	// each. Every label needs a RequestID. With dryRun nothing is kept.
	CreateLabels(ctx context.Context, labels []Label, dryRun bool) ([]Created, error)
	// ListLabels returns at most limit labels with a sequence above after.
	ListLabels(ctx context.Context, f Filter, after int64, limit int) ([]Label, error)
	// DeleteLabel marks a label as deleted. The same actor may repeat it.
	DeleteLabel(ctx context.Context, id, actor, note string) (Label, error)
	// Labeled returns which of the items carry an active label.
	Labeled(ctx context.Context, items []string) (map[string]bool, error)
	// Sequence returns the sequence of the last change.
	Sequence(ctx context.Context) (int64, error)
}

// Training is the record of a training. Body is the service's own.
type Training struct {
	ID, RequestID string
	// Number orders the records, the latest highest.
	Number int64
	State  string
	Model  string
	Body   []byte
	// Cancel says that somebody asked for it to stop.
	Cancel bool
	// Generation is that of the lease under which it runs; 0 before and after.
	Generation int64
	// Revision changes with every change.
	Revision int64
}

// Promotion is the record of a change of the serving model.
type Promotion struct {
	Sequence                int64
	Model, Previous         string
	Actor, Reason, Training string
	Time                    time.Time
}

// Lease is the right to do something that one process at a time may do.
type Lease struct {
	Name, Holder string
	// Generation rises each time the lease changes hands.
	Generation int64
}

// Trainings is the part of the store that keeps records of trainings.
type Trainings interface {
	// CreateTraining stores a new record, or returns the one of that RequestID.
	CreateTraining(ctx context.Context, t Training) (_ Training, existed bool, _ error)
	// TrainingByRequest reads the record of a request id.
	TrainingByRequest(ctx context.Context, requestID string) (Training, error)
	// GetTraining reads a record.
	GetTraining(ctx context.Context, id string) (Training, error)
	// ListTrainings returns at most limit records numbered below before (0: the
	// latest first), of one model if it is not empty.
	ListTrainings(ctx context.Context, model string, before int64, limit int) ([]Training, error)
	// UpdateTraining writes State, Model, Body and Generation if the record's
	// revision is still that of t; ErrChanged otherwise. It returns the record
	// as it now stands.
	UpdateTraining(ctx context.Context, t Training) (Training, error)
	// CancelTraining sets Cancel. The revision is left as it is.
	CancelTraining(ctx context.Context, id string) (Training, error)
	// Unfinished returns the records in one of the states.
	Unfinished(ctx context.Context, states ...string) ([]Training, error)

	// AcquireLease takes a lease that nobody holds, or whose time has run out.
	AcquireLease(ctx context.Context, name, holder string, ttl time.Duration) (Lease, error)
	// RenewLease prolongs it; ErrLeaseLost if it has changed hands.
	RenewLease(ctx context.Context, l Lease, ttl time.Duration) error
	// ReleaseLease gives it back. A lost lease is left alone.
	ReleaseLease(ctx context.Context, l Lease) error

	// AddPromotion appends to the history of the serving model, unless the last
	// record has the same model already: it is then returned as it is. A zero
	// Time stands for now, and Previous is filled in.
	AddPromotion(ctx context.Context, p Promotion) (Promotion, error)
	// ListPromotions returns at most limit records below before (0: all), the
	// latest first.
	ListPromotions(ctx context.Context, before int64, limit int) ([]Promotion, error)
}

// Store keeps everything.
type Store interface {
	Labels
	Trainings
	Close() error
}
