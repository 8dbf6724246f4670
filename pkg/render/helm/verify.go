package helm

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// Options say how VerifyCharts renders and compares. Only Move has no default.
type Options struct {
	Rewrite render.RewriteFunc

	// Extra is added to every set of values, after its own.
	ExtraValues Values

	// As is what charts see of the cluster and the release.
	Capabilities Capabilities

	// Dirs are the folders of the charts to verify; nil verifies all.
	Dirs []string

	// Progress is called after each chart, one call at a time. Nil is silent.
	Progress func(done, total int, v *render.Verdict)
}

// Verify renders each chart of before, and the one that stands in its place
// in after, with all its value sets, and compares. Verdicts are sorted by
// folder, and there is one for each chart of before. The error is one of
// reading the tree, or a Missing, with which the verdicts that there are come
// all the same; a chart that cannot be rendered is a verdict.
func Verify(ctx context.Context, r *render.Runner, before, after fs.FS, o Options) ([]render.Verdict, error) {
	old, err := newIndex(before)
	if err != nil {
		return nil, err
	}
	now, err := newIndex(after)
	if err != nil {
		return nil, err
	}
	dirs := o.Dirs
	if dirs == nil {
		dirs = old.dirs
	}
	return r.VerifyAll(ctx, dirs, o.Progress, func(dir string) (render.Verdict, error) { return verifyChart(ctx, r, old, now, dir, &o) })
}

// verify verifies one chart.
func verifyChart(ctx context.Context, r *render.Runner, before, after *index, dir string, o *Options) (render.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return render.Verdict{}, err
	}
	b, a := before.read(dir), after.read(dir)
	v := render.Verdict{Dir: dir, DependencyDirs: b.DependencyDirs}
	switch {
	case b.Err != nil:
		v.State, v.Reason = render.Unproven, b.Err.Error()
		return v, nil
	case a.Err != nil:
		v.Reason = "after the change: " + a.Err.Error()
		return v, nil
	}
	u := union{verdict: v, objects: map[string]bool{}, moved: map[string]bool{}, left: map[render.Leftover]bool{}}
	u.verdict.Unchanged = sameFiles(b.Files, a.Files)
	for _, set := range b.Values {
		now, ok := findSet(a.Values, set.Name)
		if !ok {
			u.fail(set.Name, "the value file is gone")
			continue
		}
		unchanged := u.verdict.Unchanged && slices.EqualFunc(set.Files, now.Files, bytes.Equal)
		p := pair{r, &b, &a, set.with(o.ExtraValues), now.with(o.ExtraValues), o}
		again, err := p.compare(ctx, &u, unchanged)
		if err != nil {
			return render.Verdict{}, err
		}
		if !again {
			break
		}
	}
	return u.close(), nil
}

func (s Values) with(extra Values) Values {
	return Values{s.Name, slices.Concat(s.Files, extra.Files), slices.Concat(s.Set, extra.Set)}
}

func findSet(sets []Values, name string) (Values, bool) {
	i := slices.IndexFunc(sets, func(s Values) bool { return s.Name == name })
	if i < 0 {
		return Values{}, false
	}
	return sets[i], true
}

func sameFiles(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }

// A pair is a chart before and after, with one value set.
type pair struct {
	r             *render.Runner
	before, after *Chart
	old, now      Values
	o             *Options
}

// compare renders the pair, compares, and adds what it finds to u. Again is
// false when it makes no sense to try another set.
func (p *pair) compare(ctx context.Context, u *union, unchanged bool) (again bool, err error) {
	first, err := renderOnce(ctx, p.r, p.before, p.old, p.o.Capabilities, nil)
	if render.IsJobError(err) {
		u.notRendered(p.old.Name, err)
		return !render.IsFatal(err), nil
	}
	if err != nil {
		return false, err
	}
	if first.Library {
		u.verdict.State, u.verdict.Reason = render.Unproven, "a library chart: nothing to render by itself"
		u.library = true
		return false, nil
	}
	renderings := []*render.Rendered{&first.Rendered}
	after := first
	if !unchanged {
		after, err = renderOnce(ctx, p.r, p.after, p.now, p.o.Capabilities, first.Versions)
		if render.IsTimeout(err) {
			u.unproven(p.old.Name, "after the change "+err.Error())
			return false, nil
		}
		if render.IsJobError(err) {
			u.fail(p.old.Name, "it does not render any more: "+err.Error())
			return !render.IsFatal(err), nil
		}
		if err != nil {
			return false, err
		}
	}
	v := render.Compare(renderings, &after.Rendered, p.o.Rewrite)
	until := time.Now().Add(p.r.Limits().Timeout)
	for range retries(p.before) {
		if v.State != render.Failed || time.Now().After(until) {
			break
		}
		// After what came after: so the time is later in both directions.
		more, err := renderOnce(ctx, p.r, p.before, p.old, p.o.Capabilities, nil)
		if err != nil {
			break
		}
		renderings = append(renderings, &more.Rendered)
		v = render.Compare(renderings, &after.Rendered, p.o.Rewrite)
	}
	u.add(p.old.Name, first, after, v)
	return true, nil
}
