package kustomize

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A part is a text that a replacement takes: what it is, and will be.
type part struct {
	before, after string
	occ           *format.Occurrence
	insert        link.FileEdit // as in an LayerImage
}

func (a *LayerImage) part() part { return part{a.Before, a.After, a.Source, a.Insert} }

// partOf is all of what was sighted.
func (g *Graph) partOf(s sighting) part {
	p := part{before: s.text, after: s.text, occ: s.occ}
	if s.occ != nil {
		if m, ok := g.move(s.occ); ok && m.Len <= len(s.text) && g.replaced[link.IDOf(&s.occ.Pieces[0])] == "" {
			p.after = m.New + s.text[m.Len:]
		}
	}
	return p
}

// of returns the parts that c takes of all.
func (c cut) of(all []part) []part {
	var out []part
	for _, p := range all {
		now, after := strings.Split(p.before, c.delimiter), strings.Split(p.after, c.delimiter)
		if c.index < 0 || c.index >= len(now) {
			continue // kustomize does not build it
		}
		p.before = now[c.index]
		if c.index < len(after) {
			p.after = after[c.index]
		}
		out = append(out, p)
	}
	return out
}

// put returns text with p in the place of the part that c names.
// Source: setFieldValue in filters/replacement of sigs.k8s.io/kustomize/api.
func (c cut) put(text, p string) string {
	list := strings.Split(text, c.delimiter)
	switch {
	case c.index < 0:
		list = append([]string{p}, list...)
	case c.index >= len(list):
		list = append(list, p)
	default:
		list[c.index] = p
	}
	return strings.Join(list, c.delimiter)
}

// maxCombined bounds how many images a replacement is taken to put together.
const maxCombined = 4096

// combine lets arrive what a replacement of f puts together out of parts and
// what stands where it puts them (what files have at its targets, and whatever
// patches and entries gave), and keeps what would not be the same image, or
// the one that the rules make of it, afterwards.
func (g *Graph) combine(l *layer, f *link.File, c cut, parts []part, at []sighting) {
	var into []part
	for i := range l.out {
		if a := &l.out[i]; a.Source == nil || !l.isResource(a.Source) {
			into = append(into, a.part())
		}
	}
	for _, s := range at {
		into = append(into, g.partOf(s))
	}
	if len(parts) == 0 || len(parts)*len(into) > maxCombined || l.unknown {
		mix := mixture{file: f.Path}
		mix.add(c, into, at)
		l.mixed = append(slices.Clip(l.mixed), mix)
	}
	if len(parts)*len(into) > maxCombined {
		for _, p := range slices.Concat(parts, into) {
			if p.before != p.after {
				g.apart(f, p, part{})
			}
		}
		return
	}
	var more []LayerImage
	if l.unknown || len(parts) == 0 { // what is not seen may be any text
		parts = append(slices.Clip(parts), part{before: anyText, after: anyText})
	}
	for _, t := range into {
		for _, p := range parts {
			a := LayerImage{Before: c.put(t.before, p.before), After: c.put(t.after, p.after), Source: t.occ, Insert: t.insert}
			if t.before == t.after {
				a.Source, a.Insert = p.occ, p.insert
			}
			if a.Before != a.After {
				if g.moved(a.Before) != a.After {
					g.apart(f, t, p)
					a.After = a.Before
				} else if t.occ != nil && p.occ != nil {
					g.add(link.Group{Occurrences: []format.Occurrence{*t.occ, *p.occ}, Why: "a replacement in " + f.Path + " puts them together"})
				}
			}
			if p.before != anyText { // which the mixture is for
				more = append(more, a)
			}
		}
	}
	l.bring(more)
}

// anyText stands for a part that a remote base has.
const anyText = "any-text"

// moved returns what the rules make of an image.
func (g *Graph) moved(ref string) string {
	probe := format.Occurrence{Pieces: []format.Piece{{Text: ref}}, IsImage: true}
	if m, ok := g.move(&probe); ok && m.Len <= len(ref) {
		return m.New + ref[m.Len:]
	}
	return ref
}

// apart keeps two texts of which a replacement in f makes one image, which
// would not be that image afterwards.
func (g *Graph) apart(f *link.File, a, b part) {
	for _, p := range []part{a, b} {
		if p.before != p.after {
			g.keepPart(p, "a replacement in "+f.Path+" makes an image out of it and something else, which would not be the same one afterwards")
		}
	}
}

// A mixture is what a replacement puts together out of parts of images: which
// image, is not known here, only what it may begin or end with.
type mixture struct {
	file  string               // that has the replacement
	of    []*format.Occurrence // what the parts come from
	heads []string             // what stays in front: k8s.gcr.io
	tails []string             // what stays behind a host: pause
	any   bool                 // neither is known
}

// add notes that the part c of what stands at a target is replaced: one of
// what has arrived, or of what files have there.
func (m *mixture) add(c cut, arrived []part, at []sighting) {
	for _, p := range arrived {
		switch {
		case c.index > 0 && (c.delimiter == ":" || c.delimiter == "@"): // a tag
		case c.index > 0 && c.delimiter == "/":
			head, _, _ := strings.Cut(p.before, "/")
			m.heads = append(m.heads, head)
		case c.index == 0 && c.delimiter == "/":
			_, tail, _ := strings.Cut(ImageName(p.before), "/")
			m.tails = append(m.tails, tail)
		default:
			m.any = true
		}
	}
	for _, s := range at {
		if s.occ != nil {
			m.of = append(m.of, s.occ)
		}
	}
}

// may reports whether the entry p may select it.
func (m *mixture) may(p *pattern) bool {
	head, tail, _ := strings.Cut(p.name, "/")
	return m.any || p.re != nil || slices.Contains(m.heads, head) || slices.Contains(m.tails, tail)
}
