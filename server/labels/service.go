// Package labels answers LabelService: it checks labels, keeps them in a store,
// chooses what to label next and hands labels to the statistics of agreement.
package labels

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/store"
)

// The limits of a request.
const (
	MaxBatch      = 1000
	MaxTextBytes  = 64 << 10
	MaxEvidence   = 32
	maxNameBytes  = 256
	maxActorBytes = 128
	maxNoteBytes  = 4 << 10
	maxPage       = 1000
	defaultPage   = 100
)

// Options configure a Service. Store and Models are required.
type Options struct {
	Store store.Labels
	// Models finds the models that suggestions and agreement ask.
	Models server.Models
	// Agreement computes the figures. Default: ComputeAgreement is not offered.
	Agreement Agreement
	// Log gets what goes wrong with the store. Default: nothing is logged.
	Log *slog.Logger
}

// Service answers LabelService. It is safe for concurrent use.
type Service struct {
	parleyv1.UnimplementedLabelServiceServer
	opt Options
}

// New returns a service over a store.
func New(opt Options) *Service {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{opt: opt}
}

// CreateLabels implements LabelService.
func (s *Service) CreateLabels(ctx context.Context, req *parleyv1.CreateLabelsRequest) (*parleyv1.CreateLabelsResponse, error) {
	enc, err := encodingOf(req.GetEncoding())
	if err != nil {
		return nil, err
	}
	switch n := len(req.GetLabels()); {
	case n == 0:
		return nil, server.FieldErrorf(server.BatchEmpty, "labels", "there is no label; at least 1 is required")
	case n > MaxBatch:
		return nil, server.FieldErrorf(server.BatchTooLarge, "labels", "%d labels are more than the limit of %d", n, MaxBatch)
	}
	resp := &parleyv1.CreateLabelsResponse{}
	var good []store.Label
	var index []int
	for i, p := range req.GetLabels() {
		resp.Items = append(resp.Items, &parleyv1.CreateLabelsItem{Index: int32(i)})
		l, err := fromProto(p, enc)
		if err != nil {
			resp.Items[i].Outcome = failure(err, i)
			continue
		}
		good, index = append(good, l), append(index, i)
	}
	if len(good) == 0 {
		return resp, nil
	}
	created, err := s.opt.Store.CreateLabels(ctx, good, req.GetValidateOnly())
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	for k, c := range created {
		item := resp.Items[index[k]]
		if c.Err != nil {
			item.Outcome = failure(creationError(c.Err, &good[k]), index[k])
			continue
		}
		item.Existed = c.Existed
		item.Outcome = &parleyv1.CreateLabelsItem_Label{Label: toProto(&c.Label, enc)}
	}
	return resp, nil
}

// failure is an error as that of the label at index i.
func failure(err error, i int) *parleyv1.CreateLabelsItem_Error {
	var e *server.Error
	if !errors.As(err, &e) {
		e = server.Errorf(server.InternalError, "internal error")
	}
	item := e.Item()
	if item.Field != "" {
		item.Field = "." + item.Field
	}
	item.Field = fmt.Sprintf("labels[%d]%s", i, item.Field)
	return &parleyv1.CreateLabelsItem_Error{Error: item}
}

func creationError(err error, l *store.Label) error {
	switch {
	case errors.Is(err, store.ErrRequestReused):
		return server.FieldErrorf(server.RequestIDReused, "request_id", "request id %q was used before with other content", l.RequestID)
	case errors.Is(err, store.ErrNotFound):
		return server.FieldErrorf(server.LabelNotFound, "supersedes", "no label has the id %q", l.Supersedes)
	case errors.Is(err, store.ErrEnded):
		return server.FieldErrorf(server.LabelEnded, "supersedes", "label %q was superseded or deleted in the meantime", l.Supersedes)
	case errors.Is(err, store.ErrOtherText):
		return server.FieldErrorf(server.LabelInvalid, "supersedes", "label %q is of another text", l.Supersedes)
	}
	return err
}

// storeError turns an error of the store into what the caller may see of it.
func (s *Service) storeError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.opt.Log.ErrorContext(ctx, "label store", slog.String("error", err.Error()))
	return server.Errorf(server.LabelStoreUnavailable, "the label store cannot be reached; nothing was stored")
}

// ListLabels implements LabelService.
func (s *Service) ListLabels(ctx context.Context, req *parleyv1.ListLabelsRequest) (*parleyv1.ListLabelsResponse, error) {
	enc, err := encodingOf(req.GetEncoding())
	if err != nil {
		return nil, err
	}
	size := int(req.GetPageSize())
	switch {
	case size == 0:
		size = defaultPage
	case size < 0 || size > maxPage:
		return nil, server.FieldErrorf(server.FieldInvalid, "page_size", "%d is not in 1 to %d", size, maxPage)
	}
	f, err := filterOf(req.GetFilter())
	if err != nil {
		return nil, err
	}
	after, err := s.resume(ctx, req, &f)
	if err != nil {
		return nil, err
	}
	// One more than asked for tells whether there is another page.
	found, err := s.opt.Store.ListLabels(ctx, f, after, size+1)
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	resp := &parleyv1.ListLabelsResponse{AsOf: f.AsOf}
	if len(found) > size {
		found = found[:size]
		resp.NextPageToken = pageToken(req.GetFilter(), f.AsOf, found[size-1].Sequence)
	}
	for i := range found {
		resp.Labels = append(resp.Labels, toProto(&found[i], enc))
	}
	return resp, nil
}

// resume sets the sequence that a list looks back to and returns the sequence
// after which it goes on.
func (s *Service) resume(ctx context.Context, req *parleyv1.ListLabelsRequest, f *store.Filter) (after int64, err error) {
	if req.GetPageToken() != "" {
		f.AsOf, after, err = parsePageToken(req.GetFilter(), req.GetPageToken())
		return after, err
	}
	return 0, s.pin(ctx, f)
}

// pin sets the sequence that a filter looks back to, if it names none.
func (s *Service) pin(ctx context.Context, f *store.Filter) error {
	now, err := s.opt.Store.Sequence(ctx)
	if err != nil {
		return s.storeError(ctx, err)
	}
	if f.AsOf == 0 || f.AsOf > now {
		f.AsOf = now
	}
	return nil
}

// DeleteLabel implements LabelService.
func (s *Service) DeleteLabel(ctx context.Context, req *parleyv1.DeleteLabelRequest) (*parleyv1.DeleteLabelResponse, error) {
	if req.GetId() == "" {
		return nil, server.FieldErrorf(server.FieldInvalid, "id", "an id is required")
	}
	for _, c := range []struct {
		field, value string
		limit        int
	}{{"actor", req.GetActor(), maxActorBytes}, {"note", req.GetNote(), maxNoteBytes}} {
		if len(c.value) > c.limit {
			return nil, server.FieldErrorf(server.FieldInvalid, c.field, "%d bytes are more than the limit of %d", len(c.value), c.limit)
		}
	}
	l, err := s.opt.Store.DeleteLabel(ctx, req.GetId(), req.GetActor(), req.GetNote())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, server.FieldErrorf(server.LabelNotFound, "id", "no label has the id %q", req.GetId())
	case errors.Is(err, store.ErrEnded):
		return nil, server.FieldErrorf(server.LabelEnded, "id", "label %q was superseded or deleted in the meantime", req.GetId())
	case err != nil:
		return nil, s.storeError(ctx, err)
	}
	return &parleyv1.DeleteLabelResponse{Label: toProto(&l, 0)}, nil
}
