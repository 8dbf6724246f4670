package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// splitList finds the references that a list of names and values spreads over
// its items, such as the environment of a container or the parameters of an
// Argo CD application, and adds them. Only a registry and a repository whose
// names differ in nothing else belong together.
func (d *detector) splitList(f *frame) {
	if f.keep != "" || len(f.node.Children) < 2 {
		return
	}
	registries, repositories := map[string]*frame{}, map[string]*frame{}
	var order []string
	for i, item := range f.node.Children {
		item = item.Resolve()
		name, value := item.Str("name"), item.Field("value")
		if name == "" || value == nil || value.Kind != syntax.Scalar || keptListReason(fold(name)) != "" {
			continue
		}
		g := f.below(item)
		g.item, g.index = true, i
		v := g.below(value).called("value")
		switch p, of := keyPart(name); {
		case p == registryPart && registries[of] == nil && image.IsHost(strings.TrimSuffix(value.Value, "/")):
			registries[of] = v
			order = append(order, of)
		case p == repositoryPart && repositories[of] == nil && isName(value.Value):
			repositories[of] = v
		}
	}
	for _, of := range order {
		registry, repository := registries[of], repositories[of]
		if repository == nil {
			continue
		}
		sep := "/"
		if strings.HasSuffix(registry.node.Value, "/") {
			sep = ""
		}
		first, second := d.piece(registry.node, Registry, sep), d.piece(repository.node, Repository, "")
		first.Field, second.Field = registry.field(), repository.field()
		d.add(registry, Occurrence{Pieces: []Piece{first, second}, IsImage: true})
	}
}
