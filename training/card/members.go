package card

import (
	"fmt"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/golearn"
	"github.com/parley-nlp/parley/training/peers"
)

// bayesFeatures is how many features golearn's naive Bayes is given.
const bayesFeatures = 2000

// votes are what a vote of golearn's member adds to the logit of its label.
var votes = []float64{0.25, 0.5, 1}

// members measures golearn's naive Bayes alone and as a member of a linear
// ensemble: its answer, fitted on the same folds, adds a constant to the logit
// of its label. The first line is the shipped learner.
func (r *runner) members() error {
	s := r.done
	if r.base == nil { // all of it is known
		s.Learners = append(s.Learners, r.old.Learners[:2+len(votes)]...)
		return nil
	}
	shipped := s.Ablation[0]
	shipped.Name = "shipped"
	s.Learners = append(s.Learners, shipped)
	r.progress("golearn's naive Bayes as a member")
	crossed, test, err := r.bayesAnswers()
	if err != nil {
		return err
	}
	s.Learners = append(s.Learners, Result{
		Name:           "golearn Bernoulli naive Bayes alone",
		CrossValidated: macro(voted(r.base.Rows, crossed, 0), raw, isReal),
		Test:           macro(voted(r.base.Test, test, 0), raw, always),
	})
	for _, weight := range votes {
		s.Learners = append(s.Learners, Result{
			Name:           fmt.Sprintf("shipped, golearn naive Bayes votes with %g logits", weight),
			CrossValidated: macro(voted(r.base.Rows, crossed, weight), calibrated, isReal),
			Test:           macro(voted(r.base.Test, test, weight), calibrated, always),
		})
	}
	return r.save(s)
}

// answers are label numbers by task, for each row.
type answers [model.NumTasks][]int

// bayesAnswers returns naive Bayes' answers on the rows of the
// cross-validation and on the test rows. It is fitted in each language alone.
func (r *runner) bayesAnswers() (crossed, test answers, err error) {
	docs := peers.Docs(r.d.Train)
	testDocs := peers.Docs(r.d.Test)
	for t := range crossed {
		crossed[t], test[t] = make([]int, len(docs)), make([]int, len(testDocs))
	}
	for _, cell := range peers.Cells() {
		fit := func(use func(i int) bool, ask []golearn.Doc) ([]int, error) {
			var in []golearn.Doc
			var label []int
			for i := range docs {
				if row := &r.d.Train[i]; row.Lang == cell.Lang && use(i) {
					in, label = append(in, docs[i]), append(label, row.Label(cell.Task))
				}
			}
			c, err := golearn.NewBernoulliNB(in, label, cell.Task.Labels(), bayesFeatures)
			if err != nil {
				return nil, err
			}
			return c.Predict(ask)
		}
		for f := range studyFolds {
			var which []int
			var ask []golearn.Doc
			for i := range docs {
				if r.d.Train[i].Lang == cell.Lang && r.fold[i] == f {
					which, ask = append(which, i), append(ask, docs[i])
				}
			}
			got, err := fit(func(i int) bool { return r.fold[i] != f }, ask)
			if err != nil {
				return crossed, test, err
			}
			for j, i := range which {
				crossed[cell.Task][i] = got[j]
			}
		}
		var which []int
		var ask []golearn.Doc
		for i := range testDocs {
			if r.d.Test[i].Lang == cell.Lang {
				which, ask = append(which, i), append(ask, testDocs[i])
			}
		}
		got, err := fit(func(int) bool { return true }, ask)
		if err != nil {
			return crossed, test, err
		}
		for j, i := range which {
			test[cell.Task][i] = got[j]
		}
	}
	return crossed, test, nil
}

// voted returns the rows with weight added to the logit of each answer. The
// answers themselves become the raw predictions.
func voted(rows []training.Scored, a answers, weight float64) []training.Scored {
	out := make([]training.Scored, len(rows))
	for i, s := range rows {
		for t := range model.Task(model.NumTasks) {
			from, to := t.Outputs()
			s.Logits[from+a[t][i]] += weight
			best := from
			for k := from; k < to; k++ {
				if s.Logits[k] > s.Logits[best] {
					best = k
				}
			}
			s.Calibrated[t].Label = best - from
			s.Raw[t].Label = a[t][i]
		}
		out[i] = s
	}
	return out
}
