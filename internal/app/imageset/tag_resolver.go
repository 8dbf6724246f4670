package imageset

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// tagUnknown is the reason to skip a name without a tag in a field that is
// combined with a tag.
const tagUnknown = "its tag is set elsewhere"

// A tagResolver completes names whose tag is set elsewhere, for example in the
// appVersion of a chart or in the base of a kustomization: it looks for the name in
// the output of the chart or kustomization that contains the name.
type tagResolver struct {
	roots    Roots
	rendered []inventory.Image // references in renderings
	failed   map[string]string // folder of a chart or kustomization -> why its rendering fails or is incomplete
}

// resolveTags scans the files of the run into v, and renders the charts and
// kustomizations that contain a name without a tag; all of them if all is set.
func (c *Collector) resolveTags(ctx context.Context, v *inventory.Inventory, all bool) (*tagResolver, error) {
	if err := v.AddFiles(ctx); err != nil {
		return nil, err
	}
	tags := newTagResolver(v, RootsOf(v))
	if all {
		err := c.AddRendered(ctx, v, tags.roots)
		tags.readRendered(v)
		return tags, err
	}
	files := tags.filesWithUnknownTags(v)
	var needed Roots
	for _, file := range files {
		if chart, ok := tags.chartOf(file); ok {
			needed.charts = append(needed.charts, chart)
		} else if dir := path.Dir(file); slices.Contains(tags.roots.kustomizations, dir) {
			needed.kustomizations = append(needed.kustomizations, dir)
		}
	}
	needed = Roots{unique(needed.charts), unique(needed.kustomizations)}
	if err := c.AddRendered(ctx, v, needed); err != nil {
		return nil, err
	}
	tags.readRendered(v)
	// A component has no output of its own: build the kustomizations that may use it.
	if slices.ContainsFunc(files, func(file string) bool {
		return slices.Contains(needed.kustomizations, path.Dir(file)) && tags.failed[path.Dir(file)] == "" && !tags.hasRendered(path.Dir(file))
	}) {
		rest := slices.DeleteFunc(slices.Clone(tags.roots.kustomizations), func(dir string) bool { return slices.Contains(needed.kustomizations, dir) })
		if err := c.AddRendered(ctx, v, Roots{kustomizations: rest}); err != nil {
			return nil, err
		}
		tags.readRendered(v)
	}
	return tags, nil
}

// newTagResolver returns a tagResolver with the renderings that v contains.
func newTagResolver(v *inventory.Inventory, roots Roots) *tagResolver {
	t := &tagResolver{roots: roots}
	t.readRendered(v)
	return t
}

// readRendered replaces the renderings by those of v.
func (t *tagResolver) readRendered(v *inventory.Inventory) {
	t.setRendered(v.Images(), v.Unrendered)
}

func (t *tagResolver) setRendered(images []inventory.Image, failed []inventory.Failure) {
	t.rendered, t.failed = nil, map[string]string{}
	for _, m := range images {
		if !m.HasVariable && slices.ContainsFunc(m.Uses, isRendered) {
			t.rendered = append(t.rendered, m)
		}
	}
	for _, x := range failed {
		t.failed[x.Path] = x.Err.Error()
	}
}

func isRendered(u inventory.Use) bool { return u.Origin == inventory.InRendering }

// unique sorts list and removes duplicates, in place.
func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// filesWithUnknownTags returns the files that contain a name whose tag is set
// elsewhere.
func (t *tagResolver) filesWithUnknownTags(v *inventory.Inventory) []string {
	var out []string
	for _, m := range v.Images() {
		for i := range m.Uses {
			if u := &m.Uses[i]; t.incompleteReason(&m, u) == tagUnknown {
				out = append(out, u.Path)
			}
		}
	}
	return unique(out)
}

// incompleteReason returns why a use of an image is not a complete reference, ""
// if it is complete.
func (t *tagResolver) incompleteReason(m *inventory.Image, u *inventory.Use) string {
	if m.Kind != format.Image {
		return artifactReason(m)
	}
	if u.Origin != inventory.InFile {
		return incompleteReason(m.Ref, "", "")
	}
	if _, ok := t.chartOf(u.Path); ok && m.Tag == "" && m.Digest == "" && !image.IsHost(m.Ref) {
		return tagUnknown // even if the key is "image": a template may append a tag
	}
	return incompleteReason(m.Ref, "", u.Field)
}

// chartOf returns the folder of the innermost chart that contains a file.
func (t *tagResolver) chartOf(file string) (dir string, ok bool) {
	for _, x := range t.roots.charts {
		if isWithin(file, x) && (!ok || len(x) > len(dir)) {
			dir, ok = x, true
		}
	}
	return dir, ok
}

// isWithin reports whether a path is the folder dir or in it.
func isWithin(name, dir string) bool {
	return dir == "." || name == dir || strings.HasPrefix(name, dir+"/")
}

// hasRendered reports whether a rendering of dir contains references.
func (t *tagResolver) hasRendered(dir string) bool { return len(t.renderedIn(nil, dir)) > 0 }

// renderedIn returns the references in renderings of dir: those with the name of
// m, or all if m is nil.
func (t *tagResolver) renderedIn(m *inventory.Image, dir string) []inventory.Image {
	var out []inventory.Image
	for _, r := range t.rendered {
		if (m == nil || r.Registry == m.Registry && r.Repository == m.Repository) &&
			slices.ContainsFunc(r.Uses, func(u inventory.Use) bool { return isRendered(u) && isWithin(u.Path, dir) }) {
			out = append(out, r)
		}
	}
	return out
}

// complete returns the references that renderings contain for the name m in file.
// If they contain none, it returns the reason.
func (t *tagResolver) complete(m *inventory.Image, file string) (found []inventory.Image, unknown string) {
	dir, inChart := t.chartOf(file)
	if !inChart {
		if dir = path.Dir(file); !kustomize.IsKustomization(path.Base(file)) {
			return nil, tagUnknown + "; the file belongs to no chart or kustomization that was rendered"
		}
	}
	if found = t.renderedIn(m, dir); len(found) > 0 {
		return found, ""
	}
	switch {
	case t.failed[dir] != "" && inChart:
		return nil, tagUnknown + ", and the chart is not fully rendered: " + t.failed[dir]
	case t.failed[dir] != "":
		return nil, tagUnknown + ", and the kustomization is not fully built: " + t.failed[dir]
	case inChart:
		return nil, tagUnknown + ", and the chart does not render it with its default values; try --values or --set"
	case t.hasRendered(dir):
		return nil, tagUnknown + ", and the kustomization does not render it"
	}
	for _, layer := range t.roots.kustomizations {
		found = append(found, t.renderedIn(m, layer)...)
	}
	if len(found) == 0 {
		unknown = tagUnknown + ", and no kustomization that uses this one renders it"
	}
	return found, unknown
}
