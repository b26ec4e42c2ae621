package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/parley-nlp/parley/cmd/internal/loop"
	"github.com/parley-nlp/parley/cmd/parley/internal/dial"
)

// workbench says where labels and models are: on a server, or in a directory
// that this process serves to itself.
type workbench struct {
	addr     string
	dataDir  string
	database string
	dial     dial.Flags
}

func (w *workbench) register(fs *pflag.FlagSet) {
	fs.StringVar(&w.addr, "addr", "", "work on the server at `HOST:PORT`")
	fs.StringVar(&w.dataDir, "data-dir", "", "work on the local `DIRECTORY`; made if need be (a server may use it at the same time)")
	fs.StringVar(&w.database, "database", "", "`URL` of the label store beside --data-dir, postgres://... (default: SQLite in the directory)")
	w.dial.Register(fs)
}

// open returns a connection. The caller calls stop.
func (w *workbench) open(ctx context.Context) (conn *grpc.ClientConn, stop func(), err error) {
	switch {
	case w.addr == "" && w.dataDir == "":
		return nil, nil, usageError("where? say --addr HOST:PORT or --data-dir DIRECTORY")
	case w.addr != "" && (w.dataDir != "" || w.database != ""):
		return nil, nil, usageError("--addr and --data-dir (or --database) exclude each other")
	case w.addr != "":
		if conn, err = w.dial.Dial(w.addr); err != nil {
			return nil, nil, usageError("%w", err)
		}
		return conn, func() { _ = conn.Close() }, nil
	case w.dial.Used():
		return nil, nil, usageError("TLS and token flags need --addr")
	}
	// What goes wrong inside is reported by the call that it makes fail.
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	conn, end, err := loop.Local(ctx, loop.Options{DataDir: w.dataDir, Database: w.database, Version: "parley " + buildVersion(), Log: log})
	if err != nil {
		return nil, nil, inputError(err)
	}
	return conn, func() { _ = end() }, nil
}

// callError gives the error of a call its exit status, and its message without
// the words of gRPC.
func callError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exitError{exitInterrupted, errors.New("interrupted")}
	}
	if s, ok := status.FromError(err); ok {
		return &exitError{exitCall + int(s.Code()), errors.New(s.Message())}
	}
	return err
}

// byFlag defines --by, who works. Its default is the same in everybody's manual.
func byFlag(fs *pflag.FlagSet, name *string, usage string) {
	fs.StringVar(name, "by", userName(), usage+" (default: the login name)")
	tellDefault(fs, "by")
}

// tellDefault keeps the defaults out of help of flags whose usage tells them.
func tellDefault(fs *pflag.FlagSet, names ...string) {
	for _, name := range names {
		fs.Lookup(name).DefValue = ""
	}
}

// userName is who works, for records: the login name, empty if unknown.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// outputTo opens --output, or standard output; done closes it.
func outputTo(cmd *cobra.Command, path string) (w io.Writer, done func() error, err error) {
	if path == "" || path == "-" {
		return cmd.OutOrStdout(), func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, inputError(err)
	}
	return f, func() error {
		if err := f.Close(); err != nil {
			return inputError(err)
		}
		return nil
	}, nil
}

// tableOrJSON chooses the format of a listing: what was asked for, else a table
// on a terminal and JSON otherwise.
func tableOrJSON(cmd *cobra.Command, format string) (table bool, err error) {
	switch format {
	case "":
		return isTerminal(cmd.OutOrStdout()), nil
	case "table":
		return true, nil
	case "jsonl", "json":
		return false, nil
	}
	return false, usageError("unknown format %q (want table or jsonl)", format)
}

// writeJSON writes one line of JSON.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// snippet shortens a text to n characters on one line.
func snippet(s string, n int) string {
	out := make([]rune, 0, n)
	for _, r := range s {
		if r == '\n' || r == '\r' || r == '\t' {
			r = ' '
		}
		if len(out) == n-1 {
			return string(out) + "…"
		}
		out = append(out, r)
	}
	return string(out)
}

// help is the RunE of a command that only holds others.
func help(cmd *cobra.Command, _ []string) error {
	if err := cmd.Help(); err != nil {
		return err
	}
	return usageError("a command is required")
}

// note writes a line to standard error.
func note(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintf(cmd.ErrOrStderr(), "parley: "+format+"\n", args...)
}
