package gitops

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// configMap returns the values in a ConfigMap of the release e, or in a Secret
// whose data is spelled out, where the repository has it.
func (d *gitopsLinker) configMap(e *entity, kind, name, key string) (valuesAt, bool) {
	if key == "" {
		key = "values.yaml"
	}
	if d.maps == nil {
		d.maps = []*entity{}
		for _, f := range d.files(false, "ConfigMap", "Secret") {
			all, _ := entities(f)
			for _, m := range all {
				if m.kind() == "ConfigMap" || m.kind() == "Secret" {
					d.maps = append(d.maps, m)
				}
			}
		}
	}
	for _, m := range d.maps {
		if m.kind() != kind || m.name() != name || m.namespace() != "" && e.namespace() != "" && m.namespace() != e.namespace() {
			continue
		}
		data := "data"
		if kind == "Secret" {
			data = "stringData"
		}
		if n := m.root.Field(data).Field(key); n != nil && n.Kind == syntax.Scalar {
			return valuesAt{file: m.file, node: n, get: byPath(format.EmbeddedMapping(n))}, true
		}
	}
	return d.generatedMap(e, kind, name, key)
}

// generatedMap returns the values in a ConfigMap that the kustomization beside
// the release e makes of a file.
func (d *gitopsLinker) generatedMap(e *entity, kind, name, key string) (valuesAt, bool) {
	generator := map[string]string{"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}[kind]
	dir := path.Dir(e.file.Path)
	f := d.graph.File(dir)
	if f == nil {
		return valuesAt{}, false
	}
	all, _ := entities(f)
	for _, k := range all {
		for _, g := range Items(k.root.Field(generator)) {
			for _, n := range Items(g.Field("files")) {
				as, file, named := strings.Cut(n.Value, "=")
				if !named {
					as, file = path.Base(n.Value), n.Value
				}
				if g.Str("name") == name && as == key {
					return d.valuesFile(path.Join(dir, file))
				}
			}
		}
	}
	return valuesAt{}, false
}
