package session

import (
	"context"
	"errors"
	"fmt"
)

// Exit codes: the highest of 2, 3, 1, 0 that applies.
const (
	ExitDone   = 0 // success, or nothing to do
	exitLeft   = 1 // --check: a reference would move; or a proof failed
	ExitUsage  = 2 // wrong usage or configuration; nothing was done
	ExitFailed = 3 // a file could not be read, verified or written; others were processed
)

// An Error ends the program with an exit code. If Err is nil, the program prints
// no message.
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

// Failed returns an error with exit code 3. If err is nil, the report already lists
// the failures.
func Failed(err error) error { return &Error{ExitFailed, err} }

// Left returns an error with exit code 1, for a check or proof that failed. If err is
// nil, the report contains the reason.
func Left(err error) error { return &Error{exitLeft, err} }

// InterruptedError returns the error of a run that made no plan. If the run was
// interrupted, the error has exit code 3; otherwise it is err, a usage error.
func InterruptedError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return Failed(errors.New("interrupted; nothing was written"))
	}
	return err
}
