package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/behaviour"
)

// tabbed lays out lines of tab-separated cells in columns.
func tabbed(write func(line func(format string, args ...any))) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	write(func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) })
	w.Flush() // a strings.Builder takes everything
	return b.String()
}

// eachTask calls f for every language and task that was measured.
func eachTask(e *training.Evaluation, f func(lang string, t model.Task, x *training.TaskEvaluation)) {
	for i := range e.Languages {
		l := &e.Languages[i]
		for t := range model.Task(model.NumTasks) {
			f(l.Language, t, l.Task(t))
		}
	}
}

// overallTable has a line for every language and task.
func overallTable(e *training.Evaluation) string {
	if len(e.Languages) == 0 {
		return ""
	}
	return tabbed(func(line func(string, ...any)) {
		line("language\ttask\tn\taccuracy\tmacro-F1\tECE\tby chance\tclasswise ECE\tBrier\tNLL\taccuracy at 70 %% coverage")
		eachTask(e, func(lang string, t model.Task, x *training.TaskEvaluation) {
			line("%s\t%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f", lang, t, x.N, x.Accuracy, x.MacroF1,
				x.ECE, x.ChanceECE, x.ClassECE, x.Brier, x.NLL, x.Coverage.At70)
		})
	})
}

// labelTables has a table of labels for every language and task; the last
// columns are the confusion matrix.
func labelTables(e *training.Evaluation) string {
	var parts []string
	eachTask(e, func(lang string, t model.Task, x *training.TaskEvaluation) {
		parts = append(parts, tabbed(func(line func(string, ...any)) {
			line("%s %s\tprecision\trecall\tF1\tsupport\tas %s", lang, t, strings.Join(t.Labels(), "\tas "))
			for k, l := range x.Labels {
				cells := ""
				for _, n := range x.Confusion[k] {
					cells += fmt.Sprintf("\t%d", n)
				}
				line("%s\t%.3f\t%.3f\t%.3f\t%d%s", l.Label, l.Precision, l.Recall, l.F1, l.Support, cells)
			}
		}))
	})
	return strings.Join(parts, "\n")
}

// evidenceTable has three lines for every language and task: the model's spans
// and the baselines. Comprehensiveness is better high, sufficiency low.
func evidenceTable(e *training.Evaluation) string {
	measured := false
	table := tabbed(func(line func(string, ...any)) {
		line("language\ttask\tevidence\trows\ttoken-F1\tif label right\tIOU-F1\tcomprehensiveness\tsufficiency")
		eachTask(e, func(lang string, t model.Task, x *training.TaskEvaluation) {
			v := x.Evidence
			if v == nil {
				return
			}
			measured = true
			line("%s\t%s\tmodel\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f", lang, t, v.Rows, v.TokenF1, v.RightTokenF1, v.IOUF1, v.Comprehensiveness, v.Sufficiency)
			line("\t\trandom spans\t\t%.3f\t\t\t%.3f\t%.3f", v.RandomTokenF1, v.RandomComprehensiveness, v.RandomSufficiency)
			line("\t\tlexicon\t\t%.3f\t\t\t\t", v.LexiconTokenF1)
		})
	})
	if !measured {
		return ""
	}
	return table
}

// behaviourTable has a line for every capability and language, then the tests
// that failed.
func behaviourTable(r *behaviour.Report) string {
	if r == nil {
		return ""
	}
	table := tabbed(func(line func(string, ...any)) {
		line("capability\tlanguage\tpassed\ttests\trate\tfloor")
		for _, x := range r.Rates {
			line("%s\t%s\t%d\t%d\t%.2f\t%.2f", x.Capability, x.Language, x.Passed, x.Cases, x.Rate, x.Floor)
		}
	})
	if len(r.Failures) == 0 {
		return table
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nfailed:\n", table)
	for _, x := range r.Failures {
		fmt.Fprintf(&b, "%s: %s\n  %s\n", x.ID, x.Why, x.Text)
	}
	return b.String()
}
