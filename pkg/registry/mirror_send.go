package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// sendContents copies the blobs and the child manifests of a manifest, but not the
// manifest itself.
func (m *mirrorRun) sendContents(ctx context.Context, from, to name.Repository, n *manifestNode) error {
	for _, child := range n.children {
		ref := to.Digest(child.digest.String())
		exists, err := m.targetHas(ctx, ref, child.digest)
		if err != nil {
			return connectionError(ref, err)
		}
		if exists {
			m.markAllPresent(to, child)
			continue
		}
		if err := m.sendContents(ctx, from, to, child); err != nil {
			return err
		}
		if err := m.putManifest(ctx, ref, child); err != nil {
			return err
		}
	}
	errs := make([]error, len(n.blobs))
	forEach(ctx, 4, len(n.blobs), func(i int) { errs[i] = m.sendBlob(ctx, from, to, n.blobs[i]) })
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(errs...)
}

// markAllPresent records that the target has all blobs of a node.
func (m *mirrorRun) markAllPresent(to name.Repository, n *manifestNode) {
	for _, b := range n.blobs {
		if !isForeign(b) {
			m.markPresent(to, b)
		}
	}
	for _, c := range n.children {
		m.markAllPresent(to, c)
	}
}

// markPresent records that the target has a blob. It returns false if this was
// already recorded.
func (m *mirrorRun) markPresent(to name.Repository, b v1.Descriptor) bool {
	key := to.Registry.Name() + "/" + b.Digest.String()
	m.mu.Lock()
	_, known := m.blobRepos[key]
	m.blobRepos[key] = to
	m.mu.Unlock()
	if !known {
		m.updateProgress(func(p *Progress) { p.Blobs, p.Bytes = p.Blobs+1, p.Bytes+b.Size })
	}
	return !known
}

// sendBlob uploads a blob unless the target has it. A blob in another repository of
// the target is mounted instead.
func (m *mirrorRun) sendBlob(ctx context.Context, from, to name.Repository, desc v1.Descriptor) error {
	if isForeign(desc) {
		return nil
	}
	digest := desc.Digest.String()
	defer m.lock(to.Registry.Name() + "/" + digest)()
	m.mu.Lock()
	known, seen := m.blobRepos[to.Registry.Name()+"/"+digest]
	m.mu.Unlock()
	if seen && known == to {
		return nil
	}
	counting := &countingLayer{m: m}
	err := m.retry(ctx, func() error {
		layer, err := m.puller.Layer(ctx, from.Digest(digest))
		if err != nil {
			return err
		}
		counting.uncount()
		counting.Layer = layer
		if mountable, ok := layer.(*remote.MountableLayer); ok {
			counting.Layer = mountable.Layer
		}
		origin := from.Digest(digest)
		if seen {
			origin = known.Digest(digest)
		}
		return m.pusher.Upload(ctx, to, &remote.MountableLayer{Layer: counting, Reference: origin})
	})
	counting.uncount() // markPresent counts the whole blob
	if err != nil {
		return fmt.Errorf("copying the blob %s: %w", digest, connectionError(to.Digest(digest), err))
	}
	m.markPresent(to, desc)
	return nil
}

// A countingLayer counts the bytes that are read from a layer.
type countingLayer struct {
	v1.Layer
	m *mirrorRun
	n int64 // bytes of the current attempt
}

// uncount removes the bytes of the current attempt from the progress.
func (c *countingLayer) uncount() {
	c.m.updateProgress(func(p *Progress) { p.Bytes -= c.n; c.n = 0 })
}

// Compressed returns the content of the layer and counts the bytes that are read.
func (c *countingLayer) Compressed() (io.ReadCloser, error) {
	r, err := c.Layer.Compressed()
	if err != nil {
		return nil, err
	}
	return &countingReader{r, c}, nil
}

type countingReader struct {
	io.ReadCloser
	c *countingLayer
}

func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	r.c.m.updateProgress(func(p *Progress) { p.Bytes += int64(n); p.SentBytes += int64(n); r.c.n += int64(n) })
	if err != nil && err != io.EOF {
		// Without wrapping, net/http mistakes a reset stream of the source for
		// one of the target, and the target waits forever for the rest.
		err = fmt.Errorf("reading the blob: %w", err)
	}
	return n, err
}

// retry calls try up to four times while it fails with errors such as a blob that
// ends too early. It does not repeat what a registry rejects.
func (m *mirrorRun) retry(ctx context.Context, try func() error) error {
	wait := m.o.Backoff
	for n := 1; ; n++ {
		err := try()
		if err == nil || n == 4 || ctx.Err() != nil {
			return err
		}
		if f, _ := classifyError(err); f != FaultNone && f != FaultTimeout && f != FaultBusy {
			return err
		}
		if e := (*transport.Error)(nil); errors.As(err, &e) && !e.Temporary() && !isBusyStatus(e.StatusCode) {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, 10*time.Second)
	}
}

// A rawManifest is a manifest that is written byte by byte.
type rawManifest struct {
	data []byte
	kind types.MediaType
}

// RawManifest implements remote.Taggable.
func (r rawManifest) RawManifest() ([]byte, error) { return r.data, nil }

// MediaType returns the media type of the manifest.
func (r rawManifest) MediaType() (types.MediaType, error) { return r.kind, nil }

// putManifest writes a manifest, and checks that the target has it with the same
// digest.
func (m *mirrorRun) putManifest(ctx context.Context, to name.Reference, n *manifestNode) error {
	err := m.retry(ctx, func() error { return m.pusher.Put(ctx, to, rawManifest{n.data, n.kind}) })
	if err != nil {
		if existing, headErr := m.targetDigest(ctx, to); isRejected(err) && headErr == nil && existing != "" && existing != n.digest.String() {
			return fmt.Errorf("the tag exists on the target with %s and cannot be replaced (%s): the target's tags are immutable\n  delete the tag there, or use another path in --to", existing, describeError(to, err))
		}
		return fmt.Errorf("writing the manifest: %w", connectionError(to, err))
	}
	desc, err := m.puller.Head(ctx, to)
	switch {
	case err != nil:
		return fmt.Errorf("reading back the manifest: %w", connectionError(to, err))
	case desc.Digest != n.digest:
		return fmt.Errorf("the target has %s after %s was written: something else writes to the same tag", desc.Digest, n.digest)
	}
	return nil
}

// isRejected reports whether a registry rejected a manifest for another reason than
// missing permissions. For immutable tags, Harbor responds 412, others 400 or 409.
func isRejected(err error) bool {
	e := (*transport.Error)(nil)
	if !errors.As(err, &e) {
		return false
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity:
		return true
	}
	return false
}
