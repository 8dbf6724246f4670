package format

import "slices"

// A Kind is what a reference names.
type Kind uint8

// The kinds of references. All but ChartRepository are in registries.
const (
	Image           Kind = iota // a container image
	Chart                       // a Helm chart, or a registry of Helm charts
	ChartRepository             // the address of a repository of Helm charts on a web server
	Feature                     // a feature of development containers
	Package                     // a package of Crossplane
	Artifact                    // anything else in a registry, such as manifests for Flux
)

// KindNames are the names of the kinds in flags and in JSON, in the order of the
// kinds.
var KindNames = []string{"image", "chart", "chart-repository", "feature", "package", "artifact"}

func (k Kind) String() string { return KindNames[k] }

// ParseKind returns the kind called name, and whether that kind exists.
func ParseKind(name string) (Kind, bool) {
	i := slices.Index(KindNames, name)
	return Kind(max(i, 0)), i >= 0
}
