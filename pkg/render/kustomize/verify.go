// Package kustomize builds kustomizations before and after a change, and compares
// the results.
//
// It builds as `kustomize build --enable-helm` does, with the library of kustomize
// and with package helm, over a tree in memory that holds only the files that the
// kustomization refers to. All building runs in the child processes of a
// [render.Runner], for which [HandleBuild] and [HandleMergeValues] are the
// handlers. It fetches nothing and runs no programs: remote bases, charts that are
// not in the tree and plugins are omitted, and listed.
package kustomize

import (
	"context"
	"errors"
	"io/fs"
	"maps"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// Options are the settings of Verify.
type Options struct {
	Rewrite render.RewriteFunc // required

	// Capabilities are the capabilities that charts of helmCharts entries get,
	// unless the entry sets them.
	Capabilities helm.Capabilities

	// Dirs are the folders of the kustomizations to verify.
	Dirs []string

	// AddedKeys accepts keys that let charts use images of other registries: see
	// [render.WithoutAddedKeys].
	AddedKeys bool

	// Changed skips kustomizations without a changed file.
	Changed bool

	// Progress is called after each kustomization, one call at a time; nil means
	// no calls.
	Progress func(done, total int, v *render.Verdict)
}

// Verify builds the kustomizations in the folders o.Dirs of before and after, and
// compares the results. It returns one verdict for each kustomization, except
// for files of other programs with the same name and, with o.Changed, for
// kustomizations that refer to no changed file, directly or through bases.
//
// The verdict for a component is that of the kustomizations in o.Dirs that use it. If
// none does, Verify builds the component alone; then the verdict is Unproven if a
// changed entry of the component changes resources that it does not have.
//
// The verdict for a kustomization with omitted parts is Unproven at best. Verify
// compares the other parts, and builds the entries of images on a Deployment with
// the images that an omitted part can have, with their old names.
//
// The verdict is Failed if an entry of images selects an image before the change
// and none after it, even if the output is the same.
//
// Verify returns a [render.Incomplete] together with the known verdicts when it is
// interrupted.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	treeBefore, treeAfter := OpenTree(before), OpenTree(after)
	var dirs []string
	for i, dir := range o.Dirs {
		if err := ctx.Err(); err != nil {
			n := len(dirs) + len(o.Dirs[i:])
			return nil, &render.Incomplete{Missing: n, Total: n, Err: err}
		}
		if treeBefore.needsVerdict(treeAfter, dir, o.Changed) {
			dirs = append(dirs, dir)
		}
	}
	order := treeBefore.orderOf(treeAfter, dirs)
	progress := o.Progress
	if progress != nil {
		progress = func(done, _ int, v *render.Verdict) { o.Progress(done, len(dirs), v) }
	}
	verdicts, err := r.VerifyAll(ctx, order.built, progress, func(dir string) (render.Verdict, error) {
		c := comparison{runner: r, treeBefore: treeBefore, treeAfter: treeAfter, rewrite: o.Rewrite, addedKeys: o.AddedKeys, capabilities: o.Capabilities, verdict: render.Verdict{Dir: dir, Kustomization: true}}
		err := c.verify(ctx, dir)
		if len(c.schemaUnread) > 0 && c.verdict.State == render.Proven {
			c.verdict.State, c.verdict.Reason = render.Unproven, c.schemaUnread[0]+", which is not read; nothing but references changed"
		}
		return c.verdict, err
	})
	verdicts = treeBefore.addComponents(treeAfter, dirs, order, verdicts, o.Progress)
	if m := (*render.Incomplete)(nil); errors.As(err, &m) {
		return verdicts, &render.Incomplete{Missing: len(dirs) - len(verdicts), Total: len(dirs), Err: m.Err}
	}
	return verdicts, err
}

// needsVerdict reports whether Verify makes a verdict for the folder dir. x is
// the tree before the change.
func (x *Tree) needsVerdict(after *Tree, dir string, changed bool) bool {
	l := x.lockedLayer(dir)
	if l == nil {
		l = after.lockedLayer(dir)
	}
	if l == nil || l.foreign {
		return false
	}
	if !changed {
		return true
	}
	b, err1 := x.overlayTree(dir)
	a, err2 := after.overlayTree(dir)
	return err1 != nil || err2 != nil || !maps.Equal(b.files, a.files)
}

// A comparison is the verification of one kustomization.
type comparison struct {
	runner                *render.Runner
	treeBefore, treeAfter *Tree
	rewrite               render.RewriteFunc
	addedKeys             bool // see Options
	capabilities          helm.Capabilities
	verdict               render.Verdict

	before, after *overlayTree
	versions      map[string]helm.Versions // versions of charts before the change, by chartEntry.Path
	schemaUnread  []string                 // the helm.SchemaCheck.Unread of all rendered charts
}

// verify sets c.verdict. It returns an error when ctx is done or no child process
// can be started.
func (c *comparison) verify(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v := &c.verdict
	var err error
	if c.before, err = c.treeBefore.overlayTree(dir); err != nil {
		v.State, v.Reason = render.Unproven, err.Error()
		if errors.Is(err, errNoKustomization) {
			v.Reason = "the kustomization is new and cannot be compared"
		}
		return nil
	}
	if c.after, err = c.treeAfter.overlayTree(dir); err != nil {
		v.Reason = "after the change: " + err.Error()
		return nil
	}
	v.ValuesFiles = 1
	v.Unchanged = maps.Equal(c.before.files, c.after.files)
	for _, o := range c.before.omitted {
		v.Omitted = append(v.Omitted, o.String())
	}
	limits, err := c.verifyLocal(ctx)
	if err != nil || v.State == render.Failed && v.Reason != "" {
		return err
	}
	if len(c.before.omitted) > 0 || len(c.after.omitted) > 0 {
		return c.verifyPart(ctx, limits)
	}
	if c.before.layers[0].component {
		return c.verifyAlone(ctx, limits)
	}
	return nil
}

// verifyLocal builds the kustomization without omitted parts before and after the
// change, and compares. limits says how the comparison is limited, or why it was
// not possible.
func (c *comparison) verifyLocal(ctx context.Context) (limits string, err error) {
	v := &c.verdict
	replace := (*overlayTree).withoutOmitted
	before, err := c.build(ctx, c.before, replace)
	if err != nil && (len(c.before.omitted) > 0 || c.before.layers[0].component) && render.IsJobError(err) {
		// A patch can need an object of an omitted part, or of what uses a component.
		if again, err2 := c.build(ctx, c.before, (*overlayTree).withoutPatches); err2 == nil {
			replace = (*overlayTree).withoutPatches
			limits, before = ", without patches that can need an omitted part", again
			v.Notes = append(v.Notes, "with these patches the kustomization does not build: "+err.Error())
			err = nil
		}
	}
	if render.IsJobError(err) {
		v.State, v.Reason = render.Unproven, c.before.buildError(err)
		return v.Reason, nil
	}
	if err != nil {
		return "", err
	}
	after := before
	if !v.Unchanged {
		after, err = c.build(ctx, c.after, replace)
		if render.IsBackstop(err) {
			v.State, v.Reason = render.Unproven, "after the change "+err.Error()
			return v.Reason, nil
		}
		if render.IsJobError(err) {
			v.State, v.Reason = render.Failed, "the kustomization does not build after the change: "+c.after.buildError(err)
			return "", nil
		}
		if err != nil {
			return "", err
		}
	}
	c.compare(ctx, before, after, replace)
	return limits, c.failLostEntries(ctx, replace)
}

// compare compares two builds and adds the result to c.verdict.
func (c *comparison) compare(ctx context.Context, before, after *render.Rendered, replace replaceFunc) {
	v := &c.verdict
	if c.addedKeys {
		after, v.AddedKeys = render.WithoutAddedKeys(before, after, c.rewrite)
	}
	builds := []*render.Rendered{before}
	result := compareBuilds(builds, after, c.rewrite)
	for range c.retries() {
		if result.State != render.Failed {
			break
		}
		again, err := c.build(ctx, c.before, replace)
		if err != nil {
			break
		}
		builds = append(builds, again)
		result = compareBuilds(builds, after, c.rewrite)
	}
	v.Objects += result.Objects
	v.Moved += result.Moved
	v.Checksums += result.Checksums
	v.Renamed += result.Renamed
	v.RandomLines += result.RandomLines
	v.Refolded += result.Refolded
	v.Leftovers = append(v.Leftovers, result.Leftovers...)
	v.Diffs = append(v.Diffs, result.Diffs...)
	v.State, v.Reason = result.State, result.Reason
	if result.State == render.Proven && result.Checksums > 0 && len(c.before.charts) == 0 {
		v.State, v.Reason = render.Failed, "a checksum changed, and kustomize does not compute checksums"
		return
	}
	if result.State != render.Failed {
		return
	}
	if notes := c.wrongRefNotes(ctx, before, after, replace); len(notes) > 0 {
		v.Reason, v.Notes = notes[0], notes[1:]
	}
}

// retries returns how often the kustomization is built again after a difference:
// the output of a chart can be random.
func (c *comparison) retries() int {
	n := 0
	for i := range c.before.charts {
		for name, file := range c.before.charts[i].Files {
			if src, err := c.treeBefore.load(file); err != nil || helm.MayBeRandom(name, src) {
				return helm.RetriesRandom
			}
		}
		n = helm.RetriesStable
	}
	return n
}

// build builds t with the replacements that replace returns.
func (c *comparison) build(ctx context.Context, t *overlayTree, replace replaceFunc) (*render.Rendered, error) {
	if err := t.tree.failed.check(t); err != nil {
		c.verdict.Backstop = c.verdict.Backstop || render.IsBackstop(err)
		return nil, err
	}
	out, err := c.buildOnce(ctx, t, replace)
	if err != nil {
		t.tree.failed.recordFailure(ctx, c, t, err)
	}
	return out, err
}

// buildOnce is build without failedBases.
func (c *comparison) buildOnce(ctx context.Context, t *overlayTree, replace replaceFunc) (*render.Rendered, error) {
	b, err := t.request(replace(t))
	if err != nil {
		return nil, err
	}
	if err := c.renderCharts(ctx, t, b); err != nil {
		return nil, err
	}
	return c.run(ctx, b)
}

func (c *comparison) run(ctx context.Context, b *buildRequest) (*render.Rendered, error) {
	out := &render.Rendered{}
	err := c.runner.Run(ctx, render.Job{Kind: BuildJob, Request: b, Response: out, Prepare: b.prepare})
	c.verdict.Backstop = c.verdict.Backstop || render.IsBackstop(err)
	return out, err
}

// buildError returns the text of err, a build error of t. A file that is missing
// in t is the likely cause, and is named instead.
func (t *overlayTree) buildError(err error) string {
	if len(t.missing) > 0 {
		return t.missing[0]
	}
	return err.Error()
}
