package format

import (
	"path"
	"slices"
	"strings"
)

// chartRepository adds the scalar at f if it is the URL of a repository of charts.
func (d *detector) chartRepository(f *frame) bool {
	url := f.node.Value
	if !strings.HasPrefix(url, "https://") || strings.ContainsAny(url, "?#{$@ ") || f.up == nil || f.item || !d.isChartRepository(f) {
		return false
	}
	d.add(f, Occurrence{Pieces: []Piece{d.piece(f.node, Registry, "")}, Kind: ChartRepository})
	return true
}

// isChartRepository reports whether the URL at f is certainly that of a repository
// of Helm charts.
// Sources: https://helm.sh/docs/helm/helm_dependency/,
// https://fluxcd.io/flux/components/source/helmrepositories/#url,
// https://argo-cd.readthedocs.io/en/stable/user-guide/helm/,
// https://helmfile.readthedocs.io/en/latest/#configuration,
// https://fleet.rancher.io/ref-fleet-yaml,
// https://docs.k3s.io/add-ons/helm#helmchart-field-definitions
func (d *detector) isChartRepository(f *frame) bool {
	if f.object != nil && f.object.group() != "kustomize.config.k8s.io" {
		return isObjectRepository(f)
	}
	keys := f.keys()
	switch path.Base(d.in.Path) {
	case "Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock":
		return slices.Equal(keys, []string{"dependencies", "repository"})
	case "fleet.yaml":
		return slices.Equal(keys, []string{"helm", "repo"})
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return slices.Equal(keys, []string{"helmCharts", "repo"}) || slices.Equal(keys, []string{"helmChartInflationGenerator", "chartRepoUrl"})
	}
	return strings.Contains(d.in.Path, "helmfile") && slices.Equal(keys, []string{"repositories", "url"}) && f.up.node.Str("name") != ""
}

// isObjectRepository is isChartRepository for a field of a Kubernetes object.
func isObjectRepository(f *frame) bool {
	up, in := f.up.node, f.up.key
	switch f.object.group() {
	case fluxSource:
		return f.object.kind == "HelmRepository" && in == "spec" && f.key == "url"
	case argo:
		return f.key == "repoURL" && up.Str("chart") != ""
	case vendir:
		return f.key == "url" && in == "repository" && f.up.up.key == "helmChart"
	case "helm.cattle.io":
		return f.object.kind == "HelmChart" && in == "spec" && f.key == "repo"
	}
	return f.object.kind == "Secret" && f.key == "url" && up.Str("type") == "helm"
}
