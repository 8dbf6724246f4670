package pullrequest

import (
	"errors"
	"fmt"
	"strings"
)

// A lackList collects what is missing before a run can begin.
type lackList []*Problem

// add adds the problems of usage among the errors, also those of joined errors. It
// returns the first other error.
func (l *lackList) add(errs ...error) error {
	for _, err := range errs {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			if err := l.add(joined.Unwrap()...); err != nil {
				return err
			}
			continue
		}
		switch p := (*Problem)(nil); {
		case err == nil:
		case errors.As(err, &p) && p.Usage:
			*l = append(*l, p)
		default:
			return err
		}
	}
	return nil
}

// problem returns one problem that lists all of l, or nil if l is empty.
func (l lackList) problem() error {
	switch len(l) {
	case 0:
		return nil
	case 1:
		return l[0]
	}
	out := &Problem{Message: fmt.Sprintf("%d things must be fixed first:", len(l)), Usage: true, err: l[0].err}
	var items []string
	for _, p := range l {
		items = append(items, "- "+strings.ReplaceAll(p.Error(), "\n", "\n  "))
	}
	out.Hint = strings.Join(items, "\n  ")
	return out
}
