package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// report says how to report.
func (s *setup) report(f *flags) report.Options {
	return report.Options{Quiet: f.quiet, Verbose: f.verbose, DryRun: f.dryRun || s.unwritten, Check: f.check, Presets: s.presets, Rules: s.besides, Args: f.args, Program: f.program, InGit: s.versioned()}
}

// versioned reports whether the files are those of a git work tree.
func (s *setup) versioned() bool {
	_, err := os.Stat(filepath.Join(s.options.Walk.Root, ".git"))
	return s.options.Walk.Root != "" && err == nil
}

// reportTo says how to report to w, which may be a terminal.
func (s *setup) reportTo(w io.Writer, f *flags) report.Options {
	o := s.report(f)
	o.Color, o.Width = colour(f.color, w), min(width(w), maxColumns)
	return o
}

// toFile writes one report to its file.
func toFile(r namedReport, plan *rewrite.Plan, o report.Options) (err error) {
	defer func() {
		if x := (*fs.PathError)(nil); errors.As(err, &x) {
			err = x.Err // the path stands in the message once
		}
		if err != nil {
			err = fmt.Errorf("writing the report %q: %w", r.file, err)
		}
	}()
	file, err := os.Create(r.file)
	if err != nil {
		return err
	}
	if err := r.writer.Write(file, plan, o); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
