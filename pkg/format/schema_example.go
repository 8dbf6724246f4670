package format

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// isSchemaExample reports whether f is in an example of a JSON schema, or in a default
// of the schema of a chart: nothing is set to these texts. Helm does not use the
// defaults of a values.schema.json; the API server of Kubernetes and other programs do
// use those of their schemas.
// Source: https://json-schema.org/understanding-json-schema/reference/annotations,
// https://helm.sh/docs/topics/charts/#schema-files
func (d *detector) isSchemaExample(f *frame) bool {
	isExample, inCRD := false, false
	root := f
	for g := f; g.up != nil && !g.inner; g = g.up {
		root = g.up
		switch k := fold(g.key); {
		case g.item:
		case k == "example", k == "examples", k == "default" && path.Base(d.in.Path) == "values.schema.json":
			isExample = isExample || isSchema(g.up)
		case k == "openapiv3schema":
			inCRD = true
		}
	}
	return isExample && (inCRD || root.node != nil && strings.Contains(root.node.Str("$schema"), "json-schema.org/"))
}

// isSchema reports whether the mapping f may be a JSON schema, and is not the mapping of
// the properties of one, in which each key is the name of a property.
func isSchema(f *frame) bool {
	if f.node == nil || f.node.Kind != syntax.Mapping || f.key == "properties" && !f.item {
		return false
	}
	return f.node.Str("type") != "" || f.node.Str("title") != "" || f.node.Str("description") != "" || f.node.Str("$ref") != ""
}
