package format

import (
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// aliasedValues are anchored scalars whose aliases, or aliases of collections
// around them, are in fields of images. The detector reads the scalars themselves
// at their anchors, where no field may say that they are images.
type aliasedValues struct {
	images []*frame              // the first place of each
	known  map[*syntax.Node]bool // the scalars of images
	built  map[*syntax.Node]bool // names of images that are built
	read   int                   // number of nodes that were read through aliases
	uses   []aliasUse            // all aliases, if the run reads tags
}

// maxAliased bounds the number of nodes that are read through aliases of one
// file: aliases of aliases can have any number of places.
const maxAliased = 20_000

// alias reads the anchored value at the place of its alias, f.
func (d *detector) alias(f *frame) {
	if d.in.ReadsTags && f.node.Target != nil {
		d.aliased.uses = append(d.aliased.uses, aliasUse{f.node.Target, f.merging() != nil})
	}
	if t := f.node.Target; t != nil && f.keep == "" {
		d.aliased.read++
		g := *f
		g.node = t
		if merging := f.merging(); merging != nil && t.Kind == syntax.Mapping {
			g = *merging
			g.node, g.merged = t, merging.node
		}
		d.aliasedNode(&g, 0)
	}
}

// merging returns the frame of the mapping into which f merges another one, nil if
// it does not.
func (f *frame) merging() *frame {
	switch {
	case f.key == "<<" && !f.item:
		return f.up
	case f.item && f.up.key == "<<" && !f.up.item:
		return f.up.up
	}
	return nil
}

// aliasedNode reads the node at f and everything below it, a place that an alias
// gives to an anchored value.
func (d *detector) aliasedNode(f *frame, depth int) {
	const most = 32
	if d.aliased.read > maxAliased || depth > most || f.keep != "" {
		return
	}
	n := f.node
	d.aliased.read += len(n.Children)
	switch n.Kind {
	case syntax.Scalar:
		d.aliasedScalar(f)
	case syntax.Sequence:
		for i, item := range n.Children {
			g := f.below(item.Resolve())
			g.index, g.item = i, true
			d.aliasedNode(g, depth+1)
		}
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			key := n.Children[i].Value
			if f.merged.Field(key) != nil {
				continue // the mapping that merges n has another value
			}
			g := f.below(n.Children[i+1].Resolve()).withKey(key)
			d.readKey(g)
			if key == "<<" && g.node.Kind == syntax.Mapping {
				h := *f
				h.node = g.node
				g = &h
			}
			d.aliasedNode(g, depth+1)
		}
	}
}

func (d *detector) aliasedScalar(f *frame) {
	a := &d.aliased
	if a.known == nil {
		a.known, a.built = map[*syntax.Node]bool{}, map[*syntax.Node]bool{}
	}
	switch d.fieldKind(f) {
	case builtField:
		a.built[f.node] = true
	case imageField:
		if text, _ := image.TrimTransport(f.node.Value); !a.known[f.node] && isReference(text) {
			a.known[f.node] = true
			a.images = append(a.images, f)
		}
	}
}

// addAliased adds the anchored scalars that are images because of an alias.
func (d *detector) addAliased() {
	for _, f := range d.aliased.images {
		if at, ok := d.likely[f.node]; ok && !d.aliased.built[f.node] {
			o := &d.out.Occurrences[at]
			o.IsImage, o.Place = true, f.place()
		} else if !d.pieces[f.node] && !d.aliased.built[f.node] {
			d.addWhole(f, true)
		}
	}
	for n := range d.aliased.built {
		if at, ok := d.likely[n]; ok {
			d.out.Occurrences[at].LikelyImage = false
		}
	}
	d.aliased.images = nil
}
