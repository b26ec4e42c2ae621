package loop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/parley-nlp/parley/model"
	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
	"github.com/parley-nlp/parley/server/retrain"
	"github.com/parley-nlp/parley/server/store"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/gate"
	"github.com/parley-nlp/parley/training/vectors"
)

// Trainer trains with package training. It implements retrain.Trainer.
type Trainer struct {
	// Corpus is a directory of JSONL rows that training from scratch reads
	// beside the written corpus; it need not exist.
	Corpus string
}

// labelSource is the source of labels that name none.
const labelSource = "labels"

// Check implements retrain.Trainer.
func (t *Trainer) Check(set *parleyv1.TrainingSettings) error {
	if set.GetMode() == parleyv1.TrainingMode_TRAINING_MODE_SCRATCH && set.GetPriorVariance() != 0 {
		return fmt.Errorf("%w: prior_variance is for adaptation; training from scratch has no base", retrain.ErrCannotTrain)
	}
	if set.GetMode() == parleyv1.TrainingMode_TRAINING_MODE_SCRATCH && set.GetCorpusWeight() == 0 {
		return fmt.Errorf("%w: training from scratch needs a corpus_weight above 0", retrain.ErrCannotTrain)
	}
	return nil
}

// Train implements retrain.Trainer.
func (t *Trainer) Train(ctx context.Context, job retrain.Job) (*retrain.Outcome, error) {
	set := job.Settings
	frozen, err := frozenFor(job.Serving)
	if err != nil {
		return nil, err
	}
	rows, heldOut, leftOut := split(job.Labels, frozen)
	out := &retrain.Outcome{Used: len(rows), HeldOut: len(heldOut), LeftOut: leftOut}
	var made *training.Result
	if job.Parent != nil {
		made, err = adapt(ctx, job, rows)
	} else {
		made, err = t.scratch(ctx, job, rows)
	}
	if err != nil {
		return nil, err
	}
	out.Model = made.Model
	after, err := model.Load(made.Model)
	if err != nil {
		return nil, err
	}
	out.CorpusHash = after.Info().Corpus
	job.Progress("compare", 0.9)
	margin := set.GetGateMargin()
	verdict, err := gate.Compare(ctx, job.Serving, after, []gate.Set{{Name: "frozen", Rows: frozen}, {Name: "held_out", Rows: heldOut}},
		gate.Options{Margin: &margin, Seed: set.GetSeed()})
	if err != nil {
		return nil, err
	}
	out.Gate = toVerdict(verdict, len(frozen), len(heldOut))
	return out, nil
}

// frozenFor returns the frozen set where it speaks of the model's target; a
// model of another target is measured on its own held-out labels.
func frozenFor(m *model.Model) ([]training.Row, error) {
	shipped, err := model.Default()
	if err != nil {
		return nil, err
	}
	if m.Name() != shipped.Name() {
		return nil, nil
	}
	return training.FrozenSet()
}

// split turns labels into rows: those to train on and those held out. Texts of
// the frozen set are left out. The order depends on the texts alone.
func split(all []store.Label, frozen []training.Row) (rows, heldOut []training.Row, leftOut int) {
	known := map[string]bool{}
	for i := range frozen {
		known[store.Item(frozen[i].Text)] = true
	}
	items := map[string][]store.Label{}
	for _, l := range all {
		key := store.Item(l.Text)
		if known[key] {
			leftOut++
			continue
		}
		items[key] = append(items[key], l)
	}
	for key, judgements := range items {
		row := settle(key, judgements)
		if gate.HeldOut(row.Group) {
			heldOut = append(heldOut, row)
		} else {
			rows = append(rows, row)
		}
	}
	byID := func(a, b training.Row) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(rows, byID)
	slices.SortFunc(heldOut, byID)
	return rows, heldOut, leftOut
}

// settle makes one row of what annotators said of a paragraph: of each task the
// label that most gave, on a tie that of the latest; of several judgements by
// one annotator the latest counts. Everything else is from the latest judgement
// that gave the label.
func settle(key string, judgements []store.Label) training.Row {
	latest := map[string]int{}
	for i := range judgements {
		latest[judgements[i].Annotator] = i // in the order of their sequence
	}
	winner := func(of func(*store.Label) string) *store.Label {
		votes, last := map[string]int{}, map[string]int{}
		for _, i := range latest {
			name := of(&judgements[i])
			votes[name]++
			last[name] = max(last[name], i)
		}
		best := ""
		for name := range votes {
			if best == "" || votes[name] > votes[best] || votes[name] == votes[best] && last[name] > last[best] {
				best = name
			}
		}
		return &judgements[last[best]]
	}
	stance := winner(func(l *store.Label) string { return l.Stance })
	tone := winner(func(l *store.Label) string { return l.Tone })
	row := training.Row{
		ID: key, Text: stance.Text, Lang: stance.Language, Stance: stance.Stance, Tone: tone.Tone, Group: stance.Group, Holder: stance.Holder, Source: sourceOf(stance.Source),
	}
	row.Evidence.Stance, row.Evidence.Tone = []string{}, []string{}
	for _, sp := range stance.StanceEvidence {
		row.Evidence.Stance = append(row.Evidence.Stance, sp.In(stance.Text))
	}
	if tone.Text == stance.Text { // else only white space differs
		for _, sp := range tone.ToneEvidence {
			row.Evidence.Tone = append(row.Evidence.Tone, sp.In(tone.Text))
		}
	}
	return row
}

// sourceOf keeps labels apart from the written corpus.
func sourceOf(source string) string {
	if source == "" || source == training.Written {
		return labelSource
	}
	return source
}

// weights returns what a row of each source counts.
func weights(set *parleyv1.TrainingSettings, rows []training.Row) map[string]float64 {
	out := map[string]float64{}
	for i := range rows {
		source := rows[i].Source
		w := set.GetLabelWeight()
		if s, ok := set.GetSourceWeights()[source]; ok {
			w *= s
		}
		out[source] = w
	}
	return out
}

// adapt adapts the parent to the labels, and to the written corpus if that has
// a weight.
func adapt(ctx context.Context, job retrain.Job, rows []training.Row) (*training.Result, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("%w: there is no label to train on", retrain.ErrCannotTrain)
	}
	set := job.Settings
	cfg := training.AdaptConfig{Seed: set.GetSeed(), Labels: job.LabelsAsOf, Weights: weights(set, rows), Progress: scaled(job.Progress)}
	if v := set.GetPriorVariance(); v > 0 {
		cfg.Strength = 1 / v
	}
	if w := set.GetCorpusWeight(); w > 0 {
		written, err := training.TrainingSet()
		if err != nil {
			return nil, err
		}
		cfg.Weights[training.Written] = w
		rows = append(slices.Clone(written), rows...)
	}
	return training.Adapt(ctx, job.Parent, rows, cfg)
}

// scratch trains on the written corpus, on the rows of real text that are at
// hand, and on the labels.
func (t *Trainer) scratch(ctx context.Context, job retrain.Job, rows []training.Row) (*training.Result, error) {
	set := job.Settings
	cfg := training.DefaultConfig()
	cfg.Seed = set.GetSeed()
	cfg.WrittenWeight *= set.GetCorpusWeight()
	cfg.Weights = weights(set, rows)
	written, err := training.TrainingSet()
	if err != nil {
		return nil, err
	}
	hydrated, err := readCorpus(t.Corpus)
	if err != nil {
		return nil, err
	}
	in := training.Inputs{Rows: slices.Concat(written, hydrated, rows), Progress: scaled(job.Progress)}
	if in.English, err = vectors.English(); err != nil {
		return nil, err
	}
	if in.Arabic, err = vectors.Arabic(); err != nil {
		return nil, err
	}
	return training.Train(ctx, in, cfg)
}

// readCorpus reads the rows of every JSONL file of a directory.
func readCorpus(dir string) ([]training.Row, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []training.Row
	for _, name := range names {
		rows, err := readFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, rows...)
	}
	return out, nil
}

func readFile(name string) (_ []training.Row, err error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return training.ReadRows(f)
}

// scaled turns the learner's progress, which begins anew with each step, into
// that of the whole.
func scaled(progress func(string, float64)) func(string, float64) {
	from := map[string][2]float64{"extract": {0.02, 0.1}, "cross-validate": {0.1, 0.6}, "fit": {0.6, 0.85}, "compile": {0.85, 0.88}, "done": {0.88, 0.88}}
	return func(step string, done float64) {
		part, ok := from[step]
		if !ok {
			return
		}
		progress(step, part[0]+done*(part[1]-part[0]))
	}
}

func toVerdict(v *gate.Verdict, frozen, heldOut int) *parleyv1.GateVerdict {
	out := &parleyv1.GateVerdict{Passed: v.Passed, Margin: v.Margin, FrozenItems: int32(frozen), HeldOutItems: int32(heldOut), Message: v.Message()}
	for _, f := range v.Figures {
		out.Figures = append(out.Figures, &parleyv1.GateFigure{
			Set: f.Set, Task: f.Task, Language: f.Language, Metric: f.Metric, Items: int32(f.Items),
			Before: f.Before, After: f.After, Gain: f.Gain, GainLow: f.Low, GainHigh: f.High, Failed: f.Failed,
		})
	}
	return out
}
