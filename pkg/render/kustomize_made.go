package render

import (
	"context"
	"fmt"
	"path"
)

// madeUp tries the entries of images on what would arrive from what is not
// built, and returns how many images move. A remote base has the old names
// after the move, too.
func (p *towers) madeUp(ctx context.Context) (int, error) {
	names := p.arriving()
	sites := map[string]bool{}
	for _, l := range p.before.layers {
		for _, u := range l.unbuilt {
			sites[l.dir] = sites[l.dir] || u.brings
		}
	}
	if len(names) == 0 || len(sites) == 0 {
		return 0, nil
	}
	reduced := func(t *tower) kustomizations { return t.madeUp(sites) }
	try := func(t *tower, by func(*tower) kustomizations) (*Rendered, error) {
		b := &build{Dir: t.dir, Files: map[string]string{}, made: map[string][]byte{}, load: t.load}
		for i, l := range t.layers {
			if sites[l.dir] {
				b.add(path.Join(l.dir, madeUpFile), deployment(fmt.Sprintf("made-up-%d", i), names))
			}
		}
		if err := b.replace(by(t)); err != nil {
			return nil, err
		}
		return p.run(ctx, b)
	}
	old, err := try(p.before, reduced)
	if err != nil {
		return 0, ifNotOfJob(err) // what it would do cannot be tried
	}
	now := old
	if !p.v.Unchanged {
		if now, err = try(p.after, reduced); isOfJob(err) {
			p.v.State, p.v.Reason = Failed, "its images no longer build: "+err.Error()
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
	got := compareBuilds([]*Rendered{old}, now, p.move)
	if got.State != Failed {
		for _, l := range got.Left {
			p.v.Left = append(p.v.Left, Leftover{"what is not built", "", "", l.Ref})
		}
		return got.Moved, nil
	}
	p.v.State, p.v.Reason = Failed, got.Reason
	p.v.Diffs = append(p.v.Diffs, got.Diffs...)
	if notes := p.explainWith(ctx, old, now, reduced, try); len(notes) > 0 {
		p.v.Reason, p.v.Notes = notes[0], notes[1:]
	}
	return 0, nil
}

func ifNotOfJob(err error) error {
	if isOfJob(err) {
		return nil
	}
	return err
}
