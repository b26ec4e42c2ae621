// Command parleyd serves Parley's classifier over gRPC. It exits with 0 after
// an orderly stop, 1 when it cannot start or has to give up, and 2 when the
// command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/parley-nlp/parley/cmd/internal/buffers"
)

func init() { buffers.Use() }

func main() {
	c, err := parseConfig(os.Args[1:], os.Getenv, os.Stdout)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintf(os.Stderr, "parleyd: %v\n(parleyd --help lists the flags)\n", err)
		os.Exit(2)
	case c.version:
		fmt.Println(version())
		return
	case c.printConfiguration:
		printConfiguration(os.Stdout)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = run(ctx, c, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "parleyd: %v\n", err)
		os.Exit(1)
	}
}
