package retrain

import (
	"context"
	"errors"
	"math"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/registry"
	"github.com/parley-nlp/parley/server/store"
)

const (
	maxActor   = 128
	maxReason  = 4 << 10
	maxSources = 1000
)

// StartTraining implements TrainingService.
func (s *Service) StartTraining(ctx context.Context, req *parleyv1.StartTrainingRequest) (*parleyv1.StartTrainingResponse, error) {
	set, err := settingsOf(req.GetSettings())
	if err != nil {
		return nil, err
	}
	for field, v := range map[string]string{"actor": req.GetActor(), "request_id": req.GetRequestId()} {
		if len(v) > maxActor {
			return nil, server.FieldErrorf(server.FieldInvalid, field, "%d bytes are more than the limit of %d", len(v), maxActor)
		}
	}
	if id := req.GetRequestId(); id != "" {
		t, err := s.opt.Store.TrainingByRequest(ctx, id)
		if err == nil {
			p, err := decode(t)
			return &parleyv1.StartTrainingResponse{Training: p}, err
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, s.storeError(ctx, err)
		}
	}
	if err := s.opt.Trainer.Check(set); err != nil {
		return nil, server.Errorf(server.TrainerUnavailable, "%v", err)
	}
	serving, err := s.opt.Models.Load(ctx, set.GetBase())
	if err != nil {
		return nil, server.RegistryError(err)
	}
	s.fresh.Store(false)
	lease, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	p, t, err := s.create(ctx, req, set, serving, lease)
	if err != nil {
		return nil, errors.Join(err, s.opt.Store.ReleaseLease(context.WithoutCancel(ctx), lease))
	}
	answer := proto.CloneOf(p)
	s.wait.Go(func() { s.run(newRun(s, p, t, lease, serving)) })
	return &parleyv1.StartTrainingResponse{Training: answer}, nil
}

// acquire takes the lease. One whose training has ended is about to be given
// back and is waited for.
func (s *Service) acquire(ctx context.Context) (store.Lease, error) {
	wait, cancel := context.WithTimeout(ctx, s.opt.LeaseTTL)
	defer cancel()
	for {
		lease, err := s.opt.Store.AcquireLease(ctx, leaseName, s.holder, s.opt.LeaseTTL)
		if err == nil {
			return lease, nil
		}
		if !errors.Is(err, store.ErrLeaseHeld) {
			return lease, s.storeError(ctx, err)
		}
		open, err := s.opt.Store.Unfinished(ctx, unfinished...)
		if err != nil {
			return lease, s.storeError(ctx, err)
		}
		if len(open) > 0 || wait.Err() != nil {
			return lease, s.running(open)
		}
		select {
		case <-wait.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// create writes the record of a new training, after those of dead ones were
// closed.
func (s *Service) create(ctx context.Context, req *parleyv1.StartTrainingRequest, set *parleyv1.TrainingSettings, serving *model.Model, lease store.Lease) (*parleyv1.Training, store.Training, error) {
	if err := s.recover(ctx, lease); err != nil {
		return nil, store.Training{}, s.storeError(ctx, err)
	}
	if set.LabelsAsOf == 0 {
		n, err := s.opt.Store.Sequence(ctx)
		if err != nil {
			return nil, store.Training{}, s.storeError(ctx, err)
		}
		set.LabelsAsOf = n
	}
	actor := server.Caller(ctx)
	if actor == "" {
		actor = req.GetActor()
	}
	p := &parleyv1.Training{
		State: parleyv1.TrainingState_TRAINING_STATE_STARTED, Settings: set, Actor: actor, CreateTime: timestamppb.Now(), Stage: "start",
		ComparedWith: serving.ID(), LabelsAsOf: set.LabelsAsOf, CodeVersion: s.opt.CodeVersion,
	}
	t := store.Training{RequestID: req.GetRequestId(), Generation: lease.Generation}
	if err := encode(p, &t); err != nil {
		return nil, t, err
	}
	t, _, err := s.opt.Store.CreateTraining(ctx, t)
	if err != nil {
		return nil, t, s.storeError(ctx, err)
	}
	p.Id, p.Revision = t.ID, t.Revision
	return p, t, nil
}

// running is the error while another training holds the lease.
func (s *Service) running(open []store.Training) error {
	e := server.Errorf(server.TrainingRunning, "another training is running")
	e.RetryAfter = s.opt.LeaseTTL
	if len(open) > 0 {
		id := open[len(open)-1].ID
		e.Message += ": " + id
		e.Metadata = map[string]string{"training": id}
	}
	return e
}

var unfinished = []string{
	stateName(parleyv1.TrainingState_TRAINING_STATE_STARTED), stateName(parleyv1.TrainingState_TRAINING_STATE_RUNNING),
}

// settingsOf checks settings and fills in defaults.
func settingsOf(p *parleyv1.TrainingSettings) (*parleyv1.TrainingSettings, error) {
	set := &parleyv1.TrainingSettings{}
	if p != nil {
		set = proto.CloneOf(p)
	}
	bad := func(field, format string, args ...any) (*parleyv1.TrainingSettings, error) {
		return nil, server.FieldErrorf(server.FieldInvalid, "settings."+field, format, args...)
	}
	switch set.Mode {
	case parleyv1.TrainingMode_TRAINING_MODE_UNSPECIFIED:
		set.Mode = parleyv1.TrainingMode_TRAINING_MODE_ADAPT
	case parleyv1.TrainingMode_TRAINING_MODE_ADAPT, parleyv1.TrainingMode_TRAINING_MODE_SCRATCH:
	default:
		return bad("mode", "mode %d is none of 1 (adapt) and 2 (from scratch)", set.Mode)
	}
	if set.Base == "" {
		set.Base = registry.Default
	}
	if set.LabelsAsOf < 0 {
		return bad("labels_as_of", "%d is negative", set.LabelsAsOf)
	}
	if set.LabelWeight == 0 {
		set.LabelWeight = 1
	}
	if set.CorpusWeight == nil {
		set.CorpusWeight = proto.Float64(0)
		if set.Mode == parleyv1.TrainingMode_TRAINING_MODE_SCRATCH {
			set.CorpusWeight = proto.Float64(1)
		}
	}
	if set.PriorVariance == 0 && set.Mode == parleyv1.TrainingMode_TRAINING_MODE_ADAPT {
		set.PriorVariance = DefaultPriorVariance
	}
	if set.Seed == 0 {
		set.Seed = 1
	}
	if set.GateMargin == nil {
		set.GateMargin = proto.Float64(DefaultMargin)
	}
	for _, c := range []struct {
		field    string
		value    float64
		low, top float64
	}{
		{"label_weight", set.LabelWeight, 1e-6, 100}, {"corpus_weight", *set.CorpusWeight, 0, 100},
		{"prior_variance", set.PriorVariance, 0, 1000}, {"gate_margin", *set.GateMargin, 0, 0.5},
	} {
		if !(c.value >= c.low && c.value <= c.top) || math.IsInf(c.value, 0) {
			return bad(c.field, "%v is not in %v to %v", c.value, c.low, c.top)
		}
	}
	if len(set.SourceWeights) > maxSources {
		return bad("source_weights", "%d sources are more than the limit of %d", len(set.SourceWeights), maxSources)
	}
	for name, w := range set.SourceWeights {
		if !(w >= 0 && w <= 100) {
			return bad("source_weights", "the weight %v of %q is not in 0 to 100", w, name)
		}
	}
	if len(set.OverrideReason) > maxReason || !utf8.ValidString(set.OverrideReason) {
		return bad("override_reason", "more than %d bytes or invalid UTF-8", maxReason)
	}
	if set.OverrideGate && set.OverrideReason == "" {
		return nil, server.FieldErrorf(server.OverrideReasonRequired, "settings.override_reason", "a reason is required to override the gate")
	}
	return set, nil
}

// DefaultPriorVariance holds the base's weights firmly enough that fifty labels
// in one language do not cost the other language its figures.
const DefaultPriorVariance = 0.3

// DefaultMargin is how much worse a figure of a candidate may be.
const DefaultMargin = 0.02
