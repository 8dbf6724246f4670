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

// send copies all that a manifest needs, but not itself.
func (m *mirror) send(ctx context.Context, from, to name.Repository, n *node) error {
	for _, child := range n.children {
		ref := to.Digest(child.digest.String())
		there, err := m.has(ctx, ref, child.digest)
		if err != nil {
			return trouble(ref, err)
		}
		if there {
			m.skip(to, child)
			continue
		}
		if err := m.send(ctx, from, to, child); err != nil {
			return err
		}
		if err := m.put(ctx, ref, child); err != nil {
			return err
		}
	}
	errs := make([]error, len(n.blobs))
	each(ctx, 4, len(n.blobs), func(i int) { errs[i] = m.blob(ctx, from, to, n.blobs[i]) })
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(errs...)
}

// skip notes that the target has the blobs of a node.
func (m *mirror) skip(to name.Repository, n *node) {
	for _, b := range n.blobs {
		if !foreign(b) {
			m.have(to, b)
		}
	}
	for _, c := range n.children {
		m.skip(to, c)
	}
}

// have notes that the target has a blob; false if that was known.
func (m *mirror) have(to name.Repository, b v1.Descriptor) bool {
	key := to.Registry.Name() + "/" + b.Digest.String()
	m.mu.Lock()
	_, known := m.at[key]
	m.at[key] = to
	m.mu.Unlock()
	if !known {
		m.tell(func(p *Progress) { p.Blobs, p.Bytes = p.Blobs+1, p.Bytes+b.Size })
	}
	return !known
}

// blob sends a blob unless the target has it; one that another repository of
// the target has is mounted.
func (m *mirror) blob(ctx context.Context, from, to name.Repository, desc v1.Descriptor) error {
	if foreign(desc) {
		return nil
	}
	digest := desc.Digest.String()
	defer m.lock(to.Registry.Name() + "/" + digest)()
	m.mu.Lock()
	known, seen := m.at[to.Registry.Name()+"/"+digest]
	m.mu.Unlock()
	if seen && known == to {
		return nil
	}
	counting := &counted{m: m}
	err := m.again(ctx, func() error {
		layer, err := m.puller.Layer(ctx, from.Digest(digest))
		if err != nil {
			return err
		}
		counting.back()
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
	counting.back() // it counts whole, or not at all
	if err != nil {
		return fmt.Errorf("copying the blob %s: %w", digest, trouble(to.Digest(digest), err))
	}
	m.have(to, desc)
	return nil
}

// A counted layer counts the bytes that are read from it.
type counted struct {
	v1.Layer
	m *mirror
	n int64 // bytes of this attempt
}

// back takes what an attempt has read out of what is done.
func (c *counted) back() {
	c.m.tell(func(p *Progress) { p.Bytes -= c.n; c.n = 0 })
}

// Compressed is that of the layer.
func (c *counted) Compressed() (io.ReadCloser, error) {
	r, err := c.Layer.Compressed()
	if err != nil {
		return nil, err
	}
	return &countedReader{r, c}, nil
}

type countedReader struct {
	io.ReadCloser
	c *counted
}

func (r *countedReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	r.c.m.tell(func(p *Progress) { p.Bytes += int64(n); p.Sent += int64(n); r.c.n += int64(n) })
	if err != nil && err != io.EOF {
		// Wrapped, or net/http takes the reset of the source's stream for one
		// of the target's, and lets the target wait for the rest for ever.
		err = fmt.Errorf("reading the blob: %w", err)
	}
	return n, err
}

// again tries up to four times what can fail in the middle, such as a blob
// that ends too early. What a registry refuses is not tried again.
func (m *mirror) again(ctx context.Context, try func() error) error {
	wait := m.o.Backoff
	for n := 1; ; n++ {
		err := try()
		if err == nil || n == 4 || ctx.Err() != nil {
			return err
		}
		if f, _ := explain(err); f != FaultNone && f != FaultTimeout && f != FaultBusy {
			return err
		}
		if e := (*transport.Error)(nil); errors.As(err, &e) && !e.Temporary() && !busy(e.StatusCode) {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, 10*time.Second)
	}
}

// A raw manifest is written as it is.
type raw struct {
	data []byte
	kind types.MediaType
}

// RawManifest is that of a remote.Taggable.
func (r raw) RawManifest() ([]byte, error) { return r.data, nil }

// MediaType says what is written.
func (r raw) MediaType() (types.MediaType, error) { return r.kind, nil }

// put writes a manifest, and looks whether the target has it with its digest.
func (m *mirror) put(ctx context.Context, to name.Reference, n *node) error {
	err := m.again(ctx, func() error { return m.pusher.Put(ctx, to, raw{n.data, n.kind}) })
	if err != nil {
		if there, askErr := m.digestAt(ctx, to); refused(err) && askErr == nil && there != "" && there != n.digest.String() {
			return fmt.Errorf("the target keeps the tag as it is, with %s, and does not let it be replaced (%s): its tags are immutable\n  delete it there, or give --to another path", there, said(to, err))
		}
		return fmt.Errorf("writing the manifest: %w", trouble(to, err))
	}
	desc, err := m.puller.Head(ctx, to)
	switch {
	case err != nil:
		return fmt.Errorf("reading back what was written: %w", trouble(to, err))
	case desc.Digest != n.digest:
		return fmt.Errorf("the target has %s for it, and %s was written: somebody else writes there", desc.Digest, n.digest)
	}
	return nil
}

// refused reports whether a registry that lets the user write refused a
// manifest, however it says so: Harbor answers 412, others 400 or 409.
func refused(err error) bool {
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
