package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// An imagePlan is an image to copy, with its manifests.
type imagePlan struct {
	from, to name.Reference
	root     *manifestNode
	present  bool // whether the target has the image
	blobs    int  // that this image adds to the totals
	bytes    int64
}

// A manifestNode is a manifest with its blobs and the manifests that it lists.
type manifestNode struct {
	digest   v1.Hash
	kind     types.MediaType
	data     []byte // nil if the manifest is not needed
	blobs    []v1.Descriptor
	children []*manifestNode
}

// digests returns the digests of a node and its descendants.
func (n *manifestNode) digests() []string {
	all := []string{n.digest.String()}
	for _, c := range n.children {
		all = append(all, c.digests()...)
	}
	return all
}

// planImage finds an image and reads its manifests. It records the digests in out.
func (m *mirrorRun) planImage(ctx context.Context, x Copy, out *CopyResult) (*imagePlan, error) {
	to, err := parse(x.To)
	if err != nil {
		return nil, err
	}
	from, got, err := m.findSource(ctx, x)
	if err != nil {
		return nil, err
	}
	out.Digest = got.Digest.String()
	p := &imagePlan{from: from, to: to}
	existing, err := m.targetDigest(ctx, to)
	switch {
	case err != nil:
		return nil, fmt.Errorf("looking up the target: %w", connectionError(to, err))
	case existing == out.Digest && m.getDigest(ctx, to).isComputed(existing):
		p.present, out.Present = true, true
	default:
		out.Replaced = existing
	}
	p.root, err = m.readNode(ctx, from.Context(), got, !p.present, 0)
	return p, err
}

// findSource returns the source of a copy, From or Fallback, with its manifest.
func (m *mirrorRun) findSource(ctx context.Context, x Copy) (name.Reference, *remote.Descriptor, error) {
	from, err := parse(x.From)
	if err != nil {
		return nil, nil, err
	}
	got, err := m.puller.Get(ctx, from)
	if err == nil {
		return from, got, nil
	}
	err = connectionError(from, err)
	if x.Fallback == "" || x.Fallback == x.From {
		return nil, nil, err
	}
	other, parseErr := parse(x.Fallback)
	if parseErr != nil {
		return nil, nil, err
	}
	if got, otherErr := m.puller.Get(ctx, other); otherErr == nil {
		return other, got, nil
	}
	return nil, nil, err
}

// maxIndexDepth is the maximum nesting of indexes.
const maxIndexDepth = 8

// readNode reads a manifest and its descendants. If upload is false, the target
// has the image, and only the digests of the manifests are needed.
func (m *mirrorRun) readNode(ctx context.Context, from name.Repository, got *remote.Descriptor, upload bool, depth int) (*manifestNode, error) {
	x, err := parseManifest(got.Manifest)
	if err != nil {
		return nil, err
	}
	if depth > maxIndexDepth {
		return nil, fmt.Errorf("indexes are nested more than %d deep", maxIndexDepth)
	}
	n := &manifestNode{digest: got.Digest, kind: got.MediaType, data: got.Manifest, blobs: x.Layers}
	if x.Config != nil {
		n.blobs = append(n.blobs, *x.Config)
	}
	for _, d := range x.Manifests {
		child := &manifestNode{digest: d.Digest, kind: d.MediaType}
		if upload || d.MediaType.IsIndex() {
			ref := from.Digest(d.Digest.String())
			got, err := m.puller.Get(ctx, ref)
			if err != nil {
				return nil, connectionError(ref, err)
			}
			if child, err = m.readNode(ctx, from, got, upload, depth+1); err != nil {
				return nil, err
			}
		}
		n.children = append(n.children, child)
	}
	return n, nil
}

// countBlobs adds the blobs of a node and its descendants to the totals, each blob
// once per registry. It returns the number and the size of the added blobs.
func (m *mirrorRun) countBlobs(to name.Repository, n *manifestNode) (blobs int, bytes int64) {
	for _, b := range n.blobs {
		key := to.Registry.Name() + "/" + b.Digest.String()
		if isForeign(b) || m.countedBlobs[key] {
			continue
		}
		m.countedBlobs[key] = true
		blobs, bytes = blobs+1, bytes+b.Size
	}
	m.updateProgress(func(p *Progress) { p.TotalBlobs, p.TotalBytes = p.TotalBlobs+blobs, p.TotalBytes+bytes })
	for _, c := range n.children {
		more, size := m.countBlobs(to, c)
		blobs, bytes = blobs+more, bytes+size
	}
	return blobs, bytes
}

// isForeign reports whether container runtimes fetch a blob from its own URLs and
// not from the registry.
func isForeign(d v1.Descriptor) bool { return !d.MediaType.IsDistributable() && len(d.URLs) > 0 }

// targetDigest returns the digest of a reference on the target, or "" if it does
// not exist.
func (m *mirrorRun) targetDigest(ctx context.Context, ref name.Reference) (string, error) {
	desc, err := m.puller.Head(ctx, ref)
	switch {
	case err == nil:
		return desc.Digest.String(), nil
	case isMissing(err), isDenied(err):
		return "", nil // some registries deny access to what does not exist
	}
	return "", err
}

// targetHas reports whether the target has a reference with the given digest.
func (m *mirrorRun) targetHas(ctx context.Context, ref name.Reference, digest v1.Hash) (bool, error) {
	existing, err := m.targetDigest(ctx, ref)
	return existing == digest.String(), err
}

func isDenied(err error) bool {
	e := (*transport.Error)(nil)
	return errors.As(err, &e) && e.StatusCode == http.StatusForbidden
}
