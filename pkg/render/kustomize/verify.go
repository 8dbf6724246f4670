package kustomize

import (
	"context"
	"errors"
	"io/fs"
	"maps"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// Options say how VerifyKustomizations builds and compares.
type Options struct {
	Rewrite render.RewriteFunc

	// As is what the charts of helmCharts entries see of the cluster, where the
	// entry does not say.
	Capabilities helm.Capabilities

	// Dirs are the folders of the kustomizations to verify.
	Dirs []string

	// Changed leaves out kustomizations whose files do not change.
	Changed bool

	// Progress is called after each kustomization, one call at a time. Nil is
	// silent.
	Progress func(done, total int, v *render.Verdict)
}

// Verify builds the kustomizations in the folders o.Dirs of
// before, and those in their place in after, and compares, as Verify does for
// charts. There is no verdict for a component, which is proven through what
// uses it, for a file of the same name that is another program's, and, with
// o.Changed, for a kustomization of which no file changes, with all that is
// below it.
//
// It builds what `kustomize build --enable-helm` does, by its library and that
// of Helm, but fetches nothing and runs no programs: a remote base, a chart
// that is not in the tree, a plugin is left out. Then the
// verdict is unproven at best and lists what was not built; what is there is
// compared all the same, and the entries of `images` are tried on a Deployment
// that has what would arrive, under its old name. The error is a Missing, with
// which the verdicts that there are come all the same.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	old, now := OpenTree(before), OpenTree(after)
	var dirs []string
	for i, dir := range o.Dirs {
		if err := ctx.Err(); err != nil {
			n := len(dirs) + len(o.Dirs[i:])
			return nil, &render.Incomplete{Missing: n, Total: n, Err: err}
		}
		if old.needsVerdict(now, dir, o.Changed) {
			dirs = append(dirs, dir)
		}
	}
	return r.VerifyAll(ctx, dirs, o.Progress, func(dir string) (render.Verdict, error) {
		p := comparison{runner: r, treeBefore: old, treeAfter: now, rewrite: o.Rewrite, capabilities: o.Capabilities, verdict: render.Verdict{Dir: dir, Kustomization: true}}
		err := p.verify(ctx, dir)
		return p.verdict, err
	})
}

// needsVerdict reports whether the folder dir wants a verdict.
func (x *Tree) needsVerdict(now *Tree, dir string, changed bool) bool {
	x.mu.Lock()
	l := x.layer(dir)
	x.mu.Unlock()
	if l == nil {
		now.mu.Lock()
		l = now.layer(dir)
		now.mu.Unlock()
	}
	if l == nil || l.component || l.foreign {
		return false
	}
	if !changed {
		return true
	}
	b, err1 := x.overlayTree(dir)
	a, err2 := now.overlayTree(dir)
	return err1 != nil || err2 != nil || !maps.Equal(b.files, a.files)
}

// A comparison is a kustomization before and after, while it is verified.
type comparison struct {
	runner                *render.Runner
	treeBefore, treeAfter *Tree
	rewrite               render.RewriteFunc
	capabilities          helm.Capabilities // of the charts that it takes
	verdict               render.Verdict

	before, after *overlayTree
	versions      map[string]helm.Versions // of charts, as they were before
}

// verify fills p.v. The error is one of ctx, or of starting a child.
func (p *comparison) verify(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v := &p.verdict
	var err error
	if p.before, err = p.treeBefore.overlayTree(dir); err != nil {
		v.State, v.Reason = render.Unproven, err.Error()
		if errors.Is(err, errNoKustomization) {
			v.Reason = "it is new: there is nothing to compare it with"
		}
		return nil
	}
	if p.after, err = p.treeAfter.overlayTree(dir); err != nil {
		v.Reason = "after the change: " + err.Error()
		return nil
	}
	v.ValuesFiles = 1
	v.Unchanged = maps.Equal(p.before.files, p.after.files)
	for _, u := range p.before.omitted {
		v.Omitted = append(v.Omitted, u.what+" ("+u.why+")")
	}
	local, err := p.verifyLocal(ctx)
	if err != nil || v.State == render.Failed && v.Reason != "" {
		return err
	}
	if len(p.before.omitted) > 0 || len(p.after.omitted) > 0 {
		return p.verifyPart(ctx, local)
	}
	return nil
}

// verifyLocal builds what the tree has, before and after, and compares. What it
// returns says what came of it, when it did not fail.
func (p *comparison) verifyLocal(ctx context.Context) (string, error) {
	v := &p.verdict
	replaced := func(t *overlayTree) replacements { return t.withoutOmitted() }
	old, err := p.build(ctx, p.before, replaced)
	reason, without := "", ""
	if err != nil && len(p.before.omitted) > 0 && render.IsJobError(err) {
		// Patches may miss what is not there.
		replaced = func(t *overlayTree) replacements { return t.withoutPatches() }
		if again, err2 := p.build(ctx, p.before, replaced); err2 == nil {
			without, old = ", patches of what is not here left out", again
			v.Notes = append(v.Notes, "with them it does not build: "+err.Error())
			err = nil
		}
	}
	if render.IsJobError(err) {
		reason = p.before.buildError(err)
		v.State, v.Reason = render.Unproven, reason
		return reason, nil
	}
	if err != nil {
		return "", err
	}
	now := old
	if !v.Unchanged {
		if now, err = p.build(ctx, p.after, replaced); render.IsTimeout(err) {
			v.State, v.Reason = render.Unproven, "after the change "+err.Error()
			return v.Reason, nil
		} else if render.IsJobError(err) {
			v.State, v.Reason = render.Failed, "it does not build any more: "+p.after.buildError(err)
			return "", nil
		} else if err != nil {
			return "", err
		}
	}
	p.compare(ctx, old, now, replaced)
	return without, nil
}

// compare holds two builds against each other and adds what it finds to p.v.
func (p *comparison) compare(ctx context.Context, old, now *render.Rendered, replaced func(*overlayTree) replacements) {
	v := &p.verdict
	all := []*render.Rendered{old}
	got := compareBuilds(all, now, p.rewrite)
	for range p.retries() {
		if got.State != render.Failed {
			break
		}
		more, err := p.build(ctx, p.before, replaced)
		if err != nil {
			break
		}
		all = append(all, more)
		got = compareBuilds(all, now, p.rewrite)
	}
	v.Objects += got.Objects
	v.Moved += got.Moved
	v.Checksums += got.Checksums
	v.Renamed += got.Renamed
	v.RandomLines += got.RandomLines
	v.Refolded += got.Refolded
	v.Leftovers = append(v.Leftovers, got.Leftovers...)
	v.Diffs = append(v.Diffs, got.Diffs...)
	v.State, v.Reason = got.State, got.Reason
	if got.State == render.Proven && got.Checksums > 0 && len(p.before.charts) == 0 {
		v.State, v.Reason = render.Failed, "a checksum changed, and kustomize computes none"
		return
	}
	if got.State != render.Failed {
		return
	}
	if notes := p.explain(ctx, old, now, replaced); len(notes) > 0 {
		v.Reason, v.Notes = notes[0], notes[1:]
	}
}

// retries is how often the kustomization is built again before a difference
// counts: what a chart prints may be random.
func (p *comparison) retries() int {
	n := 0
	for i := range p.before.charts {
		for name, at := range p.before.charts[i].Files {
			if src, err := p.treeBefore.load(at); err != nil || helm.MayBeRandom(name, src) {
				return helm.RetriesRandom
			}
		}
		n = helm.RetriesStable
	}
	return n
}

// replacements are what stands for kustomization files, by their path.
type replacements = map[string]*kustomizationFile

// build builds t with some of its kustomizations replaced.
func (p *comparison) build(ctx context.Context, t *overlayTree, replaced func(*overlayTree) replacements) (*render.Rendered, error) {
	if err := t.tree.failed.check(t); err != nil {
		return nil, err
	}
	out, err := p.buildOnce(ctx, t, replaced)
	if err != nil {
		t.tree.failed.recordFailure(ctx, p, t, err)
	}
	return out, err
}

// buildOnce is build, whatever is known of what is below t.
func (p *comparison) buildOnce(ctx context.Context, t *overlayTree, replaced func(*overlayTree) replacements) (*render.Rendered, error) {
	b, err := t.request(replaced(t))
	if err != nil {
		return nil, err
	}
	if err := p.renderCharts(ctx, t, b); err != nil {
		return nil, err
	}
	return p.run(ctx, b)
}

func (p *comparison) run(ctx context.Context, b *buildRequest) (*render.Rendered, error) {
	out := &render.Rendered{}
	return out, p.runner.Run(ctx, render.Job{Kind: BuildJob, Request: b, Response: out, Prepare: b.prepare})
}

// buildError is what is known to be missing, which says it better than err.
func (t *overlayTree) buildError(err error) string {
	if len(t.missing) > 0 {
		return t.missing[0]
	}
	return err.Error()
}
