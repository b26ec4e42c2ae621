package retrain_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/registry"
	"github.com/parley-nlp/parley/server/store"
	"github.com/parley-nlp/parley/server/store/storetest"
)

func TestPromoteAndRollBack(t *testing.T) {
	file, id := variant(t, 0)
	shipped := embedded(t).ID()
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		in := serve(t, at, &fakeTrainer{file: file})
		training := in.start(t, nil)
		in.end(t, training)
		if _, err := in.PromoteModel(deadline(t), &parleyv1.PromoteModelRequest{Model: "candidate", Expected: id}); status.Code(err) != codes.Aborted || reasonOf(err) != server.PromotionConflict {
			t.Errorf("another model serves than expected: %v", err)
		}
		got, err := in.PromoteModel(deadline(t), &parleyv1.PromoteModelRequest{Model: "candidate", Actor: "omar", Reason: "better", Expected: shipped})
		if err != nil {
			t.Fatal(err)
		}
		if p := got.GetPromotion(); p.GetModel() != id || p.GetPrevious() != shipped || p.GetActor() != "omar" || p.GetReason() != "better" || p.GetTraining() != training {
			t.Errorf("promotion %v", p)
		}
		if r, err := in.GetTraining(deadline(t), &parleyv1.GetTrainingRequest{Id: training}); err != nil || r.GetTraining().GetState() != promoted {
			t.Errorf("record %v, %v", r, err)
		}
		if back, err := in.PromoteModel(deadline(t), &parleyv1.PromoteModelRequest{Reason: "complaints"}); err != nil || back.GetPromotion().GetModel() != shipped || back.GetPromotion().GetPrevious() != id {
			t.Errorf("rollback %v, %v", back, err)
		}
		if m, err := in.registry.Resolve(""); err != nil || m.ID() != shipped {
			t.Errorf("%v serves after the rollback, %v", m, err)
		}
		history, err := in.ListPromotions(deadline(t), &parleyv1.ListPromotionsRequest{PageSize: 2})
		if err != nil || len(history.GetPromotions()) != 2 || history.GetPromotions()[0].GetReason() != "complaints" || history.GetNextPageToken() == "" {
			t.Fatalf("history %v, %v", history, err)
		}
		rest, err := in.ListPromotions(deadline(t), &parleyv1.ListPromotionsRequest{PageSize: 2, PageToken: history.GetNextPageToken()})
		if err != nil || len(rest.GetPromotions()) != 1 || rest.GetPromotions()[0].GetModel() != shipped || rest.GetNextPageToken() != "" {
			t.Errorf("the rest of the history %v, %v", rest, err)
		}
		made, err := in.ListTrainings(deadline(t), &parleyv1.ListTrainingsRequest{Model: id})
		if err != nil || len(made.GetTrainings()) != 1 || made.GetTrainings()[0].GetCorpusHash() != "c0ffee" {
			t.Errorf("trainings of the model %v, %v", made, err)
		}
	})
}

func TestPromoteRefuses(t *testing.T) {
	in := serve(t, storetest.Location{Dir: t.TempDir()}, &fakeTrainer{})
	for _, tc := range []struct {
		name   string
		req    *parleyv1.PromoteModelRequest
		reason server.Reason
	}{
		{"nothing before", &parleyv1.PromoteModelRequest{}, server.NothingToRollBack},
		{"unknown", &parleyv1.PromoteModelRequest{Model: "assad@sha256:" + strings.Repeat("0", 64)}, server.ModelNotFound},
		{"long reason", &parleyv1.PromoteModelRequest{Reason: strings.Repeat("x", 5000)}, server.FieldInvalid},
	} {
		if _, err := in.PromoteModel(deadline(t), tc.req); reasonOf(err) != tc.reason {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.reason)
		}
	}
	if _, err := in.ListPromotions(deadline(t), &parleyv1.ListPromotionsRequest{PageToken: "x"}); reasonOf(err) != server.PageTokenInvalid {
		t.Errorf("token: %v", err)
	}
}

// A change that did not go through this service, as through ModelService or in a
// crash after the alias was written, comes into the history by itself.
func TestHistoryFollowsTheAlias(t *testing.T) {
	file, id := variant(t, 0)
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		in := serve(t, at, &fakeTrainer{file: file})
		training := in.start(t, nil)
		in.end(t, training)
		if _, err := in.registry.Activate(deadline(t), registry.Change{Model: id, Generation: registry.AnyGeneration, By: "admin", Note: "by hand"}); err != nil {
			t.Fatal(err)
		}
		history, err := in.ListPromotions(deadline(t), &parleyv1.ListPromotionsRequest{})
		if err != nil || len(history.GetPromotions()) != 1 {
			t.Fatalf("history %v, %v", history, err)
		}
		if p := history.GetPromotions()[0]; p.GetModel() != id || p.GetActor() != "admin" || p.GetReason() != "by hand" || p.GetPrevious() != embedded(t).ID() || p.GetTraining() != training {
			t.Errorf("promotion %v", p)
		}
	})
}

// dead leaves a record as a server that died would, and lets its lease run out.
func dead(t *testing.T, s store.Store, model string) string {
	t.Helper()
	ctx := deadline(t)
	lease, err := s.AcquireLease(ctx, "training", "the dead server", time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	body, err := protojson.Marshal(&parleyv1.Training{State: parleyv1.TrainingState_TRAINING_STATE_RUNNING, Model: model, Actor: "nadia"})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := s.CreateTraining(ctx, store.Training{State: "TRAINING_STATE_RUNNING", Model: model, Body: body, Generation: lease.Generation})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func TestDeadTrainings(t *testing.T) {
	file, id := variant(t, 0)
	_, missing := variant(t, 1)
	for _, tc := range []struct {
		name, model string
		want        parleyv1.TrainingState
	}{
		{"before there was a model", "", failed},
		{"before the model was stored", missing, failed},
		{"after the model was stored", id, candidate},
	} {
		t.Run(tc.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, at storetest.Location) {
				r, err := registry.Open(deadline(t), registry.Options{Embedded: embedded(t), Where: at.Dir + "/models"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := r.Add(deadline(t), file); err != nil {
					t.Fatal(err)
				}
				training := dead(t, at.Open(t), tc.model)
				in := serve(t, at, &fakeTrainer{file: file})
				got := in.end(t, training)
				if got.GetState() != tc.want {
					t.Errorf("state %v: %s, want %v", got.GetState(), got.GetError(), tc.want)
				}
				if tc.want == failed && (!strings.Contains(got.GetError(), "died") || got.GetModel() != "") {
					t.Errorf("error %q, model %q", got.GetError(), got.GetModel())
				}
				if m, err := in.registry.Resolve("candidate"); tc.want == candidate && (err != nil || m.ID() != id) {
					t.Errorf("candidate %v, %v", m, err)
				}
			})
		})
	}
}

// A new training closes what a dead server left, without waiting for anything.
func TestStartAfterACrash(t *testing.T) {
	file, _ := variant(t, 0)
	at := storetest.Location{Dir: t.TempDir()}
	left := dead(t, at.Open(t), "")
	time.Sleep(5 * time.Millisecond)
	in := serve(t, at, &fakeTrainer{file: file})
	eventually(t, "a training starts", func() bool {
		resp, err := in.StartTraining(deadline(t), &parleyv1.StartTrainingRequest{})
		return err == nil && in.end(t, resp.GetTraining().GetId()).GetState() == candidate
	})
	if got := in.end(t, left); got.GetState() != failed {
		t.Errorf("what was left: %v", got)
	}
}

func TestCompareModels(t *testing.T) {
	file, id := variant(t, 0)
	in := serve(t, storetest.Location{Dir: t.TempDir()}, &fakeTrainer{file: file})
	in.end(t, in.start(t, nil))
	praise := "Putin praised Assad as a brave leader and pledged his full support."
	got, err := in.CompareModels(deadline(t), &parleyv1.CompareModelsRequest{
		Before: "default", After: id, Encoding: parleyv1.EncodingType_ENCODING_TYPE_UTF16,
		Paragraphs: []*parleyv1.PoolParagraph{{Id: "a", Text: praise}, {Id: "b", Text: "It rained in Oslo."}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetBefore() != embedded(t).ID() || got.GetAfter() != id || got.GetCompared() != 2 {
		t.Errorf("%v", got)
	}
	for _, c := range got.GetChanges() {
		if c.GetIndex() != 0 || c.GetId() != "a" || c.GetTask() != "stance" || c.GetBefore() != "favor" || c.GetAfter() == "favor" || c.GetBeforeConfidence() <= 0 || c.GetAfterConfidence() <= 0 {
			t.Errorf("change %v", c)
		}
	}
	if len(got.GetChanges()) != 1 {
		t.Errorf("%d changes, want 1: the variant calls nothing favor", len(got.GetChanges()))
	}
	for name, req := range map[string]*parleyv1.CompareModelsRequest{
		"no model":      {After: id, Paragraphs: []*parleyv1.PoolParagraph{{Text: "a"}}},
		"no paragraph":  {Before: id, After: id},
		"blank":         {Before: id, After: id, Paragraphs: []*parleyv1.PoolParagraph{{Text: " "}}},
		"unknown model": {Before: id, After: "nobody", Paragraphs: []*parleyv1.PoolParagraph{{Text: "a"}}},
	} {
		if _, err := in.CompareModels(deadline(t), req); err == nil || reasonOf(err) == server.InternalError {
			t.Errorf("%s: %v", name, err)
		}
	}
}
