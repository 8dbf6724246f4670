package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// newRulesCommand returns `regmigrate rules`.
func newRulesCommand(s streams) *cobra.Command {
	var f flags
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
			return showRules(s, &f, presets)
		},
	}
	setExits(cmd, "", "")
	addRuleFlags(cmd, &f)
	cmd.Flags().StringVarP(&f.output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	cmd.Flags().BoolVar(&presets, "presets", false, "show the sets of rules that there are instead")
	addColorFlag(cmd, &f)
	cmd.AddCommand(newRulesTestCommand(s))
	return cmd
}

// newRulesTestCommand returns `regmigrate rules test`.
func newRulesTestCommand(s streams) *cobra.Command {
	var f flags
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
			return testRules(cmd.Context(), s, &f, check, args)
		},
	}
	setExits(cmd, "--check: a rule moves one of them", "standard input could not be read")
	addRuleFlags(cmd, &f)
	cmd.Flags().StringVarP(&f.output, "output", "o", "text", "`format` of standard output: text, json")
	complete(cmd, "output", []string{"text", "json"})
	cmd.Flags().BoolVar(&check, "check", false, "exit 1 when a rule moves a reference")
	addColorFlag(cmd, &f)
	return cmd
}

// ruleSet loads the rules in force in the current folder.
func ruleSet(f *flags) (*setup, bool, error) {
	asJSON := f.output == "json"
	if f.output != "json" && f.output != "text" {
		return nil, false, fmt.Errorf("--output: unknown format %q; known are text, json", f.output)
	}
	f.output = "" // the main command's forms of report are others
	set, err := prepare(f, nil, nil)
	return set, asJSON, err
}

func showRules(s streams, f *flags, presets bool) error {
	set, asJSON, err := ruleSet(f)
	if err != nil {
		return err
	}
	o := report.Options{Color: colour(f.color, s.out), Width: width(s.out), Presets: set.presets}
	if presets {
		err = report.WritePresets(s.out, presetViews(), asJSON, o)
	} else {
		err = report.WriteRules(s.out, ruleViews(set.options.Rules), asJSON, o)
	}
	if err != nil {
		return &exit{exitFailed, fmt.Errorf("writing to standard output: %w", err)}
	}
	return nil
}

// ruleViews are the rules of a set as package report has them.
func ruleViews(set *rules.Set) []report.Rule {
	var out []report.Rule
	for _, r := range set.Rules() {
		out = append(out, report.Rule{Name: r.Name, From: r.From, To: r.To, Keep: r.Keep, Doc: r.Doc, Source: r.Source, Date: r.Date})
	}
	return out
}

func presetViews() []report.Preset {
	var out []report.Preset
	for _, p := range rules.Presets() {
		out = append(out, report.Preset{Name: p.Name, Doc: p.Doc, Source: p.Source, Argument: p.Argument})
	}
	return out
}

func testRules(ctx context.Context, s streams, f *flags, check bool, args []string) error {
	set, asJSON, err := ruleSet(f)
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] == "-" {
		if args, err = lines(ctx, s.in); err != nil {
			return &exit{exitFailed, fmt.Errorf("reading standard input: %w", err)}
		}
	}
	var out []report.RuleTest
	moves := false
	for _, text := range args {
		t, err := tested(set.options.Rules, text)
		if err != nil {
			return err
		}
		moves = moves || t.New != ""
		out = append(out, t)
	}
	o := report.Options{Color: colour(f.color, s.out), Width: width(s.out)}
	if err := report.WriteRuleTests(s.out, out, asJSON, o); err != nil {
		return &exit{exitFailed, fmt.Errorf("writing to standard output: %w", err)}
	}
	if check && moves {
		return &exit{code: exitLeft}
	}
	return nil
}

// tested asks the rules and the catalogue about the reference text.
func tested(set *rules.Set, text string) (report.RuleTest, error) {
	ref, _ := image.TrimTransport(text)
	if _, err := image.Parse(ref); err != nil {
		return report.RuleTest{}, fmt.Errorf("rules test %q: it is no image reference\n  for example: k8s.gcr.io/pause:3.9", text)
	}
	t := report.RuleTest{Ref: text}
	kind := rules.ShortForm
	if image.IsHost(ref) && strings.Contains(ref, ".") {
		kind = rules.Registry
	}
	if m, ok := set.Match(ref, kind); ok {
		if r := m.Rule; r != nil {
			t.Rule, t.From, t.To = r.Name, r.From, r.To
		}
		if t.Keep = m.Keep; t.Keep == "" {
			t.New = text[:len(text)-len(ref)] + m.New + ref[m.Len:]
		}
	}
	for _, a := range rules.Advise(ref, strings.TrimPrefix(t.New, text[:len(text)-len(ref)])) {
		t.Advice = append(t.Advice, report.CatalogueAdvice{Text: a.Text, Source: a.Source, Date: a.Date})
	}
	return t, nil
}

// lines reads the lines of r that are not empty, without blanks around them.
func lines(ctx context.Context, r io.Reader) ([]string, error) {
	var out []string
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if line := strings.TrimSpace(scan.Text()); line != "" {
			out = append(out, line)
		}
	}
	return out, scan.Err()
}
