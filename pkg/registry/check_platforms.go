package registry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// comparePlatforms compares two references with different digests platform by
// platform. It returns the comparison and a line that summarizes it.
func (c *Client) comparePlatforms(ctx context.Context, from, to name.Reference, old, new string) ([]Platform, string) {
	oldDigests, err := c.platforms(ctx, from.Context(), old)
	if err != nil {
		return nil, "the platforms could not be compared: " + describeError(from, err)
	}
	newDigests, err := c.platforms(ctx, to.Context(), new)
	if err != nil {
		return nil, "the platforms could not be compared: " + describeError(to, err)
	}
	names := map[string]bool{}
	for p := range oldDigests {
		names[p] = true
	}
	for p := range newDigests {
		names[p] = true
	}
	var out []Platform
	for p := range names {
		out = append(out, Platform{Name: p, Old: oldDigests[p], New: newDigests[p]})
	}
	slices.SortFunc(out, func(a, b Platform) int { return cmp.Compare(a.Name, b.Name) })
	return out, summarizePlatforms(out)
}

// summarizePlatforms returns a line that summarizes a comparison.
func summarizePlatforms(ps []Platform) string {
	var differ, gone, more []string
	same := 0
	for _, p := range ps {
		switch {
		case p.Old == p.New:
			same++
		case p.New == "":
			gone = append(gone, p.Name)
		case p.Old == "":
			more = append(more, p.Name)
		default:
			differ = append(differ, p.Name)
		}
	}
	var parts []string
	for _, x := range []struct {
		label string
		names []string
	}{{"differs on ", differ}, {"missing: ", gone}, {"only in the new image: ", more}} {
		if len(x.names) > 0 {
			parts = append(parts, x.label+strings.Join(x.names, ", "))
		}
	}
	switch {
	case len(parts) == 0:
		return fmt.Sprintf("the images of all %d platforms are the same; only the indexes differ", same)
	case same > 0:
		parts = append(parts, fmt.Sprintf("same: %d", same))
	}
	return strings.Join(parts, "; ")
}

// A manifest holds the fields of an index or an image manifest that this package
// needs.
type manifest struct {
	MediaType types.MediaType `json:"mediaType"`
	Manifests []v1.Descriptor `json:"manifests"`
	Config    *v1.Descriptor  `json:"config"`
	Layers    []v1.Descriptor `json:"layers"`
}

func parseManifest(data []byte) (*manifest, error) {
	m := &manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("reading a manifest: %w", err)
	}
	return m, nil
}

// platforms returns the digests of the images by platform. It skips attestations,
// which have the platform unknown/unknown in an index.
func (c *Client) platforms(ctx context.Context, repo name.Repository, digest string) (map[string]string, error) {
	data, err := c.readManifest(ctx, repo, digest)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(data)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	if m.Manifests == nil {
		p, err := c.configPlatform(ctx, repo, m)
		if err != nil {
			return nil, err
		}
		out[p] = digest
		return out, nil
	}
	for _, d := range m.Manifests {
		p := "unknown"
		if d.Platform != nil {
			p = d.Platform.String()
		}
		if p == "unknown" || p == "unknown/unknown" {
			continue
		}
		out[p] = d.Digest.String()
	}
	return out, nil
}

// configPlatform returns the platform in the configuration of an image.
func (c *Client) configPlatform(ctx context.Context, repo name.Repository, m *manifest) (string, error) {
	if m.Config == nil {
		return "unknown", nil
	}
	data, err := c.readConfig(ctx, repo, m.Config.Digest.String())
	if err != nil {
		return "", err
	}
	config, err := v1.ParseConfigFile(bytes.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("reading the configuration of an image: %w", err)
	}
	if p := config.Platform(); p != nil {
		return p.String(), nil
	}
	return "unknown", nil
}

// maxConfigSize is the maximum size of a configuration, in bytes.
const maxConfigSize = 8 << 20

// readConfig returns the configuration of an image, from the cache if possible.
func (c *Client) readConfig(ctx context.Context, repo name.Repository, digest string) ([]byte, error) {
	if data, ok := c.o.Cache.manifest(digest); ok {
		return data, nil
	}
	if c.o.Offline {
		return nil, errOffline
	}
	layer, err := c.puller.Layer(ctx, repo.Digest(digest))
	if err != nil {
		return nil, err
	}
	r, err := layer.Compressed()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of an image: %w", err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxConfigSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of an image: %w", err)
	}
	if len(data) > maxConfigSize {
		return nil, fmt.Errorf("the configuration of an image is larger than %d MiB", maxConfigSize>>20)
	}
	_ = c.o.Cache.putManifest(digest, data) // the result does not depend on the cache
	return data, nil
}
