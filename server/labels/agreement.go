package labels

import (
	"context"
	"slices"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/store"
)

// Judgement is a label that an annotator gave an item, by their numbers.
type Judgement struct {
	Item, Annotator int32
	Label           int8
}

// AgreementInput is what there is to know of one task.
type AgreementInput struct {
	Task model.Task
	// Annotators are the names, in their order; Items is how many there are.
	Annotators []string
	Items      int
	// Judgements hold at most one label of an annotator for an item, in the
	// order of the items.
	Judgements []Judgement
	// Model holds the model's label for every item; nil if none was asked.
	Model     []int8
	ModelName string
	// Resamples is how many bootstrap samples are drawn, by Seed.
	Resamples int
	Seed      uint64
}

// Agreement computes the figures of one task.
type Agreement func(ctx context.Context, in AgreementInput) (*parleyv1.TaskAgreement, error)

const (
	maxResamples     = 10000
	defaultResamples = 1000
	// maxAgreementLabels bounds the memory of one call.
	maxAgreementLabels = 2_000_000
	// readPage is how many labels are read from the store at a time.
	readPage = 2000
)

// ComputeAgreement implements LabelService.
func (s *Service) ComputeAgreement(ctx context.Context, req *parleyv1.ComputeAgreementRequest) (*parleyv1.ComputeAgreementResponse, error) {
	if s.opt.Agreement == nil {
		return nil, server.Errorf(server.MethodUnimplemented, "this server does not compute agreement")
	}
	resamples := int(req.GetResamples())
	switch {
	case resamples == 0:
		resamples = defaultResamples
	case resamples < 0 || resamples > maxResamples:
		return nil, server.FieldErrorf(server.FieldInvalid, "resamples", "%d is not in 0 to %d", resamples, maxResamples)
	}
	f, err := filterOf(req.GetFilter())
	if err != nil {
		return nil, err
	}
	if err := s.pin(ctx, &f); err != nil {
		return nil, err
	}
	var m server.Model
	if req.GetModel() != "" {
		if m, err = s.opt.Models.Resolve(req.GetModel()); err != nil {
			return nil, err
		}
	}
	r := ratings{model: m, items: map[string]int32{}, annotators: map[string]int32{}, latest: map[[2]int32]int32{}}
	if err := s.each(ctx, f, r.add); err != nil {
		return nil, err
	}
	resp := &parleyv1.ComputeAgreementResponse{Labels: int32(r.labels), AsOf: f.AsOf}
	for t := range model.Task(model.NumTasks) {
		in := r.input(t)
		in.Resamples, in.Seed = resamples, req.GetSeed()
		figures, err := s.opt.Agreement(ctx, in)
		if err != nil {
			return nil, err
		}
		resp.Tasks = append(resp.Tasks, figures)
	}
	return resp, nil
}

// each calls f with every label that the filter means, a page at a time.
func (s *Service) each(ctx context.Context, filter store.Filter, f func(*store.Label) error) error {
	for after := int64(0); ; {
		page, err := s.opt.Store.ListLabels(ctx, filter, after, readPage)
		if err != nil {
			return s.storeError(ctx, err)
		}
		for i := range page {
			if err := f(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < readPage {
			return nil
		}
		after = page[len(page)-1].Sequence
	}
}

// ratings collects labels as numbers; texts are not kept.
type ratings struct {
	model      server.Model
	labels     int
	items      map[string]int32
	annotators map[string]int32
	rows       []rating
	// latest finds the row of an item and an annotator.
	latest    map[[2]int32]int32
	predicted [][model.NumTasks]int8 // by item
}

type rating struct {
	item, annotator int32
	label           [model.NumTasks]int8
}

func (r *ratings) add(l *store.Label) error {
	if r.labels++; r.labels > maxAgreementLabels {
		return server.FieldErrorf(server.FieldInvalid, "filter", "more than %d labels; narrow the filter", maxAgreementLabels)
	}
	key := store.Item(l.Text)
	item, ok := r.items[key]
	if !ok {
		item = int32(len(r.items))
		r.items[key] = item
		if r.model != nil {
			p, err := r.model.Paragraph(l.Text, model.Options{Evidence: model.NoEvidence})
			if err != nil {
				return err
			}
			r.predicted = append(r.predicted, [model.NumTasks]int8{int8(p.Stance.Label), int8(p.Tone.Label)})
		}
	}
	annotator, ok := r.annotators[l.Annotator]
	if !ok {
		annotator = int32(len(r.annotators))
		r.annotators[l.Annotator] = annotator
	}
	row := rating{item, annotator, [model.NumTasks]int8{int8(numberOf(model.Stance, l.Stance)), int8(numberOf(model.Tone, l.Tone))}}
	k := [2]int32{item, annotator}
	if at, ok := r.latest[k]; ok {
		r.rows[at] = row
		return nil
	}
	r.latest[k] = int32(len(r.rows))
	r.rows = append(r.rows, row)
	return nil
}

func (r *ratings) input(t model.Task) AgreementInput {
	in := AgreementInput{Task: t, Items: len(r.items)}
	names := make([]string, 0, len(r.annotators))
	for name := range r.annotators {
		names = append(names, name)
	}
	slices.Sort(names)
	rank := make([]int32, len(names))
	for i, name := range names {
		rank[r.annotators[name]] = int32(i)
	}
	in.Annotators = names
	for _, row := range r.rows {
		in.Judgements = append(in.Judgements, Judgement{row.item, rank[row.annotator], row.label[t]})
	}
	slices.SortFunc(in.Judgements, func(a, b Judgement) int {
		if a.Item != b.Item {
			return int(a.Item - b.Item)
		}
		return int(a.Annotator - b.Annotator)
	})
	if r.model != nil {
		in.ModelName = r.model.ID()
		for _, p := range r.predicted {
			in.Model = append(in.Model, p[t])
		}
	}
	return in
}
