// Command parley scores news on Syria by stance and tone, in-process or with a
// server, and is the workbench around the model.
//
// Its exit statuses are: 0 all done; 1 some rows failed (each named on standard
// error, the rest scored); 2 usage; 3 an input cannot be read; 64 plus the code
// of a gRPC call that failed as a whole; 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/status"

	"github.com/parley-nlp/parley/cmd/internal/buffers"
)

func init() { buffers.Use() }

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		cancel() // the next signal ends the process at once
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes a command line and returns the exit status. Cancelling ctx is
// Ctrl-C.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	if len(args) > 0 && args[0] == cobra.ShellCompRequestCmd {
		plainUsage(root)
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && err.Error() != "" {
		fmt.Fprintf(stderr, "parley: %s\n", describe(err))
	}
	return exitStatus(err)
}

// describe returns the text of an error; of a gRPC status within it the message
// and the code.
func describe(err error) string {
	var e *exitError
	var call interface {
		error
		GRPCStatus() *status.Status
	}
	if !errors.As(err, &call) || errors.As(err, &e) {
		return err.Error()
	}
	st := call.GRPCStatus()
	return fmt.Sprintf("%s (%s)", strings.Replace(err.Error(), call.Error(), st.Message(), 1), st.Code())
}
