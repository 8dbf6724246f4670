package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// filter is the main command on `-`: standard input to standard output. What
// fails passes unchanged.
func filter(ctx context.Context, s streams, f *flags) error {
	src, err := io.ReadAll(s.in)
	if err != nil {
		return failed(fmt.Errorf("reading standard input: %w", err))
	}
	function, isFunction, err := rules.LoadFunctionConfig(src)
	if err != nil {
		return err
	}
	set, err := New(f, nil, function)
	if err != nil {
		return err
	}
	name := f.stdinName
	if name == "" {
		name = guessName(src)
	}
	registries, err := require(f, set, newProgress(s.err, f.quiet), false)
	if err != nil {
		return err
	}
	plan, err := rewrite.PlanText(ctx, set.Rewrite, name, src)
	if err != nil {
		return interruptedError(ctx, err)
	}
	registries.AddImages(plan)
	counts := plan.Count()
	out := src
	if len(plan.Files) > 0 && plan.Files[0].Err == nil {
		out = plan.Files[0].After()
	}
	if isFunction {
		out = withResults(out, counts)
	}
	switch {
	case f.output != "" || f.dryRun || f.check:
		if err := writeReports(s, f, set, plan); err != nil {
			return failed(err)
		}
	default:
		if _, err := s.out.Write(out); err != nil {
			return failed(fmt.Errorf("writing to standard output: %w", err))
		}
		text, err := report.Find("text")
		if err != nil {
			return err
		}
		o := set.ReportOptions(f)
		o.Color = UseColor(f.color, s.err)
		if counts.FailedFiles > 0 || f.verbose {
			text.Write(s.err, plan, o)
		}
	}
	if err := planError(f, plan); err != nil {
		return err
	}
	return registries.Err()
}

// withResults adds what was done to the output of a KRM function.
func withResults(out []byte, c rewrite.Counts) []byte {
	moved := c.Rewritten + c.RewrittenImplicit
	results := []format.FunctionResult{{Message: wording.Count(moved, "reference") + " moved, " + wording.Count(c.NotChanged+c.NotChangedImplicit, "mention") + " not changed", Severity: "info"}}
	e, ok := format.AppendResults(out, results)
	if !ok {
		return out
	}
	with, err := edit.Apply(out, []edit.Edit{e})
	if err != nil {
		return out
	}
	return with
}

// guessName names what standard input looks like.
func guessName(src []byte) string {
	text := bytes.TrimLeft(bytes.TrimPrefix(src, []byte("\uFEFF")), " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("{")) && !bytes.HasPrefix(text, []byte("{{")), bytes.HasPrefix(text, []byte("[")) && !bytes.HasPrefix(text, []byte("[[")):
		return "stdin.json"
	case isDockerfile(string(text)):
		return "Dockerfile"
	}
	return "stdin.yaml"
}

// isDockerfile reports whether the first line of text that is no comment is an
// instruction that a Dockerfile can begin with.
func isDockerfile(text string) bool {
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "" || strings.HasPrefix(word, "#") {
			continue
		}
		return (strings.EqualFold(word, "FROM") || strings.EqualFold(word, "ARG")) && rest != ""
	}
	return false
}
