package kustomize

import (
	"cmp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A verdict is what becomes of an entry.
type verdict uint8

const (
	moving   verdict = iota // its name moves with what it selects
	adds                    // its name stays, and a newName is added
	both                    // its name moves, and an entry is added for what comes from a remote base
	stays                   // it stays, and selects the same as before
	conflict                // it stays, and so does what it selects
)

// A decision is what becomes of an entry, in all the kustomizations that it
// takes part in: one of a component is in several.
type decision struct {
	verdict verdict
	reason  format.Reason // of one that stays
	why     string
	name    *format.Occurrence // nil when no rule moves it
	idle    bool               // it selects nothing, and does not whatever its name
	advice  link.Advice        // for one that selects nothing, wherever it takes part
	insert  link.FileEdit      // what is added
	edits   []link.FileEdit    // a regular expression's, and those of layers below that it rests on
	selects map[*format.Occurrence]bool
	order   []*format.Occurrence
}

// decide decides an entry; nil when no rule touches it or what it selects.
func (g *Graph) decide(l *layer, o origin, n *syntax.Node, p *pattern, to, newName renamed, s selection) *decision {
	if g.survey || to.text == "" && s.keeps && l.missing == "" || to.text == "" && s.keeps && len(s.all) == 0 {
		return nil
	}
	if s.keeps && len(s.all) > 0 && !s.moved && !hasDomain(p.name) {
		// A stand-in, or a name that no rule is asked about.
		d := &decision{verdict: stays, name: to.occ, selects: map[*format.Occurrence]bool{}}
		if n.Str("newName") == p.name && newName.text != "" && newName.occ != nil { // the one name of the entry
			d.name, d.reason, d.why = newName.occ, format.Conflict, "what the entry selects stays under this name"
		}
		return g.record(o, n, d)
	}
	d := &decision{name: to.occ, selects: map[*format.Occurrence]bool{}}
	if to.text == "" {
		d.name = nil
	}
	for _, i := range s.all {
		d.tie(&l.out[i])
	}
	if n.Str("newName") == p.name && newName.text != "" && newName.occ != nil {
		d.tie(&LayerImage{Source: newName.occ}) // the one name of the entry
	}
	g.judge(d, l, o, n, p, to, s)
	if now := n.Str("newName"); d.verdict != conflict && suffixes(n) && to.text != "" && now != p.name && cmp.Or(newName.text, now) == to.text {
		d.hold("it would be given the name that it has after the move, and kustomize puts its tagSuffix twice behind a name that it does not change")
	}
	if to.edit.Path != "" && (d.verdict == moving || d.verdict == both) {
		d.edits = append(d.edits, to.edit)
	}
	return g.record(o, n, d)
}

// tie notes an image that the entry selects.
func (d *decision) tie(a *LayerImage) {
	if a.Source != nil && !d.selects[a.Source] {
		d.selects[a.Source] = true
		d.order = append(d.order, a.Source)
	}
	if a.Insert.Path != "" && !slices.Contains(d.edits, a.Insert) {
		d.edits = append(d.edits, a.Insert)
	}
}

// judge says what becomes of the entry.
func (g *Graph) judge(d *decision, l *layer, o origin, n *syntax.Node, p *pattern, to renamed, s selection) {
	at := g.at(o, n.Field("name"))
	ok := false
	switch remote := l.unknown && !l.taken[p.name]; {
	case to.text != "" && slices.ContainsFunc(l.mixed, func(m mixture) bool { return m.may(p) }):
		for _, m := range l.mixed {
			if m.may(p) {
				d.hold("a replacement in " + m.file + " puts together an image that arrives here, and it may be this one")
				for _, o := range m.of {
					d.tie(&LayerImage{Source: o})
				}
			}
		}
	case len(s.all) == 0 && l.missing != "":
		d.hold("what it selects cannot be known: " + l.missing)
	case to.text == "" && len(s.all) == 0:
		d.hold("it would select " + g.example(l, p, d) + " after the move, and does not now")
	case len(s.all) == 0 && remote && g.twofold[g.entryAt(o, n)] && p.re == nil && !suffixes(n):
		g.double(d, o, n, to)
	case len(s.all) == 0 && remote:
		d.verdict, d.reason = stays, format.RemoteBase
		switch newName := n.Field("newName"); {
		case suffixes(n) && (newName == nil || newName.Value == p.name):
			d.hold("what it selects comes from a remote base, and kustomize puts its tagSuffix twice behind a name that it does not change")
		case newName != nil:
		case p.re != nil:
			d.why = "it is a regular expression, so that no newName can be given to what it selects"
			g.advise(o.file, at, "the regular expression selects what a remote base brings under its old name; write an entry for each image, with a newName")
		default:
			d.insert, ok = o.below(n, to.text)
			switch why := g.banned[d.insert]; {
			case ok && why != "":
				d.insert, d.why = link.FileEdit{}, "no newName is added: "+why
			case ok:
				d.verdict, d.why = adds, "newName is added below it"
			default:
				d.why = "add newName: " + to.text + " by hand: the entry is written in a way that leaves no place for it"
			}
		}
	case len(s.all) == 0 && !s.fits:
		ref, _, _ := split(s.wrong.After)
		d.hold("it selects nothing now, and would select " + ref + " after the move")
		g.note(o.file, at, "the entry selects nothing: what arrives is called "+ref+" already; if its tag is meant for that, change the name by hand")
	case len(s.all) == 0:
		d.why, d.idle = "it selects nothing that arrives", s.keeps
		if !o.file.Outside && !l.taken[p.name] {
			d.advice = link.Advice{Path: o.file.Path, At: at, Text: "the entry selects nothing, before and after: no image called " + p.name + " arrives here", Note: true}
		}
	case s.keeps && s.moved && p.re != nil:
		d.verdict, d.why = stays, "the regular expression selects the old names and the new"
	case s.keeps:
		d.verdict, d.reason, d.why = stays, format.Conflict, "what it selects stays under its old name"
	case to.text == "" && s.moved:
		d.hold("the name selects what arrives under its old name only, and cannot be edited: " + p.name)
	case to.text == "":
		d.hold("it would select " + g.example(l, p, d) + " as well after the move, and does not now")
	case !s.fits && s.wrong != nil && !p.selects(s.wrong.Before):
		ref, _, _ := split(s.wrong.After)
		d.hold("after the move it would select " + ref + " as well, which it does not now")
		d.tie(s.wrong)
	case !s.fits:
		d.hold("it selects images that move and images that stay under their old name")
	case remote && suffixes(n):
		d.hold("it selects images of this repository and of a remote base, and kustomize puts its tagSuffix twice behind a name that it does not change")
	case remote && p.re != nil:
		d.hold("it is a regular expression, and a remote base may bring what it selects under its old name")
	case remote || g.twofold[g.entryAt(o, n)] && p.re == nil && !suffixes(n):
		g.double(d, o, n, to)
	default:
		d.why = "it selects what arrives under this name"
	}
}

// doubles reports whether d allows that the entry moves and another one is added.
func (d *decision) doubles() bool {
	return d.verdict <= both || d.verdict == stays && d.reason == format.RemoteBase
}

// double lets the entry move, with another one below it for what a remote base
// brings.
func (g *Graph) double(d *decision, o origin, n *syntax.Node, to renamed) {
	newName := to.text
	if old := n.Field("newName"); old != nil {
		newName = old.Value
		if r := g.rename(o, old, "newName"); r.text != "" {
			newName = r.text
		}
	}
	var ok bool
	if d.insert, ok = o.another(n, newName); !ok {
		d.hold("it selects images of this repository and of a remote base, and is written in a way that a second entry cannot be put below it")
		return
	}
	if why := g.banned[d.insert]; why != "" {
		d.insert = link.FileEdit{}
		d.hold(why)
		return
	}
	d.verdict, d.why = both, "an entry for what a remote base brings is added below it"
}

// entryAt is where the entry n stands.
func (g *Graph) entryAt(o origin, n *syntax.Node) link.PieceID {
	at := link.PieceID{Path: o.file.Path}
	at.Span.Start = g.at(o, n.Field("name"))
	at.Span.End = at.Span.Start
	return at
}

// suffixes reports whether all that an entry does to a tag is to put something
// behind it. kustomize applies an entry twice to a container, by its legacy
// filter and by fields; the second time counts where the name is still the one
// that it selects.
// Source: api/internal/builtins/ImageTagTransformer.go of sigs.k8s.io/kustomize.
func suffixes(n *syntax.Node) bool {
	return n.Str("tagSuffix") != "" && n.Str("newTag") == "" && n.Str("digest") == ""
}

func (d *decision) hold(why string) {
	d.verdict, d.reason, d.why = conflict, format.Conflict, why
}

// example ties what a name would newly select, and returns one of it.
func (g *Graph) example(l *layer, p *pattern, d *decision) string {
	ref := ""
	for i := range l.out {
		if a := &l.out[i]; p.selects(a.After) != p.selects(a.Before) {
			d.tie(a)
			if ref == "" {
				ref, _, _ = split(a.After)
			}
		}
	}
	return ref
}

// record unites d with what was decided of the same entry elsewhere.
func (g *Graph) record(o origin, n *syntax.Node, d *decision) *decision {
	at := g.entryAt(o, n)
	old := g.entries[at]
	if old == nil {
		g.entries[at] = d
		g.order = append(g.order, d)
		return d
	}
	if !d.idle || old.advice != d.advice {
		old.advice = link.Advice{}
	}
	switch {
	case d.idle:
	case old.idle:
		old.idle, old.verdict, old.reason, old.why, old.insert = false, d.verdict, d.reason, d.why, d.insert
	case old.verdict != d.verdict && old.verdict != conflict:
		if old.doubles() && d.doubles() && !g.twofold[at] {
			g.twofold[at] = true // both entries, where it is used, when the layers are read again
		} else if d.verdict != conflict {
			d.hold("its component is used where what it selects moves, and where it does not")
		}
		old.verdict, old.reason, old.why = conflict, format.Conflict, d.why
	}
	for _, x := range d.order {
		if !old.selects[x] {
			old.selects[x] = true
			old.order = append(old.order, x)
		}
	}
	for _, e := range d.edits {
		if !slices.Contains(old.edits, e) {
			old.edits = append(old.edits, e)
		}
	}
	return old
}

// concerns reports whether a kustomization may do something with images, and
// whether it gives short names another.
func (g *Graph) concerns(f *link.File, root *syntax.Node) (relevant, short bool) {
	for _, n := range slices.Concat(itemsOf(root, "images"), itemsOf(root, "imageTags")) {
		relevant = true
		if n.Str("newName") != "" && !strings.Contains(n.Str("name"), "/") || !hasDomain(n.Str("name")) {
			short = true
		}
	}
	for _, key := range []string{"transformers", "replacements", "patches", "patchesJson6902", "configMapGenerator", "secretGenerator"} {
		relevant = relevant || len(itemsOf(root, key)) > 0
	}
	return relevant, short
}
