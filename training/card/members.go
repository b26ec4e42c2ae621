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

// votes are what a vote of a member of golearn adds to the logit of its label.
var votes = []float64{0.25, 0.5, 1}

// member is a golearn classifier that is tried as a member of an ensemble.
type member struct {
	name string
	// fit trains on rows of set "train" and answers on rows of either set.
	fit func(t model.Task, train, label, ask []int, test bool) ([]int, error)
}

// memberLines is how many lines the members and the shipped learner take.
var memberLines = 1 + 2*(1+len(votes))

// members measures golearn's classifiers alone and as members of a linear
// ensemble: an answer, fitted on the same folds, adds a constant to the logit of
// its label. The first line is the shipped learner.
func (r *runner) members() error {
	s := r.done
	if r.base == nil { // all of it is known
		s.Learners = append(s.Learners, r.old.Learners[:memberLines]...)
		return nil
	}
	shipped := s.Ablation[0]
	shipped.Name = "shipped"
	s.Learners = append(s.Learners, shipped)
	list, err := r.golearn()
	if err != nil {
		return err
	}
	for _, m := range list {
		r.progress(m.name)
		crossed, test, err := r.answers(m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		s.Learners = append(s.Learners, Result{
			Name:           m.name + " alone",
			CrossValidated: macro(voted(r.base.Rows, crossed, 0), raw, isReal),
			Test:           macro(voted(r.base.Test, test, 0), raw, always),
		})
		for _, weight := range votes {
			s.Learners = append(s.Learners, Result{
				Name:           fmt.Sprintf("shipped, %s votes with %g logits", m.name, weight),
				CrossValidated: macro(voted(r.base.Rows, crossed, weight), calibrated, isReal),
				Test:           macro(voted(r.base.Test, test, weight), calibrated, always),
			})
		}
	}
	return r.save(s)
}

// golearn returns the members.
func (r *runner) golearn() ([]member, error) {
	docs := [2][]golearn.Doc{peers.Docs(r.d.Train), peers.Docs(r.d.Test)}
	pick := func(set []golearn.Doc, which []int) []golearn.Doc {
		out := make([]golearn.Doc, len(which))
		for i, k := range which {
			out[i] = set[k]
		}
		return out
	}
	var summaries [2]summary
	for i, rows := range [][]training.Row{r.d.Train, r.d.Test} {
		var err error
		if summaries[i], err = newSummary(rows); err != nil {
			return nil, err
		}
	}
	set := func(test bool) int {
		if test {
			return 1
		}
		return 0
	}
	return []member{
		{"golearn Bernoulli naive Bayes", func(t model.Task, train, label, ask []int, test bool) ([]int, error) {
			c, err := golearn.NewBernoulliNB(pick(docs[0], train), label, t.Labels(), bayesFeatures)
			if err != nil {
				return nil, err
			}
			return c.Predict(pick(docs[set(test)], ask))
		}},
		{"golearn forest", func(t model.Task, train, label, ask []int, test bool) ([]int, error) {
			columns := summaries[0].columns(train, label, len(t.Labels()))
			f, err := golearn.NewForest(summaries[0].table(train, columns), label, len(t.Labels()), golearn.ForestConfig{Seed: 1})
			if err != nil {
				return nil, err
			}
			return f.Predict(summaries[set(test)].table(ask, columns))
		}},
	}, nil
}

// answers are label numbers by task, for each row.
type answers [model.NumTasks][]int

// answers returns a member's answers on the rows of the cross-validation and on
// the test rows. It is fitted in each language alone.
func (r *runner) answers(m member) (crossed, test answers, err error) {
	for t := range crossed {
		crossed[t], test[t] = make([]int, len(r.d.Train)), make([]int, len(r.d.Test))
	}
	for _, cell := range peers.Cells() {
		fit := func(use func(i int) bool, ask []int, isTest bool, to []int) error {
			var train, label []int
			for i := range r.d.Train {
				if row := &r.d.Train[i]; row.Lang == cell.Lang && use(i) {
					train, label = append(train, i), append(label, row.Label(cell.Task))
				}
			}
			got, err := m.fit(cell.Task, train, label, ask, isTest)
			for j, i := range ask[:len(got)] {
				to[i] = got[j]
			}
			return err
		}
		for f := range studyFolds {
			ask := which(r.d.Train, func(i int) bool { return r.d.Train[i].Lang == cell.Lang && r.fold[i] == f })
			if err := fit(func(i int) bool { return r.fold[i] != f }, ask, false, crossed[cell.Task]); err != nil {
				return crossed, test, err
			}
		}
		ask := which(r.d.Test, func(i int) bool { return r.d.Test[i].Lang == cell.Lang })
		if err := fit(func(int) bool { return true }, ask, true, test[cell.Task]); err != nil {
			return crossed, test, err
		}
	}
	return crossed, test, nil
}

// which returns the numbers of the rows in use.
func which(rows []training.Row, use func(i int) bool) []int {
	var out []int
	for i := range rows {
		if use(i) {
			out = append(out, i)
		}
	}
	return out
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
