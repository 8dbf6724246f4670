package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A splitReference is one reference that a mapping splits across several keys.
type splitReference struct {
	registry, repository, name *syntax.Node
	organization               *syntax.Node            // between registry and repository
	keys                       map[*syntax.Node]string // the key of each of these values, apart from organization

	nameIsGeneric bool   // name is the value of the key `name`, which names other things too; see nameUse
	key           string // of the mapping
	isItem        bool   // the mapping is an item of a list
	tag, digest   string // values of sibling keys
	tagNode       *syntax.Node
	tagKey        string // the key of tagNode
	hasTags       bool   // another sibling key has another tag

	// hasVersion reports a sibling key for a tag, a digest, a version or a pull
	// policy; hasTag does not count a version, which other things have too.
	hasVersion, hasTag bool

	isImage bool   // a table or the configuration defines the place of the keys
	suffix  string // the name of an image that the tool appends

	// hasSourceKey reports a sibling key that goes with a repository of source
	// code or of charts.
	hasSourceKey bool
}

// addPart adds the scalar v of key, which has the given role. The first value
// of each role counts.
func (r *splitReference) addPart(role keyRole, key string, v *syntax.Node) {
	if role == tagPart || role == digestPart {
		r.hasVersion = true
		r.hasTag = r.hasTag || fold(key) != "version"
		r.addTag(role, key, v)
		return
	}
	if v.Value == "" || !isText(v) {
		return
	}
	switch role {
	case registryPart:
		if r.registry == nil {
			r.registry, r.keys[v] = v, key
		}
	case organizationPart:
		if r.organization == nil {
			r.organization = v
		}
	case repositoryPart:
		if r.repository == nil {
			r.repository, r.keys[v] = v, key
		}
	case namePart:
		generic := fold(key) == "name"
		if isName(v.Value) && (r.name == nil || r.nameIsGeneric && !generic) {
			r.name, r.nameIsGeneric = v, generic
			r.keys[v] = key
		}
	}
}

// addTag records the first tag and the first digest. A version is not recorded
// as a tag, because it can be that of something else.
func (r *splitReference) addTag(role keyRole, key string, v *syntax.Node) {
	switch {
	case role == digestPart && r.digest == "":
		r.digest = v.Value
	case role == tagPart && r.tag == "" && fold(key) != "version":
		r.tag, r.tagNode, r.tagKey = v.Value, v, key
	case role == tagPart && v.Value != "" && v.Value != r.tag && fold(key) != "version":
		r.hasTags = true
	}
}

// parts returns the registry of r, nil if r has none, and the values after
// it, with the name or without it. It is false if the values do not make up a
// reference: the registry is a URL or a template, another value has a domain of
// its own, or the registry is alone.
func (r *splitReference) parts(withName bool) (registry *syntax.Node, parts []*syntax.Node, ok bool) {
	registry, repository, name := r.registry, r.repository, r.name
	if !withName {
		name = nil
	}
	if registry == nil && repository != nil && name != nil {
		// repository: HOST, image: NAME
		if s := strings.TrimSuffix(repository.Value, "/"); image.IsHost(s) || hasDomain(s) {
			registry, repository = repository, nil
		}
	}
	if registry == nil {
		return nil, nil, false
	}
	if host := strings.TrimSuffix(registry.Value, "/"); !image.IsHost(host) && !isReference(host) {
		return registry, nil, false
	}
	for _, n := range []*syntax.Node{repository, name} {
		if n == nil || n == registry {
			continue
		}
		if !isReference(n.Value) || hasDomain(n.Value) {
			return registry, nil, false
		}
		parts = append(parts, n)
	}
	if r.organization != nil && len(parts) > 0 {
		if !isName(r.organization.Value) {
			return registry, nil, false
		}
		parts = append([]*syntax.Node{r.organization}, parts...)
	}
	return registry, parts, len(parts) > 0
}
