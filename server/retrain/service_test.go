package retrain_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/store"
	"github.com/parley-nlp/parley/server/store/storetest"
)

const (
	failed    = parleyv1.TrainingState_TRAINING_STATE_FAILED
	refused   = parleyv1.TrainingState_TRAINING_STATE_REFUSED
	candidate = parleyv1.TrainingState_TRAINING_STATE_CANDIDATE
	promoted  = parleyv1.TrainingState_TRAINING_STATE_PROMOTED
	cancelled = parleyv1.TrainingState_TRAINING_STATE_CANCELLED
)

func TestOutcomes(t *testing.T) {
	file, id := variant(t, 0)
	shipped := embedded(t).ID()
	for _, tc := range []struct {
		name    string
		trainer *fakeTrainer
		set     *parleyv1.TrainingSettings
		want    parleyv1.TrainingState
		serves  string
		stored  bool
		errText string
	}{
		{"candidate", &fakeTrainer{file: file}, nil, candidate, shipped, true, ""},
		{"promoted at once", &fakeTrainer{file: file}, &parleyv1.TrainingSettings{Promote: true}, promoted, id, true, ""},
		{"refused", &fakeTrainer{file: file, refuse: true}, &parleyv1.TrainingSettings{Promote: true}, refused, shipped, false, ""},
		{"overridden", &fakeTrainer{file: file, refuse: true}, &parleyv1.TrainingSettings{OverrideGate: true, OverrideReason: "because", Promote: true}, candidate, shipped, true, ""},
		{"failed", &fakeTrainer{fail: errors.New("out of ink")}, nil, failed, shipped, false, "out of ink"},
		{"a broken model", &fakeTrainer{file: file[:len(file)-1]}, nil, failed, shipped, false, "cannot be read back"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, at storetest.Location) {
				in := serve(t, at, tc.trainer)
				got := in.end(t, in.start(t, tc.set))
				if got.GetState() != tc.want || !strings.Contains(got.GetError(), tc.errText) || got.GetEndTime() == nil {
					t.Fatalf("state %v, error %q, want %v, %q", got.GetState(), got.GetError(), tc.want, tc.errText)
				}
				if got.GetActor() != "nadia" || got.GetCodeVersion() != "v-test" || got.GetComparedWith() != shipped || got.GetParent() != shipped {
					t.Errorf("record %v", got)
				}
				if (got.GetModel() == id) != tc.stored {
					t.Errorf("model %q, stored %v", got.GetModel(), tc.stored)
				}
				if _, err := in.registry.Load(deadline(t), id); (err == nil) != tc.stored {
					t.Errorf("the model in the registry: %v, want stored %v", err, tc.stored)
				}
				if m, err := in.registry.Resolve("default"); err != nil || m.ID() != tc.serves {
					t.Errorf("%v serves, %v, want %s", m, err, tc.serves)
				}
				if tc.stored {
					if m, err := in.registry.Resolve("candidate"); err != nil || m.ID() != id {
						t.Errorf("candidate: %v, %v", m, err)
					}
				}
				if tc.want == refused && (got.GetGate() == nil || got.GetGate().GetMessage() != "said the gate") {
					t.Errorf("the verdict is lost: %v", got.GetGate())
				}
				// The lease is free again.
				in.end(t, in.start(t, nil))
			})
		})
	}
}

func TestLabelsAsOf(t *testing.T) {
	file, _ := variant(t, 0)
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		trainer := &fakeTrainer{file: file}
		in := serve(t, at, trainer)
		for _, s := range []string{"one", "two", "three"} {
			l := store.Label{Text: s, Language: "en", Stance: "favor", Tone: "neutral", Annotator: "n", RequestID: s}
			if _, err := in.store.CreateLabels(deadline(t), []store.Label{l}, false); err != nil {
				t.Fatal(err)
			}
		}
		got := in.end(t, in.start(t, nil))
		if got.GetLabels() != 3 || got.GetLabelsAsOf() != 3 {
			t.Errorf("labels %d as of %d, want 3 as of 3", got.GetLabels(), got.GetLabelsAsOf())
		}
		in.end(t, in.start(t, &parleyv1.TrainingSettings{LabelsAsOf: 2}))
		if job := trainer.lastJob(); len(job.Labels) != 2 || job.LabelsAsOf != 2 || job.Parent.ID() != embedded(t).ID() {
			t.Errorf("%d labels as of %d", len(job.Labels), job.LabelsAsOf)
		}
		if set := trainer.lastJob().Settings; set.GetLabelWeight() != 1 || set.GetSeed() != 1 || set.GetGateMargin() != 0.02 || set.GetBase() != "default" || set.GetCorpusWeight() != 0 {
			t.Errorf("defaults %v", set)
		}
	})
}

// A model that was adapted is not adapted again: its base is, to all labels.
func TestAdaptsTheRoot(t *testing.T) {
	file, id := variant(t, 0)
	next, _ := variant(t, 1)
	at := storetest.Location{Dir: t.TempDir()}
	trainer := &fakeTrainer{file: file}
	in := serve(t, at, trainer)
	in.end(t, in.start(t, &parleyv1.TrainingSettings{Promote: true}))
	trainer.file = next
	got := in.end(t, in.start(t, nil))
	if got.GetParent() != embedded(t).ID() || got.GetComparedWith() != id {
		t.Errorf("parent %s, compared with %s; want the shipped model and %s", got.GetParent(), got.GetComparedWith(), id)
	}
}

func TestOneAtATime(t *testing.T) {
	file, _ := variant(t, 0)
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		slow := &fakeTrainer{file: file, wait: make(chan struct{}), began: make(chan struct{})}
		one, two := serve(t, at, slow), serve(t, at, &fakeTrainer{file: file})
		id := one.start(t, nil)
		<-slow.began
		for name, in := range map[string]*instance{"the same server": one, "another server": two} {
			_, err := in.StartTraining(deadline(t), &parleyv1.StartTrainingRequest{})
			if status.Code(err) != codes.FailedPrecondition || reasonOf(err) != server.TrainingRunning || !strings.Contains(err.Error(), id) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// The lease outlives its first term while the training runs, and its
		// progress is seen from the other server.
		time.Sleep(2500 * time.Millisecond)
		if _, err := two.StartTraining(deadline(t), &parleyv1.StartTrainingRequest{}); reasonOf(err) != server.TrainingRunning {
			t.Errorf("after the first term: %v", err)
		}
		eventually(t, "progress of another server", func() bool {
			got, err := two.GetTraining(deadline(t), &parleyv1.GetTrainingRequest{Id: id})
			return err == nil && got.GetTraining().GetStage() == "fit" && got.GetTraining().GetProgress() == 0.5
		})
		close(slow.wait)
		if got := two.end(t, id); got.GetState() != candidate {
			t.Errorf("state %v: %s", got.GetState(), got.GetError())
		}
		two.end(t, two.start(t, nil))
	})
}

func TestRequestID(t *testing.T) {
	file, _ := variant(t, 0)
	in := serve(t, storetest.Location{Dir: t.TempDir()}, &fakeTrainer{file: file})
	req := &parleyv1.StartTrainingRequest{RequestId: "mine"}
	a, err := in.StartTraining(deadline(t), req)
	if err != nil {
		t.Fatal(err)
	}
	in.end(t, a.GetTraining().GetId())
	b, err := in.StartTraining(deadline(t), req)
	if err != nil || b.GetTraining().GetId() != a.GetTraining().GetId() {
		t.Errorf("%v, %v", b, err)
	}
}

func TestCancel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		slow := &fakeTrainer{wait: make(chan struct{}), began: make(chan struct{})}
		one, two := serve(t, at, slow), serve(t, at, &fakeTrainer{})
		id := one.start(t, nil)
		<-slow.began
		if _, err := two.CancelTraining(deadline(t), &parleyv1.CancelTrainingRequest{Id: id}); err != nil {
			t.Fatal(err)
		}
		if got := one.end(t, id); got.GetState() != cancelled {
			t.Errorf("state %v: %s", got.GetState(), got.GetError())
		}
		if _, err := one.CancelTraining(deadline(t), &parleyv1.CancelTrainingRequest{Id: "nobody"}); reasonOf(err) != server.TrainingNotFound {
			t.Errorf("an unknown id: %v", err)
		}
	})
}

func TestStoppingServerRecordsIt(t *testing.T) {
	at := storetest.Location{Dir: t.TempDir()}
	slow := &fakeTrainer{wait: make(chan struct{}), began: make(chan struct{})}
	one := serve(t, at, slow)
	id := one.start(t, nil)
	<-slow.began
	if err := one.service.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := one.GetTraining(deadline(t), &parleyv1.GetTrainingRequest{Id: id})
	if err != nil || got.GetTraining().GetState() != failed || !strings.Contains(got.GetTraining().GetError(), "stopped") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestStartRefuses(t *testing.T) {
	in := serve(t, storetest.Location{Dir: t.TempDir()}, &fakeTrainer{})
	for _, tc := range []struct {
		name   string
		req    *parleyv1.StartTrainingRequest
		reason server.Reason
	}{
		{"mode", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{Mode: 9}}, server.FieldInvalid},
		{"no corpus", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{Mode: parleyv1.TrainingMode_TRAINING_MODE_SCRATCH}}, server.TrainerUnavailable},
		{"unknown base", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{Base: "nobody"}}, server.ModelNotFound},
		{"as of", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{LabelsAsOf: -1}}, server.FieldInvalid},
		{"label weight", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{LabelWeight: -1}}, server.FieldInvalid},
		{"infinite weight", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{LabelWeight: math.Inf(1)}}, server.FieldInvalid},
		{"no number", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{CorpusWeight: proto.Float64(math.NaN())}}, server.FieldInvalid},
		{"source weight", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{SourceWeights: map[string]float64{"a": 101}}}, server.FieldInvalid},
		{"margin", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{GateMargin: proto.Float64(0.6)}}, server.FieldInvalid},
		{"override without reason", &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{OverrideGate: true}}, server.OverrideReasonRequired},
		{"long actor", &parleyv1.StartTrainingRequest{Actor: strings.Repeat("x", 200)}, server.FieldInvalid},
	} {
		if _, err := in.StartTraining(deadline(t), tc.req); reasonOf(err) != tc.reason {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.reason)
		}
	}
	for name, f := range map[string]func() error{
		"get": func() error {
			_, err := in.GetTraining(deadline(t), &parleyv1.GetTrainingRequest{Id: "nobody"})
			return err
		},
		"watch": func() error {
			w, err := in.WatchTraining(deadline(t), &parleyv1.WatchTrainingRequest{Id: "nobody"})
			if err == nil {
				_, err = w.Recv()
			}
			return err
		},
	} {
		if err := f(); reasonOf(err) != server.TrainingNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}
