package gitops

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
)

// A valuesRef is a reference of a release to values in a ConfigMap or Secret.
type valuesRef struct{ kind, name, key string }

// configMapValues returns the values that the release refers to, in a ConfigMap
// or a Secret of the repository.
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
		if n := m.root.Field("data").Field(ref.key); ref.kind == "Secret" && n != nil && n.Kind == syntax.Scalar {
			return encodedValues(m.file, n)
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

// encodedValues returns the values in the scalar n of f, which is in Base64: the data of a
// Secret. It returns false for text that is no Base64, such as what another program
// encrypted.
func encodedValues(f *link.File, n *syntax.Node) (chartValues, bool) {
	text, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
	if err != nil {
		return chartValues{}, false
	}
	var root *syntax.Node
	if y, err := syntax.ParseYAML(text, nil); err == nil && len(y.Docs) > 0 && y.Docs[0].Root != nil && y.Docs[0].Root.Kind == syntax.Mapping {
		root = y.Docs[0].Root
	}
	v := mappingValues(f, n, root)
	v.isEncoded, v.addTo = true, func(*absentchart.Values) {}
	v.decoded = &syntax.Node{Kind: syntax.Scalar, Tag: "!!str", Value: string(text), Span: edit.Span{End: len(text)}}
	return v, true
}
