package retrain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/registry"
	"github.com/parley-nlp/parley/server/store"
)

// Candidate is the alias of the last model that passed the gate.
const Candidate = "candidate"

const (
	readPage = 2000
	// maxLabels bounds the memory of a training.
	maxLabels = 1_000_000
)

// The causes for which a running training is stopped.
var (
	errCancelled = errors.New("cancelled")
	errStopping  = errors.New("the server that ran it was stopped")
)

// run is one training under way.
type run struct {
	s       *Service
	id      string
	lease   store.Lease
	serving *model.Model

	mu      sync.Mutex // guards what follows
	p       *parleyv1.Training
	t       store.Training
	written *parleyv1.Training // the record as it was last stored
}

func newRun(s *Service, p *parleyv1.Training, t store.Training, lease store.Lease, serving *model.Model) *run {
	return &run{s: s, id: t.ID, lease: lease, serving: serving, p: p, t: t, written: proto.CloneOf(p)}
}

// run trains, and records what came of it.
func (s *Service) run(r *run) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	var beat sync.WaitGroup
	done := make(chan struct{})
	beat.Go(func() { r.beat(ctx, cancel, done) })
	err := r.train(ctx)
	close(done)
	beat.Wait()
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
		if s.ctx.Err() != nil {
			err = errStopping
		}
	}
	cancel(nil)
	// What is left to do must be done even if the server is stopping.
	end, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	if err != nil {
		state := parleyv1.TrainingState_TRAINING_STATE_FAILED
		if errors.Is(err, errCancelled) {
			state = parleyv1.TrainingState_TRAINING_STATE_CANCELLED
		}
		s.opt.Log.ErrorContext(end, "training failed", slog.String("training", r.id), slog.String("error", err.Error()))
		r.update(func(p *parleyv1.Training) { p.State, p.Error, p.EndTime = state, err.Error(), timestamppb.Now() })
	}
	if err := r.flush(end); err != nil {
		s.opt.Log.ErrorContext(end, "training record", slog.String("training", r.id), slog.String("error", err.Error()))
	}
	if err := s.opt.Store.ReleaseLease(end, r.lease); err != nil {
		s.opt.Log.WarnContext(end, "training lease", slog.String("error", err.Error()))
	}
}

// beat keeps the lease, stores progress and notices a wish to cancel.
func (r *run) beat(ctx context.Context, cancel context.CancelCauseFunc, done <-chan struct{}) {
	every := min(r.s.opt.LeaseTTL/4, time.Second)
	tick := time.NewTicker(every)
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := r.s.opt.Store.RenewLease(ctx, r.lease, r.s.opt.LeaseTTL)
		switch {
		case err == nil:
			renewed = time.Now()
		case errors.Is(err, store.ErrLeaseLost):
			cancel(fmt.Errorf("another server took over: %w", err))
			return
		case time.Since(renewed) > r.s.opt.LeaseTTL:
			cancel(fmt.Errorf("the store cannot be reached: %w", err))
			return
		}
		if t, err := r.s.opt.Store.GetTraining(ctx, r.id); err == nil && t.Cancel {
			cancel(errCancelled)
			return
		}
		if err := r.flush(ctx); err != nil && ctx.Err() == nil {
			r.s.opt.Log.WarnContext(ctx, "training record", slog.String("error", err.Error()))
		}
	}
}

// update changes the record in memory.
func (r *run) update(f func(*parleyv1.Training)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r.p)
}

// flush stores the record if it has changed.
func (r *run) flush(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if proto.Equal(r.p, r.written) {
		return nil
	}
	next := r.t
	if err := encode(r.p, &next); err != nil {
		return err
	}
	next, err := r.s.opt.Store.UpdateTraining(ctx, next)
	if errors.Is(err, store.ErrChanged) {
		// An update of our own whose call was cut off may have been committed;
		// under another lease somebody else has closed the record.
		now, getErr := r.s.opt.Store.GetTraining(ctx, r.id)
		if getErr != nil || now.Generation != r.lease.Generation || !slices.Contains(unfinished, now.State) {
			return errors.Join(err, getErr)
		}
		again := now
		if err := encode(r.p, &again); err != nil {
			return err
		}
		next, err = r.s.opt.Store.UpdateTraining(ctx, again)
	}
	if err != nil {
		return err
	}
	r.t, r.written = next, proto.CloneOf(r.p)
	return nil
}

// train does the work up to the verdict and what follows from it.
func (r *run) train(ctx context.Context) error {
	s := r.s
	r.update(func(p *parleyv1.Training) {
		p.State, p.Stage = parleyv1.TrainingState_TRAINING_STATE_RUNNING, "read labels"
	})
	if err := r.flush(ctx); err != nil {
		return err
	}
	set := r.p.GetSettings()
	labels, err := s.labels(ctx, set.GetLabelsAsOf())
	if err != nil {
		return err
	}
	job := Job{Settings: set, Labels: labels, LabelsAsOf: set.GetLabelsAsOf(), Serving: r.serving, Progress: func(stage string, done float64) {
		r.update(func(p *parleyv1.Training) { p.Stage, p.Progress = stage, max(p.Progress, min(done, 1)) })
	}}
	if set.GetMode() == parleyv1.TrainingMode_TRAINING_MODE_ADAPT {
		if job.Parent, err = s.root(ctx, r.serving); err != nil {
			return err
		}
		r.update(func(p *parleyv1.Training) { p.Parent = job.Parent.ID() })
	}
	out, err := s.opt.Trainer.Train(ctx, job)
	if err != nil {
		return err
	}
	made, err := model.Load(out.Model)
	if err != nil {
		return fmt.Errorf("the trained model cannot be read back: %w", err)
	}
	out.Gate.Overridden = !out.Gate.GetPassed() && set.GetOverrideGate()
	keep := out.Gate.GetPassed() || out.Gate.GetOverridden()
	r.update(func(p *parleyv1.Training) {
		p.Labels, p.HeldOut, p.LeftOut, p.CorpusHash, p.Gate = int32(out.Used), int32(out.HeldOut), int32(out.LeftOut), out.CorpusHash, out.Gate
		if !keep {
			p.State, p.Stage, p.Progress, p.EndTime = parleyv1.TrainingState_TRAINING_STATE_REFUSED, "done", 1, timestamppb.Now()
			return
		}
		p.Stage, p.Model = "store", made.ID()
	})
	// The record names the model before the model is stored, so that a crash
	// between the two leaves no model without a record.
	if err := r.flush(ctx); err != nil || !keep {
		return err
	}
	if err := s.opt.Store.RenewLease(ctx, r.lease, s.opt.LeaseTTL); err != nil {
		return err
	}
	if err := s.keep(ctx, out.Model, made.ID(), r.p.GetActor(), r.id); err != nil {
		return err
	}
	// Who watches sees the training end once, after its promotion.
	state, problem := parleyv1.TrainingState_TRAINING_STATE_CANDIDATE, ""
	if set.GetPromote() && out.Gate.GetPassed() {
		r.update(func(p *parleyv1.Training) { p.Stage = "promote" })
		if err := r.flush(ctx); err != nil {
			return err
		}
		if _, err := s.promote(ctx, made.ID(), r.p.GetActor(), "promoted automatically: "+out.Gate.GetMessage(), r.serving.ID()); err != nil {
			s.opt.Log.WarnContext(ctx, "promotion", slog.String("model", made.ID()), slog.String("error", err.Error()))
			problem = "stored, but not promoted: " + err.Error()
		} else {
			state = parleyv1.TrainingState_TRAINING_STATE_PROMOTED
		}
	}
	r.update(func(p *parleyv1.Training) {
		p.State, p.Error, p.Stage, p.Progress, p.EndTime = state, problem, "done", 1, timestamppb.Now()
	})
	return nil // who called stores the record, even if the training is cancelled now
}

// keep stores a model under its name and lets the alias candidate name it.
func (s *Service) keep(ctx context.Context, file []byte, id, actor, training string) error {
	if _, err := s.opt.Models.Add(ctx, file); err != nil {
		return fmt.Errorf("store the model: %w", err)
	}
	_, err := s.opt.Models.Activate(ctx, registry.Change{Alias: Candidate, Model: id, Generation: registry.AnyGeneration, By: actor, Note: "training " + training})
	return err
}

// labels reads all active labels as of a sequence.
func (s *Service) labels(ctx context.Context, asOf int64) ([]store.Label, error) {
	var out []store.Label
	for after := int64(0); ; {
		page, err := s.opt.Store.ListLabels(ctx, store.Filter{AsOf: asOf}, after, readPage)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if len(page) < readPage {
			return out, nil
		}
		if len(out) > maxLabels {
			return nil, fmt.Errorf("more than %d labels: %w", maxLabels, ErrCannotTrain)
		}
		after = page[len(page)-1].Sequence
	}
}

// root returns the model that m was adapted from in the first place, so far as
// it is stored.
func (s *Service) root(ctx context.Context, m *model.Model) (*model.Model, error) {
	for range 100 {
		parent := m.Info().Parent
		if parent == "" {
			return m, nil
		}
		next, err := s.opt.Models.Load(ctx, parent)
		if errors.Is(err, registry.ErrStore) {
			return nil, err
		}
		if err != nil {
			return m, nil
		}
		m = next
	}
	return m, nil
}
