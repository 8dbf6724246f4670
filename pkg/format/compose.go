package format

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// ComposeName is the name of a Compose file, for [Input.As].
const ComposeName = "compose.yaml"

// IsCompose reports whether name is the path of a Compose file.
func IsCompose(name string) bool {
	return strings.Contains(path.Base(name), "compose") && slices.ContainsFunc(entries().files, func(e *tableEntry) bool {
		return e.tool == "Compose" && e.Root == nil && e.matchesFile(&Input{Path: name})
	})
}

// ComposeFiles returns the paths of the files that the Compose file at name, with the
// content src, includes or extends: relative to the root, without variables.
// Sources: https://github.com/compose-spec/compose-spec/blob/main/05-services.md#extends,
// https://github.com/compose-spec/compose-spec/blob/main/14-include.md
func ComposeFiles(name string, src []byte) []string {
	if !bytes.Contains(src, []byte("extends")) && !bytes.Contains(src, []byte("include")) {
		return nil
	}
	file, err := syntax.ParseYAML(src, nil)
	if err != nil {
		return nil
	}
	var named []*syntax.Node
	for _, doc := range file.Docs {
		if doc.Root != nil {
			named = append(named, composeNames(doc.Root)...)
		}
	}
	var out []string
	for _, n := range named {
		if n = n.Resolve(); n == nil || n.Kind != syntax.Scalar || n.Value == "" || strings.ContainsAny(n.Value, "$:\\") || path.IsAbs(n.Value) {
			continue
		}
		if at := path.Join(path.Dir(name), n.Value); at != name && !strings.HasPrefix(at, "..") {
			out = append(out, at)
		}
	}
	return out
}

// composeNames returns the values in the document at root that name other files.
func composeNames(root *syntax.Node) (out []*syntax.Node) {
	services := root.Field("services")
	if services == nil {
		services = root // version 1
	}
	for i := 1; services.Kind == syntax.Mapping && i < len(services.Children); i += 2 {
		out = append(out, services.Children[i].Resolve().Field("extends").Field("file"))
	}
	include := root.Field("include")
	for i := 0; include != nil && include.Kind == syntax.Sequence && i < len(include.Children); i++ {
		paths := include.Children[i].Resolve()
		if at := paths.Field("path"); at != nil {
			paths = at
		}
		if paths.Kind == syntax.Sequence {
			out = append(out, paths.Children...)
		} else {
			out = append(out, paths)
		}
	}
	return out
}
