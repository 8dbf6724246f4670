package gitops

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A valuesAt is values that an object gives a chart.
type valuesAt struct {
	file *link.File
	node *syntax.Node                    // all of them
	get  func(field string) *syntax.Node // of .image.registry; nil when they have none

	target string // the field that all of node is the value of: .image.registry; "" for several fields
}

// shadowed reports whether v has a piece of o that later values have as well.
func (v *valuesAt) shadowed(o *format.Occurrence, later []valuesAt) bool {
	for k := range o.Pieces {
		if v.get(o.Field(k)) != nil {
			if _, n := lastOf(later, o.Field(k)); n != nil {
				return true
			}
		}
	}
	return false
}

// lastOf returns the value that counts for a field, that of the last of all that
// has one, and its file; nil when none has.
func lastOf(all []valuesAt, field string) (*link.File, *syntax.Node) {
	for i := len(all) - 1; i >= 0; i-- {
		if n := all[i].get(field); n != nil {
			return all[i].file, n
		}
	}
	return nil, nil
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
func (d *gitopsLinker) valuesFile(name string) (valuesAt, bool) {
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
	return valuesAt{file: f, node: all[0].root, get: byPath(all[0].root)}, true
}

// override ties values, of which later ones count before earlier ones, to those
// of the chart in the folder dir that they complete: a registry that stands in
// the one and the repository in the other are one reference. Of a chart that is
// not here, a repository without a domain may stand behind a registry of the
// chart's own.
func (d *gitopsLinker) override(all []valuesAt, dir string, here bool) {
	all = slices.DeleteFunc(slices.Clone(all), func(v valuesAt) bool { return v.node == nil })
	if !here {
		for _, v := range all {
			for _, o := range d.within(v.file, v.node) {
				d.behindUnknown(o)
			}
		}
		d.targets(all)
		return
	}
	f := d.tree.File(path.Join(dir, "values.yaml"))
	if f == nil {
		return
	}
	for i := range all { // a value that later ones have as well is not left behind
		d.overridden(f, all[:i+1], all[i+1:], dir)
	}
}

// overridden ties the values of f, a chart's own, to what all give of each
// reference: all that there is, or where the last of them gives what later ones
// give as well.
func (d *gitopsLinker) overridden(f *link.File, all, later []valuesAt, dir string) {
	last := &all[len(all)-1]
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if o.Unconfirmed || len(o.Pieces) < 2 || len(later) > 0 && !last.shadowed(o, later) {
			continue
		}
		mixed := format.Occurrence{IsImage: true, FoundByMark: true, Place: o.Place}
		given := 0
		for k, p := range o.Pieces {
			if f, n := lastOf(all, o.Field(k)); n != nil {
				given++
				p = format.ScalarPiece(f.Path, n, o.Field(k), p.Role, p.Sep)
			}
			mixed.Pieces = append(mixed.Pieces, p)
		}
		switch {
		case given == 0 || !d.move.Moves(o) && !d.move.Moves(&mixed):
		case given < len(o.Pieces):
			d.found = append(d.found, link.Group{Occurrences: []format.Occurrence{*o, mixed}, Why: "values of the chart in " + dir + " and those it is deployed with make up one reference"})
		case d.scattered(&mixed):
			d.found = append(d.found, link.Group{Occurrences: []format.Occurrence{mixed}, Why: "the values that the chart in " + dir + " is deployed with make up one reference"})
		}
	}
}

// scattered reports whether no format has o as it is: its pieces stand apart.
func (d *gitopsLinker) scattered(o *format.Occurrence) bool {
	first := link.IDOf(&o.Pieces[0])
	f := d.tree.File(first.Path)
	if f == nil {
		return true
	}
	return !slices.ContainsFunc(f.Scanned.Occurrences, func(x format.Occurrence) bool {
		return !x.Unconfirmed && len(x.Pieces) == len(o.Pieces) && link.IDOf(&x.Pieces[0]) == first && link.IDOf(&x.Pieces[len(x.Pieces)-1]) == link.IDOf(&o.Pieces[len(o.Pieces)-1])
	})
}

// targets makes references of values that stand by themselves and that an object
// puts into fields of a chart that is not here: a registry, with the repository
// beside it wherever that comes from.
func (d *gitopsLinker) targets(all []valuesAt) {
	for _, v := range all {
		at := strings.LastIndexByte(v.target, '.')
		if v.target == "" || v.target[at+1:] != "registry" && v.target[at+1:] != "imageRegistry" {
			continue
		}
		p := format.ScalarPiece(v.file.Path, v.node, v.target, format.Registry, "")
		o := format.Occurrence{Pieces: []format.Piece{p}, FoundByMark: true, Place: format.Place{Field: v.target}}
		if f, n := lastOf(all, v.target[:at]+".repository"); n != nil && v.target[at+1:] == "registry" {
			o.IsImage, o.Pieces[0].Sep = true, "/"
			o.Pieces = append(o.Pieces, format.ScalarPiece(f.Path, n, v.target[:at]+".repository", format.Repository, ""))
		}
		if d.move.Moves(&o) {
			d.found = append(d.found, link.Group{Occurrences: []format.Occurrence{o}, Why: "an object puts it into " + v.target[1:] + " of a chart"})
		}
	}
}

// behindUnknown keeps a repository that would get a domain although a chart
// that nobody sees may put a registry before it.
func (d *gitopsLinker) behindUnknown(o *format.Occurrence) {
	if d.getsDomain(o) {
		d.found = append(d.found, link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.Conflict, Why: "the chart is not in this repository and may put a registry before the name"})
	}
}

// getsDomain reports whether o is a short name that moves to one with a domain.
func (d *gitopsLinker) getsDomain(o *format.Occurrence) bool {
	if len(o.Pieces) != 1 || !o.IsImage || o.Unconfirmed {
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
