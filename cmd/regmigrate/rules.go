package main

import (
	"errors"
	"fmt"

	"github.com/regmigrate/regmigrate/internal/app"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/spf13/cobra"
)

// newRulesCommand returns `regmigrate rules`.
func newRulesCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	var presets bool
	cmd := &cobra.Command{
		Use:   "rules [flags]",
		Short: "show the rules that are in force, and what they make of a reference",
		Long: `rules shows the rules that are in force in the current folder: those of presets,
of the configuration and of flags, chains followed to their end, with where each
comes from, why it is there, and what it keeps. Of several that match a reference
the most specific one applies; -o json lists them in that order.`,
		Example: `  regmigrate rules
  regmigrate rules --preset bitnami --preset gcr:my-project
  regmigrate rules --presets        # the sets that there are
  regmigrate rules -o json | jq '.rules[].from'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("rules: expected no argument, found %q\n  regmigrate rules test %s says what becomes of a reference", args[0], args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.ShowRules(s, &f, presets)
		},
	}
	setExits(cmd, "", "")
	addRuleFlags(cmd, &f)
	cmd.Flags().StringVarP(&f.Output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	cmd.Flags().BoolVar(&presets, "presets", false, "show the sets of rules that there are instead")
	addColorFlag(cmd, &f)
	cmd.AddCommand(newRulesTestCommand(s))
	return cmd
}

// newRulesTestCommand returns `regmigrate rules test`.
func newRulesTestCommand(s session.Streams) *cobra.Command {
	var f session.Flags
	var check bool
	cmd := &cobra.Command{
		Use:   "test [flags] REFERENCE...|-",
		Short: "say what becomes of a reference, and by which rule",
		Long: `test says what the rules in force make of each REFERENCE, by which rule, and what
the catalogue of renamed and removed images knows of it. A reference without a
registry is one on Docker Hub. With -, references are read from standard input,
one a line.

With --check the exit code is 1 when a rule moves one of them. A REFERENCE that
is none is an error, with exit code 2.`,
		Example: `  regmigrate rules test k8s.gcr.io/coredns:1.8.0 nginx
  regmigrate rules test --preset bitnami bitnami/redis:7
  regmigrate images -o plain . | regmigrate rules test -o json -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("rules test: expected a REFERENCE, or - to read them from standard input\n  for example: regmigrate rules test k8s.gcr.io/pause:3.9")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.TestRules(cmd.Context(), s, &f, check, args)
		},
	}
	setExits(cmd, "--check: a rule moves one of them", "standard input could not be read")
	addRuleFlags(cmd, &f)
	cmd.Flags().StringVarP(&f.Output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	cmd.Flags().BoolVar(&check, "check", false, "exit 1 when a rule moves a reference")
	addColorFlag(cmd, &f)
	return cmd
}
