package inventory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// generatorFiles are the files that generators of kustomizations read as data, by path.
type generatorFiles struct {
	mu    sync.Mutex
	named map[string][]format.GeneratorFile // each once
	seen  map[format.GeneratorFile]bool     // what named has
}

// record records the files that the kustomization at name with the content src reads.
func (g *generatorFiles) record(name string, src []byte) {
	files := format.GeneratorFiles(name, src)
	if len(files) == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.named == nil {
		g.named = map[string][]format.GeneratorFile{}
		g.seen = map[format.GeneratorFile]bool{}
	}
	for _, f := range files {
		if !g.seen[f] {
			g.seen[f] = true
			g.named[f.Path] = append(g.named[f.Path], f)
		}
	}
}

// addGeneratorFiles adds the references of the files in g that their own formats do not
// show: the kustomization has their keys, and they are manifests whatever their names are.
func (v *Inventory) addGeneratorFiles(ctx context.Context, g *generatorFiles) error {
	if len(g.named) == 0 {
		return nil
	}
	_, err := walk.Walk(ctx, v.opts.Walk, func(f walk.File) error {
		if uses := g.named[f.Path]; len(uses) > 0 {
			src, skip, err := v.read(f, new(bytes.Buffer))
			if skip == "" && err == nil { // else AddFiles has recorded it
				v.addGeneratorFile(ctx, uses, src)
			}
		}
		return ctx.Err()
	})
	return err
}

// addGeneratorFile adds the references of the file with the content src that generators
// read as uses say. It ends early, and adds nothing, if ctx is done.
func (v *Inventory) addGeneratorFile(ctx context.Context, uses []format.GeneratorFile, src []byte) {
	name := uses[0].Path
	in := format.Input{Path: name, Src: src, Fields: v.opts.Fields, Marks: v.hostSpans(src)}
	scanned, err := format.Detect(name, src).Read(in)
	if err != nil {
		return // AddFiles has recorded it
	}
	var add []format.Occurrence
	for _, o := range scanned.Occurrences {
		if o.Scope != format.Manifests && o.Scope != format.Comments && !v.opts.Scopes.Has(o.Scope) {
			o.Scope, o.OutOfScope = format.Manifests, ""
			add = append(add, o)
		}
	}
	overlaps := overlapping(scanned.Occurrences)
	added := map[edit.Span]bool{}
	for i := range uses {
		if ctx.Err() != nil {
			return
		}
		for _, o := range uses[i].ShortNames(format.Input{Path: name, Src: src}) {
			if at := o.Pieces[0].Span; !added[at] && !overlaps(at) {
				added[at] = true
				add = append(add, o)
			}
		}
	}
	found := v.foundRefs(add, edit.NewLines(src), Use{Origin: InFile, Path: name, Line: 1})
	v.add(slices.DeleteFunc(found.refs, v.hasUse), found.unresolved)
}

// overlapping returns a function that reports whether a span overlaps the first piece of
// one of the occurrences.
func overlapping(occurrences []format.Occurrence) func(edit.Span) bool {
	spans := make([]edit.Span, 0, len(occurrences))
	for _, o := range occurrences {
		spans = append(spans, o.Pieces[0].Span)
	}
	slices.SortFunc(spans, func(a, b edit.Span) int { return cmp.Compare(a.Start, b.Start) })
	for i := 1; i < len(spans); i++ {
		spans[i].End = max(spans[i].End, spans[i-1].End) // of all spans up to this one
	}
	return func(s edit.Span) bool {
		n, _ := slices.BinarySearchFunc(spans, s.End, func(x edit.Span, end int) int { return cmp.Compare(x.Start, end) })
		return n > 0 && spans[n-1].End > s.Start
	}
}

// hasUse reports whether the inventory has an image at the place of f.
func (v *Inventory) hasUse(f foundRef) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	m := v.images[f.image.key()]
	return m != nil && slices.ContainsFunc(m.Uses, func(u Use) bool { return u.Path == f.use.Path && u.Line == f.use.Line && u.Column == f.use.Column })
}
