package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/journal"
	"github.com/parley-nlp/parley/model"
)

// run scores the inputs that the arguments name.
func (f *scoreFlags) run(cmd *cobra.Command, args []string) error {
	config, opt, err := f.config()
	if err != nil {
		return err
	}
	format, err := f.outputFormat(cmd.OutOrStdout())
	if err != nil {
		return err
	}
	in, err := f.openInputs(cmd, args)
	if err != nil {
		return err
	}
	if err := f.checkFiles(in, format); err != nil {
		return err
	}
	scorer, err := f.scorer(cmd, opt)
	if err != nil {
		return err
	}
	defer scorer.Close()
	config.Scorer = scorer
	s, err := f.openSink(cmd, in, format, scorer.Model())
	if err != nil || s == nil {
		return err
	}
	config.Append, config.Idle, config.Start = s.out.append, s.out.flush, s.state.Position
	// What is under way when Ctrl-C comes is still scored and written, if that
	// does not take long.
	ctx, cancel := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer cancel()
	defer context.AfterFunc(cmd.Context(), func() { time.AfterFunc(grace, cancel) })()
	err = config.Run(ctx, cmd.Context().Done(), in.sources, s.chunk)
	return s.end(err, f.resume)
}

// grace is how long a run that is interrupted may take for what is under way.
const grace = 10 * time.Second

// checkFiles refuses outputs that would overwrite something else of the run,
// and runs that could not be resumed.
func (f *scoreFlags) checkFiles(in *inputs, format outputFormat) error {
	for _, out := range []string{f.output, f.errors} {
		if err := distinct(out, in.sources); err != nil {
			return err
		}
	}
	if f.errors != "" && filepath.Clean(f.errors) == filepath.Clean(f.output) {
		return usageError("--errors and --output are the same file")
	}
	switch {
	case !f.resume:
		return nil
	case f.output == "":
		return usageError("--resume needs an output file (-o)")
	case !format.resumable():
		return usageError("format %s cannot be resumed (jsonl, csv and parquet can)", format.name)
	case in.stdin:
		return usageError("a run that reads standard input cannot be resumed")
	}
	return nil
}

// distinct refuses an output that is also an input.
func distinct(path string, sources []input.Source) error {
	out, err := os.Stat(path)
	if err != nil {
		return nil
	}
	for i := range sources {
		in, err := os.Stat(sources[i].Path)
		if err == nil && os.SameFile(in, out) {
			return usageError("output %s is also an input", path)
		}
	}
	return nil
}

// openSink opens the outputs, where a resumed run left off. It returns nil when
// there is nothing left to do.
func (f *scoreFlags) openSink(cmd *cobra.Command, in *inputs, format outputFormat, modelID string) (*sink, error) {
	s := &sink{stderr: cmd.ErrOrStderr(), failFast: f.failFast, every: f.checkpoint, progress: f.progressTo(cmd, in)}
	s.journaled = f.output != "" && format.resumable() && !in.stdin && isRegularOrNew(f.output)
	var outBefore, errsBefore *journal.File
	if s.journaled {
		run := f.identity(in, format, modelID)
		before, err := journal.Read(f.output)
		if f.resume {
			if err != nil {
				return nil, usageError("cannot resume: %w", err)
			}
			if before == nil {
				s.progress.say("parley: note: %s has no journal, so the run begins anew\n", f.output)
			} else if d := run.Differs(&before.Run); d != "" {
				return nil, usageError("cannot resume: %s (without --resume the run begins anew)", d)
			} else {
				s.state, s.counts = *before, before.Counts.Clone()
				outBefore, errsBefore = &before.Output, &before.Errors
			}
		} else if before != nil && !before.Done {
			s.progress.say("parley: note: an unfinished run of %d rows is discarded\n", before.Counts.Rows)
		}
		s.state.Run = run
	}
	if s.state.Done {
		return nil, f.alreadyDone(s, outBefore)
	}
	if s.journaled && outBefore == nil {
		// Without a journal nobody takes what stands in the file for his own.
		if err := journal.Remove(f.output); err != nil {
			return nil, inputError(err)
		}
	}
	var err error
	if s.out, err = f.openOutput(cmd, format, outBefore); err != nil {
		return nil, err
	}
	if f.errors != "" {
		if s.errs, err = openCounted(f.errors, errsBefore); err != nil {
			return nil, errors.Join(err, s.out.close())
		}
	}
	if s.journaled {
		if err := s.save(); err != nil {
			return nil, err
		}
	}
	s.progress.base = s.counts.Rows + s.counts.Dropped
	return s, nil
}

// alreadyDone says so, if the output is still what the finished run wrote.
func (f *scoreFlags) alreadyDone(s *sink, before *journal.File) error {
	file, err := os.Open(f.output)
	if err != nil {
		return inputError(err)
	}
	defer file.Close()
	if err := before.Check(file); err != nil {
		return usageError("the run is done, but output %s has changed since: %w", f.output, err)
	}
	s.progress.say("parley: note: %s is complete, with %d rows\n", f.output, s.counts.Rows)
	return s.status(nil)
}

// isRegularOrNew tells whether a path is a regular file or not there yet.
func isRegularOrNew(path string) bool {
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// identity describes the run for its journal: the model, the inputs, and every
// flag that the output depends on. Where the model runs is none of them.
func (f *scoreFlags) identity(in *inputs, format outputFormat, modelID string) journal.Run {
	r := journal.Run{Model: modelID, Settings: map[string]string{
		"format": fmt.Sprint(format.name, " ", format.pack), "unit": f.unit, "offsets": f.offsets, "evidence": fmt.Sprint(f.evidence),
		"language": f.language, "input-format": f.inputFormat, "text-field": f.textField, "id-field": f.idField,
		"pass-through": f.passThrough, "filter": fmt.Sprintf("%q", f.filters), "sample": f.sample, "seed": fmt.Sprint(f.seed),
		"errors": f.errors,
	}}
	for i := range in.sources {
		r.Inputs = append(r.Inputs, journal.IdentifyInput(in.sources[i].Path))
	}
	return r
}

// progressTo returns the progress that --progress asks for.
func (f *scoreFlags) progressTo(cmd *cobra.Command, in *inputs) *progress {
	w := cmd.ErrOrStderr()
	now := time.Now()
	p := &progress{w: w, start: now, last: now, read: &in.read, size: in.size}
	terminal := isTerminal(w)
	// A live line and rows on one terminal would run into one another.
	p.live = terminal && (f.output != "" || !isTerminal(cmd.OutOrStdout()))
	switch {
	case f.progress == "never":
	case p.live:
		p.every = liveEvery
	case f.progress == "always", !terminal:
		p.every = plainEvery
	}
	return p
}

// loadModel reads a model file; the embedded model for an empty path.
func loadModel(path string) (*model.Model, error) {
	if path == "" {
		return model.Default()
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, inputError(fmt.Errorf("model: %w", err))
	}
	m, err := model.Load(data)
	if err != nil {
		return nil, inputError(fmt.Errorf("model %s: %w", path, err))
	}
	return m, nil
}
