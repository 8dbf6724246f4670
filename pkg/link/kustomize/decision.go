package kustomize

import (
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// An outcome is what happens to an entry.
type outcome uint8

const (
	moveName      outcome = iota // the name moves together with the selected images
	insertNewName                // the name is kept, and a newName is inserted
	moveAndInsert                // the name moves, and a second entry is inserted for the images of a remote base
	keepName                     // the name is kept, and selects the same images
	keepAll                      // the name and the selected images are kept
)

// A decision is the outcome of an entry in all kustomizations that use it; the
// entry of a component may be used by several.
type decision struct {
	outcome  outcome
	reason   format.Reason // why the name is kept
	why      string
	name     *format.Occurrence   // nil if no rule moves the name
	unused   bool                 // the entry selects nothing, whatever its name
	advice   link.Advice          // for an entry that selects nothing in any kustomization
	insert   link.FileEdit        // the inserted newName or entry
	edits    []link.FileEdit      // of a regular expression, and inserts of layers below that rename the selected images
	selected []*format.Occurrence // the references that move or are kept together with the name
	isTied   map[*format.Occurrence]bool
}

// keep keeps the name and the selected images.
func (d *decision) keep(why string) {
	d.outcome, d.reason, d.why = keepAll, format.Conflict, why
}

// tie adds an image that moves or is kept together with the name.
func (d *decision) tie(a *LayerImage) {
	if a.Source != nil {
		d.addSelected(a.Source)
	}
	if a.Insert.Path != "" {
		d.addEdit(a.Insert)
	}
}

func (d *decision) addSelected(o *format.Occurrence) {
	if d.isTied == nil {
		d.isTied = map[*format.Occurrence]bool{}
	}
	if !d.isTied[o] {
		d.isTied[o] = true
		d.selected = append(d.selected, o)
	}
}

func (d *decision) addEdit(e link.FileEdit) {
	if !slices.Contains(d.edits, e) {
		d.edits = append(d.edits, e)
	}
}

// allowsBoth reports whether the entry may move while a second entry keeps the
// old name.
func (d *decision) allowsBoth() bool {
	return d.outcome <= moveAndInsert || d.outcome == keepName && d.reason == format.RemoteBase
}

// record merges d with the decision on the same entry in another
// kustomization.
func (g *Graph) record(e *entry, d *decision) *decision {
	at := e.id()
	old := g.byEntry[at]
	if old == nil {
		g.byEntry[at] = d
		g.decisions = append(g.decisions, d)
		return d
	}
	if !d.unused || old.advice != d.advice {
		old.advice = link.Advice{}
	}
	switch {
	case d.unused:
	case old.unused:
		old.unused, old.outcome, old.reason, old.why, old.insert = false, d.outcome, d.reason, d.why, d.insert
	case old.outcome != d.outcome && old.outcome != keepAll:
		if old.allowsBoth() && d.allowsBoth() && !g.needsBoth[at] {
			g.needsBoth[at] = true // the layers are read again
		} else if d.outcome != keepAll {
			d.keep("the component is used where the selected image moves and where it does not")
		}
		old.outcome, old.reason, old.why = keepAll, format.Conflict, d.why
	}
	if old.reason == format.LostEntry && d.reason != format.LostEntry && !d.unused {
		old.reason, old.why = format.Conflict, "the component is used where the selected image has its old name and where it has its new name"
	}
	for _, o := range d.selected {
		old.addSelected(o)
	}
	for _, edit := range d.edits {
		old.addEdit(edit)
	}
	return old
}
