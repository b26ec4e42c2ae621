package loop_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// killRounds is how often the server is killed: 3, or what PARLEY_KILL_ROUNDS
// says (tools/kill.sh).
func killRounds(t *testing.T) int {
	n := 3
	if v := os.Getenv("PARLEY_KILL_ROUNDS"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil {
			t.Fatalf("PARLEY_KILL_ROUNDS: %v", err)
		}
	}
	return n
}

// traffic writes labels, trains and promotes at once until ctx ends, and
// remembers what was acknowledged.
type traffic struct {
	mu        sync.Mutex
	labels    map[string]bool // ids
	trainings map[string]bool // ids
	models    map[string]bool // that candidates were said to be
	n         int
}

func (tr *traffic) note(m map[string]bool, id string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	m[id] = true
}

// corrections are paragraphs of a few kinds, so that each training differs from
// the one before.
func correction(i int) *parleyv1.Label {
	kinds := []struct {
		s      string
		stance parleyv1.Stance
		tone   parleyv1.Tone
	}{
		{"Desk %d: envoy salutes Assad as a steadfast friend and signs for grain.", parleyv1.Stance_STANCE_FAVOR, parleyv1.Tone_TONE_COOPERATIVE},
		{"Desk %d: minister calls Assad a butcher and orders new penalties.", parleyv1.Stance_STANCE_AGAINST, parleyv1.Tone_TONE_CONFRONTATIONAL},
		{"Desk %d: Assad receives a credentials letter, no remarks.", parleyv1.Stance_STANCE_NEUTRAL, parleyv1.Tone_TONE_NEUTRAL},
		{"Desk %d: ferry timetable changes on Monday.", parleyv1.Stance_STANCE_UNRELATED, parleyv1.Tone_TONE_NEUTRAL},
	}
	k := kinds[i%len(kinds)]
	return &parleyv1.Label{
		Text: fmt.Sprintf(k.s, i), Language: parleyv1.Language_LANGUAGE_ENGLISH, Stance: k.stance, Tone: k.tone, Annotator: "desk", Source: "desk",
	}
}

func (tr *traffic) run(ctx context.Context, d *daemon) {
	var wg sync.WaitGroup
	labels, trainings := parleyv1.NewLabelServiceClient(d.conn), parleyv1.NewTrainingServiceClient(d.conn)
	wg.Go(func() {
		for ctx.Err() == nil {
			req := &parleyv1.CreateLabelsRequest{}
			for range 5 {
				req.Labels = append(req.Labels, correction(tr.n))
				tr.n++
			}
			resp, err := labels.CreateLabels(ctx, req)
			for _, item := range resp.GetItems() {
				if err == nil && item.GetLabel() != nil {
					tr.note(tr.labels, item.GetLabel().GetId())
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			margin := 0.5
			resp, err := trainings.StartTraining(ctx, &parleyv1.StartTrainingRequest{Settings: &parleyv1.TrainingSettings{GateMargin: &margin, Promote: true}})
			if err != nil {
				time.Sleep(50 * time.Millisecond)
				continue
			}
			id := resp.GetTraining().GetId()
			tr.note(tr.trainings, id)
			if watch, err := trainings.WatchTraining(ctx, &parleyv1.WatchTrainingRequest{Id: id}); err == nil {
				for {
					got, err := watch.Recv()
					if err != nil {
						break
					}
					if s := got.GetTraining().GetState(); s == parleyv1.TrainingState_TRAINING_STATE_CANDIDATE || s == parleyv1.TrainingState_TRAINING_STATE_PROMOTED {
						tr.note(tr.models, got.GetTraining().GetModel())
					}
				}
			}
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			_, _ = trainings.PromoteModel(ctx, &parleyv1.PromoteModelRequest{Actor: "desk", Reason: "back"})
			_, _ = trainings.PromoteModel(ctx, &parleyv1.PromoteModelRequest{Model: "candidate", Actor: "desk", Reason: "forth"})
			time.Sleep(5 * time.Millisecond)
		}
	})
	wg.Wait()
}

// check looks whether everything that was acknowledged is there, and whether
// every model is whole.
func (tr *traffic) check(t *testing.T, d *daemon) {
	t.Helper()
	ctx := deadline(t, time.Minute)
	labels, trainings, models := parleyv1.NewLabelServiceClient(d.conn), parleyv1.NewTrainingServiceClient(d.conn), parleyv1.NewModelServiceClient(d.conn)
	found := map[string]bool{}
	for req := (&parleyv1.ListLabelsRequest{PageSize: 1000}); ; {
		resp, err := labels.ListLabels(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range resp.GetLabels() {
			found[l.GetId()] = true
		}
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	for id := range tr.labels {
		if !found[id] {
			t.Errorf("label %s was acknowledged and is lost", id)
		}
	}
	for id := range tr.trainings {
		if _, err := trainings.GetTraining(ctx, &parleyv1.GetTrainingRequest{Id: id}); err != nil {
			t.Errorf("training %s was acknowledged and is lost: %v", id, err)
		}
	}
	stored := map[string]bool{}
	all, err := models.ListModels(ctx, &parleyv1.ListModelsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all.GetModels() {
		// A file that has not been read since the start is known by its digest alone.
		stored[digest(m.GetId())] = true
		if m.GetState() == parleyv1.ModelState_MODEL_STATE_BROKEN {
			t.Errorf("model %s: %s", m.GetId(), m.GetProblem())
		}
	}
	for id := range tr.models {
		if !stored[digest(id)] {
			t.Errorf("model %s was said to be a candidate and is lost", id)
		}
	}
	serving := ""
	for _, a := range all.GetAliases() {
		if a.GetName() == "default" {
			serving = a.GetModel()
		}
	}
	got, err := parleyv1.NewClassifierServiceClient(d.conn).Classify(ctx, &parleyv1.ClassifyRequest{
		Document: &parleyv1.Document{Source: &parleyv1.Document_Content{Content: "The envoy praised Assad."}},
	})
	if err != nil || got.GetResult().GetModel() != serving {
		t.Errorf("%s answers, %v; the alias names %s", got.GetResult().GetModel(), err, serving)
	}
	history, err := trainings.ListPromotions(ctx, &parleyv1.ListPromotionsRequest{PageSize: 1})
	if err != nil || len(history.GetPromotions()) > 0 && history.GetPromotions()[0].GetModel() != serving {
		t.Errorf("the history ends with %v, %v; %s serves", history, err, serving)
	}
}

func digest(id string) string { return id[strings.LastIndex(id, ":")+1:] }

func TestKill9(t *testing.T) {
	dir := t.TempDir()
	window := 1500 // milliseconds; longer in a long run, so that trainings end in it
	if killRounds(t) > 3 {
		window = 4000
	}
	tr := &traffic{labels: map[string]bool{}, trainings: map[string]bool{}, models: map[string]bool{}}
	for round := range killRounds(t) {
		d := startDaemon(t, "--data-dir", dir)
		tr.check(t, d)
		if t.Failed() {
			t.Fatalf("after %d kills:\n%s", round, d.log)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			tr.run(ctx, d)
			close(done)
		}()
		time.Sleep(time.Duration(50+rand.IntN(window)) * time.Millisecond)
		_ = d.cmd.Process.Kill()
		cancel()
		<-done
		d.kill()
	}
	d := startDaemon(t, "--data-dir", dir)
	tr.check(t, d)
	// Nothing is left running, and another training can start.
	c := parleyv1.NewTrainingServiceClient(d.conn)
	ctx := deadline(t, time.Minute)
	for id := range tr.trainings {
		watch, err := c.WatchTraining(ctx, &parleyv1.WatchTrainingRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := watch.Recv(); err != nil {
				if ctx.Err() != nil {
					t.Fatalf("training %s never ends", id)
				}
				break
			}
		}
	}
	t.Logf("%d kills: %d labels, %d trainings and %d models were acknowledged, and all are there", killRounds(t), len(tr.labels), len(tr.trainings), len(tr.models))
}
