package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/regmigrate/regmigrate/internal/atomicfile"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A baseline is a file of accepted mentions.
type baseline struct {
	root    string // the repository that the file must be in; "" for any file
	file    string
	src     []byte // the content; nil if the file does not exist
	Entries rewrite.Baseline
}

// readBaseline finds and reads the baseline that the flag or the configuration
// names. A path in the configuration is relative to its folder. The baseline is read
// only for --check and --update-baseline.
func (s *Session) readBaseline(f *Flags, config *rules.Config) error {
	switch {
	case f.UpdateBaseline && (f.Check || f.DryRun || f.Verify):
		return errors.New("--update-baseline writes the baseline and nothing else: expected without --check, --dry-run and --verify")
	case f.Baseline != "" && !f.Check && !f.UpdateBaseline:
		return errors.New("--baseline: expected with --check or --update-baseline")
	}
	file, from := f.Baseline, "--baseline"
	root := "" // the repository that the baseline must be in; "" if the user chose the file
	if file == "" && config.Baseline != "" {
		file, from = filepath.Join(filepath.Dir(config.Path), filepath.FromSlash(config.Baseline)), config.Position("baseline")
		if s.isOfRepository(f, config) {
			root = s.Rewrite.Walk.Root
		}
	}
	if file == "" {
		if f.UpdateBaseline {
			return errors.New("--update-baseline: expected with --baseline FILE, or with baseline: FILE in " + ConfigName)
		}
		return nil
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	s.Rewrite.OwnConfig = append(s.Rewrite.OwnConfig, abs)
	if !f.Check && !f.UpdateBaseline {
		return nil
	}
	if err := s.checkWritten(f, root, file); err != nil {
		return fmt.Errorf("%s %q: %w", from, file, err)
	}
	if s.Baseline, err = openBaseline(root, file, f.UpdateBaseline); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return nil
}

// checkWritten returns an error if a symbolic link of the repository leads to the file
// that --update-baseline writes. If root is not "", the write has the same condition.
func (s *Session) checkWritten(f *Flags, root, file string) error {
	if !f.UpdateBaseline || root != "" {
		return nil
	}
	return repofile.CheckOutput(file, s.Rewrite.Walk.Root)
}

// isOfRepository reports whether the configuration is a file of the repository, which
// is not trusted, and not a file elsewhere that the user named.
func (s *Session) isOfRepository(f *Flags, config *rules.Config) bool {
	if f.Config == "" {
		return true
	}
	_, err := relativeFile(s.Rewrite.Walk.Root, config.Path)
	return err == nil
}

// maxBaseline is the largest baseline in bytes that is read from a repository.
const maxBaseline = 256 << 20

// openBaseline reads the file of a baseline. The file may be missing if it is to be
// written. If the configuration names it, root is the repository; otherwise root is
// "".
func openBaseline(root, file string, update bool) (*baseline, error) {
	b := &baseline{root: root, file: file, Entries: rewrite.Baseline{File: filepath.ToSlash(file)}}
	src, isLink, err := b.read()
	switch {
	case errors.Is(err, fs.ErrNotExist) && update:
		return b, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file %q\n  to accept all current mentions: regmigrate --update-baseline --baseline %s", file, file)
	case err != nil && root != "":
		return nil, fmt.Errorf("reading %q: %w", file, err)
	case err != nil:
		return nil, err
	}
	if b.Entries, err = rewrite.ParseBaseline(filepath.ToSlash(file), src); err != nil && isLink {
		return nil, fmt.Errorf("reading %q: %w", file, errLinked)
	} else if err != nil && update {
		return nil, fmt.Errorf("%w\n  the file was not overwritten: correct it, or delete it and run the command again", err)
	} else if err != nil {
		return nil, err
	}
	b.src = src
	return b, nil
}

// read reads the file. The result isLink reports whether the repository has a
// symbolic link to it.
func (b *baseline) read() (src []byte, isLink bool, err error) {
	if b.root == "" {
		src, err = os.ReadFile(b.file)
		return src, false, err
	}
	rel, err := relativeFile(b.root, b.file)
	if err != nil {
		return nil, false, err
	}
	return readIn(b.root, rel, maxBaseline)
}

// Update replaces the baseline with the mentions of the plan, and prints the number
// of changes to w unless quiet is set.
func (b *baseline) Update(w io.Writer, plan *rewrite.Plan, quiet bool) error {
	was := plan.CompareBaseline(b.Entries)
	now := plan.NewBaseline(b.Entries)
	text := now.Format()
	if err := b.write(text); err != nil {
		return fmt.Errorf("writing the baseline %q: %w", b.file, err)
	}
	if quiet {
		return nil
	}
	n := 0
	for _, a := range now.Entries {
		n += a.Count
	}
	gone := 0
	for _, a := range was.Stale {
		gone += a.Count
	}
	next := ""
	if was.New+gone > 0 {
		next = "next: commit the file; regmigrate --check with this baseline fails for new mentions only\n"
	}
	_, err := fmt.Fprintf(w, "%s: %d mentions accepted (%d new, %d removed)\n%s", now.File, n, was.New, gone, next)
	return err
}

// write replaces or creates the file. If the configuration names it, no symbolic link
// leads the write out of the repository.
func (b *baseline) write(text []byte) error {
	if b.src != nil && string(b.src) == string(text) {
		return nil
	}
	root, name := filepath.Split(b.file)
	if b.root != "" {
		rel, err := relativeFile(b.root, b.file)
		if err != nil {
			return err
		}
		root, name = b.root, filepath.ToSlash(rel)
	}
	dir, err := atomicfile.OpenDir(filepath.Clean(root))
	if err != nil {
		return repofile.WithoutPath(err)
	}
	defer dir.Close()
	if b.src == nil {
		return errors.Unwrap(dir.Create(name, text)) // the message contains the path already
	}
	_, err = dir.Replace(name, b.src, text)
	return errors.Unwrap(err)
}

// RelativePaths returns paths relative to the root, with slashes.
func RelativePaths(root string, paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		rel, err := Relative(root, p)
		if err != nil {
			return nil, err
		}
		out = append(out, filepath.ToSlash(rel))
	}
	return out, nil
}
