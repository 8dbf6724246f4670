package gitops

import (
	"strings"

	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// Releases returns the charts that objects of Flux and Argo CD deploy, with their values.
// The parameter graph has the kustomizations of t.
func Releases(t *link.Tree, graph *kustomize.Graph) []absentchart.Release {
	g := newLinker(t, nil, graph)
	var releases []*object
	var out []absentchart.Release
	for _, f := range g.filesContaining(fluxHelm, argoGroup+"/") {
		all, _ := objectsIn(f, fluxHelm, argoGroup+"/")
		for _, x := range all {
			if x.isA(fluxHelm, "HelmRelease") {
				releases = append(releases, x)
				g.addValuesRefs(x)
			} else if a := applicationOf(x); a != nil {
				out = append(out, g.releasesOf(a)...)
			}
		}
	}
	for _, x := range releases {
		source := g.chartTemplate(x)
		r := absentchart.Release{Values: valuesInFiles(append(g.valuesFilesOf(source), g.releaseValues(x)...))}
		if kind := source.Field("sourceRef").Str("kind"); kind == "GitRepository" || kind == "Bucket" {
			if dir := sourcePath(source.Str("chart")); g.isChart(dir) {
				r.Dir = dir
			}
		} else {
			r.Repository = g.chartRepository(x)
		}
		out = append(out, r)
	}
	return out
}

// releasesOf returns the charts of the sources of an application.
func (g *gitopsLinker) releasesOf(a *application) []absentchart.Release {
	var out []absentchart.Release
	for _, s := range a.sources() {
		dir, helm := folderOf(s), s.Field("helm")
		r := absentchart.Release{Values: valuesInFiles(append(g.helmValueFiles(helm, dir), helmValues(a.file, helm)...))}
		if dir != "" && !strings.Contains(dir, "{{") && g.isChart(dir) {
			r.Dir = dir
		} else {
			r.Repository = s.Str("repoURL")
		}
		out = append(out, r)
	}
	return out
}

// valuesInFiles returns all values with their places. Of values in Base64, which have
// none, it has only whether images of other registries are allowed.
func valuesInFiles(all []chartValues) []*absentchart.Values {
	var out []*absentchart.Values
	for _, v := range withNode(all) {
		x := absentchart.NewValues(v.file)
		if n := v.get("." + absentchart.AllowKey); v.isEncoded && n != nil {
			x.AddKnown(absentchart.AllowKey, n)
		} else {
			v.addTo(x)
		}
		out = append(out, x)
	}
	return out
}
