package gitops

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// A imageSelector is a name in an object of Flux or Argo CD that selects images: of
// what the object deploys, an image of this name becomes another, or gets
// another tag.
type imageSelector struct {
	file *link.File
	occ  *format.Occurrence

	// add returns the edit that says the new name beside the one that stays;
	// nil where a new name is given already.
	add func(after string) (link.FileEdit, bool)

	others []string // the names that select beside it

	// alone says that the name may only move, since something else holds on
	// to it: a new name must not be added.
	alone string

	// another returns the edit that adds a second entry, which selects what the
	// entry does now; it is set where what the path of a source names may as
	// well be a folder of another repository.
	another func(after string) (link.FileEdit, bool)
}

// after returns the name that p becomes; false when no rule moves it.
func (d *gitopsLinker) after(o *format.Occurrence) (string, bool) {
	m, ok := d.move(o)
	if !ok || m.Len > len(o.Text()) {
		return "", false
	}
	return kustomize.ImageName(m.New + o.Text()[m.Len:]), true
}

// choose decides a imageSelector among what l brings; where says what that is. known is
// false when it is not in the repository. It returns the name under which the
// images leave, which is the old one when nothing gives them another.
func (d *gitopsLinker) choose(p imageSelector, l *imageSet, known bool, where string) string {
	after, ok := d.after(p.occ)
	if !ok {
		return kustomize.ImageName(p.occ.Text())
	}
	g := link.Group{Occurrences: []format.Occurrence{*p.occ}}
	old := kustomize.ImageName(p.occ.Text())
	var with, without int
	joins := ""
	for i := range l.images {
		switch a := &l.images[i]; {
		case a.Before != old:
			if a.After == after {
				joins = a.Before
			}
		case a.After != a.Before:
			with++
			if a.Source != nil {
				g.Occurrences = append(g.Occurrences, *a.Source)
			} else {
				g.Insert = d.inserts(a.After)
			}
			if a.Insert.Path != "" {
				g.Insert = append(g.Insert, a.Insert)
			}
		default:
			without++
		}
	}
	collides, leaves := false, old
	for _, o := range p.others {
		collides = collides || o == after
	}
	switch {
	case collides:
		g.Keep, g.Why = format.Conflict, "another entry of images has the name "+after+" already, and both would select the same image after the move"
	case with > 0 && without > 0:
		g.Keep, g.Why = format.Conflict, "it selects images of "+where+" that move and images that stay under their old name"
	case with > 0 && joins != "":
		g.Keep, g.Why = format.Conflict, "after the move it would select what "+where+" brings as "+joins+" as well, which it does not now"
	case with > 0 && p.another != nil:
		g.Why, leaves = "it selects what "+where+" brings under this name, there or in another repository", after
		if ins, ok := p.another(after); ok {
			g.Insert = append(g.Insert, ins)
			break
		}
		g.Keep, leaves = format.Conflict, old
		g.Why = "it may select what another repository has in " + where + ", and is written in a way that a second entry cannot be put below it"
	case with > 0:
		g.Why, leaves = "it selects what "+where+" brings under this name", after
	case without > 0:
		g.Keep, g.Why = format.RemoteBase, "what it selects in "+where+" stays under its old name"
	case known && l.missing != "":
		g.Keep, g.Why = format.Conflict, "what it selects cannot be known: "+l.missing
	default:
		g.Keep, g.Why = format.RemoteBase, "what it selects is not in this repository"
		if p.alone != "" {
			g.Why += "; " + p.alone
			break
		}
		if p.add != nil {
			if ins, ok := p.add(after); ok {
				g.Why += "; the new name is added beside it"
				leaves = after
				d.found = append(d.found, link.Group{Insert: []link.FileEdit{ins}, Why: "the image comes under its old name from elsewhere"})
			}
		}
	}
	d.found = append(d.found, g)
	return leaves
}

// uncaught keeps the images of l that the entry of images called name, which no
// rule moves, would select after the move and does not now.
func (d *gitopsLinker) uncaught(f *link.File, entry string, l *imageSet) {
	for i := range l.images {
		a := &l.images[i]
		if a.Before == a.After || a.After != entry || a.Before == entry {
			continue
		}
		d.keepArrival(a, "an entry of images in "+f.Path+" would select it after the move, and does not now")
	}
}

// keepArrival keeps what brings the image a, for that reason.
func (d *gitopsLinker) keepArrival(a *kustomize.LayerImage, why string) {
	g := link.Group{Keep: format.Conflict, Why: why}
	if a.Source != nil {
		g.Occurrences = append(g.Occurrences, *a.Source)
	} else {
		g.Insert = d.inserts(a.After)
	}
	if a.Insert.Path != "" {
		g.Insert = append(g.Insert, a.Insert)
	}
	d.found = append(d.found, g)
}

// follow decides a imageSelector as the entry of the kustomization in dir that has the
// same name, which it replaces. It is false when there is none.
// Source: https://github.com/fluxcd/pkg/blob/main/kustomize/kustomize_generator.go
func (d *gitopsLinker) follow(p imageSelector, dir string) bool {
	f := d.graph.File(dir)
	if f == nil {
		return false
	}
	after, ok := d.after(p.occ)
	if !ok {
		return false
	}
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if !kustomize.IsEntryField(o, "name") || o.Text() != p.occ.Text() {
			continue
		}
		g := link.Group{Occurrences: []format.Occurrence{*p.occ, *o}, Why: "it replaces the entry of this name in " + f.Path}
		if keep := d.entryHeld(o); keep != "" {
			g = link.Group{Occurrences: g.Occurrences[:1], Keep: keep, Why: g.Why}
			if keep == format.RemoteBase && p.add != nil && p.alone == "" {
				if ins, ok := p.add(after); ok {
					d.found = append(d.found, link.Group{Insert: []link.FileEdit{ins}, Why: g.Why})
				}
			}
		}
		d.found = append(d.found, g)
		return true
	}
	return false
}

// inserts returns the keys that kustomizations get to give an image the new name
// after: what counts on that name moves only with them.
func (d *gitopsLinker) inserts(after string) []link.FileEdit {
	var out []link.FileEdit
	for _, g := range d.kustomized() {
		for _, e := range g.Insert {
			if strings.HasSuffix(e.New, "newName: "+after) {
				out = append(out, e)
			}
		}
	}
	return out
}

// kustomized returns the groups of kustomizations: those of the run, and those
// that were read to decide what is selected.
func (d *gitopsLinker) kustomized() []link.Group {
	return slices.Concat(d.tree.Groups, d.graph.Groups())
}

// entryHeld returns why the entry of a kustomization stays whose name is o, ""
// when it may move.
func (d *gitopsLinker) entryHeld(o *format.Occurrence) format.Reason {
	add := func(g *link.Group) {
		if g.Keep != "" && len(g.Occurrences) > 0 {
			d.held[link.IDOf(&g.Occurrences[0].Pieces[0])] = g.Keep
		}
	}
	if d.held == nil {
		d.held = map[link.PieceID]format.Reason{}
		for i := range d.tree.Groups {
			add(&d.tree.Groups[i])
		}
	}
	for ; d.asked < len(d.graph.Groups()); d.asked++ { // those of layers that were read since
		add(&d.graph.Groups()[d.asked])
	}
	return d.held[link.IDOf(&o.Pieces[0])]
}

// local returns the folder that a path of a source names, relative to its root.
func local(p string) string {
	p = strings.TrimPrefix(strings.TrimPrefix(p, "."), "/")
	p = strings.TrimSuffix(p, "/")
	if p == "" {
		return "."
	}
	return p
}
