package testregistry

import (
	"fmt"
	"math/rand"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Image returns an image with two small layers. The same seed and platform, such
// as "linux/amd64", give the same image.
func Image(seed int64, platform string) (v1.Image, error) {
	p, err := v1.ParsePlatform(platform)
	if err != nil {
		return nil, err
	}
	for _, c := range platform {
		seed = seed*31 + int64(c)
	}
	img, err := random.Image(2048, 2, random.WithSource(rand.NewSource(seed)))
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = p.OS, p.Architecture, p.Variant
	return mutate.ConfigFile(img, config)
}

// Index returns an index of images for the platforms. The image of a platform such
// as linux/arm64=7 has its own seed, 7.
func Index(seed int64, platforms ...string) (v1.ImageIndex, error) {
	var adds []mutate.IndexAddendum
	for _, text := range platforms {
		s := seed
		text, own, ok := strings.Cut(text, "=")
		if ok {
			if _, err := fmt.Sscan(own, &s); err != nil {
				return nil, fmt.Errorf("seed %q: %w", own, err)
			}
		}
		img, err := Image(s, text)
		if err != nil {
			return nil, err
		}
		p, err := v1.ParsePlatform(text)
		if err != nil {
			return nil, err
		}
		adds = append(adds, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: p}})
	}
	return mutate.IndexMediaType(mutate.AppendManifests(empty.Index, adds...), types.OCIImageIndex), nil
}

// Push pushes an image or an index under a reference such as k8s.gcr.io/pause:3.9
// and returns its digest. It adds the host if it does not exist.
func (w *Network) Push(reference string, what remote.Taggable) (string, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return "", err
	}
	t := remote.WithTransport(w.Host(ref.Context().RegistryStr()).Direct())
	if err := remote.Push(ref, what, t); err != nil {
		return "", fmt.Errorf("pushing %s: %w", reference, err)
	}
	return w.Digest(reference)
}

// PushImage pushes an image, or an index if platforms are given, and returns its
// digest.
func (w *Network) PushImage(reference string, seed int64, platforms ...string) (string, error) {
	var what remote.Taggable
	var err error
	if len(platforms) == 0 {
		what, err = Image(seed, "linux/amd64")
	} else {
		what, err = Index(seed, platforms...)
	}
	if err != nil {
		return "", err
	}
	return w.Push(reference, what)
}

// Digest returns the digest of a reference in the network.
func (w *Network) Digest(reference string) (string, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return "", err
	}
	desc, err := remote.Head(ref, remote.WithTransport(w.Host(ref.Context().RegistryStr()).Direct()))
	if err != nil {
		return "", err
	}
	return desc.Digest.String(), nil
}
