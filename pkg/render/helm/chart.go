// Package helm renders Helm charts before and after a change, and traces which
// values each rendered reference is made of.
//
// [Charts] finds the charts of a tree of files. [Verify] renders each of them
// with each of its values files before and after the change, and compares.
// [TraceChart] renders a chart with markers in place of values. All rendering
// runs in the child processes of a [render.Runner], for which HandleRender,
// HandleTrace, HandleTemplate, HandleSchema and HandleReads are the handlers.
//
// A chart renders as with `helm template --include-crds`, without a cluster and
// without network: lookup returns nothing, and host names are not resolved.
// Values are validated against the values.schema.json of the chart and of its
// sub-charts; schemas of other documents, which Helm would fetch or read from
// the machine, are named in [SchemaCheck] instead. NOTES.txt is rendered, and its output is
// dropped. The chart gets the capabilities of [DefaultKubeVersion] with every
// API that Helm knows. The engine of templates is that of Helm with two more limits,
// which are the same on every machine: the depth of templates, and the size of an
// output.
package helm

import "github.com/regmigrate/regmigrate/pkg/render"

// A Chart is a chart of a tree, with all that rendering needs.
type Chart struct {
	Dir  string // its folder in the tree, slash-separated, "." for the root
	Name string // the name in Chart.yaml; "" when Chart.yaml cannot be read

	// Files are the files of the chart by their path in Dir, with the unpacked
	// and packed sub-charts in charts/. The files of file:// dependencies are
	// where `helm dependency build` puts them.
	Files map[string][]byte

	// Values are the default values, and each other values file of the chart:
	// those next to values.yaml, and ci/*-values.yaml.
	Values []Values

	// DependencyDirs are the folders of charts in the tree that are used for
	// dependencies which charts/ does not hold, by the name of the dependency.
	// Such a chart has the name and a version that Chart.yaml requires.
	DependencyDirs map[string]string

	// Err says why the chart could not be read completely. A chart with an Err
	// is not rendered.
	Err error
}

// Values are the arguments of `helm template` that set values.
type Values struct {
	Name  string   // for messages: "default values", "ci/x-values.yaml"
	Files [][]byte // contents of values files; later files override earlier ones
	Set   []string // arguments of --set, applied after all files
}

// Capabilities are the properties of the cluster and the release that templates
// can read. The zero value means DefaultKubeVersion and, as with `helm
// template`, the release release-name in the namespace default.
type Capabilities struct {
	KubeVersion string   // v1.31.0 or 1.31
	APIVersions []string // in addition to those that Helm knows
	Release     string
	Namespace   string
	IsUpgrade   bool // the release exists already
}

// Versions are the versions of a chart and its sub-charts by their path: "web",
// "web/charts/redis".
type Versions map[string]string

// A Rendered is the output of a chart for one Values.
type Rendered struct {
	render.Rendered
	KubeVersion string // the version of Kubernetes that the chart was rendered for
	Library     bool   // a library chart: Helm does not render it by itself
	Versions    Versions
	Schema      SchemaCheck

	// Missing are the dependencies in Chart.yaml that charts/ does not hold. The
	// output does not contain their objects.
	Missing []string
}
