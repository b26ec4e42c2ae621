// Package retrain answers TrainingService: it runs one training at a time across
// all servers of a store, keeps the record of each, stores the models that the
// gate passes, and lets them serve.
//
// How a model is trained and compared is behind Trainer. A training that is
// killed leaves its record and nothing else: the lease runs out, and the next
// server to look marks the record as failed, or finishes it if the model was
// stored already.
package retrain

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/registry"
	"github.com/parley-nlp/parley/server/store"
)

// Job is what a trainer is asked to do.
type Job struct {
	Settings *parleyv1.TrainingSettings
	// Labels are the active labels as of LabelsAsOf, in the order of their
	// sequence.
	Labels     []store.Label
	LabelsAsOf int64
	// Parent is the model to adapt; nil to train from nothing.
	Parent *model.Model
	// Serving is the model to compare with.
	Serving *model.Model
	// Progress is told of each step and how much of the whole is done, in [0, 1].
	Progress func(stage string, done float64)
}

// Outcome is what a trainer made.
type Outcome struct {
	// Model is the model file.
	Model []byte
	// Used, HeldOut and LeftOut count labels: trained on, kept to measure on,
	// and left out because they are in the frozen set.
	Used, HeldOut, LeftOut int
	CorpusHash             string
	Gate                   *parleyv1.GateVerdict
}

// ErrCannotTrain is wrapped by the errors of a trainer that cannot do what the
// settings ask for; its text is for the caller.
var ErrCannotTrain = errors.New("cannot train")

// Trainer makes and compares models.
type Trainer interface {
	// Check tells early whether the settings can be met.
	Check(*parleyv1.TrainingSettings) error
	Train(ctx context.Context, job Job) (*Outcome, error)
}

// Options configure a Service. Store, Models and Trainer are required.
type Options struct {
	Store   store.Store
	Models  *registry.Registry
	Trainer Trainer
	// CodeVersion names the program in records. Default: empty.
	CodeVersion string
	// LeaseTTL is how long after a crash another training may start. Default 10
	// seconds.
	LeaseTTL time.Duration
	// Fresh says that the store has not been made yet: there is nothing to look
	// after until a training has started here.
	Fresh bool
	// Log gets what goes wrong. Default: nothing is logged.
	Log *slog.Logger
}

// Service answers TrainingService. It is safe for concurrent use.
type Service struct {
	parleyv1.UnimplementedTrainingServiceServer
	opt    Options
	holder string
	ctx    context.Context // ends with Close
	stop   context.CancelFunc
	wait   sync.WaitGroup
	fresh  atomic.Bool // there is nothing to look after
}

// leaseName is the lease that a running training holds.
const leaseName = "training"

// New returns a service and begins to look after trainings whose server died.
func New(opt Options) *Service {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.LeaseTTL <= 0 {
		opt.LeaseTTL = 10 * time.Second
	}
	host, _ := os.Hostname()
	s := &Service{opt: opt, holder: host + "/" + rand.Text()}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.fresh.Store(opt.Fresh)
	s.wait.Go(s.lookAfter)
	return s
}

// Close stops a training that runs here, which is recorded as failed, and waits
// until that is done.
func (s *Service) Close() error {
	s.stop()
	s.wait.Wait()
	return nil
}

// storeError turns an error of the store into what the caller may see of it.
func (s *Service) storeError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, store.ErrNotFound):
		return server.FieldErrorf(server.TrainingNotFound, "id", "no training has that id")
	}
	s.opt.Log.ErrorContext(ctx, "training store", slog.String("error", err.Error()))
	return server.Errorf(server.LabelStoreUnavailable, "the store of labels and trainings cannot be reached")
}

// decode reads the record from that of the store.
func decode(t store.Training) (*parleyv1.Training, error) {
	out := &parleyv1.Training{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(t.Body, out); err != nil {
		return nil, err
	}
	out.Id, out.Revision = t.ID, t.Revision
	return out, nil
}

// encode writes the record into that of the store.
func encode(p *parleyv1.Training, t *store.Training) error {
	body, err := protojson.Marshal(p)
	if err != nil {
		return err
	}
	t.Body, t.State, t.Model = body, stateName(p.GetState()), p.GetModel()
	return nil
}

func stateName(s parleyv1.TrainingState) string { return s.String() }

// finished tells whether a training has ended.
func finished(s parleyv1.TrainingState) bool {
	return s != parleyv1.TrainingState_TRAINING_STATE_STARTED && s != parleyv1.TrainingState_TRAINING_STATE_RUNNING
}

// GetTraining implements TrainingService.
func (s *Service) GetTraining(ctx context.Context, req *parleyv1.GetTrainingRequest) (*parleyv1.GetTrainingResponse, error) {
	p, err := s.get(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	return &parleyv1.GetTrainingResponse{Training: p}, nil
}

func (s *Service) get(ctx context.Context, id string) (*parleyv1.Training, error) {
	if id == "" {
		return nil, server.FieldErrorf(server.FieldInvalid, "id", "an id is required")
	}
	t, err := s.opt.Store.GetTraining(ctx, id)
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	return decode(t)
}

// watchEvery is how often a watched record is looked at.
const watchEvery = 200 * time.Millisecond

// WatchTraining implements TrainingService.
func (s *Service) WatchTraining(req *parleyv1.WatchTrainingRequest, stream parleyv1.TrainingService_WatchTrainingServer) error {
	ctx := stream.Context()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for last := int64(-1); ; {
		p, err := s.get(ctx, req.GetId())
		if err != nil {
			return err
		}
		if p.GetRevision() != last {
			last = p.GetRevision()
			if err := stream.Send(&parleyv1.WatchTrainingResponse{Training: p}); err != nil {
				return err
			}
		}
		if finished(p.GetState()) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// CancelTraining implements TrainingService.
func (s *Service) CancelTraining(ctx context.Context, req *parleyv1.CancelTrainingRequest) (*parleyv1.CancelTrainingResponse, error) {
	if req.GetId() == "" {
		return nil, server.FieldErrorf(server.FieldInvalid, "id", "an id is required")
	}
	t, err := s.opt.Store.CancelTraining(ctx, req.GetId())
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	p, err := decode(t)
	if err != nil {
		return nil, err
	}
	return &parleyv1.CancelTrainingResponse{Training: p}, nil
}
