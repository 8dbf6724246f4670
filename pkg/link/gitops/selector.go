package gitops

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// An imageSelector is a name in an object of Flux or Argo CD that selects
// deployed images, to rename them or to set their tags.
type imageSelector struct {
	file *link.File
	occ  *format.Occurrence

	// insertNewName returns the edit that gives the selected images the name
	// after while the selector keeps the old name. It is nil if the object
	// sets a new name already.
	insertNewName func(after string) (link.FileEdit, bool)

	siblings []string // the other names that select images in the object

	// mustMatch says why the selector must have the name of the selected image,
	// so that no new name is inserted; "" if it need not.
	mustMatch string

	// insertEntry returns the edit that adds a second entry, which selects the
	// old name. It is set if the folder may also be one of another repository.
	insertEntry func(after string) (link.FileEdit, bool)
}

// A matchedSet is the deployed images that match a selector.
type matchedSet struct {
	moving, staying int
	occurrences     []format.Occurrence // that have to move together with the selector
	insert          []link.FileEdit     // likewise
	joins           string              // an image of another name that has the selector's new name after the move
}

// match returns the images of s that match the selector with the name before,
// and after the move the name after.
func (g *gitopsLinker) match(s *imageSet, before, after string) matchedSet {
	var m matchedSet
	for i := range s.images {
		switch a := &s.images[i]; {
		case a.Before != before:
			if a.After == after {
				m.joins = a.Before
			}
		case a.After != a.Before:
			m.moving++
			if a.Source != nil {
				m.occurrences = append(m.occurrences, *a.Source)
			} else {
				m.insert = g.newNameInserts(a.After)
			}
			if a.Insert.Path != "" {
				m.insert = append(m.insert, a.Insert)
			}
		default:
			m.staying++
		}
	}
	return m
}

// decideSelector decides whether the selector sel moves or is kept. It selects
// among the images of s. The parameter where describes the source of these images
// in messages; known is false if the source is not in the repository.
// decideSelector returns the name of the selected
// images after the object was applied.
func (g *gitopsLinker) decideSelector(sel imageSelector, s *imageSet, known bool, where string) string {
	before := kustomize.ImageName(sel.occ.Text())
	after, ok := g.newName(sel.occ)
	if !ok {
		return before
	}
	sel = g.withoutInserts(sel)
	m := g.match(s, before, after)
	x := link.Group{Occurrences: append([]format.Occurrence{*sel.occ}, m.occurrences...), Insert: m.insert}
	leaves := before
	keep := func(reason format.Reason, why string) { x.Keep, x.Why = reason, why }
	switch {
	case slices.Contains(sel.siblings, after):
		keep(format.Conflict, "another images entry already has the name "+after+", and both would select the same image after the move")
	case m.moving > 0 && m.staying > 0:
		keep(format.Conflict, "it selects images of "+where+" that move and images that keep their old names")
	case m.moving > 0 && m.joins != "":
		keep(format.Conflict, "after the move it would also select "+m.joins+" of "+where)
	case m.moving > 0 && sel.insertEntry != nil:
		insert, ok := sel.insertEntry(after)
		if !ok {
			keep(format.Conflict, "it may select images that another repository has in "+where+", and its layout does not allow a second entry below it")
			break
		}
		x.Insert = append(x.Insert, insert)
		x.Why, leaves = "it selects the images of this name in "+where+", of this or another repository", after
	case m.moving > 0:
		x.Why, leaves = "it selects the images of this name in "+where, after
	case m.staying > 0:
		keep(format.RemoteBase, "the images that it selects in "+where+" keep their old names")
	case known && s.missing != "":
		keep(format.Conflict, "the images that it selects are not known: "+s.missing)
	default:
		keep(format.RemoteBase, "the images that it selects are not in this repository")
		leaves = g.renameRemote(sel, &x, before, after)
	}
	g.groups = append(g.groups, x)
	return leaves
}

// withoutInserts returns sel without new names to insert if the tag decides about the move:
// the tags of the images of another repository are not known.
func (g *gitopsLinker) withoutInserts(sel imageSelector) imageSelector {
	if m, ok := g.move(sel.occ); ok && m.ByTag {
		sel.insertNewName, sel.insertEntry = nil, nil
	}
	return sel
}

// renameRemote inserts the new name of images that are not in the repository.
// It returns the name of these images after the object was applied.
func (g *gitopsLinker) renameRemote(sel imageSelector, x *link.Group, before, after string) string {
	if sel.mustMatch != "" {
		x.Why += "; " + sel.mustMatch
		return before
	}
	if sel.insertNewName == nil {
		return before
	}
	insert, ok := sel.insertNewName(after)
	if !ok {
		return before
	}
	x.Why += "; the new name is inserted"
	g.groups = append(g.groups, link.Group{Insert: []link.FileEdit{insert}, Why: "the image comes from another repository, under its old name"})
	return after
}

// keepNewlySelected keeps the images of s that the entry called name, which no
// rule moves, would select only after the move.
func (g *gitopsLinker) keepNewlySelected(f *link.File, name string, s *imageSet) {
	for i := range s.images {
		if a := &s.images[i]; a.Before != a.After && a.After == name && a.Before != name {
			g.keepImage(a, "an images entry in "+f.Path+" would also select it after the move")
		}
	}
}

// keepImage keeps the references or the inserts that produce the image a.
func (g *gitopsLinker) keepImage(a *kustomize.LayerImage, why string) {
	x := link.Group{Keep: format.Conflict, Why: why}
	if a.Source != nil {
		x.Occurrences = append(x.Occurrences, *a.Source)
	} else {
		x.Insert = g.newNameInserts(a.After)
	}
	if a.Insert.Path != "" {
		x.Insert = append(x.Insert, a.Insert)
	}
	g.groups = append(g.groups, x)
}

// followEntry ties a selector to the entry of the same name in the
// kustomization in the folder dir, which the selector replaces. It returns
// false if there is no such entry.
// Source: https://github.com/fluxcd/pkg/blob/main/kustomize/kustomize_generator.go
func (g *gitopsLinker) followEntry(sel imageSelector, dir string) bool {
	f := g.graph.File(dir)
	after, ok := g.newName(sel.occ)
	if f == nil || !ok {
		return false
	}
	sel = g.withoutInserts(sel)
	i := slices.IndexFunc(f.Scanned.Occurrences, func(o format.Occurrence) bool {
		return kustomize.IsEntryField(&o, "name") && o.Text() == sel.occ.Text()
	})
	if i < 0 {
		return false
	}
	entry := &f.Scanned.Occurrences[i]
	why := "it replaces the entry of this name in " + f.Path
	kept := g.keptReason(entry)
	if kept == "" {
		g.tie(why, *sel.occ, *entry)
		return true
	}
	if kept == format.RemoteBase && sel.insertNewName != nil && sel.mustMatch == "" {
		if insert, ok := sel.insertNewName(after); ok {
			g.groups = append(g.groups, link.Group{Insert: []link.FileEdit{insert}, Why: why})
		}
	}
	g.keep(sel.occ, kept, why)
	return true
}

// newNameInserts returns the keys that are inserted into kustomizations to give
// an image the name after. References that depend on that name move only
// together with these inserts.
func (g *gitopsLinker) newNameInserts(after string) []link.FileEdit {
	var out []link.FileEdit
	for _, x := range slices.Concat(g.tree.Groups, g.graph.Groups()) {
		for _, e := range x.Insert {
			if strings.HasSuffix(e.New, "newName: "+after) {
				out = append(out, e)
			}
		}
	}
	return out
}

// keptReason returns why the entry of a kustomization whose name is o is kept,
// "" if it may move.
func (g *gitopsLinker) keptReason(o *format.Occurrence) format.Reason {
	add := func(x *link.Group) {
		if x.Keep != "" && len(x.Occurrences) > 0 {
			g.keptEntries[link.IDOf(&x.Occurrences[0].Pieces[0])] = x.Keep
		}
	}
	if g.keptEntries == nil {
		g.keptEntries = map[link.PieceID]format.Reason{}
		for i := range g.tree.Groups {
			add(&g.tree.Groups[i])
		}
	}
	for all := g.graph.Groups(); g.groupsRead < len(all); g.groupsRead++ { // of layers that were read since
		add(&all[g.groupsRead])
	}
	return g.keptEntries[link.IDOf(&o.Pieces[0])]
}
