package link

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A valuesAt is values that an object gives a chart.
type valuesAt struct {
	file *File
	node *syntax.Node                    // all of them
	get  func(field string) *syntax.Node // of .image.registry; nil when they have none
}

// byPath finds values in the tree at root.
func byPath(root *syntax.Node) func(string) *syntax.Node {
	return func(field string) *syntax.Node {
		n := root
		for _, key := range strings.Split(strings.TrimPrefix(field, "."), ".") {
			n = n.Field(key)
		}
		if n == nil || n.Kind != syntax.Scalar || n.Span.Len() == 0 {
			return nil
		}
		return n
	}
}

// valuesFile returns the values in the file at name; false when it is not at
// hand.
func (d *deployment) valuesFile(name string) (valuesAt, bool) {
	if name == "" || strings.Contains(name, "{{") || strings.HasPrefix(name, "../") {
		return valuesAt{}, false
	}
	f := d.tree.File(name)
	if f == nil {
		return valuesAt{}, false
	}
	all, _ := entities(f)
	if len(all) != 1 {
		return valuesAt{}, false
	}
	return valuesAt{f, all[0].root, byPath(all[0].root)}, true
}

// override ties values to those of the chart in the folder dir that they
// complete: a registry that stands in the one and the repository in the other
// are one reference. Of a chart that is not here, a repository without a domain
// may stand behind a registry of the chart's own.
func (d *deployment) override(v valuesAt, dir string, here bool) {
	if v.node == nil {
		return
	}
	if !here {
		for _, o := range d.within(v.file, v.node) {
			d.behindUnknown(o)
		}
		return
	}
	f := d.tree.File(path.Join(dir, "values.yaml"))
	if f == nil {
		return
	}
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if o.Loose || len(o.Pieces) < 2 {
			continue
		}
		mixed := format.Occurrence{Image: true, Marked: true, Place: o.Place}
		given := 0
		for k, p := range o.Pieces {
			if n := v.get(o.Field(k)); n != nil {
				given++
				p = format.PieceOf(v.file.Path, n, o.Field(k), p.Role, p.Sep)
			}
			mixed.Pieces = append(mixed.Pieces, p)
		}
		if given > 0 && given < len(o.Pieces) && (moves(o, d.move) || moves(&mixed, d.move)) {
			d.found = append(d.found, Group{Occurrences: []format.Occurrence{*o, mixed}, Why: "values of the chart in " + dir + " and those it is deployed with make up one reference"})
		}
	}
}

// behindUnknown keeps a repository that would get a domain although a chart
// that nobody sees may put a registry before it.
func (d *deployment) behindUnknown(o *format.Occurrence) {
	if d.getsDomain(o) {
		d.found = append(d.found, Group{Occurrences: []format.Occurrence{*o}, Keep: format.Conflict, Why: "the chart is not in this repository and may put a registry before the name"})
	}
}

// getsDomain reports whether o is a short name that moves to one with a domain.
func (d *deployment) getsDomain(o *format.Occurrence) bool {
	if len(o.Pieces) != 1 || !o.Image || o.Loose {
		return false
	}
	before, err := image.Parse(o.Text())
	if err != nil || before.Domain != "" {
		return false
	}
	after, ok := d.after(o)
	if !ok {
		return false
	}
	r, err := image.Parse(after)
	return err == nil && r.Domain != ""
}
