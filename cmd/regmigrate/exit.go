package main

import (
	"fmt"
)

// Exit codes: the highest of 2, 3, 1, 0 that applies.
const (
	exitDone   = 0 // done, or nothing to do
	exitLeft   = 1 // --check: something is left to rewrite
	exitUsage  = 2 // wrong usage or configuration; nothing was done
	exitFailed = 3 // a file could not be read, bounded, verified or written; the others were done
)

// An Error ends the program with a code. Its message, when it has one, is
// printed first.
type Error struct {
	code int
	err  error
}

func (e *Error) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *Error) Unwrap() error { return e.err }

// failed is the error of a run in which something failed; without err, what failed is reported already.
func failed(err error) error { return &Error{exitFailed, err} }

// left is the error of a run whose check or proof failed; without err, the report says why.
func left(err error) error { return &Error{exitLeft, err} }
