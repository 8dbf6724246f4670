// Package compose loads the Compose projects of a repository before and after a change,
// and compares the models.
//
// It loads as `docker compose config` does, with the library of Docker Compose, from
// copies of the files that the project names, in an empty environment. All loading runs
// in the child processes of a [render.Runner], for which [HandleLoad] is the handler. It
// fetches nothing, and reads no file outside of the repository: a project that needs one
// is unproven.
package compose

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// Options are the settings of Verify.
type Options struct {
	Rewrite render.RewriteFunc // required

	// Files are the paths of the Compose files to verify.
	Files []string

	// Changed skips projects without a changed file.
	Changed bool

	// AssumeImages accepts changes of short names in fields that are only likely images.
	AssumeImages bool

	// Progress is called after each project, one call at a time; nil means no calls.
	Progress func(done, total int, v *render.Verdict)
}

// Verify loads the project of each Compose file in o.Files from the trees before and
// after, and compares the models: with the environment file .env of its folder, with each
// other one, and without any. All profiles are enabled. It also compares the texts of the
// files, since the values of variables may hide a part of them. It returns one verdict for
// each project.
//
// A model or a text may differ only in references, each changed exactly as o.Rewrite says, and only
// in fields that can hold one. A project that does not load is Unproven; one that loads
// before the change only is Failed.
//
// Verify returns a [render.Incomplete] together with the known verdicts when it is
// interrupted.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	x := verifier{runner: r, before: tree{before, after}, after: tree{after, nil}, options: &o}
	projects := map[string]*project{}
	var names []string
	for _, p := range x.projects(o.Files) {
		if o.Changed && !x.mayChange(p) {
			continue
		}
		projects[p.name] = p
		names = append(names, p.name)
	}
	return r.VerifyAll(ctx, names, o.Progress, func(name string) (render.Verdict, error) {
		return x.verify(ctx, projects[name])
	})
}

// A verifier verifies projects.
type verifier struct {
	runner        *render.Runner
	before, after tree
	options       *Options
}

// mayChange reports whether one of the files that the text of the project names changes.
func (x *verifier) mayChange(p *project) bool {
	b, err1 := x.before.filesOf(p)
	a, err2 := x.after.filesOf(p)
	return err1 != nil || err2 != nil || !maps.EqualFunc(b, a, bytes.Equal)
}

// verify verifies a project. It returns an error when ctx is done or no child process can
// be started.
func (x *verifier) verify(ctx context.Context, p *project) (render.Verdict, error) {
	v := render.Verdict{Dir: p.name, Kind: render.ComposeFile}
	filesBefore, err := x.before.filesOf(p)
	if err != nil {
		v.State, v.Reason = render.Unproven, err.Error()
		return v, nil
	}
	filesAfter, err := x.after.filesOf(p)
	if err != nil {
		v.Reason = "after the change: " + err.Error()
		return v, nil
	}
	c := comparison{verifier: x, project: p, verdict: v, filesBefore: filesBefore, filesAfter: filesAfter, comparer: comparer{rewrite: x.options.Rewrite, assumeImages: x.options.AssumeImages}}
	if err := c.run(ctx); err != nil {
		return render.Verdict{}, err
	}
	return c.result(), nil
}

// A comparison is the verification of one project.
type comparison struct {
	*verifier
	*project
	verdict render.Verdict
	comparer

	filesBefore, filesAfter map[string][]byte
	failed                  string // why the project does not load after the change
	unproven                string // why a comparison was not possible
	absent                  map[string]bool
}

// run compares the models with each environment, and then the texts of all files that
// were loaded.
func (c *comparison) run(ctx context.Context) error {
	environments := append(slices.Clone(c.environments), nil)
	for _, env := range environments {
		if err := c.compare(ctx, loadRequest{Main: c.main, Environment: env}); err != nil {
			return err
		}
		if c.verdict.Backstop {
			return nil
		}
	}
	if c.verdict.ValuesFiles > 0 {
		c.compareTexts()
	}
	return nil
}

// compare loads the project before and after the change, and compares the models.
func (c *comparison) compare(ctx context.Context, q loadRequest) error {
	before, err := c.load(ctx, c.before, c.filesBefore, q)
	switch {
	case render.IsBackstop(err):
		c.verdict.Backstop, c.unproven = true, err.Error()
		return nil
	case render.IsJobError(err):
		c.verdict.NotRendered = append(c.verdict.NotRendered, render.NotRendered{Values: q.environmentName(), Why: err.Error()})
		return nil
	case err != nil:
		return err
	}
	after, err := c.load(ctx, c.after, c.filesAfter, q)
	switch {
	case render.IsBackstop(err):
		c.verdict.Backstop, c.unproven = true, "after the change: "+err.Error()
		return nil
	case render.IsJobError(err):
		if c.failed == "" {
			c.failed = "the project does not load after the change: " + err.Error()
		}
		return nil
	case err != nil:
		return err
	}
	for _, name := range slices.Concat(before.Absent, after.Absent) {
		if c.absent == nil {
			c.absent = map[string]bool{}
		}
		c.absent[name] = true
	}
	c.verdict.ValuesFiles++
	return c.compareModels(before.Model, after.Model)
}

// result returns the verdict.
func (c *comparison) result() render.Verdict {
	v := c.verdict
	v.Unchanged = maps.EqualFunc(c.filesBefore, c.filesAfter, bytes.Equal)
	v.Objects, v.Moved = len(c.services), len(c.moved)
	for _, d := range c.differences {
		v.AddDiff(render.Diff{Template: v.Dir, Object: d.field, Why: d.why})
	}
	for _, l := range slices.Sorted(maps.Keys(c.leftovers)) {
		v.Leftovers = append(v.Leftovers, render.Leftover{Template: v.Dir, Field: l, Ref: c.leftovers[l]})
	}
	for _, name := range slices.Sorted(maps.Keys(c.absent)) {
		v.Notes = append(v.Notes, "not read, because it is not in the repository: "+name)
	}
	switch {
	case len(c.differences) > 0:
		v.State, v.Reason = render.Failed, c.differences[0].String()
		if n := len(c.differences); n > 1 {
			v.Reason += fmt.Sprintf(" (and %s)", render.Count(n-1, "more difference"))
		}
	case c.failed != "":
		v.State, v.Reason = render.Failed, c.failed
	case v.Backstop:
		v.State, v.Reason = render.Unproven, c.unproven
	case v.ValuesFiles == 0:
		v.State, v.Reason = render.Unproven, "the project does not load: "+v.NotRendered[0].Why
	case c.unproven != "":
		v.State, v.Reason = render.Unproven, c.unproven
	default:
		v.State = render.Proven
	}
	return v
}
