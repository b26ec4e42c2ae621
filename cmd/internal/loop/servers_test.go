package loop_test

import (
	"testing"
	"time"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/store/storetest"
)

// Two servers share a PostgreSQL and a directory of models: labels come from
// both, one trains, and both answer with the promoted model.
func TestTwoServers(t *testing.T) {
	at := storetest.Postgres(t)
	models := t.TempDir()
	var servers [2]*daemon
	for i := range servers {
		servers[i] = startDaemon(t, "--database", at.Database, "--models", models, "--data-dir", t.TempDir())
	}
	ctx := deadline(t, 90*time.Second)
	for i := range 48 {
		resp, err := parleyv1.NewLabelServiceClient(servers[i%2].conn).CreateLabels(ctx, &parleyv1.CreateLabelsRequest{Labels: []*parleyv1.Label{correction(i)}})
		if err != nil || resp.GetItems()[0].GetError() != nil {
			t.Fatalf("label %d: %v, %v", i, resp, err)
		}
	}
	margin := 0.5
	started, err := parleyv1.NewTrainingServiceClient(servers[0].conn).StartTraining(ctx, &parleyv1.StartTrainingRequest{
		Settings: &parleyv1.TrainingSettings{GateMargin: &margin, Promote: true}, Actor: "desk",
	})
	if err != nil {
		t.Fatal(err)
	}
	// The other server follows it.
	watch, err := parleyv1.NewTrainingServiceClient(servers[1].conn).WatchTraining(ctx, &parleyv1.WatchTrainingRequest{Id: started.GetTraining().GetId()})
	if err != nil {
		t.Fatal(err)
	}
	var last *parleyv1.Training
	for {
		resp, err := watch.Recv()
		if err != nil {
			break
		}
		last = resp.GetTraining()
	}
	if last.GetState() != parleyv1.TrainingState_TRAINING_STATE_PROMOTED && last.GetState() != parleyv1.TrainingState_TRAINING_STATE_CANDIDATE {
		t.Fatalf("the training ended as %v: %s\n%s", last.GetState(), last.GetError(), servers[0].log)
	}
	if n := last.GetLabels() + last.GetHeldOut(); n != 48 {
		t.Errorf("it read %d labels, want those of both servers, 48", n)
	}
	for i, s := range servers {
		answered := ""
		for ctx.Err() == nil && answered != last.GetModel() {
			got, err := parleyv1.NewClassifierServiceClient(s.conn).Classify(ctx, &parleyv1.ClassifyRequest{
				Document: &parleyv1.Document{Source: &parleyv1.Document_Content{Content: "The envoy praised Assad."}},
			})
			if err != nil {
				t.Fatal(err)
			}
			answered = got.GetResult().GetModel()
			time.Sleep(50 * time.Millisecond)
		}
		if answered != last.GetModel() {
			t.Errorf("server %d answers with %s, want %s", i, answered, last.GetModel())
		}
	}
}
