package format

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// isComposeImage reports whether f is the image of a service that Compose does
// not build.
// Source: https://github.com/compose-spec/compose-spec/blob/main/05-services.md#image
func isComposeImage(f *frame) bool {
	keys := f.keys()
	return len(keys) == 3 && keys[0] == "services" && keys[2] == "image" && f.up.node.Field("build") == nil
}

// isCompose reports whether f is in a Compose file: the file has the name of
// one, or the root of the document has services and only keys of Compose.
func (d *detector) isCompose(f *frame) bool {
	base := path.Base(d.in.Path)
	stem := strings.TrimSuffix(strings.TrimSuffix(base, ".yml"), ".yaml")
	if stem == "compose" || stem == "docker-compose" || strings.HasPrefix(stem, "docker-compose.") || strings.HasPrefix(stem, "compose.") || strings.HasPrefix(stem, "docker-compose-") {
		return true
	}
	for f.up != nil {
		f = f.up
	}
	is, known := d.compose[f.node]
	if !known {
		is = isComposeRoot(f.node)
		d.compose[f.node] = is
	}
	return is
}

func isComposeRoot(root *syntax.Node) bool {
	services := root.Field("services")
	if services == nil || services.Kind != syntax.Mapping {
		return false
	}
	for i := 0; i < len(root.Children); i += 2 {
		switch k := root.Children[i].Value; k {
		case "version", "name", "services", "networks", "volumes", "configs", "secrets", "include":
		default:
			if !strings.HasPrefix(k, "x-") {
				return false
			}
		}
	}
	return root.Field("version") != nil || root.Field("networks") != nil || root.Field("volumes") != nil
}
