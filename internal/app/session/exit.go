package session

import (
	"context"
	"errors"
	"fmt"
)

// Exit codes: the highest of 2, 3, 1, 0 that applies.
const (
	ExitDone   = 0 // done, or nothing to do
	exitLeft   = 1 // --check: something is left to rewrite
	ExitUsage  = 2 // wrong usage or configuration; nothing was done
	ExitFailed = 3 // a file could not be read, bounded, verified or written; the others were done
)

// An Error ends the program with a code. Its message, when it has one, is
// printed first.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Failed is the error of a run in which something failed; without err, what failed is reported already.
func Failed(err error) error { return &Error{ExitFailed, err} }

// Left is the error of a run whose check or proof failed; without err, the report says why.
func Left(err error) error { return &Error{exitLeft, err} }

// InterruptedError returns the error of a run that made no plan: err, which is
// one of usage, unless ctx says that the run was interrupted.
func InterruptedError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return Failed(errors.New("interrupted; nothing was written"))
	}
	return err
}
