package training_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

// quick are settings that train in a moment.
func quick() training.Config {
	cfg := training.DefaultConfig()
	cfg.Iterations = 8
	return cfg
}

func TestTrainIsTheSameForTheSameRows(t *testing.T) {
	in, _ := studyInputs(t)
	want, err := training.Train(t.Context(), in, quick())
	require.NoError(t, err)
	for _, procs := range []int{4, 2, 1} {
		if testing.Short() && procs < 4 {
			break
		}
		t.Run(fmt.Sprintf("GOMAXPROCS %d", procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			rng := rand.New(rand.NewPCG(uint64(procs), 0))
			shuffled := in
			shuffled.Rows = append([]training.Row(nil), in.Rows...)
			rng.Shuffle(len(shuffled.Rows), func(i, j int) {
				shuffled.Rows[i], shuffled.Rows[j] = shuffled.Rows[j], shuffled.Rows[i]
			})
			got, err := training.Train(t.Context(), shuffled, quick())
			require.NoError(t, err)
			if !bytes.Equal(want.Model, got.Model) {
				t.Error("the model file differs")
			}
		})
	}
}

func TestTrainedModelIsBetterThanChance(t *testing.T) {
	in, test := studyInputs(t)
	var steps []string
	in.Progress = func(step string, done float64) {
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
		if done < 0 || done > 1 {
			t.Errorf("%s is %g done", step, done)
		}
	}
	res, err := training.Train(t.Context(), in, quick())
	require.NoError(t, err)
	assert.Equal(t, []string{"extract", "cross-validate", "fit", "compile", "done"}, steps)

	m, err := model.Load(res.Model)
	require.NoError(t, err)
	assert.Equal(t, training.Digest(in.Rows), m.Info().Corpus)
	e, err := training.Evaluate(m, test, false)
	require.NoError(t, err)
	all := e.Language("all")
	assert.Equal(t, len(test), all.Stance.N)
	assert.Equal(t, all.Stance.N, e.Language("en").Stance.N+e.Language("ar").Stance.N)
	assert.Greater(t, all.Stance.Accuracy, 0.4, "of four labels")
	assert.Greater(t, all.Tone.Accuracy, 0.5, "of three labels")
	assert.Len(t, all.Predictions(model.Tone), len(test))

	// The figures of the report are those of rows held out: far from perfect.
	cv := res.Report.Section("en/written")
	require.NotNil(t, cv)
	assert.Less(t, cv.Tasks[model.Stance].Accuracy, 0.95)
	assert.InDelta(t, cv.Tasks[model.Stance].MacroF1, m.Info().Metrics["cv/en/written/stance/macro_f1"], 1e-4)
	assert.Nil(t, res.Report.Section("fr"))
}

func TestTrainRefuses(t *testing.T) {
	in, _ := studyInputs(t)
	few := in
	few.Rows = in.Rows[:3]
	bad := in
	bad.Rows = append([]training.Row(nil), in.Rows...)
	bad.Rows[5].Stance = "for"
	noTarget := in
	noTarget.Target = "name: x"
	for name, c := range map[string]struct {
		in   training.Inputs
		want string
	}{
		"few groups":  {few, "training takes 10 groups or more"},
		"bad label":   {bad, `"for"`},
		"target file": {noTarget, "target file"},
	} {
		_, err := training.Train(t.Context(), c.in, quick())
		assert.ErrorContains(t, err, c.want, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := training.Train(ctx, in, quick())
	assert.ErrorIs(t, err, context.Canceled)
}

func TestFoldsKeepGroupsTogether(t *testing.T) {
	in, _ := studyInputs(t)
	const k = 5
	fold := training.Folds(in.Rows, k, 1)
	of, size := map[string]int{}, [k]int{}
	for i, r := range in.Rows {
		if f, ok := of[r.Group]; ok && f != fold[i] {
			t.Fatalf("group %s is in folds %d and %d", r.Group, f, fold[i])
		}
		of[r.Group] = fold[i]
		size[fold[i]]++
	}
	for f, n := range size {
		assert.Greater(t, n, len(in.Rows)/k/2, "fold %d", f)
	}
	assert.Equal(t, fold, training.Folds(in.Rows, k, 1))
	assert.NotEqual(t, fold, training.Folds(in.Rows, k, 2))
	byStyle := training.FoldsBy(in.Rows, k, 1, func(r *training.Row) string { return r.Style })
	style := map[string]int{}
	for i, r := range in.Rows {
		if f, ok := style[r.Style]; ok && f != byStyle[i] {
			t.Fatalf("style %s is in folds %d and %d", r.Style, f, byStyle[i])
		}
		style[r.Style] = byStyle[i]
	}
}

// TestElasticNet checks that the second penalty empties the model of features
// that tell little.
func TestElasticNet(t *testing.T) {
	if testing.Short() {
		t.Skip("two trainings more")
	}
	in, _ := studyInputs(t)
	cfg := quick()
	cfg.Iterations = 15
	size := func(l1 float64) int {
		cfg.L1 = l1
		res, err := training.Train(t.Context(), in, cfg)
		require.NoError(t, err)
		m, err := model.Load(res.Model)
		require.NoError(t, err)
		if l1 != 0 {
			assert.Equal(t, "0.5", m.Info().Settings["l1"])
		}
		return len(m.Params().Sparse)
	}
	dense, sparse := size(0), size(0.5)
	assert.Less(t, sparse, dense*3/4, "features left")
	assert.Positive(t, sparse)
}
