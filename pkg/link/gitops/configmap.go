package gitops

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A valuesRef is a reference of a release to values in a ConfigMap or Secret.
type valuesRef struct{ kind, name, key string }

// configMapValues returns the values that the release refers to, in a ConfigMap
// or in the stringData of a Secret of the repository.
func (g *gitopsLinker) configMapValues(release *object, ref valuesRef) (chartValues, bool) {
	if ref.key == "" {
		ref.key = "values.yaml"
	}
	data := "data"
	if ref.kind == "Secret" {
		data = "stringData"
	}
	for _, m := range g.configMapsAndSecrets() {
		otherNamespace := m.namespace() != "" && release.namespace() != "" && m.namespace() != release.namespace()
		if m.kind() != ref.kind || m.name() != ref.name || otherNamespace {
			continue
		}
		if n := m.root.Field(data).Field(ref.key); n != nil && n.Kind == syntax.Scalar {
			return mappingValues(m.file, n, format.EmbeddedMapping(n)), true
		}
	}
	return g.generatedValues(release, ref)
}

// addValuesRefs adds the names of the ConfigMaps and Secrets that a HelmRelease takes
// values from.
func (g *gitopsLinker) addValuesRefs(release *object) {
	for _, from := range link.Items(release.root.Field("spec").Field("valuesFrom")) {
		g.valuesRefs = append(g.valuesRefs, from.Str("name"))
	}
}

// configMapsAndSecrets returns the ConfigMaps and Secrets that a HelmRelease takes
// values from.
func (g *gitopsLinker) configMapsAndSecrets() []*object {
	if g.configMaps == nil {
		g.configMaps = []*object{}
		for _, f := range g.filesWith(g.valuesRefs, "ConfigMap", "Secret") {
			all, _ := objectsIn(f, "ConfigMap", "Secret")
			for _, m := range all {
				if (m.kind() == "ConfigMap" || m.kind() == "Secret") && slices.Contains(g.valuesRefs, m.name()) {
					g.configMaps = append(g.configMaps, m)
				}
			}
		}
	}
	return g.configMaps
}

// generatedValues returns the values in a ConfigMap or Secret that the
// kustomization in the folder of the release generates from a file.
func (g *gitopsLinker) generatedValues(release *object, ref valuesRef) (chartValues, bool) {
	generator := map[string]string{"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}[ref.kind]
	dir := path.Dir(release.file.Path)
	f := g.graph.File(dir)
	if f == nil {
		return chartValues{}, false
	}
	all, _ := objectsIn(f)
	for _, k := range all {
		for _, object := range link.Items(k.root.Field(generator)) {
			for _, n := range link.Items(object.Field("files")) {
				key, file, hasKey := strings.Cut(n.Value, "=")
				if !hasKey {
					key, file = path.Base(n.Value), n.Value
				}
				if object.Str("name") == ref.name && key == ref.key {
					return g.valuesFile(path.Join(dir, file))
				}
			}
		}
	}
	return chartValues{}, false
}
