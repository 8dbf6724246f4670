package gitops

import (
	"bytes"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// An imageSet is the images that an object deploys, without tags and digests:
// objects select by names.
type imageSet struct {
	images  []kustomize.LayerImage
	missing string // why there may be other images, or ""
}

func (s *imageSet) clone() *imageSet { return &imageSet{slices.Clone(s.images), s.missing} }

// imageOf returns the image of o, which is deployed as it is written.
func (g *gitopsLinker) imageOf(o *format.Occurrence) kustomize.LayerImage {
	a := kustomize.LayerImage{Before: kustomize.ImageName(o.Text()), Source: o}
	a.After = a.Before
	if after, ok := g.newName(o); ok {
		a.After = after
	}
	return a
}

// addImagesIn adds the images that are written in the tree n of f.
func (g *gitopsLinker) addImagesIn(s *imageSet, f *link.File, n *syntax.Node) {
	for _, o := range g.occurrencesIn(f, n) {
		if o.Unconfirmed || o.Scope != format.Manifests || len(o.Pieces) == 1 && o.Pieces[0].Role == format.Registry {
			continue
		}
		s.images = append(s.images, g.imageOf(o))
	}
}

// layer returns the images of the kustomization in the folder dir.
func (g *gitopsLinker) layer(dir string) *imageSet {
	if g.layers[dir] == nil {
		s := &imageSet{}
		s.images, s.missing = g.graph.LayerImages(dir)
		g.layers[dir] = s
	}
	return g.layers[dir]
}

// folder returns the images of the folder dir; false if it is not in the
// repository. In a folder without a kustomization, files in which nothing moves are read
// only if mayConcern is true for their bytes; nil is true for all.
func (g *gitopsLinker) folder(dir string, mayConcern func(src []byte) bool) (*imageSet, bool) {
	if dir == ".." || strings.HasPrefix(dir, "../") || path.IsAbs(dir) {
		return &imageSet{}, false
	}
	if f := g.graph.File(dir); f != nil {
		s := g.layer(dir).clone()
		g.addNewNames(s, f)
		return s, true
	}
	return g.plainFolder(dir, mayConcern)
}

// mayContain returns a function that reports whether a file may have an image with the
// last path component of one of names: it has this word, or an escape sequence.
func mayContain(names []string) func(src []byte) bool {
	return func(src []byte) bool {
		return slices.ContainsFunc(names, func(name string) bool { return name != "" && bytes.Contains(src, []byte(path.Base(name))) }) ||
			bytes.Contains(src, []byte(`\x`)) || bytes.Contains(src, []byte(`\u`)) || bytes.Contains(src, []byte(`\U`)) || bytes.Contains(src, []byte(`\/`)) || bytes.Contains(src, []byte("\\\n")) || bytes.Contains(src, []byte("\\\r\n"))
	}
}

// addNewNames adds the new names in all entries of the kustomization f,
// regardless of which images the entries select.
func (g *gitopsLinker) addNewNames(s *imageSet, f *link.File) {
	for i := range f.Scanned.Occurrences {
		if o := &f.Scanned.Occurrences[i]; kustomize.IsEntryField(o, "newName") {
			s.images = append(s.images, g.imageOf(o))
		}
	}
}

// plainFolder returns the images of a folder without a kustomization. Flux makes
// a kustomization of all files below it; Argo CD applies them.
func (g *gitopsLinker) plainFolder(dir string, mayConcern func(src []byte) bool) (*imageSet, bool) {
	s := &imageSet{}
	found := false
	done := map[string]bool{}
	names := g.yamlPaths()
	prefix := ""
	if dir != "." {
		prefix = dir + "/"
	}
	for i := sort.SearchStrings(names, prefix); i < len(names) && strings.HasPrefix(names[i], prefix); i++ {
		name := names[i]
		found = true
		if layer := g.highestLayer(name, dir); layer != "" {
			if !done[layer] {
				done[layer] = true
				s.images = append(s.images, g.layer(layer).images...)
			}
			continue
		}
		if mayConcern != nil && !g.tree.IsScanned(name) && g.tree.ReadFile != nil && !mayConcern(g.tree.ReadFile(name)) {
			continue
		}
		if f := g.tree.File(name); f != nil && bytes.Contains(f.Src, []byte("image:")) {
			s.images = append(s.images, g.graph.ObjectImages(f)...)
		}
	}
	return s, found
}

// highestLayer returns the highest folder below top that contains the file at
// name and has a kustomization, or "".
func (g *gitopsLinker) highestLayer(name, top string) string {
	highest := ""
	for dir := path.Dir(name); dir != top && dir != "."; dir = path.Dir(dir) {
		for _, k := range kustomize.FileNames {
			if i, ok := slices.BinarySearch(g.yamlPaths(), path.Join(dir, k)); ok && g.yamlPaths()[i] != name || g.graph.IsLayer(dir) {
				highest = dir
			}
		}
	}
	return highest
}
