package retrain

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/registry"
	"github.com/parley-nlp/parley/server/store"
)

// lookAfter closes the records of trainings whose server died, and records
// changes of the serving model that came about otherwise, until Close.
func (s *Service) lookAfter() {
	tick := time.NewTicker(s.opt.LeaseTTL / 2)
	defer tick.Stop()
	for {
		if s.fresh.Load() {
			// Looking would make the store.
		} else if err := s.lookOnce(s.ctx); err != nil && s.ctx.Err() == nil {
			s.opt.Log.WarnContext(s.ctx, "looking after trainings", slog.String("error", err.Error()))
		}
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Service) lookOnce(ctx context.Context) error {
	if err := s.reconcile(ctx); err != nil {
		return err
	}
	open, err := s.opt.Store.Unfinished(ctx, unfinished...)
	if err != nil || len(open) == 0 {
		return err
	}
	lease, err := s.opt.Store.AcquireLease(ctx, leaseName, s.holder, s.opt.LeaseTTL)
	if errors.Is(err, store.ErrLeaseHeld) {
		return nil // its server lives, or died a moment ago
	}
	if err != nil {
		return err
	}
	return errors.Join(s.recover(ctx, lease), s.opt.Store.ReleaseLease(ctx, lease))
}

// recover closes the records of trainings that ran under an earlier lease. One
// whose model was stored is finished; the others have failed.
func (s *Service) recover(ctx context.Context, lease store.Lease) error {
	open, err := s.opt.Store.Unfinished(ctx, unfinished...)
	if err != nil {
		return err
	}
	for _, t := range open {
		if t.Generation >= lease.Generation {
			continue
		}
		p, err := decode(t)
		if err != nil {
			return err
		}
		p.State, p.Error, p.EndTime = parleyv1.TrainingState_TRAINING_STATE_FAILED, "the server that ran it died", timestamppb.Now()
		if p.GetModel() != "" {
			if _, err := s.opt.Models.Load(ctx, p.GetModel()); err == nil {
				if _, err := s.opt.Models.Activate(ctx, registry.Change{Alias: Candidate, Model: p.GetModel(), Generation: registry.AnyGeneration, By: p.GetActor(), Note: "training " + t.ID}); err != nil {
					return err
				}
				p.State, p.Error, p.Stage, p.Progress = parleyv1.TrainingState_TRAINING_STATE_CANDIDATE, "", "done", 1
				if s.opt.Models.Aliases().Aliases[registry.Default].Model == p.GetModel() {
					p.State = parleyv1.TrainingState_TRAINING_STATE_PROMOTED
				}
			} else {
				p.Model = ""
			}
		}
		if err := encode(p, &t); err != nil {
			return err
		}
		if _, err := s.opt.Store.UpdateTraining(ctx, t); err != nil && !errors.Is(err, store.ErrChanged) {
			return err
		}
		s.opt.Log.WarnContext(ctx, "a training was left behind", slog.String("training", t.ID), slog.String("state", p.GetState().String()))
	}
	return nil
}

// reconcile writes into the history what serves now, if the history does not
// say so yet: after a crash between the two, or a change through ModelService.
func (s *Service) reconcile(ctx context.Context) error {
	now := s.opt.Models.Aliases().Aliases[registry.Default]
	last, err := s.opt.Store.ListPromotions(ctx, 0, 1)
	if err != nil {
		return err
	}
	if now.Model == "" || len(last) > 0 && last[0].Model == now.Model {
		return nil
	}
	if len(last) == 0 && now.Since.IsZero() {
		return nil // nobody has ever changed it
	}
	made, err := s.opt.Store.ListTrainings(ctx, now.Model, 0, 1)
	if err != nil {
		return err
	}
	p := store.Promotion{Model: now.Model, Actor: now.By, Reason: now.Note, Time: now.Since}
	if len(now.History) > 0 {
		p.Previous = now.History[0]
	}
	if len(made) > 0 {
		p.Training = made[0].ID
	}
	if _, err := s.opt.Store.AddPromotion(ctx, p); err != nil {
		return err
	}
	if len(made) == 0 || made[0].State != stateName(parleyv1.TrainingState_TRAINING_STATE_CANDIDATE) {
		return nil
	}
	t := made[0]
	record, err := decode(t)
	if err != nil {
		return err
	}
	record.State = parleyv1.TrainingState_TRAINING_STATE_PROMOTED
	if err := encode(record, &t); err != nil {
		return err
	}
	if _, err := s.opt.Store.UpdateTraining(ctx, t); err != nil && !errors.Is(err, store.ErrChanged) {
		return err
	}
	return nil
}
