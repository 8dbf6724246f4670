package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/report"
)

// UpdatePolicies makes policies again with the commands in their headers. It reads all
// files before it writes the first one.
func UpdatePolicies(s session.Streams, f *session.Flags, p *PolicyFlags, files []string) error {
	set, err := session.NewForPolicies(files)
	if err != nil {
		return err
	}
	out := outputFiles{dir: set.Rewrite.Walk.Root}
	for _, file := range files {
		x, err := updatedPolicy(set, f, p, file)
		if err != nil {
			return err
		}
		out.files = append(out.files, x)
	}
	return out.write(s, p.Check)
}

// updatedPolicy returns the policy in file, made again.
func updatedPolicy(set *session.Session, f *session.Flags, p *PolicyFlags, file string) (outputFile, error) {
	rel, src, header, err := set.ReadPolicy(file)
	if err != nil {
		return outputFile{}, err
	}
	if header.Edited && !p.Force {
		return outputFile{}, errEdited(file)
	}
	fail := func(err error) (outputFile, error) {
		return outputFile{}, fmt.Errorf("%s: %w\n  make the file again with regmigrate, and replace it", file, err)
	}
	args, err := session.PolicyArgs(header)
	if err != nil {
		return fail(err)
	}
	out := outputFile{shown: file, name: rel, before: src}
	if args[0] == "webhook" {
		out.now, err = updatedManifests(set, f, p, headerOf{header, rel, args})
	} else {
		out.now, err = policyAgain(set, f, p, headerOf{header, rel, args})
	}
	if err != nil {
		return fail(err)
	}
	return out, nil
}

// headerOf is the header of the file rel, with the arguments of the command in it.
type headerOf struct {
	format.OwnPolicy
	rel  string
	args []string
}

// policyAgain returns a policy, made again with the command in its header.
func policyAgain(set *session.Session, f *session.Flags, p *PolicyFlags, at headerOf) ([]byte, error) {
	_, flags, engine, err := p.Parse(at.args)
	if err != nil {
		return nil, err
	}
	o, err := flags.options()
	if err != nil {
		return nil, err
	}
	if o.Rules, o.Config, err = set.PolicyRules(f, at.args, at.rel, at.OwnPolicy); err != nil {
		return nil, err
	}
	o.Command = at.Command
	dir, make := flags.folder()
	if dir.path == "" {
		return policy.Write(engine[0], o)
	}
	parts, err := make(engine[0], o)
	if err != nil {
		return nil, err
	}
	return partOfPolicy(parts, path.Base(at.rel))
}

func errEdited(file string) error {
	return fmt.Errorf("%s: a person edited the file after regmigrate made it: its content does not have the digest in its header\n  undo the change, or make it with the flags of the command in the header; --force replaces the file, and the change is lost", file)
}

// partOfPolicy returns the file called name of files.
func partOfPolicy(files []policy.File, name string) ([]byte, error) {
	var names []string
	for _, x := range files {
		if x.Name == name {
			return x.Text, nil
		}
		names = append(names, x.Name)
	}
	return nil, fmt.Errorf("the command in the header makes no file with this name, but %s", strings.Join(names, ", "))
}

// A policyFolder is a folder that a flag names.
type policyFolder struct{ flag, path string }

// writePolicyFolder writes files to a folder. It replaces only files that regmigrate made.
func writePolicyFolder(s session.Streams, p *PolicyFlags, dir policyFolder, parts []policy.File) error {
	out := outputFiles{dir: dir.path, summarize: p.Tests != "" && !p.Verbose}
	for _, x := range parts {
		if err := repofile.CheckOutput(filepath.Join(dir.path, x.Name), ""); err != nil {
			return fmt.Errorf("%s %q: %w", dir.flag, dir.path, err)
		}
		file := outputFile{shown: path.Join(filepath.ToSlash(dir.path), x.Name), name: x.Name, now: x.Text}
		var err error
		if file.before, err = dir.ownFile(x.Name, p.Force); err != nil {
			return err
		}
		out.files = append(out.files, file)
	}
	if !p.Check {
		if err := repofile.CreateOutputFolder(dir.path, ""); err != nil {
			return fmt.Errorf("%s %q: %w", dir.flag, dir.path, err)
		}
	}
	if err := out.write(s, p.Check); err != nil {
		return err
	}
	tellOldFiles(s, dir.path, parts)
	return nil
}

// ownFile returns the bytes of a file that regmigrate made, or nil if there is no
// file. It returns an error for other files, and for edited ones without force.
func (d policyFolder) ownFile(name string, force bool) ([]byte, error) {
	file := filepath.Join(d.path, name)
	info, err := os.Lstat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.flag, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %s is not a regular file\n  choose another folder", d.flag, file)
	}
	src, err := repofile.ReadFile(file, session.MaxPolicy)
	if err != nil {
		return nil, fmt.Errorf("%s: reading %q: %w", d.flag, file, repofile.WithoutPath(err))
	}
	header, ok := format.ReadOwnPolicy(src)
	switch {
	case !ok:
		return nil, fmt.Errorf("%s: %s exists, and regmigrate did not make it\n  choose another folder", d.flag, file)
	case header.Edited && !force:
		return nil, errEdited(file)
	}
	return src, nil
}

// tellOldFiles lists the files that regmigrate made in dir before and does not make any
// more.
func tellOldFiles(s session.Streams, dir string, parts []policy.File) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // with --check, nothing has made the folder
		fmt.Fprintf(s.Err, "looking for files that the command does not make any more: %v\n", err)
	}
	for _, e := range entries {
		isPart := slices.ContainsFunc(parts, func(x policy.File) bool { return x.Name == e.Name() })
		if isPart || !strings.HasSuffix(e.Name(), ".yaml") || !e.Type().IsRegular() {
			continue
		}
		src, err := repofile.ReadFile(filepath.Join(dir, e.Name()), session.MaxPolicy)
		if err == nil && format.IsOwnPolicy(src) {
			fmt.Fprintf(s.Err, "%s: the command does not make this file any more; delete it\n", report.EscapeText(path.Join(filepath.ToSlash(dir), e.Name())))
		}
	}
}
