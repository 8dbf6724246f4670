package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A State is the result of a verification.
type State uint8

// The states. Failed is the zero value: an empty verdict proves nothing.
const (
	Failed   State = iota // something other than references changed, or a reference did not change as a rule says
	Unproven              // the output could not be compared; Reason says why
	Proven
)

var stateNames = [...]string{Failed: "FAILED", Unproven: "unproven", Proven: "proven"}

func (s State) String() string { return stateNames[s] }

// A Kind is what a verdict is about.
type Kind string

// The kinds of verdicts about a file. Objects of a Compose project are services, and its
// ValuesFiles are environment files. Objects of a Dockerfile are stages. A release is a chart
// that an object of Flux or Argo CD deploys.
const (
	ComposeFile Kind = "Compose file"
	Dockerfile  Kind = "Dockerfile"
	Release     Kind = "release"
)

// kind returns what the verdict is about, and the names of its objects and values files.
func (v *Verdict) kind() (kind, object, valuesFile string) {
	switch {
	case v.Kind == ComposeFile:
		return "project", "service", "environment"
	case v.Kind == Dockerfile:
		return "build", "stage", ""
	case v.Kind == Release:
		return "release", "object", "values file"
	case v.Kustomization:
		return "kustomization", "object", "values file"
	}
	return "chart", "object", "values file"
}

// A Verdict is the result of rendering a chart or building a kustomization
// before and after a change.
type Verdict struct {
	Dir           string // the folder of the chart or kustomization; the path of a file of another Kind
	Kustomization bool   // false for a chart
	Kind          Kind   // the zero value for charts and kustomizations
	Object        string // of a release: its kind and name
	State         State

	// Reason says in one line why the state is not Proven. It is empty for
	// Proven.
	Reason string

	// Renderer is the program of the user that rendered the chart, with its version; empty
	// for the library.
	Renderer string

	// Counts over the renderings with all values files. Objects and references
	// that several renderings contain count once.
	ValuesFiles int // values files that were rendered and compared; the default values count as one
	Objects     int
	Moved       int // references that changed
	Checksums   int // checksums that changed together with other lines
	AddedKeys   int // keys that let charts use images of other registries
	RandomLines int // lines that differ from one rendering to the next, and were compared in the rest of the line only
	Refolded    int // texts whose lines break elsewhere, and that differ in references only

	// Backstop says that a backstop ended a rendering: on another machine the
	// verdict may be another one. See [IsBackstop].
	Backstop bool

	// Unchanged says that no file changed.
	Unchanged bool

	// Through are the folders of the kustomizations that use this component and whose
	// verdicts decided its own; empty for a component that was built alone.
	Through []string

	// Leftovers are references that a rule matches and that the output after the
	// change still contains: a template computes them, or their values were not
	// changed.
	Leftovers []Leftover

	// Omitted are the parts of a kustomization that are not in the tree, such as
	// remote bases, each with the file that refers to it. They were not built.
	Omitted []string

	// Renamed is the number of generated objects of a kustomization whose name
	// ends in a hash and changed with their content.
	Renamed int

	// Notes explain Reason.
	Notes []string

	Diffs []Diff // the first maxDiffs

	// NotRendered are the values files with which the chart renders neither
	// before nor after the change.
	NotRendered []NotRendered

	Missing        []string          // dependencies of the chart that charts/ does not hold
	DependencyDirs map[string]string // see helm.Chart
	VersionChanges int               // charts whose version changed; versions are not compared
	KubeVersion    string            // the version of Kubernetes that the chart was rendered for
}

// A NotRendered is a values file with which a chart does not render.
type NotRendered struct{ Values, Why string }

// A Leftover is a reference that a rule matches after the change.
type Leftover struct{ Template, Object, Field, Ref string }

// Compare orders leftovers by template, object, field and reference.
func (l Leftover) Compare(o Leftover) int {
	return slices.Compare([]string{l.Template, l.Object, l.Field, l.Ref}, []string{o.Template, o.Object, o.Field, o.Ref})
}

// A Diff is a difference that fails a verdict.
type Diff struct {
	Values   string // the values file
	Template string // the template that printed the line
	Object   string // the object of the line, as it is before the change
	Line     int    // 1-based, in the output of Template before the change; 0 for the whole output
	Before   string
	After    string
	Why      string
}

func (d Diff) String() string {
	at := d.Template
	if d.Line > 0 {
		at = fmt.Sprintf("%s, output line %d", at, d.Line)
	}
	if d.Object != "" {
		at += ", " + d.Object
	}
	return at + ": " + d.Why
}

// AddDiff adds d to v.Diffs unless the list is full.
func (v *Verdict) AddDiff(d Diff) {
	if len(v.Diffs) < maxDiffs {
		v.Diffs = append(v.Diffs, d)
	}
}

// maxDiffs bounds the differences that a verdict lists.
const maxDiffs = 20

// Summary explains the state in one line, without naming the state or the
// folder.
func (v *Verdict) Summary() string {
	kind, object, valuesFile := v.kind()
	switch {
	case v.State != Proven:
		return v.Reason
	case v.Unchanged:
		return v.through() + fmt.Sprintf("%s, no file of the %s changed", Count(v.Objects, object), kind)
	}
	parts := []string{}
	if v.ValuesFiles > 1 {
		parts = append(parts, Count(v.ValuesFiles, valuesFile))
	}
	parts = append(parts, Count(v.Objects, object), Count(v.Moved, "reference")+" moved")
	if v.Checksums > 0 {
		parts = append(parts, Count(v.Checksums, "checksum")+" changed with them")
	}
	if v.AddedKeys > 0 {
		parts = append(parts, Count(v.AddedKeys, "key")+" global.security.allowInsecureImages added")
	}
	if v.Renamed > 0 {
		parts = append(parts, Count(v.Renamed, "generated name")+" changed with the content")
	}
	parts = append(parts, "nothing else changed")
	s := v.through() + strings.Join(parts, ", ")
	if n := len(v.NotRendered); n > 0 {
		s += fmt.Sprintf(" (%s not rendered: %s: %s)", Count(n, valuesFile), v.NotRendered[0].Values, v.NotRendered[0].Why)
	}
	for _, name := range slices.Sorted(maps.Keys(v.DependencyDirs)) {
		s += fmt.Sprintf(" (dependency %s taken from %s)", name, v.DependencyDirs[name])
	}
	return s
}

// through names the kustomizations that prove a component.
func (v *Verdict) through() string {
	switch n := len(v.Through); n {
	case 0:
		return ""
	case 1:
		return "in " + v.Through[0] + ", which uses it: "
	default:
		return fmt.Sprintf("in %s and %d more, which use it: ", v.Through[0], n-1)
	}
}

// Count formats a number of things: "1 object", "2 objects".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
