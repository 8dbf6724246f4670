// Package chart links the files of a Helm chart: the values that form a
// reference, the values of sub-charts, the annotations that list images, the
// README and the version.
//
// A rendering shows which values form a reference (link.Tree.TraceChart), so
// keys may have any name. If a chart does not render, a rendering without what is
// missing shows it (link.TracedRef.Tolerant). For values that no rendered reference
// shows, the names of keys decide.
package chart

import (
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// Linker returns the linker of charts, which raises versions by bump.
func Linker(bump VersionBump) *link.Linker {
	var tested []format.Occurrence
	return &link.Linker{
		Wants:         isChartFile,
		RunOnce:       true,
		HasHiddenRefs: func(path string) bool { return IsValuesFile(path) || isTestSuite(path) },
		Link: func(t *link.Tree, move link.MoveFunc) []link.Group {
			charts := tracedChartsOf(t)
			groups := linkCharts(charts, move)
			for _, c := range charts {
				tested = append(tested, c.tested...)
			}
			return groups
		},
		Consequences: func(t *link.Tree, moved []link.MovedPiece) []link.Consequence {
			adviseComparisons(t, moved)
			adviseSnapshots(t, moved)
			adviseTests(t, tested, moved)
			return append(readmeRows(t, moved), versionBumps(t, bump, moved)...)
		},
	}
}

// isChartFile reports whether the file at name may belong to a chart.
func isChartFile(name string) bool {
	switch path.Base(name) {
	case "Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock", "README.md":
		return true
	}
	return IsValuesFile(name) || isTemplate(name) || isSnapshot(name)
}

// IsValuesFile reports whether the file at name has the name of a values file:
// values.yaml, values-prod.yml, ci/test-values.yaml.
func IsValuesFile(name string) bool {
	base := path.Base(name)
	ext := path.Ext(base)
	stem := strings.TrimSuffix(base, ext)
	return (ext == ".yaml" || ext == ".yml") && (strings.HasPrefix(stem, "values") || strings.HasSuffix(stem, "values"))
}

// isTemplate reports whether the file at name is a template of a chart that
// renders objects, unlike NOTES.txt.
func isTemplate(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".tpl":
		return strings.Contains("/"+path.Dir(name)+"/", "/templates/")
	}
	return false
}

// A chart is a chart of the tree.
type chart struct {
	dir      string
	tree     *link.Tree
	isUser   bool                    // the tree of the run does not contain it, and it uses one of the charts of the tree
	outside  map[string]string       // folders of the sub-charts that are not in dir, by their path in the chart
	refs     []link.TracedRef        // the references that the chart renders
	likely   []link.TracedRef        // short names that it renders in fields whose key only names an image
	err      error                   // why the chart does not render
	failures []link.RenderFailure    // values files with which the chart does not render
	backstop *link.RenderFailure     // one of failures after which nothing is known about the chart, nil for none
	parsed   map[string]*syntax.Node // roots of YAML files, by path; nil for a file that cannot be parsed

	tests     map[string]*testValues  // values that test suites give the chart, by a name of their own
	testNames []string                // the names, in order
	entries   []link.TraceRequest     // values that entries of helmCharts give the chart; they are among tests
	tested    []format.Occurrence     // references that tests make of the chart and that do not move
	sources   map[string]string       // texts of templates, by path
	unproven  []format.Occurrence     // short names that only renderings without what is missing show
	unscanned map[string]*syntax.Node // roots of values.yaml files that the run did not scan, by path
	testFiles []string                // values files that only test suites use, as paths in the chart
}

func newChart(t *link.Tree, dir string) *chart {
	return &chart{dir: dir, tree: t, parsed: map[string]*syntax.Node{}}
}

// tracedChartsOf returns the charts of t, rendered.
func tracedChartsOf(t *link.Tree) []*chart {
	var charts []*chart
	for _, dir := range TreeDirs(t) {
		c := newChart(t, dir)
		c.findTestValues()
		charts = append(charts, c)
	}
	findEntryValues(t, charts)
	charts = addOutside(t, charts)
	traceCharts(t, charts)
	return charts
}

func linkCharts(charts []*chart, move link.MoveFunc) []link.Group {
	isOther := map[string]bool{}
	for _, c := range charts {
		isOther[c.dir] = true
	}
	names := sync.OnceValue(func() map[string]bool {
		out := map[string]bool{}
		for _, c := range charts {
			out[c.parse(c.path("Chart.yaml")).Str("name")] = true
		}
		return out
	})
	printed := newPrintedRefs(charts, move)
	var groups []link.Group
	for _, c := range charts {
		if c.backstop != nil {
			groups = append(groups, c.keepAll(move, isOther)...)
			continue
		}
		var own []link.Group
		if len(c.refs) > 0 {
			own = c.linkTraced(printed, move)
		}
		own = append(own, c.linkOverrides(move)...)
		own = append(own, c.keepOverriding(own, printed, move)...)
		own = append(own, c.keepAfterText(own, printed, move)...)
		own = append(own, c.keepLikely(own, printed, move)...)
		if !c.isUser {
			own = append(own, c.linkAbsent(own, names, move)...)
			own = append(own, c.linkLocks(move)...)
			own = append(own, c.keepUnfound(own, printed, move)...)
			own = append(own, c.keepBranches(own, printed, move)...)
		}
		groups = append(append(groups, own...), c.linkSchemas(own, move)...)
	}
	return append(groups, keepUnused(charts, groups, move)...)
}

// traceCharts renders the charts that have a values file in the tree, or a template that
// prints text after a registry or may print a short name, in parallel: TraceChart bounds
// the number of charts that are rendered at a time.
func traceCharts(t *link.Tree, charts []*chart) {
	if t.TraceChart == nil {
		return
	}
	var wg sync.WaitGroup
	for _, c := range charts {
		if len(c.valuesFiles())+len(c.tests) > 0 || c.hasOpenText() || c.mayPrintShortName() {
			wg.Go(func() {
				c.refs, c.err = t.TraceChart(c.dir)
				c.traceEntries()
			})
		}
	}
	wg.Wait()
	for _, c := range charts {
		c.splitLikely()
		partial := (*link.TraceError)(nil)
		if errors.As(c.err, &partial) {
			c.failures, c.backstop = slices.Clone(partial.Failures), partial.Backstop()
		}
		for _, f := range c.failures {
			if !c.isUser || f.Backstop {
				t.RenderFailures = append(t.RenderFailures, f)
			}
		}
		c.failures = slices.DeleteFunc(c.failures, func(f link.RenderFailure) bool { return f.Incomplete })
		if partial != nil && len(c.failures) == 0 {
			c.err = nil
		}
		if c.backstop == nil && c.err != nil && !c.renders() && !c.isUser {
			t.Unrendered = append(t.Unrendered, c.dir)
		}
	}
}

// renders reports whether the chart prints references with some of its values.
func (c *chart) renders() bool {
	return slices.ContainsFunc(c.refs, func(r link.TracedRef) bool { return !r.Tolerant })
}

// path returns the path in the tree of a file of the chart.
func (c *chart) path(name string) string {
	for at := name; len(c.outside) > 0 && at != "."; at = path.Dir(at) {
		if dir, ok := c.outside[at]; ok {
			return path.Join(dir, name[len(at):])
		}
	}
	return path.Join(c.dir, name)
}

// valuesFiles returns the scanned values files in the chart's folder or below, and
// the default values of sub-charts that are not there.
func (c *chart) valuesFiles() []*link.File {
	var out []*link.File
	for _, f := range c.files() {
		if IsValuesFile(f.Path) && isBelow(f.Path, c.dir) || c.isOutsideDefault(f.Path) {
			out = append(out, f)
		}
	}
	return out
}

// files returns the scanned files in the folders of the chart and of its outside
// sub-charts, sorted by path.
func (c *chart) files() []*link.File {
	if len(c.outside) == 0 {
		return c.tree.FilesUnder(c.dir)
	}
	files := slices.Clone(c.tree.FilesUnder(c.dir))
	for _, dir := range c.outside {
		files = append(files, c.tree.FilesUnder(dir)...)
	}
	slices.SortFunc(files, func(a, b *link.File) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(files)
}

// eachKeyNamed calls do for each occurrence in the values files. The names of the
// keys show these occurrences.
func (c *chart) eachKeyNamed(do func(o *format.Occurrence)) {
	for _, f := range c.valuesFiles() {
		for i := range f.Scanned.Occurrences {
			do(&f.Scanned.Occurrences[i])
		}
	}
}
