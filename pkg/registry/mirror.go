package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A Copy is an image and where it goes.
type Copy struct {
	From string
	Else string // where it is taken from if From does not have it; "" for nowhere
	To   string
}

// ErrInterrupted is the error of a copy that was not made, or not to its end,
// since the context was done.
var ErrInterrupted = errors.New("interrupted")

// A Copied is what became of a copy.
type Copied struct {
	Copy
	Digest   string // of the image, "" when it is not known
	Present  bool   // the target had it, with this digest
	Attached int    // signatures, attestations and other artifacts that belong to it, which the target has now
	Err      error  // nil: the target has it whole
}

// Progress tells how far Mirror has come.
type Progress struct {
	Images int   // done
	Bytes  int64 // of blobs that were sent
}

// Mirror copies images: indexes with all their platforms, and what is attached
// to an image or to one of its platforms, by the tags of cosign and by the
// referrers of the OCI. What the target has is not sent again, so that a run
// that was killed goes on where it was. A tag is written last: it never leads
// to something that is not there. Result i is that of copy i.
func (c *Client) Mirror(ctx context.Context, copies []Copy, progress func(Progress)) []Copied {
	m := &mirror{Client: c, at: map[string]name.Repository{}, locks: map[string]*sync.Mutex{}}
	out := make([]Copied, len(copies))
	for i, x := range copies {
		out[i] = Copied{Copy: x, Err: ErrInterrupted}
	}
	var mu sync.Mutex
	images := 0
	tell := func(done int) {
		if progress == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		images += done
		progress(Progress{Images: images, Bytes: m.sent.Load()})
	}
	m.tell = func() { tell(0) }
	each(ctx, c.o.Jobs, len(copies), func(i int) {
		out[i] = m.copy(ctx, copies[i])
		if out[i].Err != nil && ctx.Err() != nil {
			out[i].Err = ErrInterrupted // whatever broke when it was
		}
		tell(1)
	})
	return out
}

// A mirror is one run of Mirror.
type mirror struct {
	*Client
	sent atomic.Int64
	tell func()

	mu    sync.Mutex
	at    map[string]name.Repository // a blob that the target has -> where it can be mounted from
	locks map[string]*sync.Mutex     // by what is being copied, so that two do not send the same
}

// lock keeps others from copying the same until the func that it returns is
// called.
func (m *mirror) lock(key string) func() {
	m.mu.Lock()
	l := m.locks[key]
	if l == nil {
		l = &sync.Mutex{}
		m.locks[key] = l
	}
	m.mu.Unlock()
	l.Lock()
	return l.Unlock
}

func (m *mirror) copy(ctx context.Context, x Copy) Copied {
	out := Copied{Copy: x}
	to, err := parse(x.To)
	if err != nil {
		out.Err = err
		return out
	}
	from, got, err := m.source(ctx, x)
	if err != nil {
		out.Err = err
		return out
	}
	out.Digest = got.Digest.String()
	// Two names of one image do not get in each other's way.
	defer m.lock(to.Context().Name() + "@" + out.Digest)()
	if present, err := m.has(ctx, to, got.Digest); err != nil {
		out.Err = fmt.Errorf("looking for it: %s", said(to, err))
		return out
	} else if present {
		out.Present = true
	}
	all, err := m.tree(ctx, from.Context(), to.Context(), got.Descriptor, got.Manifest, !out.Present)
	if err != nil {
		out.Err = err
		return out
	}
	if !out.Present {
		if err := m.put(ctx, to, got.Manifest, got.MediaType); err != nil {
			out.Err = err
			return out
		}
	}
	for _, digest := range all {
		n, err := m.attached(ctx, from.Context(), to.Context(), digest, 0)
		out.Attached += n
		if err != nil {
			out.Err = fmt.Errorf("copying what is attached to %s: %w", digest, err)
			return out
		}
	}
	return out
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
	err = errors.New(said(from, err))
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

// has reports whether the target has a reference with that digest.
func (m *mirror) has(ctx context.Context, ref name.Reference, digest v1.Hash) (bool, error) {
	desc, err := m.puller.Head(ctx, ref)
	switch {
	case err == nil:
		return desc.Digest == digest, nil
	case missing(err), denied(err):
		return false, nil // some registries deny what does not exist
	}
	return false, err
}

func denied(err error) bool {
	e := (*transport.Error)(nil)
	return errors.As(err, &e) && e.StatusCode == http.StatusForbidden
}

// tree copies all that a manifest needs, but not itself, and returns the
// digests of it and of the manifests below it. Unless send is set, nothing is
// copied: the target has it.
func (m *mirror) tree(ctx context.Context, from, to name.Repository, desc v1.Descriptor, data []byte, send bool) ([]string, error) {
	x, err := readManifest(data)
	if err != nil {
		return nil, err
	}
	all := []string{desc.Digest.String()}
	for _, child := range x.Manifests {
		more, err := m.child(ctx, from, to, child, send)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if !send {
		return all, nil
	}
	blobs := x.Layers
	if x.Config != nil {
		blobs = append(blobs, *x.Config)
	}
	errs := make([]error, len(blobs))
	each(ctx, 4, len(blobs), func(i int) { errs[i] = m.blob(ctx, from, to, blobs[i]) })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return all, errors.Join(errs...)
}

// child copies a manifest of an index.
func (m *mirror) child(ctx context.Context, from, to name.Repository, desc v1.Descriptor, send bool) ([]string, error) {
	digest := desc.Digest.String()
	if !desc.MediaType.IsIndex() && !send {
		return []string{digest}, nil
	}
	got, err := m.puller.Get(ctx, from.Digest(digest))
	if err != nil {
		return nil, errors.New(said(from.Digest(digest), err))
	}
	there := !send
	if !there {
		if there, err = m.has(ctx, to.Digest(digest), desc.Digest); err != nil {
			return nil, errors.New(said(to.Digest(digest), err))
		}
	}
	all, err := m.tree(ctx, from, to, got.Descriptor, got.Manifest, !there)
	if err != nil || there {
		return all, err
	}
	return all, m.put(ctx, to.Digest(digest), got.Manifest, got.MediaType)
}

// blob sends a blob unless the target has it; one that another repository of
// the target has is mounted.
func (m *mirror) blob(ctx context.Context, from, to name.Repository, desc v1.Descriptor) error {
	if !desc.MediaType.IsDistributable() && len(desc.URLs) > 0 {
		return nil // fetched from those addresses by whoever runs the image
	}
	digest := desc.Digest.String()
	defer m.lock(to.Registry.Name() + "/" + digest)()
	m.mu.Lock()
	known, seen := m.at[to.Registry.Name()+"/"+digest]
	m.mu.Unlock()
	if seen && known == to {
		return nil
	}
	err := m.again(ctx, func() error {
		layer, err := m.puller.Layer(ctx, from.Digest(digest))
		if err != nil {
			return err
		}
		counting := &counted{Layer: layer, m: m}
		if mountable, ok := layer.(*remote.MountableLayer); ok {
			counting.Layer = mountable.Layer
		}
		origin := from.Digest(digest)
		if seen {
			origin = known.Digest(digest)
		}
		return m.pusher.Upload(ctx, to, &remote.MountableLayer{Layer: counting, Reference: origin})
	})
	if err != nil {
		return fmt.Errorf("copying the blob %s: %s", digest, said(to.Digest(digest), err))
	}
	m.mu.Lock()
	m.at[to.Registry.Name()+"/"+digest] = to
	m.mu.Unlock()
	return nil
}

// A counted layer counts the bytes that are read from it.
type counted struct {
	v1.Layer
	m *mirror
}

// Compressed is that of the layer.
func (c *counted) Compressed() (io.ReadCloser, error) {
	r, err := c.Layer.Compressed()
	if err != nil {
		return nil, err
	}
	return &countedReader{r, c.m}, nil
}

type countedReader struct {
	io.ReadCloser
	m *mirror
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.m.sent.Add(int64(n))
	r.m.tell()
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
func (m *mirror) put(ctx context.Context, to name.Reference, data []byte, kind types.MediaType) error {
	want, _, err := v1.SHA256(strings.NewReader(string(data)))
	if err != nil {
		return err
	}
	if err := m.again(ctx, func() error { return m.pusher.Put(ctx, to, raw{data, kind}) }); err != nil {
		return errors.New("writing the manifest: " + said(to, err))
	}
	desc, err := m.puller.Head(ctx, to)
	switch {
	case err != nil:
		return errors.New("reading back what was written: " + said(to, err))
	case desc.Digest != want:
		return fmt.Errorf("the target has %s for it, and %s was written: somebody else writes there", desc.Digest, want)
	}
	return nil
}
