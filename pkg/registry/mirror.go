package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
)

// A Copy is an image to copy and its target.
type Copy struct {
	From     string
	Fallback string // the source if From does not exist; "" if none
	To       string
}

// ErrInterrupted is the error of a copy that is incomplete because the context was
// done.
var ErrInterrupted = errors.New("interrupted")

// A CopyResult is the result of a copy.
type CopyResult struct {
	Copy
	Digest   string // of the image; "" if unknown
	Present  bool   // the target already had the image with this digest
	Replaced string // the previous digest of the target's tag; "" if the tag did not exist or did not change
	Attached int    // number of the image's signatures, attestations and other artifacts on the target
	Err      error  // nil: the target has the complete image
}

// Progress is the progress of Mirror. Blobs that the target already has count as
// done. Artifacts that are attached to an image are found late, so the totals can
// grow.
type Progress struct {
	Planned   int   // images whose manifests have been read
	Images    int   // finished images
	Blobs     int   // finished blobs
	Bytes     int64 // of finished blobs and of blobs in transfer
	SentBytes int64 // bytes that were uploaded

	TotalBlobs int // of the planned images that the target does not have
	TotalBytes int64
}

// Mirror copies images. It copies indexes with all platforms, and the artifacts
// that are attached to an image or to one of its platforms, by cosign's tags and
// by OCI referrers. Mirror reads all manifests first to know the total size. It
// does not upload what the target has, so a run after an interrupted one
// continues where that run stopped. It writes tags last, so that a tag never
// points to missing content. Result i is that of copy i.
func (c *Client) Mirror(ctx context.Context, copies []Copy, progress func(Progress)) []CopyResult {
	m, out, plans := c.planAll(ctx, copies, progress)
	forEach(ctx, c.o.Jobs, len(copies), func(i int) {
		if plans[i] == nil || out[i].Err != nil {
			return
		}
		out[i].Err = ErrInterrupted
		m.copyImage(ctx, plans[i], &out[i])
		if out[i].Err != nil && ctx.Err() != nil {
			out[i].Err = ErrInterrupted // the interruption caused the error
		}
		m.updateProgress(func(p *Progress) { p.Images++ })
	})
	return out
}

// A PlannedCopy is a copy that was not made yet.
type PlannedCopy struct {
	CopyResult       // the result that Mirror would return
	Blobs      int   // to upload at most; the target may have some of them
	Bytes      int64 // of these blobs; shared blobs count only for the first image
}

// PlanMirror reads the manifests that Mirror would copy. It copies nothing.
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

// planAll reads the manifests of all images. If a plan is nil, the result with the
// same index has the error.
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
	// In the order of the copies, so that shared blobs count for the first image.
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
	blobRepos    map[string]name.Repository // by blob on the target: a repository to mount it from
	countedBlobs map[string]bool            // blobs in the totals
	locks        map[string]*sync.Mutex     // by blob or image, so that nothing is copied twice at the same time
}

// updateProgress changes the progress and reports it.
func (m *mirrorRun) updateProgress(change func(*Progress)) {
	m.progressMu.Lock()
	defer m.progressMu.Unlock()
	change(&m.current)
	if m.progress != nil {
		m.progress(m.current)
	}
}

// lock locks a key. It returns the function that unlocks the key.
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

// copyImage copies an image and its attached artifacts, and records the result in
// out.
func (m *mirrorRun) copyImage(ctx context.Context, p *imagePlan, out *CopyResult) {
	// Two tags of one image must not be copied at the same time.
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
			out.Err = fmt.Errorf("copying the artifacts attached to %s: %w", digest, err)
			return
		}
	}
	out.Err = nil
}
