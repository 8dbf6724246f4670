package format

import "path"

// featureFields are the fields of a development container's files that name
// features, by file. The features themselves are keys, which do not move, so
// these names do not move either.
// Sources: https://containers.dev/implementors/json_reference/#general-properties,
// https://containers.dev/implementors/features/#devcontainer-feature-json-properties,
// https://github.com/devcontainers/spec/blob/main/docs/specs/devcontainer-lockfile.md
var featureFields = map[string]map[string]bool{
	"devcontainer.json":         {"overrideFeatureInstallOrder": true},
	".devcontainer.json":        {"overrideFeatureInstallOrder": true},
	"devcontainer-feature.json": {"installsAfter": true},
	"devcontainer-lock.json":    {"resolved": true, "dependsOn": true},
	".devcontainer-lock.json":   {"resolved": true, "dependsOn": true},
}

// keepFeatures keeps the value at f if it names a feature of a development
// container.
func (d *detector) keepFeatures(f *frame) {
	if f.keep == "" && featureFields[path.Base(d.in.Path)][f.key] {
		f.keep, f.note = Key, "the name of a feature, which is a key in devcontainer.json"
	}
}
