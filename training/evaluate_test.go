package training_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
)

func TestEvaluateEvidence(t *testing.T) {
	m, err := model.Default()
	require.NoError(t, err)
	rows, err := training.FrozenSet()
	require.NoError(t, err)
	e, err := training.Evaluate(m, rows, true)
	require.NoError(t, err)
	assert.Nil(t, e.Language("all").Stance.Evidence, "spans are compared within a language")
	assert.Nil(t, e.Language("fr"))
	for _, lang := range []string{"en", "ar"} {
		for task := range model.Task(model.NumTasks) {
			x := e.Language(lang).Task(task)
			v := x.Evidence
			require.NotNil(t, v, "%s %s", lang, task)
			marked := 0
			for i := range rows {
				if rows[i].Lang == lang && len(rows[i].Evidence.Task(task)) > 0 {
					marked++
				}
			}
			assert.Equal(t, marked, v.Rows)
			assert.LessOrEqual(t, v.Right, v.Rows)
			assert.InDelta(t, v.TokenF1*float64(v.Rows), v.RightTokenF1*float64(v.Right), 1e-9, "a wrong label counts 0")
			assert.Greater(t, v.RightTokenF1, v.RandomTokenF1)
			assert.Greater(t, v.Comprehensiveness, v.RandomComprehensiveness)
			assert.Less(t, v.Sufficiency, v.RandomSufficiency)

			assert.Len(t, x.Coverage.Curve, 20)
			assert.InDelta(t, x.Accuracy, x.Coverage.Curve[19], 1e-12, "full coverage")
			assert.Greater(t, x.Coverage.At70, x.Accuracy)
			assert.Positive(t, x.ChanceECE)
		}
	}
}

func TestEvaluateNothing(t *testing.T) {
	m, err := model.Default()
	require.NoError(t, err)
	e, err := training.Evaluate(m, nil, true)
	require.NoError(t, err)
	assert.Empty(t, e.Languages)
	assert.Equal(t, m.ID(), e.Model)
}
