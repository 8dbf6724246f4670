package main

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// elsewhere is why a name alone is no whole reference.
const elsewhere = "its tag stands elsewhere"

// A composer knows the whole references of names whose tag stands elsewhere:
// in the appVersion of a chart, in the base of a kustomization. It has them
// from what the charts and kustomizations print that the names stand in.
type composer struct {
	all      homes
	rendered []inventory.Image // what is printed
	failed   map[string]string // charts and kustomizations that do not print all, and why
}

// compose reads the files of a setup, and has the charts and kustomizations
// rendered that hold a name without its tag; with all, every one of them.
func compose(ctx context.Context, v *inventory.Inventory, f *flags, set *setup, bar *progress, all bool) (*composer, error) {
	if err := v.AddFiles(ctx); err != nil {
		return nil, err
	}
	c := newComposer(v, homesOf(v))
	if all {
		err := renderInto(ctx, v, f, set, bar, c.all)
		c.read(v)
		return c, err
	}
	parts := c.parts(v)
	var want homes
	for _, file := range parts {
		if chart, ok := c.chart(file); ok {
			want.charts = append(want.charts, chart)
		} else if dir := path.Dir(file); slices.Contains(c.all.layers, dir) {
			want.layers = append(want.layers, dir)
		}
	}
	want = homes{unique(want.charts), unique(want.layers)}
	if err := renderInto(ctx, v, f, set, bar, want); err != nil {
		return nil, err
	}
	c.read(v)
	// What a component says is seen in the kustomizations that use it.
	if slices.ContainsFunc(parts, func(file string) bool {
		return slices.Contains(want.layers, path.Dir(file)) && c.failed[path.Dir(file)] == "" && !c.prints(path.Dir(file))
	}) {
		rest := slices.DeleteFunc(slices.Clone(c.all.layers), func(dir string) bool { return slices.Contains(want.layers, dir) })
		if err := renderInto(ctx, v, f, set, bar, homes{layers: rest}); err != nil {
			return nil, err
		}
		c.read(v)
	}
	return c, nil
}

// newComposer knows what of an inventory is printed already.
func newComposer(v *inventory.Inventory, all homes) *composer {
	c := &composer{all: all}
	c.read(v)
	return c
}

// read takes what is printed from the inventory.
func (c *composer) read(v *inventory.Inventory) {
	c.keep(v.Images(), v.Unrendered)
}

func (c *composer) keep(images []inventory.Image, failed []inventory.Failure) {
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

// parts are the charts' files and the kustomizations with a name whose tag
// stands elsewhere.
func (c *composer) parts(v *inventory.Inventory) []string {
	var out []string
	for _, m := range v.Images() {
		for i := range m.Uses {
			if u := &m.Uses[i]; c.partOf(&m, u) == elsewhere {
				out = append(out, u.Path)
			}
		}
	}
	return unique(out)
}

// partOf says why a use of an image is no whole reference, "" when it is one.
func (c *composer) partOf(m *inventory.Image, u *inventory.Use) string {
	if u.Origin != inventory.InFile {
		return partOf(m.Ref, "", "")
	}
	if _, ok := c.chart(u.Path); ok && m.Tag == "" && m.Digest == "" && !image.IsHost(m.Ref) {
		return elsewhere // also where the key is called image: a template may add a tag
	}
	return partOf(m.Ref, "", u.Field)
}

// chart is the folder of the chart that a file belongs to.
func (c *composer) chart(file string) (dir string, ok bool) {
	for _, x := range c.all.charts {
		if below(file, x) && (!ok || len(x) > len(dir)) {
			dir, ok = x, true
		}
	}
	return dir, ok
}

// below reports whether a path lies in the folder dir, or is it.
func below(name, dir string) bool {
	return dir == "." || name == dir || strings.HasPrefix(name, dir+"/")
}

// prints reports whether anything is known of what dir prints.
func (c *composer) prints(dir string) bool { return len(c.of(nil, dir)) > 0 }

// of returns what is printed in dir of the name of m, or all of it.
func (c *composer) of(m *inventory.Image, dir string) []inventory.Image {
	var out []inventory.Image
	for _, r := range c.rendered {
		if (m == nil || r.Registry == m.Registry && r.Repository == m.Repository) &&
			slices.ContainsFunc(r.Uses, func(u inventory.Use) bool { return isRendered(u) && below(u.Path, dir) }) {
			out = append(out, r)
		}
	}
	return out
}

// whole returns the whole references of an image whose tag stands elsewhere,
// or why none is known.
func (c *composer) whole(m *inventory.Image, file string) (found []inventory.Image, why string) {
	dir, chart := c.chart(file)
	if !chart {
		if dir = path.Dir(file); !kustomize.IsKustomization(path.Base(file)) {
			return nil, elsewhere + ": no chart and no kustomization here puts it together"
		}
	}
	if found = c.of(m, dir); len(found) > 0 {
		return found, ""
	}
	switch {
	case c.failed[dir] != "":
		return nil, elsewhere + ", and " + dir + " is not rendered whole: " + c.failed[dir]
	case chart:
		return nil, elsewhere + ", and the chart does not print it with its default values (--values and --set give others)"
	case c.prints(dir):
		return nil, elsewhere + ", and the kustomization does not print it"
	}
	for _, layer := range c.all.layers {
		found = append(found, c.of(m, layer)...)
	}
	if len(found) == 0 {
		why = elsewhere + ", and no kustomization that uses this one prints it"
	}
	return found, why
}
