package builds

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// skaffold replaces an image without a digest that is written as the name of an artifact,
// whatever its tag is.
// Source: https://skaffold.dev/docs/references/yaml/ (build.artifacts[].image), and
// selectLocalManifestImages in pkg/skaffold/kubernetes/manifest/images.go.
var skaffold = &tool{
	isConfig: func(name string) bool {
		base := path.Base(name)
		return strings.Contains(base, "skaffold") && (path.Ext(base) == ".yaml" || path.Ext(base) == ".yml")
	},
	names: func(src []byte) []string {
		var out []string
		y, err := syntax.ParseYAML(src, nil)
		if err != nil {
			return nil
		}
		for _, doc := range y.Docs {
			if doc.Root == nil || !strings.HasPrefix(doc.Root.Str("apiVersion"), "skaffold/") {
				continue
			}
			builds := []*syntax.Node{doc.Root.Field("build")}
			for _, profile := range link.Items(doc.Root.Field("profiles")) {
				builds = append(builds, profile.Field("build"))
			}
			for _, b := range builds {
				for _, artifact := range link.Items(b.Field("artifacts")) {
					out = append(out, artifact.Str("image"))
				}
			}
		}
		return out
	},
	name: func(r image.Ref) string {
		if r.Digest != "" {
			return ""
		}
		return strings.TrimPrefix(r.Domain+"/"+r.Path, "/")
	},
}
