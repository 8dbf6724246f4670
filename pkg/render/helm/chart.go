package helm

import "github.com/regmigrate/regmigrate/pkg/render"

// A Chart is one chart of a tree, and all it takes to render it.
type Chart struct {
	Dir  string // its folder in the tree, slash-separated, "." for the root
	Name string // as Chart.yaml says; "" when that cannot be read

	// Files are the chart's files by their path below Dir, unpacked and
	// packed sub-charts below charts/ included. Those of file:// dependencies
	// stand where `helm dependency build` would put them.
	Files map[string][]byte

	// Sets are its value sets: the default one, the files of values beside it,
	// and each ci/*-values.yaml.
	Values []Values

	// Borrowed are dependencies that charts/ does not hold and that another
	// chart of the tree stands in for, by its folder: it has the name and a
	// version that Chart.yaml asks for.
	DependencyDirs map[string]string

	// Err says why the chart could not be read whole, nil when it could. Such
	// a chart is not rendered.
	Err error
}

// A Values is what a user would give `helm template`.
type Values struct {
	Name  string   // for people: "default values", "ci/x-values.yaml"
	Files [][]byte // value files, the later ones win
	Set   []string // as in --set, after all value files
}

// Capabilities are what a chart is told about the cluster and the release.
// The zero value is DefaultKubeVersion and the release release-name in the
// namespace default, as `helm template` has them.
type Capabilities struct {
	KubeVersion string   // v1.31.0 or 1.31
	APIVersions []string // besides those that Helm knows
	Release     string
	Namespace   string
}

// Versions are the versions of a chart and of its sub-charts, by their path:
// "web", "web/charts/redis".
type Versions map[string]string

// A Rendered is the output of a chart with one set of values.
type Rendered struct {
	render.Rendered
	KubeVersion string // the version of Kubernetes that the chart was rendered for
	Library     bool   // the chart is a library chart, which renders nothing itself
	Versions    Versions

	// Missing are the dependencies in Chart.yaml that charts/ does not hold, so
	// that their output is not here.
	Missing []string
}
