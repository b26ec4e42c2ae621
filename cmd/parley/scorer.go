package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/grpc/status"

	"github.com/parley-nlp/parley/cmd/parley/internal/dial"
	"github.com/parley-nlp/parley/cmd/parley/internal/remote"
	"github.com/parley-nlp/parley/cmd/parley/internal/score"
	"github.com/parley-nlp/parley/model"
)

// remoteFlags say which servers score and how to reach them.
type remoteFlags struct {
	addrs   []string
	dial    dial.Flags
	timeout time.Duration
	retry   time.Duration
}

func (f *remoteFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.addrs, "addr", nil, "score on the server at `HOST:PORT`; several, with commas or repeated, share the work")
	f.dial.Register(fs)
	fs.DurationVar(&f.timeout, "timeout", 30*time.Second, "longest wait for a server, for the connection and for each message")
	fs.DurationVar(&f.retry, "retry", time.Minute, "how long to try again when no server is available in the midst of a run")
}

func (f *remoteFlags) check() error {
	if f.timeout <= 0 || f.retry <= 0 {
		return usageError("--timeout and --retry must be above 0")
	}
	if len(f.addrs) == 0 && f.dial.Used() {
		return usageError("TLS and token flags need --addr")
	}
	return nil
}

// closingScorer is a scorer that holds connections.
type closingScorer interface {
	score.Scorer
	io.Closer
	// Model is the exact name of the model.
	Model() string
}

// scorer opens what scores: the servers, or a model in-process.
func (f *scoreFlags) scorer(cmd *cobra.Command, opt model.Options) (closingScorer, error) {
	var s closingScorer
	if len(f.remote.addrs) > 0 {
		r, err := remote.Dial(cmd.Context(), remote.Options{
			Addrs: f.remote.addrs, Dial: f.remote.dial, Model: f.model,
			Evidence: opt.Evidence, Language: opt.Language,
			Timeout: f.remote.timeout, RetryFor: f.remote.retry,
			Note: func(s string) { fmt.Fprintf(cmd.ErrOrStderr(), "parley: note: %s\n", s) },
		})
		if err != nil {
			return nil, remoteError(cmd.Context(), err)
		}
		s = r
	} else {
		m, err := loadModel(f.model)
		if err != nil {
			return nil, err
		}
		s = local{&score.Local{Model: m, Options: opt}}
	}
	if f.rate > 0 {
		s = limited{s, score.NewLimited(s, f.rate)}
	}
	return s, nil
}

// remoteError gives what Dial returned its exit status: a status keeps its
// code, everything else is a wrong flag.
func remoteError(ctx context.Context, err error) error {
	switch _, ok := status.FromError(err); {
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted")}
	case ok:
		return err
	}
	return usageError("%w", err)
}

// local scores in-process; there is nothing to close.
type local struct{ *score.Local }

func (l local) Close() error  { return nil }
func (l local) Model() string { return l.Local.Model.ID() }

// limited is a scorer behind --rate.
type limited struct {
	closingScorer
	behind *score.Limited
}

// Score implements score.Scorer.
func (l limited) Score(ctx context.Context, texts []string, results []score.Result) error {
	return l.behind.Score(ctx, texts, results)
}
