package peers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/golearn"
)

// Outside are the peers that run outside, by the name of their files.
var Outside = []struct{ File, Title string }{
	{"fasttext", "fastText, word bigrams (dim 100, 25 epochs)"},
	{"sklearn-lr", "scikit-learn TF-IDF word 1-2 + char 2-5, logistic regression"},
	{"sklearn-svm", "scikit-learn TF-IDF word 1-2 + char 2-5, linear SVM"},
}

// Classifier is a classifier's answers on the test rows.
type Classifier struct {
	Title  string
	Answer map[Cell][]int
}

// Cell is a task in a language.
type Cell struct {
	Task model.Task
	Lang string
}

// Cells are the columns of the tables.
func Cells() []Cell {
	var out []Cell
	for t := range model.Task(model.NumTasks) {
		for _, lang := range Languages {
			out = append(out, Cell{t, lang})
		}
	}
	return out
}

// Run lets all peers answer; the answers of those outside are read from dir.
// The model comes last. Peers outside that did not run are left out.
func Run(m *model.Model, d *Data, dir string) ([]Classifier, error) {
	x, err := model.NewExtractor(model.AssadTarget, model.AttitudeLexicon, noStats{})
	if err != nil {
		return nil, err
	}
	inside := []struct {
		title  string
		answer func(train, test []training.Row, t model.Task) ([]int, error)
	}{
		{"majority label", func(train, test []training.Row, t model.Task) ([]int, error) { return majority(train, test, t), nil }},
		{"polarity lexicon with negation (VADER-style)", func(_, test []training.Row, t model.Task) ([]int, error) { return polarity(m, x, test, t) }},
		{"golearn Bernoulli naive Bayes, words and pairs", bayes},
		{"Parley", func(_, test []training.Row, t model.Task) ([]int, error) { return parley(m, test, t) }},
	}
	var out []Classifier
	for _, p := range inside {
		c := Classifier{p.title, map[Cell][]int{}}
		for _, cell := range Cells() {
			if c.Answer[cell], err = p.answer(In(d.Train, cell.Lang), In(d.Test, cell.Lang), cell.Task); err != nil {
				return nil, fmt.Errorf("%s: %w", p.title, err)
			}
		}
		out = append(out, c)
	}
	last := len(out) - 1
	for _, p := range Outside {
		c := Classifier{p.Title, map[Cell][]int{}}
		for _, cell := range Cells() {
			answer, err := Predictions(dir, p.File, cell.Lang, cell.Task, len(In(d.Test, cell.Lang)))
			if err != nil {
				return nil, err
			}
			if answer != nil {
				c.Answer[cell] = answer
			}
		}
		if len(c.Answer) == len(Cells()) {
			out = slices.Insert(out, last, c)
			last++
		}
	}
	return out, nil
}

// noStats knows no word statistics; the polarity lexicon needs none.
type noStats struct{}

func (noStats) Dim() int                               { return 0 }
func (noStats) Rarity(uint64) float64                  { return 1 }
func (noStats) Vector(uint64, float64, []float64) bool { return false }

func parley(m *model.Model, test []training.Row, t model.Task) ([]int, error) {
	out := make([]int, len(test))
	for i := range test {
		p, err := m.Paragraph(test[i].Text, model.Options{Language: test[i].Language(), Evidence: model.NoEvidence})
		if err != nil {
			return nil, err
		}
		out[i] = p.Task(t).Label
	}
	return out, nil
}

// figures measures answers by golearn's confusion matrix.
func figures(gold, answer []int, t model.Task) golearn.Figures {
	n := len(t.Labels())
	confusion := make([][]int, n)
	for i := range confusion {
		confusion[i] = make([]int, n)
	}
	for i := range gold {
		confusion[gold[i]][answer[i]]++
	}
	return golearn.Measure(confusion, t.Labels())
}

// ceiling is the macro-F1 of one annotator against the other over the labelled
// real rows, by ../shared/eval/README.md.
var ceiling = map[Cell]float64{
	{model.Stance, "en"}: 0.89, {model.Stance, "ar"}: 0.92, {model.Tone, "en"}: 0.94, {model.Tone, "ar"}: 0.94,
}

// Markdown renders the comparison.
func Markdown(m *model.Model, d *Data, all []Classifier) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Parley and its peers\n\nWritten by `make peers`; do not edit.\n\n")
	fmt.Fprintf(&b, "All classifiers are trained on the same %d rows and measured on the same %d real paragraphs of other outlets "+
		"(`../shared/eval/dev.jsonl`), which no training reads. Peers are trained in each language alone; the penalty of "+
		"scikit-learn's is chosen by cross-validation, grouped by article, on the training rows. Parley is `%s`.", len(d.Train), len(d.Test), m.ID())
	if digest := training.Digest(d.Train); digest != m.Info().Corpus {
		fmt.Fprintf(&b, " **It was trained on other rows** (digest %.12s, here %.12s).", m.Info().Corpus, digest)
	}
	b.WriteString("\n\n| rows | English written | English real | Arabic written | Arabic real |\n| --- | --- | --- | --- | --- |\n")
	fmt.Fprintf(&b, "| training |%s\n| test |%s\n", counts(d.Train), counts(d.Test))
	b.WriteString("\n## Macro-F1 (accuracy)\n\n")
	head(&b, "classifier")
	best := map[Cell]int{}
	ours := len(all) - 1
	for i, c := range all {
		fmt.Fprintf(&b, "| %s |", c.Title)
		for _, cell := range Cells() {
			f := figures(labelsOf(In(d.Test, cell.Lang), cell.Task), c.Answer[cell], cell.Task)
			fmt.Fprintf(&b, " %.3f (%.3f) |", f.MacroF1, f.Accuracy)
			if i < ours && f.MacroF1 > macroF1(d, all[best[cell]], cell) {
				best[cell] = i
			}
		}
		b.WriteByte('\n')
	}
	b.WriteString("| two annotators, one against the other |")
	for _, cell := range Cells() {
		fmt.Fprintf(&b, " %.2f |", ceiling[cell])
	}
	b.WriteString("\n\n## Parley against the best peer\n\nThe interval is the paired bootstrap's, 95 %, over test rows.\n\n")
	head(&b, "points of macro-F1")
	b.WriteString("| Parley minus the best peer |")
	for _, cell := range Cells() {
		lo, hi := interval(d, all[ours], all[best[cell]], cell)
		diff := macroF1(d, all[ours], cell) - macroF1(d, all[best[cell]], cell)
		fmt.Fprintf(&b, " %+.1f [%+.1f, %+.1f] |", 100*diff, 100*lo, 100*hi)
	}
	b.WriteString("\n| best peer |")
	for _, cell := range Cells() {
		fmt.Fprintf(&b, " %s |", strings.SplitN(all[best[cell]].Title, ",", 2)[0]+shortKind(all[best[cell]].Title))
	}
	b.WriteString("\n\n## F1 by label\n")
	for _, cell := range Cells() {
		fmt.Fprintf(&b, "\n| %s, %s | %s |\n|%s\n", cell.Task, language(cell.Lang), strings.Join(cell.Task.Labels(), " | "), strings.Repeat(" --- |", len(cell.Task.Labels())+1))
		for _, c := range all {
			f := figures(labelsOf(In(d.Test, cell.Lang), cell.Task), c.Answer[cell], cell.Task)
			fmt.Fprintf(&b, "| %s |", c.Title)
			for _, x := range f.F1 {
				fmt.Fprintf(&b, " %.3f |", x)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// shortKind tells the two learners of scikit-learn apart.
func shortKind(title string) string {
	if _, kind, ok := strings.Cut(title, "char 2-5, "); ok {
		return ", " + kind
	}
	return ""
}

func language(code string) string {
	if code == "ar" {
		return "Arabic"
	}
	return "English"
}

func head(b *strings.Builder, first string) {
	fmt.Fprintf(b, "| %s |", first)
	for _, cell := range Cells() {
		fmt.Fprintf(b, " %s, %s |", cell.Task, language(cell.Lang))
	}
	fmt.Fprintf(b, "\n|%s\n", strings.Repeat(" --- |", len(Cells())+1))
}

func counts(rows []training.Row) string {
	var n [4]int
	for i := range rows {
		k := 0
		if rows[i].Lang == "ar" {
			k = 2
		}
		if rows[i].Source != training.Written {
			k++
		}
		n[k]++
	}
	return fmt.Sprintf(" %d | %d | %d | %d |", n[0], n[1], n[2], n[3])
}

func macroF1(d *Data, c Classifier, cell Cell) float64 {
	return figures(labelsOf(In(d.Test, cell.Lang), cell.Task), c.Answer[cell], cell.Task).MacroF1
}

// resamples is how many bootstrap samples an interval rests on.
const resamples = 1000

// interval is the 95 % bootstrap interval of the difference of macro-F1.
func interval(d *Data, a, b Classifier, cell Cell) (lo, hi float64) {
	gold := labelsOf(In(d.Test, cell.Lang), cell.Task)
	rng := rand.New(rand.NewPCG(1, 1))
	var diffs []float64
	n := len(gold)
	g, x, y := make([]int, n), make([]int, n), make([]int, n)
	for range resamples {
		for i := range n {
			k := rng.IntN(n)
			g[i], x[i], y[i] = gold[k], a.Answer[cell][k], b.Answer[cell][k]
		}
		diffs = append(diffs, figures(g, x, cell.Task).MacroF1-figures(g, y, cell.Task).MacroF1)
	}
	slices.Sort(diffs)
	return diffs[resamples/40], diffs[resamples-1-resamples/40]
}
