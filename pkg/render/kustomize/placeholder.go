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
	reduced := func(t *overlayTree) replacements { return t.withPlaceholder(sites) }
	try := func(t *overlayTree, by func(*overlayTree) replacements) (*render.Rendered, error) {
		b := &buildRequest{Dir: t.dir, Files: map[string]string{}, generated: map[string][]byte{}, load: t.load}
		for i, l := range t.layers {
			if sites[l.dir] {
				b.addFile(path.Join(l.dir, placeholderFile), placeholderDeployment(fmt.Sprintf("made-up-%d", i), names))
			}
		}
		if err := b.replaceFiles(by(t)); err != nil {
			return nil, err
		}
		return p.run(ctx, b)
	}
	old, err := try(p.before, reduced)
	if err != nil {
		return 0, ifNotJobError(err) // what it would do cannot be tried
	}
	now := old
	if !p.verdict.Unchanged {
		if now, err = try(p.after, reduced); render.IsJobError(err) {
			p.verdict.State, p.verdict.Reason = render.Failed, "its images no longer build: "+err.Error()
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
	got := compareBuilds([]*render.Rendered{old}, now, p.rewrite)
	if got.State != render.Failed {
		for _, l := range got.Leftovers {
			p.verdict.Leftovers = append(p.verdict.Leftovers, render.Leftover{Template: "what is not built", Ref: l.Ref})
		}
		return got.Moved, nil
	}
	p.verdict.State, p.verdict.Reason = render.Failed, got.Reason
	p.verdict.Diffs = append(p.verdict.Diffs, got.Diffs...)
	if notes := p.explainWith(ctx, old, now, reduced, try); len(notes) > 0 {
		p.verdict.Reason, p.verdict.Notes = notes[0], notes[1:]
	}
	return 0, nil
}

func ifNotJobError(err error) error {
	if render.IsJobError(err) {
		return nil
	}
	return err
}
