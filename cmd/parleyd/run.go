package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"

	"github.com/parley-nlp/parley/model"
	"github.com/parley-nlp/parley/server"
)

// run serves until ctx ends, then drains.
func run(ctx context.Context, c *config, stderr io.Writer) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.logLevel)); err != nil {
		return fmt.Errorf("--log-level %q is none of debug, info, warn and error", c.logLevel)
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level}))
	m, err := model.Default()
	if err != nil {
		return fmt.Errorf("embedded model: %w", err)
	}
	srv, err := server.New(server.Options{Models: server.Single(m), Limits: c.limits, Log: log, Reflection: c.reflection})
	if err != nil {
		return err
	}
	lis, err := net.Listen("tcp", c.listen)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(lis) }()
	srv.SetServing(true)
	fmt.Fprintf(stderr, "listening on %s\n", lis.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drainCtx, cancel := context.WithTimeout(context.Background(), c.drainTimeout)
	defer cancel()
	return srv.Shutdown(drainCtx)
}

// version describes the build.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "parleyd (unknown)"
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	return fmt.Sprintf("parleyd %s%s %s", info.Main.Version, revision, info.GoVersion)
}
