package retrain

import (
	"context"
	"errors"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/registry"
	"github.com/parley-nlp/parley/server/store"
)

// PromoteModel implements TrainingService.
func (s *Service) PromoteModel(ctx context.Context, req *parleyv1.PromoteModelRequest) (*parleyv1.PromoteModelResponse, error) {
	if len(req.GetActor()) > maxActor {
		return nil, server.FieldErrorf(server.FieldInvalid, "actor", "%d bytes are more than the limit of %d", len(req.GetActor()), maxActor)
	}
	if len(req.GetReason()) > maxReason {
		return nil, server.FieldErrorf(server.FieldInvalid, "reason", "%d bytes are more than the limit of %d", len(req.GetReason()), maxReason)
	}
	actor := server.Caller(ctx)
	if actor == "" {
		actor = req.GetActor()
	}
	p, err := s.promote(ctx, req.GetModel(), actor, req.GetReason(), req.GetExpected())
	if err != nil {
		return nil, err
	}
	return &parleyv1.PromoteModelResponse{Promotion: toPromotion(p)}, nil
}

// promote changes the alias, which is what counts, and then the history; a crash
// between the two is made good by reconcile. An empty model is a rollback.
func (s *Service) promote(ctx context.Context, name, actor, reason, expected string) (store.Promotion, error) {
	var none store.Promotion
	s.fresh.Store(false)
	if err := s.opt.Models.Refresh(ctx); err != nil {
		return none, server.RegistryError(err)
	}
	// What happened before must stand in the history before this does.
	if err := s.reconcile(ctx); err != nil {
		return none, s.storeError(ctx, err)
	}
	aliases := s.opt.Models.Aliases()
	before := aliases.Aliases[registry.Default].Model
	if expected != "" && expected != before {
		return none, server.FieldErrorf(server.PromotionConflict, "expected", "%s serves, not %s", before, expected)
	}
	if last, err := s.opt.Store.ListPromotions(ctx, 0, 1); err != nil {
		return none, s.storeError(ctx, err)
	} else if len(last) == 0 {
		// The history begins with the model that served before the first change.
		if _, err := s.opt.Store.AddPromotion(ctx, store.Promotion{Model: before, Reason: "served before the first change"}); err != nil {
			return none, s.storeError(ctx, err)
		}
	}
	change := registry.Change{Alias: registry.Default, Model: name, Rollback: name == "", Generation: aliases.Generation, By: actor, Note: reason}
	if _, err := s.opt.Models.Activate(ctx, change); err != nil {
		return none, server.RegistryError(err)
	}
	if err := s.reconcile(ctx); err != nil {
		return none, s.storeError(ctx, err)
	}
	last, err := s.opt.Store.ListPromotions(ctx, 0, 1)
	if err != nil || len(last) == 0 {
		return none, s.storeError(ctx, errors.Join(err, errors.New("the history is empty")))
	}
	return last[0], nil
}

func toPromotion(p store.Promotion) *parleyv1.Promotion {
	return &parleyv1.Promotion{
		Sequence: p.Sequence, Model: p.Model, Previous: p.Previous, Actor: p.Actor, Reason: p.Reason, Time: timestamppb.New(p.Time), Training: p.Training,
	}
}

const (
	defaultPage = 50
	maxPage     = 1000
)

// page checks the size and the token of a list, which is a number to go on below.
func page(size int32, token string) (limit int, before int64, err error) {
	limit = int(size)
	switch {
	case limit == 0:
		limit = defaultPage
	case limit < 0 || limit > maxPage:
		return 0, 0, server.FieldErrorf(server.FieldInvalid, "page_size", "%d is not in 1 to %d", limit, maxPage)
	}
	if token != "" {
		if before, err = strconv.ParseInt(token, 10, 64); err != nil || before < 1 {
			return 0, 0, server.FieldErrorf(server.PageTokenInvalid, "page_token", "the page token is not one given here")
		}
	}
	return limit, before, nil
}

// ListPromotions implements TrainingService.
func (s *Service) ListPromotions(ctx context.Context, req *parleyv1.ListPromotionsRequest) (*parleyv1.ListPromotionsResponse, error) {
	limit, before, err := page(req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	if err := s.reconcile(ctx); err != nil {
		return nil, s.storeError(ctx, err)
	}
	found, err := s.opt.Store.ListPromotions(ctx, before, limit+1)
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	resp := &parleyv1.ListPromotionsResponse{}
	if len(found) > limit {
		found = found[:limit]
		resp.NextPageToken = strconv.FormatInt(found[limit-1].Sequence, 10)
	}
	for _, p := range found {
		resp.Promotions = append(resp.Promotions, toPromotion(p))
	}
	return resp, nil
}

// ListTrainings implements TrainingService.
func (s *Service) ListTrainings(ctx context.Context, req *parleyv1.ListTrainingsRequest) (*parleyv1.ListTrainingsResponse, error) {
	limit, before, err := page(req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	if err := s.reconcile(ctx); err != nil {
		return nil, s.storeError(ctx, err)
	}
	found, err := s.opt.Store.ListTrainings(ctx, req.GetModel(), before, limit+1)
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	resp := &parleyv1.ListTrainingsResponse{}
	if len(found) > limit {
		found = found[:limit]
		resp.NextPageToken = strconv.FormatInt(found[limit-1].Number, 10)
	}
	for _, t := range found {
		p, err := decode(t)
		if err != nil {
			return nil, err
		}
		resp.Trainings = append(resp.Trainings, p)
	}
	return resp, nil
}
