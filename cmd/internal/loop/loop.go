// Package loop puts the retraining loop together for the programs: the services
// of package server with the learner, the gate and the statistics of package
// training, which the server knows only by interfaces.
package loop

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/labels"
	"github.com/parley-nlp/parley/server/registry"
	"github.com/parley-nlp/parley/server/retrain"
	"github.com/parley-nlp/parley/server/store"
	"github.com/parley-nlp/parley/training/agreement"
)

// Options say where everything is.
type Options struct {
	// DataDir holds the label store, unless Database names another, and in
	// "corpus" the rows of real text that training from scratch reads beside the
	// written ones.
	DataDir string
	// Database is empty for SQLite in DataDir, or postgres://...
	Database string
	Models   *registry.Registry
	// Version names the program in the records of trainings.
	Version string
	Log     *slog.Logger
}

// Register adds LabelService and TrainingService to a server. The store is made
// when it is first used. What it returns stops the services.
func Register(ctx context.Context, to grpc.ServiceRegistrar, opt Options) (stop func() error, err error) {
	if opt.Database == "" && opt.DataDir == "" {
		return nil, errors.New("labels need a data directory or a database")
	}
	var s store.Store
	fresh := opt.Database == "" && !store.Exists(opt.DataDir)
	if fresh {
		s, err = store.Later(opt.DataDir)
	} else {
		s, err = store.Open(ctx, opt.Database, opt.DataDir)
	}
	if err != nil {
		return nil, err
	}
	trainings := retrain.New(retrain.Options{
		Store: s, Models: opt.Models, Trainer: &Trainer{Corpus: filepath.Join(opt.DataDir, "corpus")},
		CodeVersion: opt.Version, Fresh: fresh, Log: opt.Log,
	})
	parleyv1.RegisterLabelServiceServer(to, labels.New(labels.Options{
		Store: s, Models: server.FromRegistry(opt.Models), Agreement: Agreement, Log: opt.Log,
	}))
	parleyv1.RegisterTrainingServiceServer(to, trainings)
	return func() error { return errors.Join(trainings.Close(), s.Close()) }, nil
}

// Local serves a data directory within this process and returns a connection to
// it, so that commands work on a directory exactly as on a server.
func Local(ctx context.Context, opt Options) (_ *grpc.ClientConn, stop func() error, err error) {
	base, err := model.Default()
	if err != nil {
		return nil, nil, err
	}
	if opt.Models, err = registry.Open(ctx, registry.Options{Embedded: base, Where: filepath.Join(opt.DataDir, "models"), Log: opt.Log}); err != nil {
		return nil, nil, err
	}
	srv, err := server.New(server.Options{Models: server.FromRegistry(opt.Models), Log: opt.Log})
	if err != nil {
		return nil, nil, errors.Join(err, opt.Models.Close())
	}
	stopServices, err := Register(ctx, srv, opt)
	if err != nil {
		return nil, nil, errors.Join(err, opt.Models.Close())
	}
	parleyv1.RegisterModelServiceServer(srv, server.NewModelService(opt.Models))
	lis := bufconn.Listen(1 << 20)
	go func() { _ = srv.Serve(lis) }() // ends with Shutdown
	conn, err := grpc.NewClient("passthrough:///data-dir", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	stop = func() error {
		end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		var closing error
		if conn != nil {
			closing = conn.Close()
		}
		return errors.Join(closing, srv.Shutdown(end), stopServices(), opt.Models.Close())
	}
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return conn, stop, nil
}

// Agreement computes the figures of a task with package agreement.
func Agreement(ctx context.Context, in labels.AgreementInput) (*parleyv1.TaskAgreement, error) {
	names := in.Task.Labels()
	data := agreement.Input{
		Classes: len(names), Annotators: len(in.Annotators), Model: in.Model, Resamples: in.Resamples, Seed: in.Seed,
		Judgements: make([]agreement.Judgement, len(in.Judgements)),
	}
	for i, j := range in.Judgements {
		data.Judgements[i] = agreement.Judgement(j)
	}
	r, err := agreement.Compute(ctx, data)
	if err != nil {
		return nil, err
	}
	out := &parleyv1.TaskAgreement{
		Task: in.Task.String(), Items: int32(r.Items), Annotators: in.Annotators, Alpha: estimate(r.Alpha), Fleiss: estimate(r.Fleiss),
	}
	for c, name := range names {
		out.Classes = append(out.Classes, &parleyv1.ClassAgreement{Label: name, Count: int32(r.Counts[c]), Alpha: estimate(r.Classes[c])})
	}
	for _, p := range r.Pairs {
		out.Pairs = append(out.Pairs, &parleyv1.PairAgreement{
			First: in.Annotators[p.First], Second: in.Annotators[p.Second], Observed: p.Observed, Kappa: estimate(p.Kappa),
		})
	}
	for _, p := range r.WithModel {
		out.WithModel = append(out.WithModel, &parleyv1.PairAgreement{
			First: in.Annotators[p.First], Second: in.ModelName, Observed: p.Observed, Kappa: estimate(p.Kappa),
		})
	}
	return out, nil
}

func estimate(e agreement.Estimate) *parleyv1.Estimate {
	if math.IsNaN(e.Value) {
		return nil
	}
	return &parleyv1.Estimate{Value: e.Value, Low: e.Low, High: e.High, Items: int32(e.Items)}
}
