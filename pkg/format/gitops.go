package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// The API groups of Flux, Argo CD and its Image Updater that name images.
const (
	fluxKustomize = "kustomize.toolkit.fluxcd.io"
	fluxHelm      = "helm.toolkit.fluxcd.io"
	argo          = "argoproj.io"
	argoUpdater   = "argocd-image-updater.argoproj.io"
)

// isFluxSelector reports whether f is the name or newName of an entry of images in
// an object of Flux. Flux adds such entries to a kustomization.
func isFluxSelector(f *frame) bool {
	if f.key != "name" && f.key != "newName" || !f.up.item || f.up.up == nil || f.up.up.key != "images" {
		return false
	}
	above := f.up.up.up
	return above != nil && (above.key == "spec" || above.key == "kustomize")
}

// gitops adds the images of a scalar in a notation of Argo CD or its Image
// Updater. It returns false for any other scalar.
func (d *detector) gitops(f *frame) bool {
	if f.object == nil || f.up == nil {
		return false
	}
	inAnnotations := f.up.key == "annotations"
	switch {
	case inAnnotations && f.key == argoUpdater+"/image-list":
		d.imageList(f)
	case inAnnotations && strings.HasPrefix(f.key, argoUpdater+"/") && strings.HasSuffix(f.key, ".kustomize.image-name"):
		text := strings.TrimSpace(f.node.Value)
		d.nameIn(f, strings.Index(f.node.Value, text), text)
	case f.object.group() == argoUpdater && f.key == "imageName" && f.up.item && f.up.up.key == "images":
		d.nameIn(f, 0, f.node.Value)
	case f.object.group() == argo && f.item && f.up.key == "images" && f.up.up != nil && f.up.up.key == "kustomize":
		d.argoImage(f)
	default:
		return false
	}
	for _, i := range d.marksIn(f.node.Span) {
		if !d.explained[i] {
			d.recordReason(i, imageContext(f, d.in.Marks[i]))
		}
	}
	return true
}

// imageList adds the images of a list ALIAS=IMAGE:CONSTRAINT,IMAGE.
// Source: https://argocd-image-updater.readthedocs.io/en/v0.12.0/configuration/images/
func (d *detector) imageList(f *frame) {
	at := 0
	for _, entry := range strings.Split(f.node.Value, ",") {
		start := at + len(entry) - len(strings.TrimLeft(entry, " \t\n"))
		at += len(entry) + 1
		entry = strings.TrimSpace(entry)
		if i := strings.IndexByte(entry, '='); i >= 0 {
			entry, start = entry[i+1:], start+i+1
		}
		d.nameIn(f, start, entry)
	}
}

// argoImage adds the images of an entry NAME=NEWNAME:TAG or NAME:TAG.
// Source: https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/
func (d *detector) argoImage(f *frame) {
	left, right, both := strings.Cut(f.node.Value, "=")
	if !both {
		o := d.nameIn(f, 0, left)
		if o != nil { // the entry selects an image and also sets its tag
			rest, digest, _ := strings.Cut(left[len(o.Pieces[0].Text):], "@")
			o.LikelyImage, o.Tag, o.Digest = true, strings.TrimPrefix(rest, ":"), digest
		}
		return
	}
	if isReference(left) {
		d.add(f, Occurrence{Pieces: []Piece{d.part(f.node, 0, len(left), Whole, "")}, IsImage: true, IsSelector: true})
	}
	if isReference(right) {
		d.add(f, Occurrence{Pieces: []Piece{d.part(f.node, len(left)+1, len(f.node.Value), Whole, "")}, IsImage: true})
	} else {
		d.nameIn(f, len(left)+1, right)
	}
}

// imageContext explains a mark in the scalar at f, a list of images, outside of
// the images.
func imageContext(f *frame, mark edit.Span) Context {
	c := Context{Mark: mark, Reason: DifferentName, Place: f.place()}
	start, end, ok := f.node.Map.Decoded(mark)
	if !ok {
		c.Reason, c.Note = NotEditedSafely, "escaped or folded over lines"
	} else if r := classify(f.node.Value, edit.Span{Start: start, End: end}); r != "" {
		c.Reason = r
	}
	return c
}

// nameIn adds the name of the image at the start of text, which is at offset start
// of the scalar at f. A tag, a digest or a constraint such as :~1.0 after the name
// is not part of the occurrence. nameIn returns nil if there is no name.
func (d *detector) nameIn(f *frame, start int, text string) *Occurrence {
	n := len(text)
	if i := strings.IndexByte(text, '@'); i >= 0 {
		n = i
	}
	if i := strings.IndexByte(text[strings.LastIndexByte(text[:n], '/')+1:n], ':'); i >= 0 {
		n = strings.LastIndexByte(text[:n], '/') + 1 + i
	}
	if !isReference(text[:n]) {
		return nil
	}
	d.add(f, Occurrence{Pieces: []Piece{d.part(f.node, start, start+n, Whole, "")}, IsImage: true, IsSelector: true})
	return &d.out.Occurrences[len(d.out.Occurrences)-1]
}

// EmbeddedMapping returns the first mapping among the YAML or JSON documents
// inside the scalar n, or nil. Its positions are those of the file
// of n.
func EmbeddedMapping(n *syntax.Node) *syntax.Node {
	if n == nil || n.Kind != syntax.Scalar {
		return nil
	}
	for _, doc := range embeddedDocuments(n.Value) {
		if doc.Root != nil && doc.Root.Kind == syntax.Mapping {
			moveToSource(doc.Root, n.Map)
			return doc.Root
		}
	}
	return nil
}
