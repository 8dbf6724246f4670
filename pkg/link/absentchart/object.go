package absentchart

import (
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// An objectKind is the group of an API and a kind of its objects.
type objectKind struct{ group, kind string }

// group returns the group of an apiVersion.
func group(api string) string {
	g, _, _ := strings.Cut(api, "/")
	return g
}

// An objectChart says where an object has a chart: keys from its root, which can lead to
// a list, and keys of the chart.
type objectChart struct {
	at                []string
	repository, chart []string
	values            []string // keys that lead to values, each with dots
}

// objectCharts are kinds of objects with the values of charts.
// Sources: https://docs.replicated.com/reference/custom-resource-helmchart-v2,
// https://docs.k0sproject.io/stable/helm-charts/,
// https://github.com/crossplane-contrib/provider-helm/blob/master/package/crds/helm.crossplane.io_releases.yaml,
// https://github.com/kubernetes-sigs/cluster-api-addon-provider-helm/blob/main/docs/quick-start.md
var objectCharts = map[objectKind]*objectChart{
	{"kots.io", "HelmChart"}:                      {at: []string{"spec"}, values: []string{"values", "builder", "optionalValues.values"}},
	{"helm.k0sproject.io", "Chart"}:               {at: []string{"spec"}, chart: []string{"chartName"}, values: []string{"values"}},
	{"k0s.k0sproject.io", "ClusterConfig"}:        {at: []string{"spec", "extensions", "helm", "charts"}, chart: []string{"chartname"}, values: []string{"values"}},
	{"helm.crossplane.io", "Release"}:             {at: []string{"spec", "forProvider"}, repository: []string{"chart", "repository"}, values: []string{"values"}},
	{"addons.cluster.x-k8s.io", "HelmChartProxy"}: {at: []string{"spec"}, repository: []string{"repoURL"}, chart: []string{"chartName"}, values: []string{"valuesTemplate"}},
}

// objectReleases returns the releases of the object root.
func objectReleases(f *link.File, root *syntax.Node, c *objectChart) []release {
	at := fieldAt(root, c.at)
	if at == nil {
		return nil
	}
	charts := []*syntax.Node{at}
	if at.Kind == syntax.Sequence {
		charts = link.Items(at)
	}
	var out []release
	for _, chart := range charts {
		r := release{repository: repositoryOf(textAt(chart, c.repository), textAt(chart, c.chart))}
		for _, keys := range c.values {
			r.values = append(r.values, valuesAt(f, chart, strings.Split(keys, "."))...)
		}
		out = append(out, r)
	}
	return out
}

// fieldAt returns the node to which keys lead from n, or nil.
func fieldAt(n *syntax.Node, keys []string) *syntax.Node {
	for _, key := range keys {
		n = n.Field(key)
	}
	return n.Resolve()
}

// textAt returns the text to which keys lead from n, "" if there are no keys.
func textAt(n *syntax.Node, keys []string) string {
	if n = fieldAt(n, keys); len(keys) == 0 || n == nil || n.Kind != syntax.Scalar {
		return ""
	}
	return n.Value
}

// valuesAt returns the values to which keys lead from n. A list on the way has several.
func valuesAt(f *link.File, n *syntax.Node, keys []string) []*Values {
	n = n.Resolve()
	switch {
	case n == nil:
		return nil
	case n.Kind == syntax.Sequence:
		var out []*Values
		for _, item := range link.Items(n) {
			out = append(out, valuesAt(f, item, keys)...)
		}
		return out
	case len(keys) > 0:
		return valuesAt(f, n.Field(keys[0]), keys[1:])
	}
	v := NewValues(f)
	if n.Kind == syntax.Mapping {
		v.AddMapping("", n)
	} else {
		v.AddEmbedded(n)
	}
	return []*Values{v}
}
