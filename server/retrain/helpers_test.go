package retrain_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/registry"
	"github.com/parley-nlp/parley/server/retrain"
	"github.com/parley-nlp/parley/server/store"
	"github.com/parley-nlp/parley/server/store/storetest"
)

func deadline(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func embedded(t testing.TB) *model.Model {
	t.Helper()
	m, err := model.Default()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// variants are model files that differ from the shipped one: in their lineage,
// and in that they call nothing favor.
var variants = sync.OnceValues(func() ([][]byte, error) {
	m, err := model.Default()
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for i := range 3 {
		p := m.Params()
		p.Info.Parent, p.Info.Seed = m.ID(), uint64(100+i)
		p.Words, p.Sparse = p.Words[:len(p.Words)/50], nil // small, to be quick
		for l := range p.Languages {
			p.Languages[l].Offset[model.Favor] -= 100
		}
		file, err := p.Encode()
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	return out, nil
})

func variant(t testing.TB, i int) (file []byte, id string) {
	t.Helper()
	files, err := variants()
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Load(files[i])
	if err != nil {
		t.Fatal(err)
	}
	return files[i], m.ID()
}

// fakeTrainer hands out a variant. wait, if set, is closed to let it end.
type fakeTrainer struct {
	file   []byte
	fail   error
	refuse bool
	wait   chan struct{}
	began  chan struct{} // closed when it has begun, if set

	mu   sync.Mutex
	jobs []retrain.Job
}

func (f *fakeTrainer) Check(set *parleyv1.TrainingSettings) error {
	if set.GetMode() == parleyv1.TrainingMode_TRAINING_MODE_SCRATCH {
		return fmt.Errorf("%w: no corpus", retrain.ErrCannotTrain)
	}
	return nil
}

func (f *fakeTrainer) Train(ctx context.Context, job retrain.Job) (*retrain.Outcome, error) {
	f.mu.Lock()
	f.jobs = append(f.jobs, job)
	f.mu.Unlock()
	job.Progress("fit", 0.5)
	if f.began != nil {
		close(f.began)
	}
	if f.wait != nil {
		select {
		case <-f.wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if f.fail != nil {
		return nil, f.fail
	}
	return &retrain.Outcome{
		Model: f.file, Used: len(job.Labels), CorpusHash: "c0ffee",
		Gate: &parleyv1.GateVerdict{Passed: !f.refuse, Message: "said the gate"},
	}, nil
}

func (f *fakeTrainer) lastJob() retrain.Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.jobs[len(f.jobs)-1]
}

// instance is a server over a store and a directory of models.
type instance struct {
	parleyv1.TrainingServiceClient
	service  *retrain.Service
	registry *registry.Registry
	store    store.Store
}

func serve(t testing.TB, at storetest.Location, trainer retrain.Trainer) *instance {
	t.Helper()
	in := &instance{store: at.Open(t)}
	var err error
	if in.registry, err = registry.Open(deadline(t), registry.Options{Embedded: embedded(t), Where: at.Dir + "/models"}); err != nil {
		t.Fatal(err)
	}
	in.service = retrain.New(retrain.Options{Store: in.store, Models: in.registry, Trainer: trainer, CodeVersion: "v-test", LeaseTTL: 2 * time.Second})
	srv, err := server.New(server.Options{Models: server.FromRegistry(in.registry)})
	if err != nil {
		t.Fatal(err)
	}
	parleyv1.RegisterTrainingServiceServer(srv, in.service)
	lis := bufconn.Listen(1 << 20)
	go func() { _ = srv.Serve(lis) }()
	conn, err := grpc.NewClient("passthrough:///test", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	in.TrainingServiceClient = parleyv1.NewTrainingServiceClient(conn)
	t.Cleanup(func() {
		_ = conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
		_ = in.service.Close()
		_ = in.registry.Close()
	})
	return in
}

// start starts a training and returns its id.
func (in *instance) start(t testing.TB, set *parleyv1.TrainingSettings) string {
	t.Helper()
	resp, err := in.StartTraining(deadline(t), &parleyv1.StartTrainingRequest{Settings: set, Actor: "nadia"})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetTraining().GetId()
}

// end waits for the end of a training.
func (in *instance) end(t testing.TB, id string) *parleyv1.Training {
	t.Helper()
	watch, err := in.WatchTraining(deadline(t), &parleyv1.WatchTrainingRequest{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	var last *parleyv1.Training
	for {
		resp, err := watch.Recv()
		if err != nil {
			if last == nil {
				t.Fatal(err)
			}
			return last
		}
		last = resp.GetTraining()
	}
}

func reasonOf(err error) server.Reason {
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return server.Reason(info.Reason)
		}
	}
	return ""
}

// eventually waits for something that another goroutine does.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for range 600 {
		if f() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}
