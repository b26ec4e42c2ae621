package labels_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server"
	"github.com/parley-nlp/parley/server/labels"
	"github.com/parley-nlp/parley/server/store/storetest"
)

func suggest(ctx context.Context, c parleyv1.LabelServiceClient, set *parleyv1.SuggestSettings, items ...*parleyv1.PoolItem) (*parleyv1.SuggestLabelsResponse, error) {
	stream, err := c.SuggestLabels(ctx)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(&parleyv1.SuggestLabelsRequest{Settings: set}); err != nil {
		return nil, err
	}
	for chunk := range slices.Chunk(items, 100) {
		if err := stream.Send(&parleyv1.SuggestLabelsRequest{Items: chunk}); err != nil {
			break // the answer says why
		}
	}
	return stream.CloseAndRecv()
}

func pool(texts ...string) []*parleyv1.PoolItem {
	var out []*parleyv1.PoolItem
	for _, s := range texts {
		out = append(out, &parleyv1.PoolItem{Id: "id of " + s, Text: s})
	}
	return out
}

func chosen(r *parleyv1.SuggestLabelsResponse) []int64 {
	var out []int64
	for _, s := range r.GetSuggestions() {
		out = append(out, s.Position)
	}
	return out
}

func TestSuggestByStrategy(t *testing.T) {
	c := serve(t, storetest.Location{Dir: t.TempDir()}.Open(t), nil)
	items := pool("sure one=0.99", "torn one=0.52", "leaning one=0.7 two=0.1 three=0.7", "split one=0.9 two=0.1 three=0.1")
	for _, tc := range []struct {
		name      string
		strategy  parleyv1.SuggestStrategy
		committee []string
		want      []int64
		reason    string
	}{
		{"uncertainty", parleyv1.SuggestStrategy_SUGGEST_STRATEGY_UNCERTAINTY, nil, []int64{1, 2}, "stance is between favor (0.52) and against (0.48)"},
		{"margin", parleyv1.SuggestStrategy_SUGGEST_STRATEGY_MARGIN, nil, []int64{1, 2}, "stance is between favor (0.52) and against (0.48)"},
		{"disagreement", parleyv1.SuggestStrategy_SUGGEST_STRATEGY_DISAGREEMENT, []string{"two", "three"}, []int64{3, 1}, "1 of 3 models call its stance favor"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := suggest(deadline(t), c, &parleyv1.SuggestSettings{
				Strategy: tc.strategy, Count: 2, RandomShare: proto.Float64(0), Committee: tc.committee,
			}, items...)
			if err != nil {
				t.Fatal(err)
			}
			first := got.Suggestions[0]
			if !slices.Equal(chosen(got), tc.want) && tc.name != "disagreement" || chosen(got)[0] != tc.want[0] {
				t.Errorf("chose %v, want %v", chosen(got), tc.want)
			}
			if first.Reason != tc.reason || first.Strategy != tc.strategy || first.Id != items[tc.want[0]].Id {
				t.Errorf("the first is %v, want reason %q", first, tc.reason)
			}
			if got.PoolSize != 4 || got.Model != "one" || first.Stance != favor || first.Score < got.Suggestions[1].Score || first.Score > 1 {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestSuggestSpreads(t *testing.T) {
	c := serve(t, storetest.Location{Dir: t.TempDir()}.Open(t), nil)
	// Three kinds of paragraph, one much more frequent and more uncertain.
	var texts []string
	for i := range 90 {
		texts = append(texts, fmt.Sprintf("alpha %d one=0.51", i))
	}
	for i := range 6 {
		texts = append(texts, fmt.Sprintf("beta %d one=0.8", i), fmt.Sprintf("gamma %d one=0.2", i))
	}
	for _, strategy := range []parleyv1.SuggestStrategy{parleyv1.SuggestStrategy_SUGGEST_STRATEGY_MIXED, parleyv1.SuggestStrategy_SUGGEST_STRATEGY_DIVERSITY} {
		got, err := suggest(deadline(t), c, &parleyv1.SuggestSettings{Strategy: strategy, Count: 3, RandomShare: proto.Float64(0)}, pool(texts...)...)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]bool{}
		for _, s := range got.Suggestions {
			kinds[strings.Fields(texts[s.Position])[0]] = true
			if s.Cluster < 0 || !strings.Contains(s.Reason, "cluster of") {
				t.Errorf("%v", s)
			}
		}
		if len(kinds) != 3 {
			t.Errorf("%s chose only %v", strategy, kinds)
		}
	}
}

func TestSuggestRandomShare(t *testing.T) {
	c := serve(t, storetest.Location{Dir: t.TempDir()}.Open(t), nil)
	var texts []string
	for i := range 400 {
		texts = append(texts, fmt.Sprintf("text %d one=0.%02d", i, 50+i%50))
	}
	set := &parleyv1.SuggestSettings{Strategy: parleyv1.SuggestStrategy_SUGGEST_STRATEGY_UNCERTAINTY, Count: 40, RandomShare: proto.Float64(0.5), Seed: 7}
	items := pool(texts...)
	got, err := suggest(deadline(t), c, set, items...)
	if err != nil {
		t.Fatal(err)
	}
	random := func(r *parleyv1.SuggestLabelsResponse) (ids []string) {
		for _, s := range r.Suggestions {
			if s.Strategy == parleyv1.SuggestStrategy_SUGGEST_STRATEGY_RANDOM {
				ids = append(ids, s.Id)
			}
		}
		return ids
	}
	if n := len(random(got)); len(got.Suggestions) != 40 || n != 20 {
		t.Fatalf("%d suggestions of which %d at random, want 40 and 20", len(got.Suggestions), n)
	}
	seen := map[string]bool{}
	for _, s := range got.Suggestions {
		if seen[s.Id] {
			t.Errorf("%s was chosen twice", s.Id)
		}
		seen[s.Id] = true
	}
	// The draw depends on the seed, not on the order of the pool.
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	again, err := suggest(deadline(t), c, set, items...)
	if err != nil || !slices.Equal(random(again), random(got)) {
		t.Errorf("another order drew others: %v, %v", random(again), err)
	}
	set.Seed = 8
	if other, err := suggest(deadline(t), c, set, items...); err != nil || slices.Equal(random(other), random(got)) {
		t.Errorf("another seed drew the same: %v", err)
	}
}

func TestSuggestPassesOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, at storetest.Location) {
		c := serve(t, at.Open(t), nil)
		create(t, c, label("nadia", "known one=0.5", favor))
		gone := create(t, c, label("nadia", "gone one=0.6", favor))[0]
		if _, err := c.DeleteLabel(deadline(t), &parleyv1.DeleteLabelRequest{Id: gone.Id}); err != nil {
			t.Fatal(err)
		}
		items := pool("known one=0.5", "gone one=0.6", "new one=0.7", "new  one=0.7 ")
		items[2].Id = ""
		got, err := suggest(deadline(t), c, &parleyv1.SuggestSettings{RandomShare: proto.Float64(0)}, items...)
		if err != nil || !slices.Equal(sorted(chosen(got)), []int64{1, 2}) || got.Skipped != 2 || got.PoolSize != 4 {
			t.Errorf("chose %v, %v", got, err)
		}
		if !slices.ContainsFunc(got.GetSuggestions(), func(s *parleyv1.Suggestion) bool { return s.Id == "2" }) {
			t.Errorf("a paragraph without id is not named by its position: %v", got)
		}
		all, err := suggest(deadline(t), c, &parleyv1.SuggestSettings{IncludeLabeled: true}, items...)
		if err != nil || all.Skipped != 1 || len(all.Suggestions) != 3 {
			t.Errorf("with labelled ones: %v, %v", all, err)
		}
	})
}

func sorted(in []int64) []int64 { slices.Sort(in); return in }

func TestSuggestRefuses(t *testing.T) {
	c := serve(t, storetest.Location{Dir: t.TempDir()}.Open(t), nil)
	for _, tc := range []struct {
		name   string
		set    *parleyv1.SuggestSettings
		items  []*parleyv1.PoolItem
		reason server.Reason
	}{
		{"strategy", &parleyv1.SuggestSettings{Strategy: 99}, nil, server.FieldInvalid},
		{"count", &parleyv1.SuggestSettings{Count: 1001}, nil, server.FieldInvalid},
		{"share", &parleyv1.SuggestSettings{RandomShare: proto.Float64(1.5)}, nil, server.FieldInvalid},
		{"no committee", &parleyv1.SuggestSettings{Strategy: parleyv1.SuggestStrategy_SUGGEST_STRATEGY_DISAGREEMENT}, nil, server.FieldInvalid},
		{"unknown model", &parleyv1.SuggestSettings{Committee: []string{"four"}}, nil, server.ModelNotFound},
		{"blank text", nil, pool(" "), server.LabelInvalid},
		{"long text", nil, pool(strings.Repeat("x", labels.MaxTextBytes+1)), server.LabelInvalid},
		{"long id", nil, []*parleyv1.PoolItem{{Id: strings.Repeat("x", 2000), Text: "x"}}, server.IDTooLong},
	} {
		if _, err := suggest(deadline(t), c, tc.set, tc.items...); reasonOf(err) != string(tc.reason) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.reason)
		}
	}
	stream, err := c.SuggestLabels(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.CloseAndRecv(); reasonOf(err) != string(server.BatchEmpty) {
		t.Errorf("no message at all: %v", err)
	}
	if got, err := suggest(deadline(t), c, nil); err != nil || len(got.Suggestions) != 0 {
		t.Errorf("an empty pool: %v, %v", got, err)
	}
}
