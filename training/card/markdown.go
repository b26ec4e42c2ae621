package card

import (
	"fmt"
	"strings"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/peers"
)

// page is a Markdown page in the making.
type page struct{ strings.Builder }

func (p *page) say(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// table writes the head of a table.
func (p *page) table(columns ...string) {
	p.say("\n| %s |\n|%s", strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
}

// row writes a line of a table.
func (p *page) row(cells ...any) {
	for _, c := range cells {
		if x, ok := c.(float64); ok {
			c = fmt.Sprintf("%.3f", x)
		}
		fmt.Fprintf(p, "| %v ", c)
	}
	p.say("|")
}

var languageNames = map[string]string{"en": "English", "ar": "Arabic", "all": "both"}

// Markdown returns the card.
func (c *Card) Markdown() string {
	p := &page{}
	info := c.model.Info()
	p.say("# Model card: %s\n\nWritten by `make card`; do not edit. Model `%s`.\n", info.Name, c.model.ID())
	p.say("The model says of a paragraph of English or Arabic news which stance toward %s it conveys and which tone its parties "+
		"take, with calibrated probabilities and the stretches of text that speak for them. Each task is the mean of two "+
		"multinomial logistic regressions, one over words, stems, character n-grams and pairs, one over word vectors, attitude words in "+
		"their context and the form of the paragraph. The mean is linear again, and each feature belongs to a stretch of the text, so that "+
		"evidence is an exact part of the score. Names count as the party they name. It was trained on real and "+
		"written paragraphs on Syria, 2000 to 2024; it knows no other subject, reads a paragraph alone, and is not meant to judge people.", info.Title)
	c.dataSection(p)
	c.qualitySection(p)
	c.partsSection(p)
	c.calibrationSection(p)
	c.evidenceSection(p)
	c.behaviourSection(p)
	c.studySection(p)
	c.errorSection(p)
	return p.String()
}

func (c *Card) dataSection(p *page) {
	info := c.model.Info()
	p.say("\n## Data and labels\n\nStance: `favor` (somebody endorses, praises, defends or legitimises him), `against` (somebody "+
		"condemns, blames, insults or delegitimises him), `neutral` (he or his government is there, nobody takes a position), "+
		"`unrelated`. Tone: `cooperative`, `confrontational`, `neutral`. Real rows come from public corpora and are kept as labels "+
		"without text (`training/standoff`); written rows (`training/corpus`) were written for this project. Training rows: digest `%.16s`.", info.Corpus)
	if d := training.Digest(c.data.Train); d != info.Corpus {
		p.say("\n**The model was trained on other rows than those counted here** (digest `%.16s`).", d)
	}
	columns := []string{"rows", "n"}
	for t := range model.Task(model.NumTasks) {
		for _, l := range t.Labels() {
			columns = append(columns, t.String()+" "+l)
		}
	}
	p.table(columns...)
	for _, set := range []struct {
		name string
		rows []training.Row
	}{{"training", c.data.Train}, {"test", c.data.Test}} {
		for _, lang := range peers.Languages {
			for _, kind := range []struct {
				name string
				use  func(*training.Row) bool
			}{{"written", isWritten}, {"real", isReal}} {
				n, cells := 0, make([]int, model.NumOutputs)
				for i := range set.rows {
					if r := &set.rows[i]; r.Lang == lang && kind.use(r) {
						n++
						for t := range model.Task(model.NumTasks) {
							from, _ := t.Outputs()
							cells[from+r.Label(t)]++
						}
					}
				}
				if n == 0 {
					continue
				}
				line := []any{fmt.Sprintf("%s, %s, %s", set.name, languageNames[lang], kind.name), n}
				for _, k := range cells {
					line = append(line, k)
				}
				p.row(line...)
			}
		}
	}
}

// ceilings are what one annotator reaches against the other on the labelled
// real rows: kappa and macro-F1.
var ceilings = map[peers.Cell][2]float64{
	{Task: model.Stance, Lang: "en"}: {0.86, 0.89}, {Task: model.Stance, Lang: "ar"}: {0.90, 0.92},
	{Task: model.Tone, Lang: "en"}: {0.92, 0.94}, {Task: model.Tone, Lang: "ar"}: {0.91, 0.94},
}

func (c *Card) qualitySection(p *page) {
	p.say("\n## Quality\n\nOn %d real paragraphs of outlets and articles that no training reads. The ceiling is one annotator's macro-F1 "+
		"against the other; both were language models working by the codebook, so that it is an upper bound. `docs/peers.md` has "+
		"other classifiers on the same rows.", len(c.data.Test))
	p.table("task", "language", "n", "accuracy", "macro-F1", "ceiling", "kappa of annotators", "ECE", "ECE by chance", "Brier", "NLL")
	for _, cell := range peers.Cells() {
		e := c.eval.Language(cell.Lang)
		if e == nil {
			continue
		}
		x := e.Task(cell.Task)
		p.row(cell.Task, languageNames[cell.Lang], x.N, x.Accuracy, x.MacroF1, fmt.Sprintf("%.2f", ceilings[cell][1]), fmt.Sprintf("%.2f", ceilings[cell][0]), x.ECE, x.ChanceECE, x.Brier, x.NLL)
	}
	for t := range model.Task(model.NumTasks) {
		p.table(t.String(), "language", "precision", "recall", "F1", "support")
		for _, lang := range peers.Languages {
			if e := c.eval.Language(lang); e != nil {
				for _, l := range e.Task(t).Labels {
					p.row(l.Label, languageNames[lang], l.Precision, l.Recall, l.F1, l.Support)
				}
			}
		}
	}
}

func (c *Card) partsSection(p *page) {
	p.say("\n## By length, outlet, style and era\n\nLength and outlet are those of the test rows. Parts of fewer than %d test rows, or %d training rows, "+
		"are left out; small ones are uncertain by many points.", leastTest, leastRows)
	parts := func(name string, list []PartResult) {
		p.table(name, "language", "n", "stance accuracy", "stance macro-F1", "tone accuracy", "tone macro-F1")
		for _, x := range list {
			p.row(x.Name, languageNames[x.Language], x.Rows, x.StanceAccuracy, x.StanceF1, x.ToneAccuracy, x.ToneF1)
		}
	}
	parts("length", byPart(c.test, leastTest, lengthOf))
	parts("outlet", byPart(c.test, leastTest, func(r *training.Row) string {
		if r.Outlet != "" {
			return r.Outlet
		}
		return r.Source
	}))
	if len(c.studies.Styles) == 0 {
		return
	}
	p.say("\nStyle and era are those of the written rows, each scored by a fit without its group (cross-validation of %d folds).", studyFolds)
	parts("style", c.studies.Styles)
	parts("era", c.studies.Eras)
}

func (c *Card) calibrationSection(p *page) {
	p.say("\n## Calibration\n\nThe logits of each task and language are scaled and shifted (vector scaling with one slope a task), fitted on " +
		"held-out folds of the training rows. On the test rows, before and after:")
	p.table("task", "language", "ECE before", "after", "classwise ECE before", "after", "Brier before", "after", "NLL before", "after")
	for t := range model.Task(model.NumTasks) {
		for _, lang := range []string{"en", "ar", "all"} {
			use := func(r *training.Row) bool { return lang == "all" || r.Lang == lang }
			a, b := training.Measure(t, predictions(t, c.test, raw, use)), training.Measure(t, predictions(t, c.test, calibrated, use))
			p.row(t, languageNames[lang], a.ECE, b.ECE, a.ClassECE, b.ClassECE, a.Brier, b.Brier, a.NLL, b.NLL)
		}
	}
	p.say("\n![Reliability, stance](figures/reliability-stance.svg) ![Reliability, tone](figures/reliability-tone.svg)")
	p.say("\n## Abstention\n\nA prediction whose confidence is below the model's threshold says so (`low_confidence`). The accuracy on the 70 %% of rows that "+
		"the model is surest of, against all rows; and what the thresholds of the model file do: %s.", c.thresholds())
	p.table("task", "language", "accuracy", "at 70 % coverage", "gain", "answered", "accuracy of the answered")
	for _, cell := range peers.Cells() {
		e := c.eval.Language(cell.Lang)
		if e == nil {
			continue
		}
		x := e.Task(cell.Task)
		n, answered, right := 0, 0, 0
		for i := range c.test {
			if c.test[i].Row.Lang != cell.Lang {
				continue
			}
			n++
			if c.answered[cell.Task][i] {
				answered++
				if q := &c.test[i].Calibrated[cell.Task]; q.Label == q.Gold {
					right++
				}
			}
		}
		p.row(cell.Task, languageNames[cell.Lang], x.Accuracy, x.Coverage.At70, fmt.Sprintf("%+.1f points", 100*(x.Coverage.At70-x.Accuracy)),
			fmt.Sprintf("%.0f %%", 100*float64(answered)/float64(max(n, 1))), float64(right)/float64(max(answered, 1)))
	}
	p.say("\n![Accuracy by coverage, stance](figures/coverage-stance.svg) ![Accuracy by coverage, tone](figures/coverage-tone.svg)")
}

func (c *Card) thresholds() string {
	var parts []string
	params := c.model.Params()
	for i, lang := range peers.Languages {
		for t := range model.Task(model.NumTasks) {
			parts = append(parts, fmt.Sprintf("%s %s %.2f", languageNames[lang], t, params.Languages[i].Threshold[t]))
		}
	}
	return strings.Join(parts, ", ")
}

func (c *Card) evidenceSection(p *page) {
	p.say("\n## Evidence\n\nAgainst the spans that annotators marked: mean F1 of tokens, and F1 of spans that share at least half their tokens. " +
		"Comprehensiveness is how much the label's probability falls without the spans (more is better), sufficiency how much with the spans " +
		"alone (less is better); the text is featurised again.")
	p.table("task", "language", "rows", "token-F1", "of random spans", "of the lexicon", "IOU-F1", "comprehensiveness", "of random spans", "sufficiency", "of random spans")
	for _, cell := range peers.Cells() {
		e := c.eval.Language(cell.Lang)
		if e == nil || e.Task(cell.Task).Evidence == nil {
			continue
		}
		v := e.Task(cell.Task).Evidence
		p.row(cell.Task, languageNames[cell.Lang], v.Rows, v.TokenF1, v.RandomTokenF1, v.LexiconTokenF1, v.IOUF1,
			v.Comprehensiveness, v.RandomComprehensiveness, v.Sufficiency, v.RandomSufficiency)
	}
}

func (c *Card) behaviourSection(p *page) {
	p.say("\n## Behaviour\n\nPass rates of the behavioural tests (`training/behaviour`, run by `parley eval --behaviour`).")
	p.table("capability", "language", "passed", "tests", "rate")
	for _, r := range c.behaviour.Rates {
		p.row(r.Capability, languageNames[r.Language], r.Passed, r.Cases, fmt.Sprintf("%.0f %%", 100*r.Rate))
	}
}

func (c *Card) studySection(p *page) {
	if len(c.studies.Ablation) == 0 {
		p.say("\n## What contributes\n\nThe studies were not run (`make studies`).")
		return
	}
	p.say("\n## What contributes\n\nMacro-F1. Cross-validation (%d folds by article) is over the real training rows, test over the test rows. "+
		"The comparison chose nothing by the test rows.", studyFolds)
	if c.studies.Corpus != c.model.Info().Corpus {
		p.say("\n**These studies were run on other rows than the model was trained on** (`make studies` runs them again).")
	}
	c.results(p, "feature families", c.studies.Ablation)
	c.results(p, "learners", c.studies.Learners)
	p.say("\ngolearn's members vote for a label of the whole paragraph. No word can be credited with a vote, so that evidence would no longer add up to " +
		"the score, and none is in the shipped model; the lines above say what that costs.")
	p.say("\n## Other sources, other language\n\nWhole sources held out (5 folds of sources) shows what the model makes of outlets it has not seen; the " +
		"rows below it are fitted to a part of the training rows alone, without calibration.")
	c.results(p, "training rows", c.studies.Transfer)
	for _, r := range c.studies.Transfer {
		if len(r.Sources) == 0 {
			continue
		}
		p.table("source held out", "language", "n", "stance macro-F1", "tone macro-F1")
		for _, s := range r.Sources {
			p.row(s.Name, languageNames[s.Language], s.Rows, s.StanceF1, s.ToneF1)
		}
	}
}

// results writes a table of studies.
func (c *Card) results(p *page, name string, list []Result) {
	columns := []string{name}
	for _, set := range []string{"cross-validated", "test"} {
		for _, cell := range peers.Cells() {
			columns = append(columns, fmt.Sprintf("%s %s, %s", cell.Task, languageNames[cell.Lang], set))
		}
	}
	p.table(columns...)
	for _, r := range list {
		line := []any{r.Name}
		for _, figures := range []map[string]float64{r.CrossValidated, r.Test} {
			for _, cell := range peers.Cells() {
				if x, ok := figures[cellName(cell)]; ok {
					line = append(line, x)
				} else {
					line = append(line, "")
				}
			}
		}
		p.row(line...)
	}
}

// samples is how many errors of a task the card quotes.
const samples = 8

func (c *Card) errorSection(p *page) {
	p.say("\n## Where it fails\n\nConfusions of the test rows, the most frequent first.")
	p.table("task", "is", "taken for", "rows", "share of errors", "with a quotation", "surer than 0.7")
	for t := range model.Task(model.NumTasks) {
		names := t.Labels()
		for _, k := range c.errorKinds(t) {
			p.row(t, names[k.gold], names[k.said], k.count, fmt.Sprintf("%.0f %%", 100*k.share), k.quoted, k.confident)
		}
	}
	stance, tone := measure(model.Stance, c.frozen, calibrated), measure(model.Tone, c.frozen, calibrated)
	p.say("\nThe sentences below are written ones that no training reads (%d rows, on which stance reaches %.3f and tone %.3f macro-F1): the errors that the "+
		"model is surest of.", len(c.frozen), stance.MacroF1, tone.MacroF1)
	for t := range model.Task(model.NumTasks) {
		names := t.Labels()
		p.say("\n### %s\n", t)
		for _, s := range c.worst(t, samples) {
			q := &s.Calibrated[t]
			p.say("- %s, taken for %s (%.2f): %s", names[q.Gold], names[q.Label], q.Probabilities[q.Label], strings.Join(strings.Fields(s.Row.Text), " "))
		}
	}
}
