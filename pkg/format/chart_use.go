package format

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A SourceName identifies a registry of charts that another place refers to by
// name: a HelmRepository of Flux, or a repository of Helmfile.
type SourceName struct {
	File      string // of a name that is valid in one file only; "" for a name in a cluster
	Namespace string // "" if the file does not say it
	Name      string
}

// A ChartUse is a place that names a chart of a registry that has a name.
type ChartUse struct {
	Source SourceName
	Chart  string
	Tag    string    // "" if the version is a range
	Span   edit.Span // of the name of the chart in the file
	Place  Place
}

// namespace returns the namespace of the object around f, "" if the file does not
// say it.
func (f *frame) namespace() string {
	for f.up != nil && f.up.object == f.object {
		f = f.up
	}
	return f.node.Field("metadata").Str("namespace")
}

// chartUse records the use of a chart in the mapping at f, if it is one.
// Sources: https://fluxcd.io/flux/components/helm/helmreleases/#chart-template,
// https://helmfile.readthedocs.io/en/latest/#configuration
func (d *detector) chartUse(f *frame) {
	n := f.node
	chart := n.Field("chart").Resolve()
	if chart == nil || chart.Kind != syntax.Scalar || !isChartName(chart.Value) {
		return
	}
	use := ChartUse{Chart: chart.Value, Tag: tagOfVersion(n.Str("version")), Span: chart.Span}
	switch ref := n.Field("sourceRef"); {
	case f.object != nil && (f.object.group() == fluxHelm || f.object.group() == fluxSource) && ref.Str("kind") == "HelmRepository":
		use.Source = SourceName{Namespace: ref.Str("namespace"), Name: ref.Str("name")}
		if use.Source.Namespace == "" {
			use.Source.Namespace = f.namespace()
		}
	case f.object == nil && f.item && f.up.key == "releases":
		repository, name, ok := strings.Cut(chart.Value, "/")
		if !ok {
			return
		}
		use.Source, use.Chart = SourceName{File: d.in.Path, Name: repository}, name
	default:
		return
	}
	use.Place = f.below(chart).withKey("chart").place()
	d.out.ChartUses = append(d.out.ChartUses, use)
}
