package server

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/registry"
)

// FromRegistry offers the models of a registry.
func FromRegistry(r *registry.Registry) Models { return registryModels{r} }

type registryModels struct{ r *registry.Registry }

func (m registryModels) Resolve(name string) (Model, error) {
	got, err := m.r.Resolve(name)
	if err != nil {
		return nil, modelError(err)
	}
	return got, nil
}

// modelError turns an error of a registry into what the caller sees. Errors of
// the store stay inside.
func modelError(err error) error {
	for _, m := range []struct {
		is     error
		reason Reason
	}{
		{registry.ErrNotFound, ModelNotFound}, {registry.ErrNotServable, ModelNotServable}, {registry.ErrConflict, AliasChanged},
		{registry.ErrNoHistory, NothingToRollBack}, {registry.ErrInvalid, FieldInvalid},
	} {
		if errors.Is(err, m.is) {
			return Errorf(m.reason, "%s", err)
		}
	}
	if errors.Is(err, registry.ErrStore) {
		return Errorf(StoreUnavailable, "the model store cannot be read or written; the models in use keep serving")
	}
	return err
}

// modelService answers ModelService.
type modelService struct {
	parleyv1.UnimplementedModelServiceServer
	r *registry.Registry
}

// NewModelService returns a ModelService over a registry.
func NewModelService(r *registry.Registry) parleyv1.ModelServiceServer { return &modelService{r: r} }

// GetModel describes one model.
func (s *modelService) GetModel(_ context.Context, req *parleyv1.GetModelRequest) (*parleyv1.GetModelResponse, error) {
	id := req.GetModel()
	aliases := s.r.Aliases()
	if id == "" {
		id = registry.Default
	}
	if a, ok := aliases.Aliases[id]; ok {
		id = a.Model
	}
	for _, e := range s.r.Entries() {
		if e.ID == id {
			return &parleyv1.GetModelResponse{Model: toModel(&e)}, nil
		}
	}
	_, err := s.r.Resolve(req.GetModel())
	if err == nil {
		err = registry.ErrNotFound
	}
	e := toError(modelError(err))
	return nil, &Error{Reason: e.Reason, Message: e.Message, Field: "model"}
}

// ListModels describes all models.
func (s *modelService) ListModels(context.Context, *parleyv1.ListModelsRequest) (*parleyv1.ListModelsResponse, error) {
	aliases := s.r.Aliases()
	out := &parleyv1.ListModelsResponse{Generation: aliases.Generation}
	for _, e := range s.r.Entries() {
		out.Models = append(out.Models, toModel(&e))
	}
	for _, name := range slices.Sorted(maps.Keys(aliases.Aliases)) {
		out.Aliases = append(out.Aliases, toAlias(name, aliases.Aliases[name]))
	}
	return out, nil
}

// ActivateModel makes an alias point to another model.
func (s *modelService) ActivateModel(ctx context.Context, req *parleyv1.ActivateModelRequest) (*parleyv1.ActivateModelResponse, error) {
	c := registry.Change{Alias: req.GetAlias(), Generation: registry.AnyGeneration, By: Caller(ctx), Note: req.GetNote()}
	if c.Alias == "" {
		c.Alias = registry.Default
	}
	if len(c.Note) > maxIDBytes {
		return nil, FieldErrorf(FieldInvalid, "note", "note of %d bytes is longer than the limit of %d", len(c.Note), maxIDBytes)
	}
	field := "alias"
	switch t := req.GetTarget().(type) {
	case *parleyv1.ActivateModelRequest_Model:
		if c.Model, field = t.Model, "model"; c.Model == "" {
			return nil, FieldErrorf(FieldInvalid, "model", "a model is required: name@sha256:digest, or an alias")
		}
	case *parleyv1.ActivateModelRequest_Rollback:
		if c.Rollback = t.Rollback; !c.Rollback {
			return nil, FieldErrorf(FieldInvalid, "rollback", "true is the only value accepted")
		}
	default:
		return nil, FieldErrorf(FieldInvalid, "model", "model or rollback is required")
	}
	if req.ExpectedGeneration != nil {
		if c.Generation = *req.ExpectedGeneration; c.Generation < 0 {
			return nil, FieldErrorf(FieldInvalid, "expected_generation", "%d is below 0", c.Generation)
		}
	}
	aliases, err := s.r.Activate(ctx, c)
	if err != nil {
		e := toError(modelError(err))
		out := &Error{Reason: e.Reason, Message: e.Message}
		switch e.Reason {
		case FieldInvalid:
			out.Field = "alias"
		case ModelNotFound, ModelNotServable:
			out.Field = field
		}
		return nil, out
	}
	a := aliases.Aliases[c.Alias]
	out := &parleyv1.ActivateModelResponse{Alias: toAlias(c.Alias, a), Generation: aliases.Generation}
	for _, e := range s.r.Entries() {
		if e.ID == a.Model {
			out.Model = toModel(&e)
		}
	}
	return out, nil
}

func toAlias(name string, a registry.Alias) *parleyv1.ModelAlias {
	return &parleyv1.ModelAlias{
		Name: name, Model: a.Model, Activated: toTimestamp(a.Since), ActivatedBy: a.By, Note: a.Note, History: a.History,
	}
}

func toTimestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func toModel(e *registry.Entry) *parleyv1.Model {
	out := &parleyv1.Model{
		Id: e.ID, Problem: e.Problem, Aliases: e.Aliases, Embedded: e.Embedded, SizeBytes: e.Size,
		Stored: toTimestamp(e.Stored), Target: e.Info.Title,
	}
	switch {
	case e.Problem != "":
		out.State = parleyv1.ModelState_MODEL_STATE_BROKEN
		return out
	case e.Loaded:
		out.State = parleyv1.ModelState_MODEL_STATE_SERVING
	default:
		out.State = parleyv1.ModelState_MODEL_STATE_STORED
	}
	for _, l := range e.Info.Languages {
		switch l {
		case "en":
			out.Languages = append(out.Languages, parleyv1.Language_LANGUAGE_ENGLISH)
		case "ar":
			out.Languages = append(out.Languages, parleyv1.Language_LANGUAGE_ARABIC)
		}
	}
	for t := range model.Task(model.NumTasks) {
		out.Tasks = append(out.Tasks, &parleyv1.TaskDescription{Name: t.String(), Labels: t.Labels()})
	}
	p := &parleyv1.Provenance{
		Trainer: e.Info.Trainer, Seed: e.Info.Seed, CorpusSha256: e.Info.Corpus, Parent: e.Info.Parent, LastLabel: e.Info.Labels,
	}
	for _, name := range slices.Sorted(maps.Keys(e.Info.Rows)) {
		p.Rows = append(p.Rows, &parleyv1.RowCount{Source: name, Rows: int64(e.Info.Rows[name])})
	}
	for _, name := range slices.Sorted(maps.Keys(e.Info.Settings)) {
		p.Settings = append(p.Settings, &parleyv1.Setting{Name: name, Value: e.Info.Settings[name]})
	}
	out.Provenance = p
	for _, name := range slices.Sorted(maps.Keys(e.Info.Metrics)) {
		out.Metrics = append(out.Metrics, &parleyv1.Metric{Name: name, Value: e.Info.Metrics[name]})
	}
	return out
}

// CountModels registers the figures of a registry.
func (s *Server) CountModels(r *registry.Registry) {
	s.metrics.registry.MustRegister(
		gaugeFunc("parley_model_problems", "Objects of the model store that something is wrong with.", func() int { return len(r.Problems()) }),
		gaugeFunc("parley_models_loaded", "Models that requests can name.", func() (n int) {
			for _, e := range r.Entries() {
				if e.Loaded {
					n++
				}
			}
			return n
		}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "parley_model_swaps_total", Help: "How often an alias came to answer with another model."},
			func() float64 { return float64(r.Swaps()) }),
	)
}
