package main

import (
	"errors"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/spf13/cobra"
)

// newExplainCommand returns `regmigrate explain`.
func newExplainCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	cmd := &cobra.Command{
		Use:   "explain [flags] FILE[:LINE]",
		Short: "explain a mention: what it is, and why it moves or does not move",
		Long: `explain prints every mention of an old name in FILE, or only those on line LINE.
For each mention it prints the position, and either the rule that moves it, or
the reason why it does not move and what would make it move. After the mentions in
policies for clusters it prints a policy that decides as the rules do, for the same
engine, and the command that makes it. It writes no file.`,
		Example: `  regmigrate explain policies/deny-old.yaml
  regmigrate explain charts/web/values.yaml:8`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("explain: expected one FILE or FILE:LINE\n  for example: regmigrate explain deploy.yaml:12")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.Explain(cmd.Context(), s, &f, args[0])
		},
	}
	setExits(cmd, "", "interrupted, or standard output could not be written")
	addRuleFlags(cmd, &f)
	addColorFlag(cmd, &f)
	return cmd
}
