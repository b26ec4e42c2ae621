package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/training"
	"github.com/parley-nlp/parley/training/vectors"
)

// cancelWait bounds how long an interrupted command waits for its cancellation.
const cancelWait = 5 * time.Second

// fileTraining are the flags of a training from rows to a model file.
type fileTraining struct {
	rows    []string
	target  string
	lexicon string
	output  string
}

func (f *fileTraining) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.rows, "rows", nil, "train a model file from these `FILES` of labelled JSONL rows alone; \"written\" stands for the written corpus")
	fs.StringVar(&f.target, "target", "", "with --rows: `FILE` of the target's names (default: that of the shipped model)")
	fs.StringVar(&f.lexicon, "lexicon", "", "with --rows: `FILE` of attitude words (default: that of the shipped model)")
	fs.StringVarP(&f.output, "output", "o", "", "with --rows: write the model to `FILE`")
}

func (f *fileTraining) used() bool {
	return len(f.rows) > 0 || f.target != "" || f.lexicon != "" || f.output != ""
}

func (f *fileTraining) run(cmd *cobra.Command, seed uint64) error {
	switch {
	case len(f.rows) == 0:
		return usageError("--target, --lexicon and --output need --rows")
	case f.output == "":
		return usageError("--rows needs --output FILE for the model")
	}
	in, err := f.inputs(cmd)
	if err != nil {
		return err
	}
	cfg := training.DefaultConfig()
	cfg.Seed = seed
	made, err := training.Train(cmd.Context(), *in, cfg)
	if err != nil {
		if cmd.Context().Err() != nil {
			return &exitError{exitInterrupted, errors.New("interrupted")}
		}
		return inputError(err)
	}
	m, err := model.Load(made.Model)
	if err != nil {
		return fmt.Errorf("the trained model cannot be read back: %w", err)
	}
	if err := writeWhole(f.output, made.Model); err != nil {
		return inputError(err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s, %d bytes, from %d rows; cross-validated:\n", f.output, m.ID(), len(made.Model), len(in.Rows))
	return reportTable(cmd.OutOrStdout(), &made.Report)
}

func (f *fileTraining) inputs(cmd *cobra.Command) (*training.Inputs, error) {
	in := &training.Inputs{}
	for _, path := range f.rows {
		rows, err := readTrainingRows(path)
		if err != nil {
			return nil, inputError(fmt.Errorf("%s: %w", path, err))
		}
		in.Rows = append(in.Rows, rows...)
	}
	for _, x := range []struct {
		path string
		to   *string
	}{{f.target, &in.Target}, {f.lexicon, &in.Lexicon}} {
		if x.path == "" {
			continue
		}
		data, err := os.ReadFile(x.path)
		if err != nil {
			return nil, inputError(err)
		}
		*x.to = string(data)
	}
	var err error
	if in.English, err = vectors.English(); err != nil {
		return nil, err
	}
	if in.Arabic, err = vectors.Arabic(); err != nil {
		return nil, err
	}
	bar := isTerminal(cmd.ErrOrStderr())
	in.Progress = func(step string, done float64) {
		if bar {
			fmt.Fprintf(cmd.ErrOrStderr(), "\r%-16s %3.0f %%", step, 100*done)
			if step == "done" {
				fmt.Fprintln(cmd.ErrOrStderr())
			}
		}
	}
	return in, nil
}

func readTrainingRows(path string) (_ []training.Row, err error) {
	if path == training.Written {
		return training.TrainingSet()
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return training.ReadRows(f)
}

// writeWhole writes a file so that there is never half of it under its name.
func writeWhole(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".parley-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func reportTable(w io.Writer, r *training.Report) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "ROWS OF\tN\tSTANCE F1\tECE\tTONE F1\tECE")
	for _, s := range r.Sections {
		if s.Tasks[model.Stance].N == 0 {
			continue
		}
		st, tn := s.Tasks[model.Stance], s.Tasks[model.Tone]
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\n", s.Name, st.N, st.MacroF1, st.ECE, tn.MacroF1, tn.ECE)
	}
	return t.Flush()
}
