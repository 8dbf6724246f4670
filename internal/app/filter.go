package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/imageset"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// relativeName returns name, which an editor may pass as an absolute path, as the
// slash-separated path of a file in a repository: without the volume and the first slash.
func relativeName(name string) string {
	name = filepath.ToSlash(strings.TrimPrefix(name, filepath.VolumeName(name)))
	return strings.TrimLeft(name, "/")
}

// filter runs the root command with - as PATH: it rewrites standard input to
// standard output. If the input cannot be rewritten, it is copied unchanged.
func filter(ctx context.Context, s session.Streams, f *session.Flags) error {
	src, err := io.ReadAll(s.In)
	if err != nil {
		return session.Failed(fmt.Errorf("reading standard input: %w", err))
	}
	function, isFunction, err := rules.LoadFunctionConfig(src)
	if err != nil {
		return err
	}
	name := relativeName(f.StdinName)
	if name == "" {
		name = guessName(src)
	}
	imageset.FindRegistriesIn(f, name, src)
	set, err := session.New(f, nil, function)
	if err != nil {
		return err
	}
	registries, err := imageset.Require(f, set, session.NewProgress(s.Err, f.Quiet), false)
	if err != nil {
		return err
	}
	plan, err := rewrite.PlanText(ctx, set.Rewrite, name, src)
	if err != nil {
		return session.InterruptedError(ctx, err)
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
	case f.Output != "" || f.DryRun || f.Check:
		if err := writeReports(s, f, set, plan); err != nil {
			return session.Failed(err)
		}
	default:
		if _, err := s.Out.Write(out); err != nil {
			return session.Failed(fmt.Errorf("writing to standard output: %w", err))
		}
		text, err := report.Find("text")
		if err != nil {
			return err
		}
		o := set.ReportOptions(f)
		o.Color = session.UseColor(f.Color, s.Err)
		if counts.FailedFiles > 0 || f.Verbose {
			text.Write(s.Err, plan, o)
		}
	}
	if err := planError(f, plan); err != nil {
		return err
	}
	return registries.Err()
}

// withResults adds the numbers of mentions to the results of a KRM function.
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

// guessName returns a file name for the format that standard input appears to have.
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

// isDockerfile reports whether the first instruction of text, after comments, is
// FROM or ARG: a Dockerfile begins with one of them.
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
