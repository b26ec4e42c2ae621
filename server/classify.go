package server

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/fair"
)

// classifier answers ClassifierService.
type classifier struct {
	parleyv1.UnimplementedClassifierServiceServer
	models  Models
	limits  Limits
	gate    *fair.Gate
	metrics *metrics
	drain   *drain
}

// Classify labels one document.
func (c *classifier) Classify(ctx context.Context, req *parleyv1.ClassifyRequest) (*parleyv1.ClassifyResponse, error) {
	set, err := c.settings(req.GetOptions())
	if err != nil {
		return nil, err
	}
	doc, err := c.document(req.GetDocument(), onlyDocument)
	if err != nil {
		return nil, err
	}
	w, err := c.enter(ctx, set)
	if err != nil {
		return nil, err
	}
	defer c.gate.Leave(w.flow)
	s, err := w.open(ctx)
	if err != nil {
		return nil, toError(err)
	}
	defer s.close()
	result, err := w.score(ctx, &s, doc)
	if err != nil {
		e := callError(err)
		if e.Reason == ContentBinary || e.Reason == ParagraphTooLong || e.Reason == ParagraphsTooMany {
			e.Field = "document"
		}
		return nil, e
	}
	return &parleyv1.ClassifyResponse{Result: result}, nil
}

// BatchClassify labels many documents.
func (c *classifier) BatchClassify(ctx context.Context, req *parleyv1.BatchClassifyRequest) (*parleyv1.BatchClassifyResponse, error) {
	set, err := c.settings(req.GetOptions())
	if err != nil {
		return nil, err
	}
	if err := c.checkBatch(req.GetDocuments()); err != nil {
		return nil, err
	}
	w, err := c.enter(ctx, set)
	if err != nil {
		return nil, err
	}
	defer c.gate.Leave(w.flow)
	items, err := c.batch(ctx, w, req.GetDocuments(), c.gate.Slots())
	if err != nil {
		return nil, err
	}
	return &parleyv1.BatchClassifyResponse{Items: items}, nil
}

// enter admits a call or says that the server is overloaded.
func (c *classifier) enter(ctx context.Context, set settings) (*work, error) {
	flow := flowOf(ctx)
	if !c.gate.Enter(flow) {
		c.metrics.refused.Inc()
		e := Errorf(Overloaded, "the server is busy: the queue of %d calls is full, or this connection holds its share of it", c.limits.Queue)
		e.RetryAfter = c.metrics.retryDelay(c.gate.Load())
		return nil, e
	}
	return c.newWork(set, flow), nil
}

func (c *classifier) newWork(set settings, flow *fair.Flow) *work {
	w := &work{settings: set, gate: c.gate, flow: flow, counts: c.metrics.model(set.model.ID()), limit: c.limits.Paragraphs}
	w.left.Store(int64(w.limit))
	return w
}

// batch labels documents with at most parallel goroutines. Items do not depend
// on how many there are.
func (c *classifier) batch(ctx context.Context, w *work, docs []*parleyv1.Document, parallel int) ([]*parleyv1.BatchItem, error) {
	items := make([]*parleyv1.BatchItem, len(docs))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	run := func() {
		s, err := w.open(ctx)
		if err != nil {
			cancel(err)
			return
		}
		defer s.close()
		for {
			i := int(next.Add(1)) - 1
			if i >= len(docs) {
				return
			}
			if items[i], err = c.item(ctx, w, &s, docs, i); err != nil {
				cancel(err)
				return
			}
		}
	}
	var wg sync.WaitGroup
	for range min(parallel, len(docs)/minDocumentsPerWorker) - 1 {
		wg.Go(run)
	}
	run()
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, callError(err)
	}
	return items, nil
}

// minDocumentsPerWorker is how many documents make another goroutine worth its
// while.
const minDocumentsPerWorker = 4

// item labels the document at index i; the error is one that ends the call.
func (c *classifier) item(ctx context.Context, w *work, s *slot, docs []*parleyv1.Document, i int) (*parleyv1.BatchItem, error) {
	path := pathOf(i)
	doc, err := c.document(docs[i], path)
	var result *parleyv1.DocumentResult
	if err == nil {
		result, err = w.score(ctx, s, doc)
	}
	var e *Error
	switch {
	case err == nil:
		return &parleyv1.BatchItem{Index: int32(i), Outcome: &parleyv1.BatchItem_Result{Result: result}}, nil
	case errors.As(err, &e):
		if e.Field == "" && e.Reason != InternalError {
			e.Field = path()
		}
		return &parleyv1.BatchItem{Index: int32(i), Outcome: &parleyv1.BatchItem_Error{Error: e.Item()}}, nil
	}
	return nil, err
}
