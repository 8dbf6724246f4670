package kustomize

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// maxBuilt bounds the images that one replacement builds from parts.
const maxBuilt = 4096

// anyText is the placeholder for a part that a remote base has.
const anyText = "any-text"

// replaceParts adds the images that a replacement of f builds: it puts sources
// into the parts that d selects of targets, the references in files and the
// images that patches and entries made. It keeps the parts of an image that
// would be neither the same after the move nor the one that the rules make.
func (g *Graph) replaceParts(l *layer, f *link.File, d delimiter, sources []source, refs []imageRef) {
	var targets []source
	for i := range l.images {
		if a := &l.images[i]; a.Source == nil || !l.isResource(a.Source) {
			targets = append(targets, a.source())
		}
	}
	for _, r := range refs {
		targets = append(targets, g.sourceOf(r))
	}
	tooMany := len(sources)*len(targets) > maxBuilt
	if len(sources) == 0 || tooMany || l.hasRemote {
		l.unknownResults = append(slices.Clip(l.unknownResults), newUnknownResult(f, d, targets, refs))
	}
	if tooMany {
		for _, s := range slices.Concat(sources, targets) {
			g.keepParts(f, s)
		}
		return
	}
	if l.hasRemote || len(sources) == 0 {
		sources = append(slices.Clip(sources), source{before: anyText, after: anyText})
	}
	var more []LayerImage
	for _, t := range targets {
		for _, s := range sources {
			a := g.buildImage(f, d, t, s)
			if s.before != anyText { // the unknown result represents it
				more = append(more, a)
			}
		}
	}
	l.addImages(more)
}

// buildImage returns the image that results when s replaces the part of t that
// d selects. It ties s and t, or keeps them.
func (g *Graph) buildImage(f *link.File, d delimiter, t, s source) LayerImage {
	a := LayerImage{Before: d.replace(t.before, s.before), After: d.replace(t.after, s.after), Source: t.occ, Insert: t.insert}
	if !t.moves() {
		a.Source, a.Insert = s.occ, s.insert
	}
	switch {
	case !a.moves():
	case g.moved(a.Before) != a.After:
		g.keepParts(f, t, s)
		a.After = a.Before
	case t.occ != nil && s.occ != nil:
		g.addGroup(link.Group{Occurrences: []format.Occurrence{*t.occ, *s.occ}, Why: "a replacement in " + f.Path + " combines them"})
	}
	return a
}

// moved returns the reference that the rules make of the image ref.
func (g *Graph) moved(ref string) string {
	probe := format.Occurrence{Pieces: []format.Piece{{Text: ref}}, IsImage: true}
	if after, ok := g.move.NewText(&probe); ok {
		return after
	}
	return ref
}

// keepParts keeps the parts of an image that a replacement of f builds.
func (g *Graph) keepParts(f *link.File, parts ...source) {
	for _, p := range parts {
		if p.moves() {
			g.keepSource(p, "a replacement in "+f.Path+" combines it with another text, and after the move the result would be another image")
		}
	}
}

// An unknownResult is an image that a replacement builds from parts that are not
// known. Only possible beginnings or ends of the image are known.
type unknownResult struct {
	file    string               // path of the file with the replacement
	targets []*format.Occurrence // references whose parts are replaced
	hosts   []string             // how the image may begin: k8s.gcr.io
	paths   []string             // how the image may end, after its host: pause
	any     bool                 // both hosts and paths are unknown: the image may have any name
}

// newUnknownResult returns the result of replacing the part that d selects of
// targets. The parameter refs has the targets in files.
func newUnknownResult(f *link.File, d delimiter, targets []source, refs []imageRef) unknownResult {
	r := unknownResult{file: f.Path}
	for _, t := range targets {
		switch {
		case d.index > 0 && (d.separator == ":" || d.separator == "@"): // a tag
		case d.index > 0 && d.separator == "/":
			host, _, _ := strings.Cut(t.before, "/")
			r.hosts = append(r.hosts, host)
		case d.index == 0 && d.separator == "/":
			_, path, _ := strings.Cut(ImageName(t.before), "/")
			r.paths = append(r.paths, path)
		default:
			r.any = true
		}
	}
	for _, ref := range refs {
		if ref.occ != nil {
			r.targets = append(r.targets, ref.occ)
		}
	}
	return r
}

// mayMatch reports whether the entry p may select the result.
func (r *unknownResult) mayMatch(p *pattern) bool {
	host, path, _ := strings.Cut(p.name, "/")
	return r.any || p.re != nil || slices.Contains(r.hosts, host) || slices.Contains(r.paths, path)
}
