package kustomize

import (
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// Groups returns the groups of the kustomizations that were read so far.
func (g *Graph) Groups() []link.Group { return g.groups }

// Reads reports whether a kustomization reads the file at path.
func (g *Graph) Reads(path string) bool { return g.parsed[path] != nil }

// File returns the kustomization file in the folder dir, nil if there is none.
func (g *Graph) File(dir string) *link.File { return g.kustomization(dir) }

// IsLayer reports whether the kustomization in the folder dir was read.
func (g *Graph) IsLayer(dir string) bool { return g.layers[dir] != nil }

// LayerImages returns the images that leave the kustomization in the folder
// dir, without tags and digests. Missing says which of its bases cannot be
// read, "" if all can.
func (g *Graph) LayerImages(dir string) (images []LayerImage, missing string) {
	l := g.layer(dir)
	return namesOnly(l.out), l.missing
}

// ObjectImages returns the images of the objects in f, without tags and
// digests.
func (g *Graph) ObjectImages(f *link.File) []LayerImage {
	l := &layer{}
	g.arrive(l, g.images(f))
	return namesOnly(l.out)
}

// namesOnly returns the images without tags and digests.
func namesOnly(images []LayerImage) []LayerImage {
	out := make([]LayerImage, 0, len(images))
	for _, a := range images {
		a.Before, a.After = ImageName(a.Before), ImageName(a.After)
		out = append(out, a)
	}
	return out
}

// InsertNewName returns the edit that adds newName to an entry of images; false
// if the layout of the entry leaves no place for it.
func InsertNewName(f *link.File, entry *syntax.Node, newName string) (link.FileEdit, bool) {
	return origin{file: f}.below(entry, newName)
}

// InsertEntry returns the edit that adds an entry below the entry at index of
// the list images. The new entry selects the same images and sets newName. It
// returns false if the layout of the entry cannot be repeated.
func InsertEntry(f *link.File, images *syntax.Node, index int, newName string) (link.FileEdit, bool) {
	return origin{file: f, list: images, key: "images", index: index}.another(images.Children[index].Resolve(), newName)
}
