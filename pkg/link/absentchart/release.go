package absentchart

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// LinkReleases returns the groups of the values that files of Fleet, Sveltos, k3s, KOTS,
// k0s, Crossplane, Cluster API and helmsman pass to charts which the repository does not
// have.
func LinkReleases(t *link.Tree, move link.MoveFunc) []link.Group {
	var groups []link.Group
	for _, f := range t.Files {
		if !format.HasYAMLName(f.Path) || !anyShortMoves(&link.Tree{Files: []*link.File{f}}, move) {
			continue
		}
		y, err := f.ParseYAML(mayHaveRelease(f.Path))
		if err != nil {
			continue
		}
		for _, d := range y.Docs {
			if d.Root == nil {
				continue
			}
			for _, r := range releasesOf(t, f, d.Root) {
				groups = append(groups, Link(func() string { return r.repository }, r.values, move)...)
			}
		}
	}
	return groups
}

// mayHaveRelease returns a func that reports whether releasesOf may find a release in a
// part of the file called name, or nil if it may in every part. Most documents have none,
// and are not parsed again.
func mayHaveRelease(name string) func(part []byte) bool {
	base := path.Base(name)
	if base == "fleet.yaml" || strings.Contains(base, "helmsman") {
		return nil
	}
	return func(part []byte) bool {
		return slices.ContainsFunc(releaseWords(), func(word []byte) bool { return bytes.Contains(part, word) })
	}
}

// releaseWords returns texts of which each document with a release has one: its API group,
// the key of Helmsman, or the start of an escape sequence that may hide one of them.
var releaseWords = sync.OnceValue(func() [][]byte {
	words := [][]byte{[]byte("config.projectsveltos.io/"), []byte("helm.cattle.io/"), []byte("helmRepos"), []byte(`\x`), []byte(`\u`), []byte(`\U`)}
	for kind := range objectCharts {
		words = append(words, []byte(kind.group))
	}
	return words
})

// A release is a chart that is not in the repository, and its values.
type release struct {
	repository string
	values     []*Values
}

func releasesOf(t *link.Tree, f *link.File, root *syntax.Node) []release {
	api := root.Str("apiVersion")
	switch {
	case path.Base(f.Path) == "fleet.yaml":
		return fleetReleases(t, f, root)
	case strings.HasPrefix(api, "config.projectsveltos.io/"):
		return sveltosReleases(f, root)
	case strings.HasPrefix(api, "helm.cattle.io/"):
		return k3sReleases(f, root)
	case objectCharts[objectKind{group(api), root.Str("kind")}] != nil:
		return objectReleases(f, root, objectCharts[objectKind{group(api), root.Str("kind")}])
	case root.Field("apps") != nil && (root.Field("helmRepos") != nil || strings.Contains(path.Base(f.Path), "helmsman")):
		return helmsmanReleases(f, root)
	}
	return nil
}

// fleetReleases returns the release of a fleet.yaml, with the values of the targets
// that customize it.
// Source: https://fleet.rancher.io/ref-fleet-yaml
func fleetReleases(t *link.Tree, f *link.File, root *syntax.Node) []release {
	helm := root.Field("helm")
	chart, repository := helm.Str("chart"), helm.Str("repo")
	isRemote := repository != "" || strings.Contains(chart, "://")
	if !isRemote || t.File(path.Join(path.Dir(f.Path), chart, "Chart.yaml")) != nil {
		return nil
	}
	base := NewValues(f)
	base.AddMapping("", helm.Field("values"))
	out := []release{{repositoryOf(repository, chart), []*Values{base}}}
	for _, target := range link.Items(root.Field("targetCustomizations")) {
		own := target.Field("helm")
		v := NewValues(f)
		v.AddMapping("", own.Field("values"))
		of := repositoryOf(repository, cmp.Or(own.Str("chart"), chart))
		out = append(out, release{of, []*Values{base.withoutReferences(), v}})
	}
	return out
}

// withoutReferences returns the values of v, whose references are decided elsewhere.
func (v *Values) withoutReferences() *Values {
	return &Values{file: v.file, byPath: v.byPath}
}

// sveltosReleases returns the releases of a profile of Sveltos.
// Source: https://projectsveltos.github.io/sveltos/main/addons/helm_charts/
func sveltosReleases(f *link.File, root *syntax.Node) []release {
	var out []release
	for _, chart := range link.Items(root.Field("spec").Field("helmCharts")) {
		v := NewValues(f)
		v.AddEmbedded(chart.Field("values"))
		out = append(out, release{repositoryOf(chart.Str("repositoryURL"), chart.Str("chartName")), []*Values{v}})
	}
	return out
}

// k3sReleases returns the release of a HelmChart or a HelmChartConfig.
// Source: https://docs.k3s.io/add-ons/helm#helmchart-field-definitions
func k3sReleases(f *link.File, root *syntax.Node) []release {
	spec := root.Field("spec")
	v, set := NewValues(f), NewValues(f)
	v.AddEmbedded(spec.Field("valuesContent"))
	set.addPaths(spec.Field("set"))
	return []release{{repositoryOf(spec.Str("repo"), spec.Str("chart")), []*Values{v, set}}}
}

// helmsmanReleases returns the releases of a desired state file.
// Source: https://github.com/mkubaczyk/helmsman/blob/master/docs/desired_state_specification.md
func helmsmanReleases(f *link.File, root *syntax.Node) []release {
	var out []release
	apps := root.Field("apps")
	for i := 1; apps.Kind == syntax.Mapping && i < len(apps.Children); i += 2 {
		app := apps.Children[i].Resolve()
		chart := app.Str("chart")
		name, _, _ := strings.Cut(chart, "/")
		set := NewValues(f)
		set.addPaths(app.Field("set"))
		set.addPaths(app.Field("setString"))
		out = append(out, release{repositoryOf(root.Field("helmRepos").Str(name), chart), []*Values{set}})
	}
	return out
}

// addPaths adds the values of the mapping n, whose keys are paths.
func (v *Values) addPaths(n *syntax.Node) {
	for i := 0; n != nil && n.Kind == syntax.Mapping && i+1 < len(n.Children); i += 2 {
		v.AddValue(n.Children[i].Value, n.Children[i+1].Resolve())
	}
}

// repositoryOf returns the URL of the repository of a chart: that of chart, if it has
// a scheme.
func repositoryOf(repository, chart string) string {
	if strings.Contains(chart, "://") {
		return chart
	}
	return repository
}
