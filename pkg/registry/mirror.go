package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
)

// A Copy is an image and where it goes.
type Copy struct {
	From     string
	Fallback string // where it is taken from if From does not have it; "" for nowhere
	To       string
}

// ErrInterrupted is the error of a copy that was not made, or not to its end,
// since the context was done.
var ErrInterrupted = errors.New("interrupted")

// A CopyResult is what became of a copy.
type CopyResult struct {
	Copy
	Digest   string // of the image, "" when it is not known
	Present  bool   // the target had it, with this digest
	Replaced string // the digest that the target had under this tag, "" when it had none or this one
	Attached int    // signatures, attestations and other artifacts that belong to it, which the target has now
	Err      error  // nil: the target has it whole
}

// Progress tells how far Mirror has come. What the target has already counts
// as done. What belongs to an image is known late, so that the sums may grow.
type Progress struct {
	Planned   int   // images whose manifests were read
	Images    int   // images that are done
	Blobs     int   // blobs that are done
	Bytes     int64 // of blobs that are done, or on their way
	SentBytes int64 // bytes that were sent

	TotalBlobs int // of the images that were planned and are not there
	TotalBytes int64
}

// Mirror copies images: indexes with all their platforms, and what is attached
// to an image or to one of its platforms, by the tags of cosign and by the
// referrers of the OCI. It reads all manifests first, so that it knows how much
// there is to send. What the target has is not sent again, so that a run that
// was killed goes on where it was. A tag is written last: it never leads to
// something that is not there. Result i is that of copy i.
func (c *Client) Mirror(ctx context.Context, copies []Copy, progress func(Progress)) []CopyResult {
	m, out, plans := c.planAll(ctx, copies, progress)
	forEach(ctx, c.o.Jobs, len(copies), func(i int) {
		if plans[i] == nil || out[i].Err != nil {
			return
		}
		out[i].Err = ErrInterrupted
		m.copyImage(ctx, plans[i], &out[i])
		if out[i].Err != nil && ctx.Err() != nil {
			out[i].Err = ErrInterrupted // whatever broke when it was
		}
		m.updateProgress(func(p *Progress) { p.Images++ })
	})
	return out
}

// A PlannedCopy is what a copy would take.
type PlannedCopy struct {
	CopyResult       // as after Mirror; nothing was copied
	Blobs      int   // that would be sent, unless the target has some of them
	Bytes      int64 // of them; what several images share counts once
}

// PlanMirror reads the manifests that Mirror would copy, and copies nothing.
func (c *Client) PlanMirror(ctx context.Context, copies []Copy, progress func(Progress)) []PlannedCopy {
	_, done, plans := c.planAll(ctx, copies, progress)
	out := make([]PlannedCopy, len(copies))
	for i := range out {
		out[i].CopyResult = done[i]
		if plans[i] != nil {
			out[i].Blobs, out[i].Bytes = plans[i].blobs, plans[i].bytes
		}
	}
	return out
}

// planAll reads the manifests of all images. A plan of nil has its error in the
// result.
func (c *Client) planAll(ctx context.Context, copies []Copy, progress func(Progress)) (*mirrorRun, []CopyResult, []*imagePlan) {
	m := &mirrorRun{Client: c, progress: progress, blobRepos: map[string]name.Repository{}, countedBlobs: map[string]bool{}, locks: map[string]*sync.Mutex{}}
	out := make([]CopyResult, len(copies))
	for i, x := range copies {
		out[i] = CopyResult{Copy: x, Err: ErrInterrupted}
	}
	plans := make([]*imagePlan, len(copies))
	forEach(ctx, c.o.Jobs, len(copies), func(i int) {
		p, err := m.planImage(ctx, copies[i], &out[i])
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			out[i].Err = err
		default:
			plans[i], out[i].Err = p, nil
		}
		m.updateProgress(func(p *Progress) { p.Planned++ })
	})
	// In the order of the copies, so that what is shared counts for the first.
	for _, p := range plans {
		if p != nil && p.root != nil && !p.present {
			p.blobs, p.bytes = m.countBlobs(p.to.Context(), p.root)
		}
	}
	return m, out, plans
}

// A mirrorRun is one run of Mirror.
type mirrorRun struct {
	*Client
	progress   func(Progress)
	progressMu sync.Mutex
	current    Progress

	mu           sync.Mutex
	blobRepos    map[string]name.Repository // a blob that the target has -> where it can be mounted from
	countedBlobs map[string]bool            // blobs that are in the sums
	locks        map[string]*sync.Mutex     // by what is being copied, so that two do not send the same
}

// updateProgress changes how far it has come, and tells of it.
func (m *mirrorRun) updateProgress(change func(*Progress)) {
	m.progressMu.Lock()
	defer m.progressMu.Unlock()
	change(&m.current)
	if m.progress != nil {
		m.progress(m.current)
	}
}

// lock keeps others from copying the same until the func that it returns is
// called.
func (m *mirrorRun) lock(key string) func() {
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

// copyImage copies an image and what is attached to it, and says so in out.
func (m *mirrorRun) copyImage(ctx context.Context, p *imagePlan, out *CopyResult) {
	// Two names of one image do not get in each other's way.
	defer m.lock(p.to.Context().Name() + "@" + out.Digest)()
	if !p.present {
		if out.Err = m.sendContents(ctx, p.from.Context(), p.to.Context(), p.root); out.Err != nil {
			return
		}
		if out.Err = m.putManifest(ctx, p.to, p.root); out.Err != nil {
			return
		}
	}
	for _, digest := range p.root.digests() {
		n, err := m.copyAttached(ctx, p.from.Context(), p.to.Context(), digest, 0)
		out.Attached += n
		if err != nil {
			out.Err = fmt.Errorf("copying what is attached to %s: %w", digest, err)
			return
		}
	}
	out.Err = nil
}
