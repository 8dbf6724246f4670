package render

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
	Sets []ValueSet

	// Borrowed are dependencies that charts/ does not hold and that another
	// chart of the tree stands in for, by its folder: it has the name and a
	// version that Chart.yaml asks for.
	Borrowed map[string]string

	// Err says why the chart could not be read whole, nil when it could. Such
	// a chart is not rendered.
	Err error
}

// A ValueSet is what a user would give `helm template`.
type ValueSet struct {
	Name   string   // for people: "default values", "ci/x-values.yaml"
	Values [][]byte // value files, the later ones win
	Set    []string // as in --set, after all value files
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

// A Rendered is what a chart prints with one value set.
type Rendered struct {
	Texts       []Text // sorted by template
	KubeVersion string // that the chart was told
	Library     bool   // a library chart: nothing to render by itself
	Versions    Versions
	Inflated    map[string]Versions // those of the charts that a kustomization takes

	// Missing are dependencies of Chart.yaml that are not in charts/, so
	// that what they would print is not here.
	Missing []string
}

// A Text is what one template prints.
type Text struct {
	Template string // its path below the chart's folder
	Body     string
	Objects  []Object
	Hashed   bool // the name ends in the hash that kustomize gives what it holds
}

// An Object is one object of a text. An item of a List is one.
type Object struct {
	Kind, Namespace, Name string
	Line                  int // 1-based, in the text, where its document begins
	Refs                  []Ref
}

// String is Kind, namespace and name, as kubectl writes them.
func (o Object) String() string {
	s := o.Kind + "/" + o.Name
	if o.Namespace != "" {
		s += " in " + o.Namespace
	}
	return s
}

// A Ref is an image reference of an object.
type Ref struct {
	Field string // where it stands: .spec.containers[0].image
	Text  string
}

// Objects returns the number of objects that were rendered.
func (r *Rendered) Objects() int {
	n := 0
	for i := range r.Texts {
		n += len(r.Texts[i].Objects)
	}
	return n
}
