package testregistry

import (
	"fmt"
	"maps"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// An artifactType has the media types of the configuration and of the layers of an
// artifact that is no image.
type artifactType struct {
	config types.MediaType
	layers []types.MediaType
}

// artifactTypes are what the tools that push these artifacts write.
// Sources: https://helm.sh/docs/topics/registries/#helm-chart-manifest and
// https://containers.dev/implementors/features-distribution/#oci-registry.
var artifactTypes = map[string]artifactType{
	"chart": {
		"application/vnd.cncf.helm.config.v1+json",
		[]types.MediaType{"application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/vnd.cncf.helm.chart.provenance.v1.prov"},
	},
	"feature": {
		"application/vnd.devcontainers",
		[]types.MediaType{"application/vnd.devcontainers.layer.v1+tar"},
	},
}

// PushArtifact pushes an artifact of a kind (chart, feature) that contains text, and
// returns its digest.
func (w *Network) PushArtifact(reference, kind, text string) (string, error) {
	typ, ok := artifactTypes[kind]
	if !ok {
		return "", fmt.Errorf("unknown kind %q; known: %v", kind, slices.Sorted(maps.Keys(artifactTypes)))
	}
	out := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), typ.config)
	for i, layer := range typ.layers {
		var err error
		add := mutate.Addendum{
			Layer:       static.NewLayer(fmt.Appendf(nil, "%s %d", text, i), layer),
			Annotations: map[string]string{"org.opencontainers.image.title": text},
		}
		if out, err = mutate.Append(out, add); err != nil {
			return "", err
		}
	}
	return w.Push(reference, mutate.Annotations(out, map[string]string{"org.opencontainers.image.description": text}).(v1.Image))
}
