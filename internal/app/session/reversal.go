package session

import (
	"cmp"
	"fmt"

	"github.com/regmigrate/regmigrate/pkg/report"
)

// ForReversal returns the settings of a run that undoes another one. It reads neither
// rules nor a configuration. All errors are usage errors.
func ForReversal(f *Flags, args []string) (*Session, error) {
	name := "text"
	if f.DryRun {
		name = "diff"
	}
	writer, err := report.FindForReversal(cmp.Or(f.Output, name))
	if err != nil {
		return nil, fmt.Errorf("--output with --reverse: %w", err)
	}
	plain := *f
	plain.Output, plain.Reports = "", nil
	s := &Session{}
	if err := s.outputs(&plain); err != nil {
		return nil, err
	}
	s.Output = writer
	root, _, _, err := findRoot(args)
	if err != nil {
		return nil, err
	}
	s.Rewrite.Walk.Root = root
	return s, nil
}
