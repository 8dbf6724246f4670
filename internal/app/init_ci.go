package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/scaffold"
	"github.com/regmigrate/regmigrate/internal/gitcmd"
	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/report/wording"
)

// addCI adds the job of the CI system.
func (r *initRun) addCI(ctx context.Context) error {
	ci, err := r.findCI(ctx)
	if ci == nil || err != nil {
		return err
	}
	if ci.Part != "" {
		exists, err := r.exists(ci.File)
		if err != nil {
			return err
		}
		if exists {
			return r.addPart(ci)
		}
	}
	before := len(r.files.files)
	if err := r.addFile(ci.File, ci.Text()); err != nil {
		return err
	}
	if ci.Next != "" && len(r.files.files) > before {
		r.notes = append(r.notes, ci.Next)
	}
	return nil
}

// findCI returns the CI system that gets a job, or nil: none is wanted, or none was found.
func (r *initRun) findCI(ctx context.Context) (*scaffold.CI, error) {
	switch r.flags.CI {
	case "none":
		return nil, nil
	case "auto":
	default:
		i := slices.IndexFunc(scaffold.CIs, func(c scaffold.CI) bool { return c.Name == r.flags.CI })
		if i < 0 {
			return nil, fmt.Errorf("--ci %q: expected auto, none, %s", r.flags.CI, wording.List(scaffold.CINames(), "or"))
		}
		return &scaffold.CIs[i], nil
	}
	host, _, _ := strings.Cut(pullrequest.RepositoryName(gitcmd.RemoteURL(ctx, r.root)), "/")
	var failed error
	ci := scaffold.FindCI(host, func(name string) bool {
		exists, err := r.exists(name)
		if failed == nil {
			failed = err
		}
		return exists
	})
	if failed != nil {
		return nil, failed
	}
	if ci == nil {
		r.notes = append(r.notes, "no CI system was found; for a job, use --ci "+wording.List(scaffold.CINames(), "or"))
	}
	return ci, nil
}

// addPart says what to add to a file that exists and has the jobs of all programs. The
// file stays as it is.
func (r *initRun) addPart(ci *scaffold.CI) error {
	src, err := repofile.ReadFile(filepath.Join(r.root, filepath.FromSlash(ci.File)), maxHookFile)
	if err != nil {
		return fmt.Errorf("%q: %w", ci.File, repofile.WithoutPath(err))
	}
	if !sameText(src, ci.Text()) && !ci.HasJob(src) {
		r.notes = append(r.notes, "add the job to "+ci.File+", which has other jobs too:\n"+strings.TrimSuffix(ci.Part, "\n"))
		return nil
	}
	r.files.files = append(r.files.files, outputFile{shown: ci.File, name: ci.File, before: src, now: src})
	return nil
}

// exists reports whether the repository has a file, folder or link of this name. An error
// says that the system cannot tell.
func (r *initRun) exists(name string) (bool, error) {
	switch _, err := os.Lstat(filepath.Join(r.root, filepath.FromSlash(name))); {
	case repofile.IsAbsent(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%q: %w", name, repofile.WithoutPath(err))
	}
	return true, nil
}
