package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	parleyv1 "github.com/parley-nlp/parley/proto/parley/v1"
)

// trainFlags are the flags of parley train.
type trainFlags struct {
	bench   workbench
	file    fileTraining
	scratch bool
	base    string
	promote string
	weights map[string]string
	corpus  float64
	margin  float64
	detach  bool
	format  string
	set     parleyv1.TrainingSettings
	actor   string
}

func newTrainCommand() *cobra.Command {
	f := trainFlags{}
	cmd := &cobra.Command{
		Use:   "train [flags]",
		Short: "Make a better model from labels, and compare it before it may serve",
		Example: `  parley train --data-dir data                       # adapt the serving model to the labels
  parley train --addr localhost:50051 --promote auto # and let it serve if it is no worse
  parley train --data-dir data --from-scratch --source-weight desk=3
  parley train --rows rows.jsonl --target opec.target -o opec.parley   # a model file, no store`,
		Long: `Train makes a model from the labels of a server or a data directory. By default
it adapts the serving model: labels pull its weights away from where they are as
far as they outweigh a Gaussian prior, so that fifty corrections help without the
corpus it was trained on. --from-scratch trains on the written corpus, on the
rows of real text in DATA-DIR/corpus, and on the labels.

The candidate is then compared with the serving model on paragraphs that neither
was trained on: the frozen part of the written corpus, and a fixed tenth of the
labels' groups. If macro-F1 of a task in a language, or the calibration error, is
worse by more than --margin, it is refused, the figures are printed and the exit
status is 1. Otherwise it is stored under the alias "candidate", and serves when
"parley models activate candidate" says so, or at once with --promote auto.

With --rows, train makes a model file from labelled rows alone.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	f.bench.register(fs)
	fs.BoolVar(&f.scratch, "from-scratch", false, "train from nothing instead of adapting")
	fs.StringVar(&f.base, "base", "", "`MODEL` to adapt and to compare with (default: the one that serves)")
	fs.Int64Var(&f.set.LabelsAsOf, "as-of", 0, "labels as the store stood at this `SEQUENCE` (default: now)")
	fs.Float64Var(&f.set.LabelWeight, "label-weight", 1, "`WEIGHT` of a label")
	fs.Float64Var(&f.corpus, "corpus-weight", -1, "`WEIGHT` of a row of the written corpus (default: 1 from scratch, 0 otherwise)")
	fs.StringToStringVar(&f.weights, "source-weight", nil, "`NAME=WEIGHT` of the labels from a source; several with commas or repeated")
	tellDefault(fs, "corpus-weight", "source-weight")
	fs.Float64Var(&f.set.PriorVariance, "prior-variance", 0, "how freely weights may leave those of the base, a `VARIANCE` above 0 (default 0.3)")
	fs.Float64Var(&f.margin, "margin", 0.02, "how much worse a figure may be, 0 to 0.5")
	fs.Uint64Var(&f.set.Seed, "seed", 1, "`SEED` of folds and resampling")
	fs.StringVar(&f.promote, "promote", "never", "`WHEN` to let the model serve: never, or auto (if the gate passes it)")
	fs.BoolVar(&f.set.OverrideGate, "override-gate", false, "keep the candidate even if the gate refuses it; needs --reason")
	fs.StringVar(&f.set.OverrideReason, "reason", "", "why the gate is overridden, as `TEXT`; recorded")
	byFlag(fs, &f.actor, "`NAME` of who trains; recorded")
	fs.BoolVar(&f.detach, "detach", false, "print the training's id and do not wait (with --addr)")
	fs.StringVarP(&f.format, "format", "f", "", "`FORMAT` of progress and outcome: table or jsonl (default: table on a terminal, jsonl otherwise)")
	f.file.register(fs)
	return cmd
}

func (f *trainFlags) settings(cmd *cobra.Command) (*parleyv1.TrainingSettings, error) {
	set := &f.set
	set.Base, set.GateMargin = f.base, &f.margin
	if f.scratch {
		set.Mode = parleyv1.TrainingMode_TRAINING_MODE_SCRATCH
	}
	if cmd.Flags().Changed("corpus-weight") {
		set.CorpusWeight = &f.corpus
	}
	set.SourceWeights = map[string]float64{}
	for name, v := range f.weights {
		var w float64
		if n, err := fmt.Sscanf(v, "%g", &w); n != 1 || err != nil {
			return nil, usageError("--source-weight %s=%s: the weight is not a number", name, v)
		}
		set.SourceWeights[name] = w
	}
	switch f.promote {
	case "never":
	case "auto":
		set.Promote = true
	default:
		return nil, usageError("unknown --promote %q (want never or auto)", f.promote)
	}
	if set.OverrideGate && set.OverrideReason == "" {
		return nil, usageError("--override-gate needs --reason")
	}
	return set, nil
}

func (f *trainFlags) run(cmd *cobra.Command) error {
	if f.file.used() {
		return f.file.run(cmd, f.set.Seed)
	}
	set, err := f.settings(cmd)
	if err != nil {
		return err
	}
	table, err := tableOrJSON(cmd, f.format)
	if err != nil {
		return err
	}
	if f.detach && f.bench.addr == "" {
		return usageError("--detach needs --addr: nobody would train in the directory")
	}
	ctx := cmd.Context()
	conn, stop, err := f.bench.open(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if set.Base != "" {
		if set.Base, err = exact(ctx, conn, set.Base); err != nil {
			return err
		}
	}
	c := parleyv1.NewTrainingServiceClient(conn)
	started, err := c.StartTraining(ctx, &parleyv1.StartTrainingRequest{Settings: set, Actor: f.actor})
	if err != nil {
		return callError(ctx, err)
	}
	id := started.GetTraining().GetId()
	if f.detach {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), id)
		return err
	}
	t, err := follow(ctx, cmd, c, id, table)
	if ctx.Err() != nil {
		// Ctrl-C ends what this command began.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelWait)
		defer cancel()
		_, err := c.CancelTraining(end, &parleyv1.CancelTrainingRequest{Id: id})
		return errors.Join(&exitError{exitInterrupted, errors.New("interrupted; the training is being cancelled")}, err)
	}
	if err != nil {
		return callError(ctx, err)
	}
	return outcome(cmd, t, table)
}

// follow shows progress until the training has ended, and returns its record.
func follow(ctx context.Context, cmd *cobra.Command, c parleyv1.TrainingServiceClient, id string, table bool) (*parleyv1.Training, error) {
	watch, err := c.WatchTraining(ctx, &parleyv1.WatchTrainingRequest{Id: id})
	if err != nil {
		return nil, err
	}
	bar := isTerminal(cmd.ErrOrStderr())
	var t *parleyv1.Training
	for {
		resp, err := watch.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		t = resp.GetTraining()
		switch {
		case !table:
			out, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(t)
			if err != nil {
				return nil, err
			}
			if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n", out); err != nil {
				return nil, err
			}
		case bar:
			done := int(t.GetProgress() * 30)
			fmt.Fprintf(cmd.ErrOrStderr(), "\r[%s%s] %3.0f %% %-20s", strings.Repeat("#", done), strings.Repeat(".", 30-done), 100*t.GetProgress(), t.GetStage())
		}
	}
	if table && bar {
		fmt.Fprintln(cmd.ErrOrStderr())
	}
	return t, nil
}

// outcome prints what came of a training and turns it into an exit status.
func outcome(cmd *cobra.Command, t *parleyv1.Training, table bool) error {
	w := cmd.OutOrStdout()
	if table && t.GetGate() != nil {
		fmt.Fprintf(w, "labels: %d trained on, %d held out, %d left out (in the frozen set)\n", t.GetLabels(), t.GetHeldOut(), t.GetLeftOut())
		if err := gateTable(w, t.GetGate()); err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n", t.GetGate().GetMessage())
	}
	switch t.GetState() {
	case parleyv1.TrainingState_TRAINING_STATE_CANDIDATE, parleyv1.TrainingState_TRAINING_STATE_PROMOTED:
		if !table {
			return nil
		}
		if t.GetGate().GetOverridden() {
			fmt.Fprintf(w, "the gate was overridden: %s\n", t.GetSettings().GetOverrideReason())
		}
		if t.GetState() == parleyv1.TrainingState_TRAINING_STATE_PROMOTED {
			fmt.Fprintf(w, "%s serves now\n", t.GetModel())
		} else {
			fmt.Fprintf(w, "stored as candidate: %s\n", t.GetModel())
		}
		if t.GetError() != "" {
			return &exitError{exitRows, errors.New(t.GetError())}
		}
		return nil
	case parleyv1.TrainingState_TRAINING_STATE_REFUSED:
		return &exitError{exitRows, errors.New("the gate refused the candidate: " + strings.TrimPrefix(t.GetGate().GetMessage(), "refused: "))}
	case parleyv1.TrainingState_TRAINING_STATE_CANCELLED:
		return &exitError{exitRows, errors.New("the training was cancelled")}
	}
	return &exitError{exitRows, fmt.Errorf("the training failed: %s", t.GetError())}
}

// gateTable shows the figures of a comparison.
func gateTable(w io.Writer, g *parleyv1.GateVerdict) error {
	if len(g.GetFigures()) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "SET\tTASK\tLANG\tFIGURE\tROWS\tBEFORE\tAFTER\tGAIN\t95 %\t")
	for _, f := range g.GetFigures() {
		mark := ""
		if f.GetFailed() {
			mark = "worse"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%.3f\t%.3f\t%+.3f\t%+.3f to %+.3f\t%s\n", strings.ReplaceAll(f.GetSet(), "_", " "), f.GetTask(), f.GetLanguage(),
			strings.ReplaceAll(f.GetMetric(), "_", "-"), f.GetItems(), f.GetBefore(), f.GetAfter(), f.GetGain(), f.GetGainLow(), f.GetGainHigh(), mark)
	}
	return t.Flush()
}
