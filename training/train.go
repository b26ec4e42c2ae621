package training

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training/vectors"
)

// TrainerVersion names the learner in model files. It changes when the same
// rows and settings train another model.
const TrainerVersion = "2"

// Folds of the cross-validation by which calibration is fitted and figures are
// reported.
const cvFolds = 5

// Inputs are the rows and the data a model is trained from.
type Inputs struct {
	Rows []Row
	// Target and Lexicon are the texts of the data files; empty means those of
	// the shipped model.
	Target, Lexicon string
	// English and Arabic are the word vectors.
	English, Arabic *vectors.Table
	// Progress, if set, is told of each step and how much of it is done.
	Progress func(step string, done float64)
}

func (in *Inputs) defaults() {
	if in.Target == "" {
		in.Target = model.AssadTarget
	}
	if in.Lexicon == "" {
		in.Lexicon = model.AttitudeLexicon
	}
	if in.Progress == nil {
		in.Progress = func(string, float64) {}
	}
}

// Result is a trained model.
type Result struct {
	// Model is the model file.
	Model []byte
	// Report holds the cross-validated figures: each row was scored by weights
	// and a calibration that were fitted without its group.
	Report Report
}

// minGroups is the least number of groups a model can be cross-validated on.
const minGroups = 10

// Train fits, calibrates and encodes a model. The same inputs and settings give
// the same bytes.
func Train(ctx context.Context, in Inputs, cfg Config) (*Result, error) {
	in.defaults()
	if err := checkRows(in.Rows); err != nil {
		return nil, err
	}
	in.Rows = canonical(in.Rows)
	st := stats{in.English, in.Arabic}
	x, err := model.NewExtractor(in.Target, in.Lexicon, st)
	if err != nil {
		return nil, err
	}
	in.Progress("extract", 0)
	d, err := newDataset(ctx, in.Rows, x, &cfg)
	if err != nil {
		return nil, err
	}
	in.Progress("cross-validate", 0)
	fold := Folds(in.Rows, cvFolds, cfg.Seed)
	z, err := d.crossValidate(ctx, fold, cvFolds, &cfg, in.Progress)
	if err != nil {
		return nil, err
	}
	in.Progress("fit", 0)
	w, err := d.fitAll(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	in.Progress("compile", 0)
	l := learned{x: d.x, w: w, boost: cfg.Boost}
	p := l.compile(x, st, in.Rows)
	p.Target, p.Lexicon = in.Target, in.Lexicon
	d.calibrate(p, z, &cfg)
	report := d.report(z, fold, &cfg)
	p.Info, err = describe(&in, &cfg, &report)
	if err != nil {
		return nil, err
	}
	file, err := p.Encode()
	if err != nil {
		return nil, err
	}
	in.Progress("done", 1)
	return &Result{Model: file, Report: report}, nil
}

// canonical returns the rows in an order that does not depend on how they were
// read: sums of floating-point numbers do.
func canonical(rows []Row) []Row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Text, b.Text))
	})
	return rows
}

func checkRows(rows []Row) error {
	groups := map[string]bool{}
	for i := range rows {
		if err := rows[i].Check(); err != nil {
			return fmt.Errorf("row %d (%s): %w", i, rows[i].ID, err)
		}
		groups[rows[i].Group] = true
	}
	if len(groups) < minGroups {
		return fmt.Errorf("%d rows in %d groups: training takes %d groups or more", len(rows), len(groups), minGroups)
	}
	return nil
}

// describe fills in where the model comes from.
func describe(in *Inputs, cfg *Config, report *Report) (model.Info, error) {
	name, title, err := model.TargetName(in.Target)
	if err != nil {
		return model.Info{}, err
	}
	info := model.Info{
		Name: name, Title: title, Languages: []string{"en", "ar"},
		Trainer: TrainerVersion, Seed: cfg.Seed, Settings: cfg.settings(),
		Corpus: Digest(in.Rows), Rows: map[string]int{}, Metrics: map[string]float64{},
	}
	for i := range in.Rows {
		kind := "real"
		if in.Rows[i].Source == Written {
			kind = Written
		}
		info.Rows[in.Rows[i].Lang+"/"+kind]++
	}
	for _, s := range report.Sections {
		for t, m := range s.Tasks {
			key := "cv/" + s.Name + "/" + model.Task(t).String()
			info.Metrics[key+"/macro_f1"] = round(m.MacroF1)
			info.Metrics[key+"/ece"] = round(m.ECE)
		}
	}
	return info, nil
}

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func (c *Config) settings() map[string]string {
	s := map[string]string{
		"min_rows": strconv.Itoa(c.MinRows), "written_weight": format(c.WrittenWeight),
		"balance": format(c.Balance), "iterations": strconv.Itoa(c.Iterations),
		"rationale": format(c.Rationale), "naive_bayes": strconv.FormatBool(c.NaiveBayes),
		"flatten_stance": format(c.Flatten[model.Stance]), "flatten_tone": format(c.Flatten[model.Tone]),
	}
	for g := range Group(NumGroups) {
		for t := range model.Task(model.NumTasks) {
			s[fmt.Sprintf("l2_%s_%s", g, t)] = format(c.L2[g][t])
		}
	}
	if c.Joint {
		s["joint"] = "true"
	}
	if c.L1 != 0 {
		s["l1"] = format(c.L1)
	}
	for source, w := range c.Weights {
		s["weight_"+source] = format(w)
	}
	for f := range model.NumFamilies {
		s["boost_"+f.String()] = format(c.Boost[f])
	}
	return s
}

func format(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// Report is a list of cross-validated figures.
type Report struct {
	Sections []Section `json:"sections"`
}

// Section holds the figures of a part of the rows.
type Section struct {
	Name  string                  `json:"name"`
	Tasks [model.NumTasks]Metrics `json:"tasks"`
	preds [model.NumTasks][]Prediction
}

// Section returns the section of that name, nil if there is none.
func (r *Report) Section(name string) *Section {
	for i := range r.Sections {
		if r.Sections[i].Name == name {
			return &r.Sections[i]
		}
	}
	return nil
}

// calibrationWeight is what a row counts when logits are calibrated: real rows
// show what the model will meet.
func calibrationWeight(r *Row) float64 {
	if r.Source == Written {
		return 0.1
	}
	return 1
}

// calibrationOf fits the calibration of a language to the rows for which use
// returns true.
func (d *dataset) calibrationOf(z [][outputs]float64, lang string, cfg *Config, use func(i int) bool) Calibration {
	var zs [][outputs]float64
	var label [][model.NumTasks]int8
	var weight []float64
	for i := range d.rows {
		if d.rows[i].Lang == lang && use(i) {
			zs = append(zs, z[i])
			label = append(label, d.label[i])
			weight = append(weight, calibrationWeight(&d.rows[i]))
		}
	}
	if len(zs) == 0 {
		return identity()
	}
	c := identity()
	for t := range model.Task(model.NumTasks) {
		calibrate(&c, t, zs, label, flatten(t, label, weight, cfg.Flatten[t]))
	}
	return c
}

// flatten reweights rows so that the distribution of a task's labels is a mix of
// the observed one and, by share, the uniform one.
func flatten(t model.Task, label [][model.NumTasks]int8, weight []float64, share float64) []float64 {
	n := len(t.Labels())
	mass := make([]float64, n)
	total := 0.0
	for i, w := range weight {
		mass[label[i][t]] += w
		total += w
	}
	out := make([]float64, len(weight))
	for i, w := range weight {
		observed := mass[label[i][t]] / total
		out[i] = w * ((1-share)*observed + share/float64(n)) / observed
	}
	return out
}

var languages = [...]string{"en", "ar"}

// calibrate fits the calibration and the abstention threshold of each language
// to the cross-validated logits.
func (d *dataset) calibrate(p *model.Params, z [][outputs]float64, cfg *Config) {
	for l, lang := range languages {
		c := d.calibrationOf(z, lang, cfg, func(int) bool { return true })
		lp := &p.Languages[l]
		lp.Scale, lp.Offset = c.Scale, c.Offset
		lp.Threshold = [model.NumTasks]float64{DefaultThreshold, DefaultThreshold}
	}
}

// DefaultThreshold is the confidence below which a model abstains.
const DefaultThreshold = 0.5

// report measures the cross-validated logits, calibrated for each fold by the
// other folds.
func (d *dataset) report(z [][outputs]float64, fold []int, cfg *Config) Report {
	cal := map[string][cvFolds]Calibration{}
	for _, lang := range languages {
		var c [cvFolds]Calibration
		for f := range c {
			c[f] = d.calibrationOf(z, lang, cfg, func(i int) bool { return fold[i] != f })
		}
		cal[lang] = c
	}
	var r Report
	for _, lang := range languages {
		for _, kind := range []string{"", "/written", "/real"} {
			s := Section{Name: lang + kind}
			for i := range d.rows {
				row := &d.rows[i]
				if row.Lang != lang || kind != "" && (row.Source == Written) != (kind == "/written") {
					continue
				}
				c := cal[lang][fold[i]]
				cz := c.Apply(z[i])
				for t := range model.Task(model.NumTasks) {
					s.preds[t] = append(s.preds[t], predictionOf(t, cz, int(d.label[i][t])))
				}
			}
			for t := range s.Tasks {
				s.Tasks[t] = Measure(model.Task(t), s.preds[t])
			}
			r.Sections = append(r.Sections, s)
		}
	}
	return r
}

// predictionOf turns logits into a prediction for a task.
func predictionOf(t model.Task, z [outputs]float64, gold int) Prediction {
	a, b := t.Outputs()
	p := Prediction{Gold: gold, Probabilities: make([]float64, b-a)}
	lse := logSumExp(z[a:b])
	for c := range p.Probabilities {
		p.Probabilities[c] = math.Exp(z[a+c] - lse)
		if z[a+c] > z[a+p.Label] {
			p.Label = c
		}
	}
	return p
}
