package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/status"
)

// The exit statuses. A gRPC call that failed as a whole exits with exitCall
// plus its code.
const (
	exitRows        = 1   // some rows failed, the others were scored
	exitUsage       = 2   // the command line is wrong
	exitInput       = 3   // an input cannot be read
	exitCall        = 64  // plus the code of a gRPC call that failed
	exitInterrupted = 130 // by Ctrl-C or SIGTERM
)

// exitError ends the command with a status. An error without text has been
// reported already.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageError is an exitError of the command line.
func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// inputError is an exitError of an input or an output.
func inputError(err error) error { return &exitError{exitInput, err} }

// exitStatus returns the status for what a command returned: that of an
// exitError, of a gRPC status, of an interruption, or else exitInput.
func exitStatus(err error) int {
	if err == nil {
		return 0
	}
	var e *exitError
	if errors.As(err, &e) {
		return e.status
	}
	if errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	if s, ok := status.FromError(err); ok {
		return exitCall + int(s.Code())
	}
	return exitInput
}
