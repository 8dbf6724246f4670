package format

import (
	"path"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// A featureTable says where a file of a development container names features.
type featureTable struct {
	keys   string          // the field of the root whose keys are features; may be ""
	values map[string]bool // keys whose values are names of features
}

// featureTables are the tables by the name of the file.
// Sources: https://containers.dev/implementors/json_reference/#general-properties,
// https://github.com/devcontainers/spec/blob/main/docs/specs/devcontainer-lockfile.md
var featureTables = map[string]featureTable{
	"devcontainer.json":       {"features", set("overrideFeatureInstallOrder")},
	".devcontainer.json":      {"features", set("overrideFeatureInstallOrder")},
	"devcontainer-lock.json":  {"features", set("resolved", "dependsOn")},
	".devcontainer-lock.json": {"features", set("resolved", "dependsOn")},
}

// featureKey adds the key k of the mapping at f if it is a feature of a
// development container. It returns false if it is not.
func (d *detector) featureKey(f *frame, k *syntax.Node) bool {
	table := featureTables[path.Base(d.in.Path)]
	if f.keep != "" || f.up == nil || f.up.up != nil || f.key == "" || f.key != table.keys || !hasDomain(k.Value) {
		return false
	}
	o := Occurrence{Pieces: []Piece{d.piece(k, Registry, "")}, Kind: Feature, IsKey: true}
	for i := 0; i+1 < len(f.node.Children); i += 2 {
		if other := f.node.Children[i]; other != k {
			o.OtherKeys = append(o.OtherKeys, other.Value)
		}
	}
	d.add(f.below(k).withKey(k.Value), o)
	return true
}

// featureName adds the value at f if it names a feature of a development
// container. It returns false if it does not.
func (d *detector) featureName(f *frame) bool {
	field := f
	if f.item {
		field = f.up
	}
	if !featureTables[path.Base(d.in.Path)].values[field.key] || !hasDomain(f.node.Value) {
		return false
	}
	d.add(f, Occurrence{Pieces: []Piece{d.piece(f.node, Registry, "")}, Kind: Feature})
	return true
}

// keepFeatures keeps the value at f if it lists features that another repository
// names: those after which a feature is installed.
// Source: https://containers.dev/implementors/features/#devcontainer-feature-json-properties
func (d *detector) keepFeatures(f *frame) {
	if f.keep == "" && path.Base(d.in.Path) == "devcontainer-feature.json" && f.key == "installsAfter" {
		f.keep, f.note = Key, "the name of a feature, which is a key in a devcontainer.json of another repository"
	}
}
