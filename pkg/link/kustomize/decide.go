package kustomize

import (
	"cmp"
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// decide decides what happens to an entry; nil if no rule concerns it.
func (g *Graph) decide(e *entry) *decision {
	if g.firstPass || !e.isConcerned() {
		return nil
	}
	d := &decision{name: e.renamed.occ}
	if e.oldNameFit && len(e.selected) > 0 && !e.anyMoves && !hasDomain(e.name.name) {
		// The name is a placeholder, or a short name that the rules do not move.
		d.outcome = keepName
		if e.newNameIsName() {
			d.name, d.reason, d.why = e.newName.occ, format.Conflict, "the images that the entry selects keep this name"
		}
		return g.record(e, d)
	}
	if e.renamed.text == "" {
		d.name = nil
	}
	for _, i := range e.selected {
		d.tie(&e.layer.images[i])
	}
	if e.newNameIsName() {
		d.addSelected(e.newName.occ)
	}
	g.classify(e, d)
	if d.outcome != keepAll && e.stopsRenaming() && e.onlySuffixesTag() {
		d.keep("the entry would no longer rename the image, and kustomize would append tagSuffix twice")
	}
	if e.renamed.byTag && (d.outcome == insertNewName || d.outcome == moveAndInsert) {
		d.insert = link.FileEdit{}
		d.keep("the rule is for some tags, and a remote base has the image under its old name")
	}
	if e.renamed.edit.Path != "" && (d.outcome == moveName || d.outcome == moveAndInsert) {
		d.addEdit(e.renamed.edit)
	}
	return g.record(e, d)
}

// isConcerned reports whether a rule moves the name of the entry, or the images
// that the entry selects change.
func (e *entry) isConcerned() bool {
	return e.renamed.text != "" || !e.oldNameFit || e.layer.missing != "" && len(e.selected) > 0
}

// stopsRenaming reports whether the name and newName of the entry differ now and
// are the same after the move.
func (e *entry) stopsRenaming() bool {
	newName := e.node.Str("newName")
	return e.renamed.text != "" && newName != e.name.name && cmp.Or(e.newName.text, newName) == e.renamed.text
}

// classify sets the outcome of the entry.
func (g *Graph) classify(e *entry, d *decision) {
	if e.renamed.text != "" && keepForUnknownResults(e, d) {
		return
	}
	switch {
	case len(e.selected) > 0 && e.oldNameFit:
		classifyFitting(e, d)
	case len(e.selected) > 0 && e.renamed.text == "":
		classifyUnmoved(e, d)
	case len(e.selected) > 0:
		g.classifyMoving(e, d)
	case e.layer.missing != "":
		d.keep("the images that the entry selects are not known: " + e.layer.missing)
	case e.renamed.text == "":
		d.keep("the entry would select " + tieNewlySelected(e, d) + " after the move, and does not select it now")
	case e.isRemote():
		g.classifyRemote(e, d)
	default:
		g.classifyUnused(e, d)
	}
}

// keepForUnknownResults keeps an entry that may select an image that a
// replacement builds from parts, and the parts. It reports whether there is
// one.
func keepForUnknownResults(e *entry, d *decision) bool {
	found := false
	for _, r := range e.layer.unknownResults {
		if r.mayMatch(e.name) {
			found = true
			d.keep("a replacement in " + r.file + " builds an image from parts, and the entry may select that image")
			for _, o := range r.targets {
				d.addSelected(o)
			}
		}
	}
	return found
}

// classifyFitting makes the decision for an entry whose old name selects the same
// images after the move.
func classifyFitting(e *entry, d *decision) {
	d.outcome = keepName
	if e.anyMoves && e.name.re != nil {
		d.why = "the regular expression selects both the old and the new names"
		return
	}
	d.reason, d.why = format.Conflict, "the images that the entry selects keep their old names"
}

// classifyUnmoved makes the decision for an entry whose name no rule moves, and
// whose old name does not select the same images after the move.
func classifyUnmoved(e *entry, d *decision) {
	if e.anyMoves {
		d.keep("the entry selects only the old names, and its name cannot be edited: " + e.name.name)
		return
	}
	d.keep("after the move the entry would also select " + tieNewlySelected(e, d))
}

// classifyMoving makes the decision for an entry that has to move because images
// that it selects move.
func (g *Graph) classifyMoving(e *entry, d *decision) {
	switch {
	case !e.newNameFit && e.misfit != nil && !e.name.matches(e.misfit.Before):
		d.keep("after the move the entry would also select " + ImageName(e.misfit.After))
		d.tie(e.misfit)
	case !e.newNameFit:
		d.keep("the entry selects images that move and images that keep their old names")
	case e.isRemote() && e.onlySuffixesTag():
		d.keep("the entry selects images of this repository and of a remote base, and it would append tagSuffix twice to an image that it does not rename")
	case e.isRemote() && e.name.re != nil:
		d.keep("the name is a regular expression, and a remote base may bring images with the old names")
	case e.isRemote(), g.canHaveBoth(e):
		g.insertSecondEntry(e, d)
	default:
		d.why = "the entry selects the images of this name"
	}
}

// canHaveBoth reports whether the entry needs both the old and the new name,
// and a second entry can provide one of them.
func (g *Graph) canHaveBoth(e *entry) bool {
	return g.needsBoth[e.id()] && e.name.re == nil && !e.onlySuffixesTag()
}

// classifyRemote makes the decision for an entry that selects images of a remote
// base only. These images keep their old names.
func (g *Graph) classifyRemote(e *entry, d *decision) {
	if g.canHaveBoth(e) {
		g.insertSecondEntry(e, d)
		return
	}
	d.outcome, d.reason = keepName, format.RemoteBase
	newName := e.node.Field("newName")
	switch {
	case e.onlySuffixesTag() && (newName == nil || newName.Value == e.name.name):
		d.keep("the entry selects images of a remote base, and it would append tagSuffix twice to an image that it does not rename")
	case newName != nil:
	case e.name.re != nil:
		d.why = "the name is a regular expression, so no newName can be inserted"
		g.advise(e.place.text.file, e.place.text.start(e.node.Field("name")), "the regular expression selects images of a remote base, which keep their old names; write an entry with newName for each image")
	default:
		g.insertNewName(e, d)
	}
}

// insertNewName inserts a newName if the layout of the entry allows it.
func (g *Graph) insertNewName(e *entry, d *decision) {
	insert, ok := e.place.insertNewName(e.node, e.renamed.text)
	if !ok {
		d.why = "add newName: " + e.renamed.text + " by hand; the layout of the entry leaves no place to insert it"
		return
	}
	if why := g.rejectedInserts[insert]; why != "" {
		d.why = "newName is not inserted: " + why
		return
	}
	d.insert, d.outcome, d.why = insert, insertNewName, "newName is inserted below the name"
}

// insertSecondEntry moves the entry and inserts another one below it for the
// images of a remote base.
func (g *Graph) insertSecondEntry(e *entry, d *decision) {
	newName := e.renamed.text
	if old := e.node.Field("newName"); old != nil {
		newName = cmp.Or(e.newName.text, old.Value)
	}
	insert, ok := e.place.insertEntry(e.node, newName)
	if !ok {
		d.keep("the entry selects images of this repository and of a remote base, and its layout does not allow a second entry below it")
		return
	}
	if why := g.rejectedInserts[insert]; why != "" {
		d.keep(why)
		return
	}
	d.insert, d.outcome, d.why = insert, moveAndInsert, "an entry for the images of a remote base is inserted below it"
}

// classifyUnused makes the decision for an entry that selects no image.
func (g *Graph) classifyUnused(e *entry, d *decision) {
	file, at := e.place.text.file, e.place.text.start(e.node.Field("name"))
	if e.misfit != nil {
		name := ImageName(e.misfit.After)
		d.keep("the entry selects nothing now, and would select " + name + " after the move")
		if !e.misfit.moves() && !e.hasSuccessor() {
			d.reason, d.why = format.LostEntry, "the entry selects nothing: the image is already called "+name
		}
		return
	}
	d.why, d.unused = "the entry selects no image", e.oldNameFit
	if !file.Outside && !e.layer.renamedRemote[e.name.name] {
		d.advice = link.Advice{Path: file.Path, At: at, Text: "the entry selects nothing, before and after the move: no image is called " + e.name.name, Note: true}
	}
}

// hasSuccessor reports whether another entry of the list has the name that e gets.
func (e *entry) hasSuccessor() bool {
	return slices.ContainsFunc(link.Items(e.place.list), func(n *syntax.Node) bool { return n.Str("name") == e.renamed.text })
}

// tieNewlySelected ties the images that the entry would select only after the
// move, and returns the name of the first.
func tieNewlySelected(e *entry, d *decision) string {
	name := ""
	for i := range e.layer.images {
		if a := &e.layer.images[i]; e.name.matches(a.After) != e.name.matches(a.Before) {
			d.tie(a)
			name = cmp.Or(name, ImageName(a.After))
		}
	}
	return name
}
