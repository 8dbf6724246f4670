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
		Short: "show the active rules, and what they do to a reference",
		Long: `rules shows the rules that are active in the current folder: rules of presets, of
the configuration and of flags. If the result of a rule matches another rule, it
shows the combined rule. It shows the origin of each rule, its reason, and its
exceptions. If several rules match a reference, the most specific one applies;
-o json lists the most specific rules first.`,
		Example: `  regmigrate rules
  regmigrate rules --preset bitnami --preset gcr:my-project
  regmigrate rules --presets        # available presets
  regmigrate rules -o json | jq '.rules[].from'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("rules: expected no argument, found %q\n  regmigrate rules test %s applies the rules to a reference", args[0], args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := refuseEmpty(cmd); err != nil {
				return err
			}
			return app.ShowRules(cmd.Context(), s, &f, presets)
		},
	}
	setExits(cmd, "", "")
	addRuleFlags(cmd, &f)
	cmd.Flags().StringVarP(&f.Output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	cmd.Flags().BoolVar(&presets, "presets", false, "show the available presets instead")
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
		Short: "apply the rules to references, and show which rule matches",
		Long: `test applies the active rules to each REFERENCE. It prints the new reference, the
rule that matches, and notes of the catalogue of renamed and removed images. A
reference without a registry is on Docker Hub. With -, test reads references from
standard input, one per line.

With --check, the exit code is 1 if a rule moves a reference. An invalid REFERENCE
is an error, with exit code 2.`,
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
	setExits(cmd, "--check: a rule moves a reference", "standard input could not be read")
	addRuleFlags(cmd, &f)
	cmd.Flags().StringVarP(&f.Output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	cmd.Flags().BoolVar(&check, "check", false, "exit 1 if a rule moves a reference")
	addColorFlag(cmd, &f)
	return cmd
}
