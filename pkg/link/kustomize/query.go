package kustomize

import "github.com/regmigrate/regmigrate/pkg/link"

// Groups returns the groups of the kustomizations that were read so far.
func (g *Graph) Groups() []link.Group { return g.groups }

// Reads reports whether a kustomization reads the file at path.
func (g *Graph) Reads(path string) bool { return g.files[path] != nil }

// File returns the kustomization file in the folder dir, or nil.
func (g *Graph) File(dir string) *link.File { return g.kustomization(dir) }

// IsLayer reports whether the kustomization in the folder dir was read.
func (g *Graph) IsLayer(dir string) bool { return g.layers[dir] != nil }

// LayerImages returns the images that leave the kustomization in the folder dir,
// without tags and digests. The result missing says which of its bases cannot be
// read, "" if all can.
func (g *Graph) LayerImages(dir string) (images []LayerImage, missing string) {
	l := g.layer(dir)
	return namesOnly(l.images), l.missing
}

// ObjectImages returns the images of the objects in f, without tags and
// digests.
func (g *Graph) ObjectImages(f *link.File) []LayerImage {
	l := &layer{}
	g.addRefs(l, g.refsOf(f))
	return namesOnly(l.images)
}

func namesOnly(images []LayerImage) []LayerImage {
	out := make([]LayerImage, 0, len(images))
	for _, a := range images {
		a.Before, a.After = ImageName(a.Before), ImageName(a.After)
		out = append(out, a)
	}
	return out
}
