package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A State is what a verdict says.
type State uint8

// The states. Failed is the zero value, so that a verdict that nobody filled
// in proves nothing.
const (
	Failed   State = iota // something else than references changed, or not as a rule says
	Unproven              // the chart does not render; Reason says why
	Proven
)

var stateNames = [...]string{Failed: "FAILED", Unproven: "unproven", Proven: "proven"}

func (s State) String() string { return stateNames[s] }

// A Verdict is what came of rendering one chart, or building one
// kustomization, before and after.
type Verdict struct {
	Dir           string // its folder
	Kustomization bool   // it is one, and no chart
	State         State

	// Reason says in a line why the verdict is not proven. It is empty for a
	// proven one.
	Reason string

	ValuesFiles int // value sets that were rendered and compared
	Objects     int // different ones, over all sets
	Moved       int // references that changed, over all sets
	Checksums   int // annotations that changed with what they are the checksum of
	RandomLines int // lines that are random or depend on the time, not compared where they differ by themselves
	Refolded    int // texts that are folded elsewhere, and mean the same but for references
	Unchanged   bool

	// Left are references that a rule would move and that are still printed
	// after the change: a template computes them, or what they are made of
	// was kept.
	Leftovers []Leftover

	// NotBuilt are the parts of a kustomization that are not in the tree, such
	// as remote bases, each with the file that takes it.
	Omitted []string

	// Renamed are objects of a kustomization whose name has a hash, and
	// followed what they hold.
	Renamed int

	// Notes say more about a failure than Reason: where it comes from.
	Notes []string

	Diffs []Diff // what should not differ; the first maxDiffs

	// NotRendered are the value sets that do not render, before and after.
	NotRendered []NotRendered

	Missing        []string          // dependencies that are not in charts/
	DependencyDirs map[string]string // see Chart.Borrowed
	VersionChanges int               // charts whose version changed; it was not compared
	KubeVersion    string            // that the chart was told
}

// A NotRendered is a value set that does not render.
type NotRendered struct{ Set, Why string }

// A Leftover is a reference that is still the old one.
type Leftover struct{ Template, Object, Field, Ref string }

// Compare orders leftovers by template, object, field and reference.
func (l Leftover) Compare(o Leftover) int {
	return slices.Compare([]string{l.Template, l.Object, l.Field, l.Ref}, []string{o.Template, o.Object, o.Field, o.Ref})
}

// A Diff is a line that should not differ.
type Diff struct {
	Set      string // the value set
	Template string // that printed it
	Object   string // as the first rendering has it
	Line     int    // 1-based, in what Template printed before; 0 for a whole template
	Before   string
	After    string
	Why      string
}

func (d Diff) String() string {
	at := d.Template
	if d.Line > 0 {
		at = fmt.Sprintf("%s, line %d of its output", at, d.Line)
	}
	if d.Object != "" {
		at += ", " + d.Object
	}
	return at + ": " + d.Why
}

// AddDiff adds a difference to the list, up to its bound.
func (v *Verdict) AddDiff(d Diff) {
	if len(v.Diffs) < maxDiffs {
		v.Diffs = append(v.Diffs, d)
	}
}

// maxDiffs bounds the differences that a verdict lists.
const maxDiffs = 20

// Summary says in a line what the verdict rests on, without the state and the
// chart.
func (v *Verdict) Summary() string {
	switch {
	case v.State != Proven:
		return v.Reason
	case v.Unchanged:
		what := "chart"
		if v.Kustomization {
			what = "kustomization"
		}
		return fmt.Sprintf("%s, no file of the %s changed", Count(v.Objects, "object"), what)
	}
	parts := []string{}
	if v.ValuesFiles > 1 {
		parts = append(parts, Count(v.ValuesFiles, "value set"))
	}
	parts = append(parts, Count(v.Objects, "object"), Count(v.Moved, "reference")+" moved")
	if v.Checksums > 0 {
		parts = append(parts, Count(v.Checksums, "checksum")+" with them")
	}
	if v.Renamed > 0 {
		parts = append(parts, Count(v.Renamed, "name")+" with a hash followed")
	}
	parts = append(parts, "nothing else changed")
	s := strings.Join(parts, ", ")
	if n := len(v.NotRendered); n > 0 {
		s += fmt.Sprintf(" (%s not rendered: %s: %s)", Count(n, "value set"), v.NotRendered[0].Set, v.NotRendered[0].Why)
	}
	for _, name := range slices.Sorted(maps.Keys(v.DependencyDirs)) {
		s += fmt.Sprintf(" (dependency %s taken from %s)", name, v.DependencyDirs[name])
	}
	return s
}

// Count formats a number of things: "1 object", "2 objects".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
