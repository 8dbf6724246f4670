package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/regmigrate/regmigrate/internal/app/session"
)

// reverseFlags are the flags of the root command that --reverse allows.
var reverseFlags = []string{"reverse", "dry-run", "output", "color", "quiet", "verbose"}

func addReverseFlag(cmd *cobra.Command, f *session.Flags) {
	cmd.Flags().StringVar(&f.Reverse, "reverse", "", "undo the change of a JSON report (-o json), `file`; files that changed since are not changed, and the run exits with 3")
}

// checkReverse returns an error if a flag is given that --reverse does not allow.
func checkReverse(cmd *cobra.Command) error {
	var err error
	cmd.Flags().Visit(func(x *pflag.Flag) {
		if err == nil && !slices.Contains(reverseFlags, x.Name) {
			err = fmt.Errorf("--%s: not expected with --reverse, which undoes the edits of the report and nothing else", x.Name)
		}
	})
	return err
}
