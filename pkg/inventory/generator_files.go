package inventory

import (
	"bytes"
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
	named map[string][]format.GeneratorFile
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
	}
	for _, f := range files {
		g.named[f.Path] = append(g.named[f.Path], f)
	}
}

// addGeneratorFiles adds the references of the files in g that their own formats do not
// show: the kustomization has their keys, and they are manifests whatever their names are.
func (v *Inventory) addGeneratorFiles(ctx context.Context, g *generatorFiles) error {
	if len(g.named) == 0 {
		return nil
	}
	_, err := walk.Walk(ctx, v.opts.Walk, func(f walk.File) error {
		for _, x := range g.named[f.Path] {
			src, skip, err := v.read(f, new(bytes.Buffer))
			if skip != "" || err != nil {
				break // AddFiles has recorded it
			}
			v.addGeneratorFile(x, src)
		}
		return ctx.Err()
	})
	return err
}

// addGeneratorFile adds the references of the file f with the content src.
func (v *Inventory) addGeneratorFile(f format.GeneratorFile, src []byte) {
	in := format.Input{Path: f.Path, Src: src, Fields: v.opts.Fields, Marks: v.hostSpans(src)}
	scanned, err := format.Detect(f.Path, src).Read(in)
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
	for _, o := range f.ShortNames(format.Input{Path: f.Path, Src: src}) {
		if !slices.ContainsFunc(scanned.Occurrences, func(x format.Occurrence) bool { return x.Pieces[0].Span.Overlaps(o.Pieces[0].Span) }) {
			add = append(add, o)
		}
	}
	found := v.foundRefs(add, edit.NewLines(src), Use{Origin: InFile, Path: f.Path, Line: 1})
	v.add(slices.DeleteFunc(found.refs, v.hasUse), found.unresolved)
}

// hasUse reports whether the inventory has an image at the place of f.
func (v *Inventory) hasUse(f foundRef) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	m := v.images[f.image.key()]
	return m != nil && slices.ContainsFunc(m.Uses, func(u Use) bool { return u.Path == f.use.Path && u.Line == f.use.Line && u.Column == f.use.Column })
}
