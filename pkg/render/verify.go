package render

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"
)

// Options say how Verify renders. Only Move has no default.
type Options struct {
	Move Mover

	// Extra is added to every value set, after its own.
	Extra ValueSet

	// As is what charts are told of the cluster.
	As Capabilities

	// Dirs are the folders of the charts to verify; nil verifies all.
	Dirs []string

	// Changed leaves out kustomizations of which no file changes.
	Changed bool

	// Progress is called after each chart, one call at a time. Nil is silent.
	Progress func(done, total int, v *Verdict)
}

// How often a chart is rendered again before a difference counts, if its
// templates call what may print something else each time, and if not: what is
// random may be the same several times by chance.
const (
	againRandom = 12
	againOther  = 2
)

// Verify renders each chart of before, and the one that stands in its place
// in after, with all its value sets, and compares. Verdicts are sorted by
// folder, and there is one for each chart of before. The error is one of
// reading the tree, or a Missing, with which the verdicts that there are come
// all the same; a chart that cannot be rendered is a verdict.
func (r *Runner) Verify(ctx context.Context, before, after fs.FS, o Options) ([]Verdict, error) {
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
	return r.each(ctx, dirs, o.Progress, func(dir string) (Verdict, error) { return r.verify(ctx, old, now, dir, &o) })
}

// verify verifies one chart.
func (r *Runner) verify(ctx context.Context, before, after *index, dir string, o *Options) (Verdict, error) {
	if err := ctx.Err(); err != nil {
		return Verdict{}, err
	}
	b, a := before.read(dir), after.read(dir)
	v := Verdict{Chart: dir, Borrowed: b.Borrowed}
	switch {
	case b.Err != nil:
		v.State, v.Reason = Unproven, b.Err.Error()
		return v, nil
	case a.Err != nil:
		v.Reason = "after the change: " + a.Err.Error()
		return v, nil
	}
	u := union{verdict: v, objects: map[string]bool{}, moved: map[string]bool{}, left: map[Leftover]bool{}}
	u.verdict.Unchanged = sameFiles(b.Files, a.Files)
	for _, set := range b.Sets {
		now, ok := findSet(a.Sets, set.Name)
		if !ok {
			u.fail(set.Name, "the value file is gone")
			continue
		}
		unchanged := u.verdict.Unchanged && slices.EqualFunc(set.Values, now.Values, bytes.Equal)
		p := pair{r, &b, &a, set.with(o.Extra), now.with(o.Extra), o}
		again, err := p.compare(ctx, &u, unchanged)
		if err != nil {
			return Verdict{}, err
		}
		if !again {
			break
		}
	}
	return u.close(), nil
}

func (s ValueSet) with(extra ValueSet) ValueSet {
	return ValueSet{s.Name, slices.Concat(s.Values, extra.Values), slices.Concat(s.Set, extra.Set)}
}

func findSet(sets []ValueSet, name string) (ValueSet, bool) {
	i := slices.IndexFunc(sets, func(s ValueSet) bool { return s.Name == name })
	if i < 0 {
		return ValueSet{}, false
	}
	return sets[i], true
}

func sameFiles(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }

// A pair is a chart before and after, with one value set.
type pair struct {
	r             *Runner
	before, after *Chart
	old, now      ValueSet
	o             *Options
}

// compare renders the pair, compares, and adds what it finds to u. Again is
// false when it makes no sense to try another set.
func (p *pair) compare(ctx context.Context, u *union, unchanged bool) (again bool, err error) {
	first, err := p.r.render(ctx, p.before, p.old, p.o.As, nil)
	if ce := (*chartError)(nil); errors.As(err, &ce) || errors.Is(err, errGone) {
		u.notRendered(p.old.Name, err)
		return ce == nil || !ce.fatal, nil
	}
	if err != nil {
		return false, err
	}
	if first.Library {
		u.verdict.State, u.verdict.Reason = Unproven, "a library chart: nothing to render by itself"
		u.library = true
		return false, nil
	}
	renderings := []*Rendered{first}
	after := first
	if !unchanged {
		after, err = p.r.render(ctx, p.after, p.now, p.o.As, first.Versions)
		if isLate(err) {
			u.unproven(p.old.Name, "after the change "+err.Error())
			return false, nil
		}
		if ce := (*chartError)(nil); errors.As(err, &ce) || errors.Is(err, errGone) {
			u.fail(p.old.Name, "it does not render any more: "+err.Error())
			return ce == nil || !ce.fatal, nil
		}
		if err != nil {
			return false, err
		}
	}
	v := Compare(renderings, after, p.o.Move)
	until := time.Now().Add(p.r.limits().Deadline)
	for range tries(p.before) {
		if v.State != Failed || time.Now().After(until) {
			break
		}
		// After what came after: so the time is later in both directions.
		more, err := p.r.render(ctx, p.before, p.old, p.o.As, nil)
		if err != nil {
			break
		}
		renderings = append(renderings, more)
		v = Compare(renderings, after, p.o.Move)
	}
	u.add(p.old.Name, first, after, v)
	return true, nil
}

// render renders c once.
func (r *Runner) render(ctx context.Context, c *Chart, set ValueSet, as Capabilities, keep Versions) (*Rendered, error) {
	a, err := r.run(ctx, &job{Render: c, Set: set, As: as, Keep: keep})
	if err != nil {
		return nil, err
	}
	return a.Rendered, nil
}

// Render renders c with one value set. The error says why it does not.
func (r *Runner) Render(ctx context.Context, c *Chart, set ValueSet, as Capabilities) (*Rendered, error) {
	if c.Err != nil {
		return nil, c.Err
	}
	return r.render(ctx, c, set, as, nil)
}
