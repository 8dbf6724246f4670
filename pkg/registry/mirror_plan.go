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

// A imagePlan is an image that is to be copied, with its manifests.
type imagePlan struct {
	from, to name.Reference
	root     *manifestNode
	present  bool // the target has it
	blobs    int  // that it adds to the sums
	bytes    int64
}

// A manifestNode is a manifest, what it needs, and the manifests below it.
type manifestNode struct {
	digest   v1.Hash
	kind     types.MediaType
	data     []byte // nil: it need not be written
	blobs    []v1.Descriptor
	children []*manifestNode
}

// digests are those of a node and of all below it.
func (n *manifestNode) digests() []string {
	all := []string{n.digest.String()}
	for _, c := range n.children {
		all = append(all, c.digests()...)
	}
	return all
}

// planImage finds an image and reads its manifests. What it finds out, out says.
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
	there, err := m.targetDigest(ctx, to)
	switch {
	case err != nil:
		return nil, fmt.Errorf("looking for it: %w", connectionError(to, err))
	case there == out.Digest:
		p.present, out.Present = true, true
	default:
		out.Replaced = there
	}
	p.root, err = m.readNode(ctx, from.Context(), got, !p.present, 0)
	return p, err
}

// findSource finds the image.
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

// maxIndexDepth bounds the indexes in indexes.
const maxIndexDepth = 8

// readNode reads a manifest and those below it. Of an image that is there, only
// the names of the manifests are wanted.
func (m *mirrorRun) readNode(ctx context.Context, from name.Repository, got *remote.Descriptor, send bool, depth int) (*manifestNode, error) {
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
		if send || d.MediaType.IsIndex() {
			ref := from.Digest(d.Digest.String())
			got, err := m.puller.Get(ctx, ref)
			if err != nil {
				return nil, connectionError(ref, err)
			}
			if child, err = m.readNode(ctx, from, got, send, depth+1); err != nil {
				return nil, err
			}
		}
		n.children = append(n.children, child)
	}
	return n, nil
}

// countBlobs adds the blobs of a node to the sums, each once for each registry, and
// returns how much that is.
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

// isForeign reports whether a blob is fetched from other addresses by whoever
// runs the image.
func isForeign(d v1.Descriptor) bool { return !d.MediaType.IsDistributable() && len(d.URLs) > 0 }

// targetDigest returns the digest that the target has for a reference, "" for none.
func (m *mirrorRun) targetDigest(ctx context.Context, ref name.Reference) (string, error) {
	desc, err := m.puller.Head(ctx, ref)
	switch {
	case err == nil:
		return desc.Digest.String(), nil
	case isMissing(err), isDenied(err):
		return "", nil // some registries deny what does not exist
	}
	return "", err
}

// targetHas reports whether the target has a reference with that digest.
func (m *mirrorRun) targetHas(ctx context.Context, ref name.Reference, digest v1.Hash) (bool, error) {
	there, err := m.targetDigest(ctx, ref)
	return there == digest.String(), err
}

func isDenied(err error) bool {
	e := (*transport.Error)(nil)
	return errors.As(err, &e) && e.StatusCode == http.StatusForbidden
}
