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

// A plan is an image that is to be copied, with its manifests.
type plan struct {
	from, to name.Reference
	root     *node
	present  bool // the target has it
	blobs    int  // that it adds to the sums
	bytes    int64
}

// A node is a manifest, what it needs, and the manifests below it.
type node struct {
	digest   v1.Hash
	kind     types.MediaType
	data     []byte // nil: it need not be written
	blobs    []v1.Descriptor
	children []*node
}

// digests are those of a node and of all below it.
func (n *node) digests() []string {
	all := []string{n.digest.String()}
	for _, c := range n.children {
		all = append(all, c.digests()...)
	}
	return all
}

// read finds an image and reads its manifests. What it finds out, out says.
func (m *mirror) read(ctx context.Context, x Copy, out *Copied) (*plan, error) {
	to, err := parse(x.To)
	if err != nil {
		return nil, err
	}
	from, got, err := m.source(ctx, x)
	if err != nil {
		return nil, err
	}
	out.Digest = got.Digest.String()
	p := &plan{from: from, to: to}
	there, err := m.digestAt(ctx, to)
	switch {
	case err != nil:
		return nil, fmt.Errorf("looking for it: %w", trouble(to, err))
	case there == out.Digest:
		p.present, out.Present = true, true
	default:
		out.Replaced = there
	}
	p.root, err = m.node(ctx, from.Context(), got, !p.present, 0)
	return p, err
}

// source finds the image.
func (m *mirror) source(ctx context.Context, x Copy) (name.Reference, *remote.Descriptor, error) {
	from, err := parse(x.From)
	if err != nil {
		return nil, nil, err
	}
	got, err := m.puller.Get(ctx, from)
	if err == nil {
		return from, got, nil
	}
	err = trouble(from, err)
	if x.Else == "" || x.Else == x.From {
		return nil, nil, err
	}
	other, parseErr := parse(x.Else)
	if parseErr != nil {
		return nil, nil, err
	}
	if got, otherErr := m.puller.Get(ctx, other); otherErr == nil {
		return other, got, nil
	}
	return nil, nil, err
}

// maxNested bounds the indexes in indexes.
const maxNested = 8

// node reads a manifest and those below it. Of an image that is there, only
// the names of the manifests are wanted.
func (m *mirror) node(ctx context.Context, from name.Repository, got *remote.Descriptor, send bool, depth int) (*node, error) {
	x, err := readManifest(got.Manifest)
	if err != nil {
		return nil, err
	}
	if depth > maxNested {
		return nil, fmt.Errorf("indexes are nested more than %d deep", maxNested)
	}
	n := &node{digest: got.Digest, kind: got.MediaType, data: got.Manifest, blobs: x.Layers}
	if x.Config != nil {
		n.blobs = append(n.blobs, *x.Config)
	}
	for _, d := range x.Manifests {
		child := &node{digest: d.Digest, kind: d.MediaType}
		if send || d.MediaType.IsIndex() {
			ref := from.Digest(d.Digest.String())
			got, err := m.puller.Get(ctx, ref)
			if err != nil {
				return nil, trouble(ref, err)
			}
			if child, err = m.node(ctx, from, got, send, depth+1); err != nil {
				return nil, err
			}
		}
		n.children = append(n.children, child)
	}
	return n, nil
}

// count adds the blobs of a node to the sums, each once for each registry, and
// returns how much that is.
func (m *mirror) count(to name.Repository, n *node) (blobs int, bytes int64) {
	for _, b := range n.blobs {
		key := to.Registry.Name() + "/" + b.Digest.String()
		if foreign(b) || m.counted[key] {
			continue
		}
		m.counted[key] = true
		blobs, bytes = blobs+1, bytes+b.Size
	}
	m.tell(func(p *Progress) { p.AllBlobs, p.AllBytes = p.AllBlobs+blobs, p.AllBytes+bytes })
	for _, c := range n.children {
		more, size := m.count(to, c)
		blobs, bytes = blobs+more, bytes+size
	}
	return blobs, bytes
}

// foreign reports whether a blob is fetched from other addresses by whoever
// runs the image.
func foreign(d v1.Descriptor) bool { return !d.MediaType.IsDistributable() && len(d.URLs) > 0 }

// digestAt returns the digest that the target has for a reference, "" for none.
func (m *mirror) digestAt(ctx context.Context, ref name.Reference) (string, error) {
	desc, err := m.puller.Head(ctx, ref)
	switch {
	case err == nil:
		return desc.Digest.String(), nil
	case missing(err), denied(err):
		return "", nil // some registries deny what does not exist
	}
	return "", err
}

// has reports whether the target has a reference with that digest.
func (m *mirror) has(ctx context.Context, ref name.Reference, digest v1.Hash) (bool, error) {
	there, err := m.digestAt(ctx, ref)
	return there == digest.String(), err
}

func denied(err error) bool {
	e := (*transport.Error)(nil)
	return errors.As(err, &e) && e.StatusCode == http.StatusForbidden
}
