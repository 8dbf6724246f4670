package session

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

// ReportOptions says how to report.
func (s *Session) ReportOptions(f *Flags) report.Options {
	return report.Options{Quiet: f.Quiet, Verbose: f.Verbose, DryRun: f.DryRun || s.ProofFailed, Check: f.Check, Presets: s.Presets, Rules: s.OtherRules, Args: f.Args, Program: f.Program, InGit: s.inGitRepository()}
}

// inGitRepository reports whether the files are those of a git work tree.
func (s *Session) inGitRepository() bool {
	_, err := os.Stat(filepath.Join(s.Rewrite.Walk.Root, ".git"))
	return s.Rewrite.Walk.Root != "" && err == nil
}

// ReportOptionsFor says how to report to w, which may be a terminal.
func (s *Session) ReportOptionsFor(w io.Writer, f *Flags) report.Options {
	o := s.ReportOptions(f)
	o.Color, o.Width = UseColor(f.Color, w), min(Columns(w), maxColumns)
	return o
}

// WriteReport writes one report to its file.
func WriteReport(r ReportFile, plan *rewrite.Plan, o report.Options) (err error) {
	defer func() {
		if x := (*fs.PathError)(nil); errors.As(err, &x) {
			err = x.Err // the path stands in the message once
		}
		if err != nil {
			err = fmt.Errorf("writing the report %q: %w", r.Path, err)
		}
	}()
	file, err := os.Create(r.Path)
	if err != nil {
		return err
	}
	if err := r.writer.Write(file, plan, o); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
