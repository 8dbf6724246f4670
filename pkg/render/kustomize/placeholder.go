package kustomize

import (
	"context"
	"fmt"
	"path"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// tryPlaceholder builds the entries of images over placeholders: Deployments
// with the images that an omitted part can have. It returns how many of these
// images move. After the change a remote base still has the old names, and so
// have the placeholders.
func (c *comparison) tryPlaceholder(ctx context.Context) (moved int, err error) {
	images := c.placeholderImages()
	dirs := map[string]bool{} // the folders of layers with omitted parts that can have images
	for _, l := range c.before.layers {
		for _, o := range l.omitted {
			dirs[l.dir] = dirs[l.dir] || o.hasImages
		}
	}
	if len(images) == 0 || len(dirs) == 0 {
		return 0, nil
	}
	replace := func(t *overlayTree) replacements { return t.withPlaceholders(dirs) }
	build := func(t *overlayTree, replace replaceFunc) (*render.Rendered, error) {
		b := &buildRequest{Dir: t.dir, Files: map[string]string{}, generated: map[string][]byte{}, load: t.load}
		for i, l := range t.layers {
			if dirs[l.dir] {
				b.addFile(path.Join(l.dir, placeholderFile), placeholderDeployment(fmt.Sprintf("placeholder-%d", i), images))
			}
		}
		if err := b.replaceFiles(replace(t)); err != nil {
			return nil, err
		}
		return c.run(ctx, b)
	}
	before, err := build(c.before, replace)
	if render.IsJobError(err) {
		return 0, nil // the entries cannot be tried
	}
	if err != nil {
		return 0, err
	}
	after := before
	if !c.verdict.Unchanged {
		after, err = build(c.after, replace)
		if render.IsJobError(err) {
			c.verdict.State, c.verdict.Reason = render.Failed, "the entries of images do not build after the change: "+err.Error()
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
	}
	v := compareBuilds([]*render.Rendered{before}, after, c.rewrite)
	if v.State != render.Failed {
		for _, l := range v.Leftovers {
			c.verdict.Leftovers = append(c.verdict.Leftovers, render.Leftover{Template: "an omitted part", Ref: l.Ref})
		}
		return v.Moved, nil
	}
	c.verdict.State, c.verdict.Reason = render.Failed, v.Reason
	c.verdict.Diffs = append(c.verdict.Diffs, v.Diffs...)
	if notes := c.wrongRefNotesWith(ctx, before, after, replace, build); len(notes) > 0 {
		c.verdict.Reason, c.verdict.Notes = notes[0], notes[1:]
	}
	return 0, nil
}
