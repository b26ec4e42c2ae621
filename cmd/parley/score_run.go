package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

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
	if err := f.checkFiles(cmd, in, format); err != nil {
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
func (f *scoreFlags) checkFiles(cmd *cobra.Command, in *inputs, format outputFormat) error {
	for _, out := range f.written(cmd) {
		if err := out.distinct(in.sources); err != nil {
			return err
		}
		if info, err := os.Stat(f.model); err == nil && len(f.remote.addrs) == 0 && out.is(info) {
			return usageError("output %s is also the model", out.name)
		}
	}
	if f.errors == "-" {
		return usageError("--errors is -, but what failed is on standard error anyway (want a file)")
	}
	if f.errors != "" && samePath(f.errors, f.output) {
		return usageError("--errors and --output are the same file")
	}
	switch {
	case !f.resume:
		return nil
	case f.output == "":
		return usageError("--resume needs an output file (-o)")
	case !format.resumable():
		return usageError("format %s cannot be resumed (jsonl, csv and parquet can)", format.name)
	case in.stream != "":
		return usageError("a run that reads %s cannot be resumed", in.stream)
	}
	return nil
}

// openSink opens the outputs, where a resumed run left off. It returns nil when
// there is nothing left to do.
func (f *scoreFlags) openSink(cmd *cobra.Command, in *inputs, format outputFormat, modelID string) (_ *sink, err error) {
	s := &sink{repeats: newRepeats(), stderr: cmd.ErrOrStderr(), failFast: f.failFast, every: f.checkpoint, progress: f.progressTo(cmd, in)}
	var out *countedFile
	defer func() {
		if s.out == nil {
			err = errors.Join(err, out.abandon(), s.errs.abandon())
		}
	}()
	// Whoever has the output has its journal too.
	if f.output != "" {
		if out, err = openCounted(f.output); err != nil {
			return nil, err
		}
	}
	if f.errors != "" {
		if s.errs, err = openCounted(f.errors); err != nil {
			return nil, err
		}
	}
	var outBefore, errsBefore *journal.File
	s.journaled = f.output != "" && format.resumable() && in.stream == "" && isRegularOrNew(f.output)
	if s.journaled {
		before, err := f.lastRun(s, f.identity(in, format, modelID))
		if err != nil {
			return nil, err
		}
		if before != nil {
			outBefore, errsBefore = &before.Output, &before.Errors
		}
		if s.state.Done {
			return nil, f.alreadyDone(s, out)
		}
	}
	if s.journaled && outBefore == nil {
		// Before anything is lost it shows whether a journal can be kept.
		if err := journal.Write(f.output, &s.state); err != nil {
			return nil, inputError(fmt.Errorf("journal: %w", err))
		}
	}
	if out != nil {
		if err := out.prepare(outBefore); err != nil {
			return nil, err
		}
	}
	if s.errs != nil {
		if err := s.errs.prepare(errsBefore); err != nil {
			return nil, err
		}
	}
	if s.out, err = f.newOutput(cmd, format, out); err != nil {
		return nil, err
	}
	if s.journaled {
		if err := s.save(); err != nil {
			return nil, err
		}
	}
	s.progress.base = s.counts.Rows + s.counts.Dropped
	return s, nil
}

// lastRun reads the journal of the output into the sink, if the run is to go on
// with it, and refuses one of another run. It returns nil for a run that begins
// anew.
func (f *scoreFlags) lastRun(s *sink, run journal.Run) (*journal.State, error) {
	before, err := journal.Read(f.output)
	s.state.Run = run
	switch {
	case f.resume && err != nil:
		return nil, usageError("cannot resume: %w", err)
	case f.resume && before == nil:
		s.progress.say("parley: note: %s has no journal, so the run begins anew\n", f.output)
		return nil, nil
	case f.resume:
		if d := run.Differs(&before.Run); d != "" {
			return nil, usageError("cannot resume: %s (without --resume the run begins anew)", d)
		}
		s.state, s.counts = *before, before.Counts.Clone()
		return before, nil
	case before != nil && !before.Done:
		s.progress.say("parley: note: an unfinished run of %d rows is discarded\n", before.Counts.Rows)
	}
	return nil, nil
}

// alreadyDone says so, if the outputs are still what the finished run wrote.
func (f *scoreFlags) alreadyDone(s *sink, out *countedFile) error {
	for _, file := range []struct {
		*countedFile
		before journal.File
	}{{out, s.state.Output}, {s.errs, s.state.Errors}} {
		if file.countedFile == nil {
			continue
		}
		info, err := file.file.Stat()
		if err == nil {
			err = cmp.Or(file.before.IsAll(info.Size()), file.before.Check(file.file))
		}
		if err != nil {
			return usageError("the run is done, but output %s has changed since: %w", file.name, err)
		}
	}
	s.progress.say("parley: note: %s is complete, with %d rows\n", f.output, s.counts.Rows)
	return s.status(nil)
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
