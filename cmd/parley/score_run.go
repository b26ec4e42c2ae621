package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/parley-nlp/parley/cmd/parley/internal/input"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
	"github.com/parley-nlp/parley/model"
)

// run scores the inputs that the arguments name.
func (f *scoreFlags) run(cmd *cobra.Command, args []string) error {
	config, opt, err := f.config()
	if err != nil {
		return err
	}
	sources, err := f.sources(cmd, args)
	if err != nil {
		return err
	}
	out, err := f.openOutput(cmd, sources)
	if err != nil {
		return err
	}
	scorer, err := f.scorer(cmd, opt)
	if err != nil {
		return errors.Join(err, out.discard())
	}
	defer scorer.Close()
	config.Scorer = scorer
	config.Append = out.append
	s := sink{out: out, stderr: cmd.ErrOrStderr()}
	config.Idle = out.flush
	// What is under way when Ctrl-C comes is still scored and written.
	err = config.Run(context.WithoutCancel(cmd.Context()), cmd.Context().Done(), sources, s.chunk)
	if closing := out.close(); err == nil {
		err = closing
	}
	return s.status(err)
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

// sources turns the arguments into inputs; none is standard input. An input
// whose format cannot be told is named when its turn comes, like one that does
// not exist.
func (f *scoreFlags) sources(cmd *cobra.Command, args []string) ([]input.Source, error) {
	var format input.Format
	var pack input.Compression
	if f.inputFormat != "" {
		var err error
		if format, pack, err = input.ParseFormat(f.inputFormat); err != nil {
			return nil, usageError("%w", err)
		}
	}
	if len(args) == 0 {
		args = []string{"-"}
	}
	var sources []input.Source
	stdin := 0
	for _, a := range args {
		s := input.Source{Path: a, Format: format, Compression: pack}
		if a == "-" {
			if stdin++; stdin > 1 {
				return nil, usageError("standard input (-) is named twice")
			}
			s.Stdin = cmd.InOrStdin()
		} else if f.inputFormat == "" {
			s.Format, s.Compression, s.Err = input.Detect(a)
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// sink passes scored chunks on to the output and keeps count.
type sink struct {
	out    *output
	stderr io.Writer

	rows       int64 // written
	failed     int64
	unreadable int64
}

// chunk writes the rows of a chunk and names what failed.
func (s *sink) chunk(c *score.Chunk) error {
	for i := range c.Items {
		item := &c.Items[i]
		switch item.Kind {
		case score.Scored:
			s.rows++
			if err := s.out.write(&item.Row, item.Encoded); err != nil {
				return inputError(fmt.Errorf("write %s: %w", s.out.name, err))
			}
		case score.Failed:
			s.failed++
			fmt.Fprintf(s.stderr, "parley: %v\n", &item.Failure)
		case score.Unreadable:
			s.unreadable++
			fmt.Fprintf(s.stderr, "parley: %v\n", item.Err)
		case score.Empty:
			item.Err = errNoText
			fmt.Fprintf(s.stderr, "parley: note: %v\n", &item.Failure)
		}
	}
	return nil
}

var errNoText = errors.New("no text, so no rows")

// status returns how the run ended; err is what ended it early.
func (s *sink) status(err error) error {
	switch {
	case errors.Is(err, score.ErrStopped):
		return &exitError{exitInterrupted, errors.New("interrupted")}
	case err != nil:
		return err
	case s.unreadable > 0:
		return &exitError{exitInput, nil}
	case s.failed > 0:
		return &exitError{exitRows, nil}
	}
	return nil
}
