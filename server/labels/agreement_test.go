package labels_test

import (
	"context"
	"slices"
	"testing"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/labels"
	"github.com/parley-nlp/parley/server/store/storetest"
)

func TestAgreementInput(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		var got []labels.AgreementInput
		c := serve(t, at.Open(t), func(_ context.Context, in labels.AgreementInput) (*parleyv1.TaskAgreement, error) {
			got = append(got, in)
			return &parleyv1.TaskAgreement{Task: in.Task.String()}, nil
		})
		create(t, c, label("omar", "a one=0.9", favor), label("nadia", "b one=0.1", neutral), label("nadia", "a  one=0.9", against))
		again := label("nadia", "a one=0.9", favor) // the latest of an annotator counts
		again.Note, again.RequestId = "on second thoughts", "second"
		create(t, c, again)
		resp, err := c.ComputeAgreement(deadline(t), &parleyv1.ComputeAgreementRequest{Model: "one", Seed: 3})
		if err != nil || resp.GetLabels() != 4 || resp.GetAsOf() != 4 || len(resp.GetTasks()) != 2 {
			t.Fatalf("%v, %v", resp, err)
		}
		in := got[0]
		if in.Task != model.Stance || !slices.Equal(in.Annotators, []string{"nadia", "omar"}) || in.Items != 2 || in.Resamples != 1000 || in.Seed != 3 || in.ModelName != "one" {
			t.Errorf("input %+v", in)
		}
		want := []labels.Judgement{{Item: 0, Annotator: 0, Label: model.Favor}, {Item: 0, Annotator: 1, Label: model.Favor}, {Item: 1, Annotator: 0, Label: model.Neutral}}
		if !slices.Equal(in.Judgements, want) {
			t.Errorf("judgements %v, want %v", in.Judgements, want)
		}
		if !slices.Equal(in.Model, []int8{model.Favor, model.Against}) {
			t.Errorf("model %v", in.Model)
		}
		if _, err := c.ComputeAgreement(deadline(t), &parleyv1.ComputeAgreementRequest{Resamples: -1}); reasonOf(err) != string(server.FieldInvalid) {
			t.Errorf("resamples: %v", err)
		}
		if _, err := c.ComputeAgreement(deadline(t), &parleyv1.ComputeAgreementRequest{Model: "four"}); reasonOf(err) != string(server.ModelNotFound) {
			t.Errorf("model: %v", err)
		}
	})
}
