package kustomize

import (
	"context"
	"fmt"
	"path"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// tryPlaceholder tries the entries of images on what would arrive from what is not
// built, and returns how many images move. A remote base has the old names
// after the move, too.
func (p *comparison) tryPlaceholder(ctx context.Context) (int, error) {
	names := p.placeholderNames()
	sites := map[string]bool{}
	for _, l := range p.before.layers {
		for _, u := range l.omitted {
			sites[l.dir] = sites[l.dir] || u.hasImages
		}
	}
	if len(names) == 0 || len(sites) == 0 {
		return 0, nil
	}
	reduced := func(t *overlayTree) kustomizations { return t.withPlaceholder(sites) }
	try := func(t *overlayTree, by func(*overlayTree) kustomizations) (*render.Rendered, error) {
		b := &build{Dir: t.dir, Files: map[string]string{}, made: map[string][]byte{}, load: t.load}
		for i, l := range t.layers {
			if sites[l.dir] {
				b.add(path.Join(l.dir, placeholderFile), deployment(fmt.Sprintf("made-up-%d", i), names))
			}
		}
		if err := b.replace(by(t)); err != nil {
			return nil, err
		}
		return p.run(ctx, b)
	}
	old, err := try(p.before, reduced)
	if err != nil {
		return 0, ifNotJobError(err) // what it would do cannot be tried
	}
	now := old
	if !p.v.Unchanged {
		if now, err = try(p.after, reduced); render.IsJobError(err) {
			p.v.State, p.v.Reason = render.Failed, "its images no longer build: "+err.Error()
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
	got := compareBuilds([]*render.Rendered{old}, now, p.move)
	if got.State != render.Failed {
		for _, l := range got.Leftovers {
			p.v.Leftovers = append(p.v.Leftovers, render.Leftover{Template: "what is not built", Ref: l.Ref})
		}
		return got.Moved, nil
	}
	p.v.State, p.v.Reason = render.Failed, got.Reason
	p.v.Diffs = append(p.v.Diffs, got.Diffs...)
	if notes := p.explainWith(ctx, old, now, reduced, try); len(notes) > 0 {
		p.v.Reason, p.v.Notes = notes[0], notes[1:]
	}
	return 0, nil
}

func ifNotJobError(err error) error {
	if render.IsJobError(err) {
		return nil
	}
	return err
}
