package imageset

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// tagUnknown is why a name alone is no whole reference.
const tagUnknown = "its tag stands elsewhere"

// A tagResolver knows the whole references of names whose tag stands elsewhere:
// in the appVersion of a chart, in the base of a kustomization. It has them
// from what the charts and kustomizations print that the names stand in.
type tagResolver struct {
	roots    Roots
	rendered []inventory.Image // what is printed
	failed   map[string]string // charts and kustomizations that do not print all, and why
}

// newResolver reads the files of a setup, and has the charts and kustomizations
// rendered that hold a name without its tag; with all, every one of them.
func newResolver(ctx context.Context, v *inventory.Inventory, f *session.Flags, set *session.Session, bar *session.Progress, all bool) (*tagResolver, error) {
	if err := v.AddFiles(ctx); err != nil {
		return nil, err
	}
	c := newTagResolver(v, RootsOf(v))
	if all {
		err := AddRendered(ctx, v, f, set, bar, c.roots)
		c.readRendered(v)
		return c, err
	}
	parts := c.filesWithUnknownTags(v)
	var want Roots
	for _, file := range parts {
		if chart, ok := c.chartOf(file); ok {
			want.charts = append(want.charts, chart)
		} else if dir := path.Dir(file); slices.Contains(c.roots.Kustomizations, dir) {
			want.Kustomizations = append(want.Kustomizations, dir)
		}
	}
	want = Roots{unique(want.charts), unique(want.Kustomizations)}
	if err := AddRendered(ctx, v, f, set, bar, want); err != nil {
		return nil, err
	}
	c.readRendered(v)
	// What a component says is seen in the kustomizations that use it.
	if slices.ContainsFunc(parts, func(file string) bool {
		return slices.Contains(want.Kustomizations, path.Dir(file)) && c.failed[path.Dir(file)] == "" && !c.rendersAny(path.Dir(file))
	}) {
		rest := slices.DeleteFunc(slices.Clone(c.roots.Kustomizations), func(dir string) bool { return slices.Contains(want.Kustomizations, dir) })
		if err := AddRendered(ctx, v, f, set, bar, Roots{Kustomizations: rest}); err != nil {
			return nil, err
		}
		c.readRendered(v)
	}
	return c, nil
}

// newTagResolver knows what of an inventory is printed already.
func newTagResolver(v *inventory.Inventory, all Roots) *tagResolver {
	c := &tagResolver{roots: all}
	c.readRendered(v)
	return c
}

// readRendered takes what is printed from the inventory.
func (c *tagResolver) readRendered(v *inventory.Inventory) {
	c.setRendered(v.Images(), v.Unrendered)
}

func (c *tagResolver) setRendered(images []inventory.Image, failed []inventory.Failure) {
	c.rendered, c.failed = nil, map[string]string{}
	for _, m := range images {
		if !m.HasVariable && slices.ContainsFunc(m.Uses, isRendered) {
			c.rendered = append(c.rendered, m)
		}
	}
	for _, x := range failed {
		c.failed[x.Path] = x.Err.Error()
	}
}

func isRendered(u inventory.Use) bool { return u.Origin == inventory.InRendering }

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// filesWithUnknownTags are the charts' files and the kustomizations with a name whose tag
// stands elsewhere.
func (c *tagResolver) filesWithUnknownTags(v *inventory.Inventory) []string {
	var out []string
	for _, m := range v.Images() {
		for i := range m.Uses {
			if u := &m.Uses[i]; c.incompleteReason(&m, u) == tagUnknown {
				out = append(out, u.Path)
			}
		}
	}
	return unique(out)
}

// incompleteReason says why a use of an image is no whole reference, "" when it is one.
func (c *tagResolver) incompleteReason(m *inventory.Image, u *inventory.Use) string {
	if u.Origin != inventory.InFile {
		return incompleteReason(m.Ref, "", "")
	}
	if _, ok := c.chartOf(u.Path); ok && m.Tag == "" && m.Digest == "" && !image.IsHost(m.Ref) {
		return tagUnknown // also where the key is called image: a template may add a tag
	}
	return incompleteReason(m.Ref, "", u.Field)
}

// chartOf is the folder of the chart that a file belongs to.
func (c *tagResolver) chartOf(file string) (dir string, ok bool) {
	for _, x := range c.roots.charts {
		if isBelow(file, x) && (!ok || len(x) > len(dir)) {
			dir, ok = x, true
		}
	}
	return dir, ok
}

// isBelow reports whether a path lies in the folder dir, or is it.
func isBelow(name, dir string) bool {
	return dir == "." || name == dir || strings.HasPrefix(name, dir+"/")
}

// rendersAny reports whether anything is known of what dir prints.
func (c *tagResolver) rendersAny(dir string) bool { return len(c.renderedIn(nil, dir)) > 0 }

// renderedIn returns what is printed in dir of the name of m, or all of it.
func (c *tagResolver) renderedIn(m *inventory.Image, dir string) []inventory.Image {
	var out []inventory.Image
	for _, r := range c.rendered {
		if (m == nil || r.Registry == m.Registry && r.Repository == m.Repository) &&
			slices.ContainsFunc(r.Uses, func(u inventory.Use) bool { return isRendered(u) && isBelow(u.Path, dir) }) {
			out = append(out, r)
		}
	}
	return out
}

// completeRefs returns the whole references of an image whose tag stands elsewhere,
// or why none is known.
func (c *tagResolver) completeRefs(m *inventory.Image, file string) (found []inventory.Image, why string) {
	dir, chart := c.chartOf(file)
	if !chart {
		if dir = path.Dir(file); !kustomize.IsKustomization(path.Base(file)) {
			return nil, tagUnknown + ": no chart and no kustomization here puts it together"
		}
	}
	if found = c.renderedIn(m, dir); len(found) > 0 {
		return found, ""
	}
	switch {
	case c.failed[dir] != "":
		return nil, tagUnknown + ", and " + dir + " is not rendered whole: " + c.failed[dir]
	case chart:
		return nil, tagUnknown + ", and the chart does not print it with its default values (--values and --set give others)"
	case c.rendersAny(dir):
		return nil, tagUnknown + ", and the kustomization does not print it"
	}
	for _, layer := range c.roots.Kustomizations {
		found = append(found, c.renderedIn(m, layer)...)
	}
	if len(found) == 0 {
		why = tagUnknown + ", and no kustomization that uses this one prints it"
	}
	return found, why
}
