package render

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
)

// VerifyKustomizations builds the kustomizations in the folders o.Dirs of
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
func (r *Runner) VerifyKustomizations(ctx context.Context, before, after fs.FS, o Options) ([]Verdict, error) {
	old, now := newLayers(before), newLayers(after)
	var dirs []string
	for i, dir := range o.Dirs {
		if err := ctx.Err(); err != nil {
			n := len(dirs) + len(o.Dirs[i:])
			return nil, &Missing{n, n, err}
		}
		if old.wanted(now, dir, o.Changed) {
			dirs = append(dirs, dir)
		}
	}
	return r.each(ctx, dirs, o.Progress, func(dir string) (Verdict, error) {
		p := towers{r: r, old: old, now: now, move: o.Move, as: o.As, v: Verdict{Chart: dir, Kustomization: true}}
		err := p.verify(ctx, dir)
		return p.v, err
	})
}

// wanted reports whether the folder dir wants a verdict.
func (x *layers) wanted(now *layers, dir string, changed bool) bool {
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
	b, err1 := x.tower(dir)
	a, err2 := now.tower(dir)
	return err1 != nil || err2 != nil || !maps.Equal(b.files, a.files)
}

// A towers is a kustomization before and after, while it is verified.
type towers struct {
	r        *Runner
	old, now *layers
	move     Mover
	as       Capabilities // of the charts that it takes
	v        Verdict

	before, after *tower
	keep          map[string]Versions // of charts, as they were before
}

// verify fills p.v. The error is one of ctx, or of starting a child.
func (p *towers) verify(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v := &p.v
	var err error
	if p.before, err = p.old.tower(dir); err != nil {
		v.State, v.Reason = Unproven, err.Error()
		if errors.Is(err, errNoKustomization) {
			v.Reason = "it is new: there is nothing to compare it with"
		}
		return nil
	}
	if p.after, err = p.now.tower(dir); err != nil {
		v.Reason = "after the change: " + err.Error()
		return nil
	}
	v.Sets = 1
	v.Unchanged = maps.Equal(p.before.files, p.after.files)
	for _, u := range p.before.unbuilt {
		v.NotBuilt = append(v.NotBuilt, u.what+" ("+u.why+")")
	}
	local, err := p.local(ctx)
	if err != nil || v.State == Failed && v.Reason != "" {
		return err
	}
	if len(p.before.unbuilt) > 0 || len(p.after.unbuilt) > 0 {
		return p.partly(ctx, local)
	}
	return nil
}

// local builds what the tree has, before and after, and compares. What it
// returns says what came of it, when it did not fail.
func (p *towers) local(ctx context.Context) (string, error) {
	v := &p.v
	replaced := func(t *tower) kustomizations { return t.stubs() }
	old, err := p.build(ctx, p.before, replaced)
	reason, without := "", ""
	if err != nil && len(p.before.unbuilt) > 0 && isOfJob(err) {
		// Patches may miss what is not there.
		replaced = func(t *tower) kustomizations { return t.unpatched() }
		if again, err2 := p.build(ctx, p.before, replaced); err2 == nil {
			without, old = ", patches of what is not here left out", again
			v.Notes = append(v.Notes, "with them it does not build: "+err.Error())
			err = nil
		}
	}
	if isOfJob(err) {
		reason = p.before.missingOr(err)
		v.State, v.Reason = Unproven, reason
		return reason, nil
	}
	if err != nil {
		return "", err
	}
	now := old
	p.keep = old.Inflated
	if !v.Unchanged {
		if now, err = p.build(ctx, p.after, replaced); isLate(err) {
			v.State, v.Reason = Unproven, "after the change "+err.Error()
			return v.Reason, nil
		} else if isOfJob(err) {
			v.State, v.Reason = Failed, "it does not build any more: "+p.after.missingOr(err)
			return "", nil
		} else if err != nil {
			return "", err
		}
	}
	p.compare(ctx, old, now, replaced)
	return without, nil
}

// compare holds two builds against each other and adds what it finds to p.v.
func (p *towers) compare(ctx context.Context, old, now *Rendered, replaced func(*tower) kustomizations) {
	v := &p.v
	all := []*Rendered{old}
	got := compareBuilds(all, now, p.move)
	for range p.tries() {
		if got.State != Failed {
			break
		}
		more, err := p.build(ctx, p.before, replaced)
		if err != nil {
			break
		}
		all = append(all, more)
		got = compareBuilds(all, now, p.move)
	}
	v.Objects += got.Objects
	v.Moved += got.Moved
	v.Checksums += got.Checksums
	v.Renamed += got.Renamed
	v.Masked += got.Masked
	v.Folded += got.Folded
	v.Left = append(v.Left, got.Left...)
	v.Diffs = append(v.Diffs, got.Diffs...)
	v.State, v.Reason = got.State, got.Reason
	if got.State == Proven && got.Checksums > 0 && len(p.before.charts) == 0 {
		v.State, v.Reason = Failed, "a checksum changed, and kustomize computes none"
		return
	}
	if got.State != Failed {
		return
	}
	if notes := p.explain(ctx, old, now, replaced); len(notes) > 0 {
		v.Reason, v.Notes = notes[0], notes[1:]
	}
}

// tries is how often the kustomization is built again before a difference
// counts: what a chart prints may be random.
func (p *towers) tries() int {
	n := 0
	for i := range p.before.charts {
		for name, at := range p.before.charts[i].Files {
			if src, err := p.old.load(at); err != nil || mayBeRandom(name, src) {
				return againRandom
			}
		}
		n = againOther
	}
	return n
}

// kustomizations are what stands for kustomization files, by their path.
type kustomizations = map[string]*kustomizationFile

// build builds t with some of its kustomizations replaced.
func (p *towers) build(ctx context.Context, t *tower, replaced func(*tower) kustomizations) (*Rendered, error) {
	if err := t.of.doom.doomed(t); err != nil {
		return nil, err
	}
	out, err := p.buildOnce(ctx, t, replaced)
	if err != nil {
		t.of.doom.condemn(ctx, p, t, err)
	}
	return out, err
}

// buildOnce is build, whatever is known of what is below t.
func (p *towers) buildOnce(ctx context.Context, t *tower, replaced func(*tower) kustomizations) (*Rendered, error) {
	b, err := t.job(replaced(t))
	if err != nil {
		return nil, err
	}
	b.Charts = slices.Clone(b.Charts)
	for i := range b.Charts {
		b.Charts[i].As = p.as
	}
	b.Keep = p.keep
	return p.run(ctx, b)
}

func (p *towers) run(ctx context.Context, b *build) (*Rendered, error) {
	a, err := p.r.run(ctx, &job{Build: b})
	if err != nil {
		return nil, err
	}
	return a.Rendered, nil
}

// isOfJob reports whether err is what the kustomization did, and not the lack
// of a child.
func isOfJob(err error) bool {
	ce := (*chartError)(nil)
	return errors.As(err, &ce) || errors.Is(err, errGone)
}

// missingOr is what is known to be missing, which says it better than err.
func (t *tower) missingOr(err error) string {
	if len(t.missing) > 0 {
		return t.missing[0]
	}
	return err.Error()
}
