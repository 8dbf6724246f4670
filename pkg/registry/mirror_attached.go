package registry

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// cosignSuffixes are the suffixes of the tags under which cosign stores artifacts
// of an image, such as sha256-….sig. Source: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
var cosignSuffixes = []string{".sig", ".att", ".sbom"}

// maxAttachedDepth is the maximum depth of artifacts that are attached to attached
// artifacts, such as the signature of an attestation.
const maxAttachedDepth = 4

// copyAttached copies the artifacts that are attached to the manifest with a
// digest. It returns the number of artifacts that the target has.
func (m *mirrorRun) copyAttached(ctx context.Context, from, to name.Repository, digest string, depth int) (int, error) {
	if depth > maxAttachedDepth {
		return 0, nil
	}
	n := 0
	for _, suffix := range cosignSuffixes {
		tag := strings.Replace(digest, ":", "-", 1) + suffix
		ok, err := m.copyAttachment(ctx, from.Tag(tag), to.Tag(tag))
		if err != nil {
			return n, err
		}
		if ok {
			n++
		}
	}
	index, err := remote.Referrers(from.Digest(digest), remote.WithContext(ctx), remote.Reuse(m.puller))
	if isMissing(err) || isDenied(err) {
		return n, nil
	}
	if err != nil {
		return n, fmt.Errorf("reading the referrers: %w", connectionError(from.Digest(digest), err))
	}
	list, err := index.IndexManifest()
	if err != nil {
		return n, fmt.Errorf("reading the list of referrers: %w", err)
	}
	for _, d := range list.Manifests {
		ref := d.Digest.String()
		if _, err := m.copyAttachment(ctx, from.Digest(ref), to.Digest(ref)); err != nil {
			return n, err
		}
		more, err := m.copyAttached(ctx, from, to, ref, depth+1)
		if n += 1 + more; err != nil {
			return n, err
		}
	}
	return n, nil
}

// copyAttachment copies one artifact. It returns false if the artifact does not
// exist.
func (m *mirrorRun) copyAttachment(ctx context.Context, from, to name.Reference) (bool, error) {
	desc, err := m.puller.Head(ctx, from)
	if isMissing(err) || isDenied(err) {
		return false, nil
	}
	if err != nil {
		return false, connectionError(from, err)
	}
	exists, err := m.targetHas(ctx, to, desc.Digest)
	if err != nil {
		return false, connectionError(to, err)
	}
	if exists {
		return true, nil
	}
	got, err := m.puller.Get(ctx, from)
	if err != nil {
		return false, connectionError(from, err)
	}
	n, err := m.readNode(ctx, from.Context(), got, true, 0)
	if err != nil {
		return false, err
	}
	m.mu.Lock()
	m.countBlobs(to.Context(), n)
	m.mu.Unlock()
	if err := m.sendContents(ctx, from.Context(), to.Context(), n); err != nil {
		return false, err
	}
	return true, m.putManifest(ctx, to, n)
}
