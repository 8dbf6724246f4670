package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/regmigrate/regmigrate/internal/codeowners"
	"github.com/regmigrate/regmigrate/internal/gitcmd"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// ReportOptions returns the options of reports that do not go to a terminal.
func (s *Session) ReportOptions(f *Flags) report.Options {
	return report.Options{Quiet: f.Quiet, Verbose: f.Verbose, RequireProof: f.RequireProof, DryRun: f.DryRun || s.ProofFailed, Check: f.Check, CheckCertain: f.CheckCertain, Presets: s.Presets, Rules: s.OtherRules, Args: f.Args, Program: f.Program, Version: f.Version, Source: s.source(), Owners: s.Owners, InGit: s.inGitRepository()}
}

// source returns the commit of the repository, if a report of the run has it.
func (s *Session) source() report.Source {
	if !s.Output.NeedsSource && !slices.ContainsFunc(s.Reports, func(r ReportFile) bool { return r.writer.NeedsSource }) {
		return report.Source{}
	}
	return s.Source()
}

// Source returns the commit of the repository.
func (s *Session) Source() report.Source {
	switch {
	case s.head != nil:
	case !s.inGitRepository():
		return report.Source{}
	default:
		s.UseSource(context.Background(), "HEAD", "origin")
	}
	return *s.head
}

// UseSource reads the commit that reports name, in the repository of the session, and the
// repository, which is that of a remote.
func (s *Session) UseSource(ctx context.Context, revision, remote string) {
	// An error means that there is no commit, or no git.
	h, _ := gitcmd.ReadCommit(ctx, s.Rewrite.Walk.Root, revision, remote)
	s.head = &report.Source{Repository: pullrequest.RepositoryName(h.Remote), Commit: h.Commit, Time: h.Time}
}

// Owners returns the owners of a file of the repository, by its CODEOWNERS file. Without
// a file that can be read, no file has owners.
func (s *Session) Owners(path string) []string {
	if s.owners == nil {
		s.owners = &codeowners.Owners{}
		if s.Rewrite.Walk.Root != "" {
			*s.owners, _ = codeowners.Read(s.Rewrite.Walk.Root)
		}
	}
	return s.owners.Of(path)
}

// inGitRepository reports whether the root is a git work tree.
func (s *Session) inGitRepository() bool {
	_, err := os.Stat(filepath.Join(s.Rewrite.Walk.Root, ".git"))
	return s.Rewrite.Walk.Root != "" && err == nil
}

// ReportOptionsFor returns the options of a report on w, which may be a terminal.
func (s *Session) ReportOptionsFor(w io.Writer, f *Flags) report.Options {
	o := s.ReportOptions(f)
	o.Color, o.Width = UseColor(f.Color, w), min(Columns(w), maxColumns)
	return o
}

// WriteReport writes one report to its file.
func WriteReport(r ReportFile, plan *rewrite.Plan, o report.Options) (err error) {
	defer func() {
		if x := (*fs.PathError)(nil); errors.As(err, &x) {
			err = x.Err // the message contains the path already
		}
		if err != nil {
			err = fmt.Errorf("writing the report %q: %w", r.Path, err)
		}
	}()
	file, err := repofile.CreateOutput(r.Path, plan.Root)
	if err != nil {
		return err
	}
	if err := r.writer.Write(file, plan, o); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
