package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// A nameUse says what the value of the key `name` is in a mapping with parts of
// a reference.
type nameUse uint8

const (
	nameJoins   nameUse = iota // the last part of the reference
	nameIsLabel                // the name of the entry, and no part of the reference
	nameMayJoin                // one of the two: the keys do not show which
)

// flatRegistries are public registries whose repositories have one component:
// registry.k8s.io/pause. In others, the first component is a namespace.
var flatRegistries = set("k8s.gcr.io", "registry.k8s.io")

// nameUse decides how the value of the key `name` is used. It follows a registry
// or a namespace, never a whole repository. An example of a list whose entries
// have a name and a whole repository:
// https://github.com/gardener/gardener/blob/master/docs/deployment/image_vector.md
func (r *splitReference) nameUse() nameUse {
	switch {
	case r.name == nil || !r.nameIsGeneric:
		return nameJoins
	case !r.hasTag, r.organization != nil && r.repository != nil:
		return nameIsLabel
	case r.repository == nil:
		return nameJoins
	}
	hasRegistry := r.registry != nil && r.registry != r.repository
	before := r.repository.Value
	if hasRegistry {
		before = strings.TrimSuffix(r.registry.Value, "/") + "/" + before
	}
	if strings.HasSuffix(before, "/") || image.IsHost(before) {
		return nameJoins
	}
	ref, err := image.Parse(before)
	switch {
	case err != nil || ref.Path[strings.LastIndexByte(ref.Path, '/')+1:] == r.name.Value:
		return nameIsLabel
	case ref.Domain == "" && (r.isItem || strings.Contains(ref.Path, "/") || ref.Path == r.key):
		return nameIsLabel
	case ref.Domain == "": // a repository, or a namespace, of Docker Hub
		return nameMayJoin
	}
	return r.nameAfter(ref, hasRegistry)
}

// nameAfter decides how the name is used after ref, which one or two keys write.
func (r *splitReference) nameAfter(ref image.Ref, hasRegistry bool) nameUse {
	isFlat := !strings.Contains(ref.Path, "/")
	isImage := !r.isItem && strings.HasSuffix(fold(r.key), "image")
	switch {
	case isFlat && flatRegistries[ref.Domain]:
		return nameIsLabel
	case hasRegistry && isImage && isFlat:
		return nameMayJoin
	case hasRegistry:
		return nameIsLabel
	case isImage:
		return nameJoins
	case isFlat && image.CanonicalHost(ref.Domain) == image.DockerHub:
		return nameMayJoin
	case isFlat && !r.isItem:
		return nameJoins
	}
	return nameIsLabel
}
