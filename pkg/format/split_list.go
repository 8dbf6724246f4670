package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// splitList adds the references that a list of names and values splits across
// its items, such as the environment of a container or the parameters of an
// Argo CD application. A registry and a repository belong together only if
// their names have the same prefix (see keyPart). A repository without a registry is
// likely an image if it has a tag and its name contains image.
func (d *detector) splitList(f *frame) {
	if f.keep != "" || len(f.node.Children) < 2 {
		return
	}
	registries, repositories := map[string]*frame{}, map[string]*frame{}
	tags := map[string]string{}
	var order, names []string // the prefixes of registries, and of repositories
	for i, item := range f.node.Children {
		item = item.Resolve()
		name, value := item.Str("name"), item.Field("value")
		if name == "" || value == nil || value.Kind != syntax.Scalar || keptListReason(fold(name)) != "" {
			continue
		}
		g := f.below(item)
		g.item, g.index = true, i
		v := g.below(value).withKey("value")
		switch role, prefix := keyPart(name); {
		case role == registryPart && registries[prefix] == nil && image.IsHost(strings.TrimSuffix(value.Value, "/")):
			registries[prefix] = v
			order = append(order, prefix)
		case role == repositoryPart && repositories[prefix] == nil && isName(value.Value):
			repositories[prefix] = v
			if strings.Contains(fold(name), "image") {
				names = append(names, prefix)
			}
		case (role == tagPart || role == digestPart) && fold(name) != "version":
			tags[prefix] = value.Value
		}
	}
	for _, prefix := range names {
		if v := repositories[prefix]; registries[prefix] == nil && tags[prefix] != "" && isReference(v.node.Value) {
			d.add(v, Occurrence{Pieces: []Piece{d.piece(v.node, Whole, "")}, LikelyImage: true, Tag: tags[prefix], InRepositoryKey: true})
		}
	}
	for _, prefix := range order {
		registry, repository := registries[prefix], repositories[prefix]
		if repository == nil {
			continue
		}
		first, second := d.piece(registry.node, Registry, separatorAfter(registry.node.Value)), d.piece(repository.node, Repository, "")
		first.Field, second.Field = registry.field(), repository.field()
		d.add(registry, Occurrence{Pieces: []Piece{first, second}, IsImage: true})
	}
}
