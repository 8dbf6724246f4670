package gitops

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// The API groups of Flux.
const (
	fluxKustomize = "kustomize.toolkit.fluxcd.io"
	fluxHelm      = "helm.toolkit.fluxcd.io"
	fluxImage     = "image.toolkit.fluxcd.io"
	fluxSource    = "source.toolkit.fluxcd.io"
)

// LinkFlux links the names that objects of Flux select to the images that they
// deploy: the images of Kustomizations and of the post-renderers of
// HelmReleases, values of charts, and the lines that image automation sets. The
// parameter graph has the kustomizations of t.
func LinkFlux(t *link.Tree, move link.MoveFunc, graph *kustomize.Graph) []link.Group {
	g := newLinker(t, move, graph)
	if !g.anyMoves() {
		return nil
	}
	unmentioned, scanned := g.concernsUnmentioned(), g.scannedFiles()
	var kustomizations, releases []*object
	for _, f := range g.filesContaining(fluxKustomize, fluxHelm) {
		all, ok := objectsIn(f, fluxKustomize, fluxHelm)
		if !ok {
			g.keepTemplateSelectors(f)
			continue
		}
		for _, x := range all {
			switch {
			case x.isA(fluxKustomize, "Kustomization"):
				kustomizations = append(kustomizations, x)
			case x.isA(fluxHelm, "HelmRelease") && (unmentioned || g.tree.Partial || scanned[f.Path] || g.rendererTakesName(x)):
				releases = append(releases, x)
				g.addValuesRefs(x)
			}
		}
	}
	for _, x := range kustomizations {
		g.linkKustomization(x)
	}
	for _, x := range releases {
		g.linkHelmRelease(x)
	}
	g.linkImageAutomation()
	return g.groups
}

// keepTemplateSelectors keeps the names that select images in a template,
// because its objects, and the images that they deploy, are not known.
func (g *gitopsLinker) keepTemplateSelectors(f *link.File) {
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		field := o.Place.Field
		isFlux := strings.Contains(field, ".spec.images[") && strings.HasSuffix(field, ".name") && strings.Contains(o.Place.Object, fluxKustomize)
		isKustomize := strings.Contains(field, ".kustomize.images[") && (strings.HasSuffix(field, ".name") || isLeftOfEquals(f, o))
		if (isFlux || isKustomize) && len(o.Pieces) == 1 && g.move.Moves(o) {
			g.keep(o, format.Conflict, "the images that it selects are not known: the object is a template")
		}
	}
}

// isLeftOfEquals reports whether o selects an image in kustomize.images of Argo
// CD: old=new, or a name alone.
func isLeftOfEquals(f *link.File, o *format.Occurrence) bool {
	at := o.Pieces[0].Span.Start
	return at == 0 || f.Src[at-1] != '='
}

// linkKustomization decides the entries of spec.images of a Kustomization.
func (g *gitopsLinker) linkKustomization(x *object) {
	spec := x.root.Field("spec")
	images := spec.Field("images")
	if len(link.Items(images)) == 0 {
		return
	}
	selectors := g.entrySelectors(x.file, images)
	if len(selectors) == 0 && !g.mayTakeName(images) {
		return
	}
	dir := sourcePath(spec.Str("path"))
	deployed, known := g.folder(dir, mayContain(g.namesOf(selectors, images)))
	if known {
		deployed = deployed.clone()
		for _, c := range link.Items(spec.Field("components")) {
			deployed.images = append(deployed.images, g.layer(path.Join(dir, c.Value)).images...)
		}
	} else {
		deployed = &imageSet{}
	}
	g.addImagesIn(deployed, x.file, spec.Field("patches"))
	mayBeRemote := len(selectors) > 0 && g.mayBeRemote(x, spec.Field("sourceRef"))
	for _, sel := range selectors {
		if !mayBeRemote {
			sel.insertEntry = nil
			if known && g.followEntry(sel, dir) {
				continue
			}
		}
		g.decideSelector(sel, deployed, known, dir)
	}
	for _, item := range link.Items(images) {
		g.keepNewlySelected(x.file, item.Str("name"), deployed)
	}
}

// namesOf returns the names of images, before and after the move, that the selectors and
// entries concern.
func (g *gitopsLinker) namesOf(selectors []imageSelector, entries *syntax.Node) []string {
	var names []string
	for _, sel := range selectors {
		after, _ := g.newName(sel.occ)
		names = append(names, kustomize.ImageName(sel.occ.Text()), after)
	}
	for _, item := range link.Items(entries) {
		names = append(names, item.Str("name"))
	}
	return names
}

// mayTakeName reports whether an image may have, after the move, the name of one of the
// entries, which it does not have before. False saves reading all files of a folder,
// which may be the whole repository.
func (g *gitopsLinker) mayTakeName(entries *syntax.Node) bool {
	return slices.ContainsFunc(link.Items(entries), func(item *syntax.Node) bool { return g.namesAfter()[item.Str("name")] })
}

// rendererTakesName reports whether an image may have, after the move, the name of an
// entry of a post-renderer of a HelmRelease, which it does not have before.
func (g *gitopsLinker) rendererTakesName(x *object) bool {
	return slices.ContainsFunc(link.Items(x.root.Field("spec").Field("postRenderers")), func(r *syntax.Node) bool {
		return g.mayTakeName(r.Field("kustomize").Field("images"))
	})
}

// namesAfter returns the names of images that the move, or an entry of a kustomization
// after the move, gives to images.
func (g *gitopsLinker) namesAfter() map[string]bool {
	if g.newNames != nil {
		return g.newNames
	}
	g.newNames = map[string]bool{}
	g.tree.MergeLoaded()
	for _, f := range g.tree.Files {
		for i := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[i]
			if after, ok := g.newName(o); ok {
				g.newNames[after] = true
			}
			if kustomize.IsEntryField(o, "newName") {
				g.newNames[kustomize.ImageName(o.Text())] = true
			}
		}
	}
	return g.newNames
}

// mayBeRemote reports whether the source ref of x may be another repository than
// this one: a source that is not a GitRepository, or one with another URL than
// flux-system, the repository that Flux was set up with.
func (g *gitopsLinker) mayBeRemote(x *object, ref *syntax.Node) bool {
	if ref.Str("kind") != "GitRepository" {
		return ref != nil
	}
	if g.gitRepositories == nil {
		g.gitRepositories = g.objectsOf(fluxSource, "GitRepository", fluxSource)
	}
	want := objectName{ref.Str("namespace"), ref.Str("name")}
	if want.namespace == "" {
		want.namespace = x.namespace()
	}
	own, source := find(g.gitRepositories, objectName{"flux-system", "flux-system"}), find(g.gitRepositories, want)
	return own != nil && source != nil && repositoryName(own) != repositoryName(source)
}

// repositoryName returns the last element of the URL of a source: podinfo.
func repositoryName(source *object) string {
	return strings.ToLower(strings.TrimSuffix(path.Base(strings.TrimRight(source.root.Field("spec").Str("url"), "/")), ".git"))
}

// entrySelectors returns the names, of those that a rule moves, of the entries
// of images.
func (g *gitopsLinker) entrySelectors(f *link.File, images *syntax.Node) []imageSelector {
	var out []imageSelector
	entries := link.Items(images)
	for i, item := range entries {
		names := g.occurrencesIn(f, item.Field("name"))
		if len(names) != 1 || len(names[0].Pieces) != 1 || !g.move.Moves(names[0]) {
			continue
		}
		sel := imageSelector{file: f, occ: names[0]}
		for j, other := range entries {
			if j != i {
				sel.siblings = append(sel.siblings, other.Str("name"))
			}
		}
		given := item.Field("newName")
		if given == nil {
			sel.insertNewName = func(after string) (link.FileEdit, bool) { return kustomize.InsertNewName(f, item, after) }
		}
		sel.insertEntry = func(after string) (link.FileEdit, bool) {
			if given != nil {
				after = g.valueAfter(f, given)
			}
			return kustomize.InsertEntry(f, images, i, after)
		}
		out = append(out, sel)
	}
	return out
}

// valueAfter returns the image name in the scalar n of f after the move.
func (g *gitopsLinker) valueAfter(f *link.File, n *syntax.Node) string {
	if occs := g.occurrencesIn(f, n); len(occs) == 1 {
		if name, ok := g.newName(occs[0]); ok {
			return name
		}
	}
	return n.Value
}

// linkHelmRelease decides the images of the post-renderers of a HelmRelease,
// and ties its values to those of a chart in the repository.
func (g *gitopsLinker) linkHelmRelease(x *object) {
	spec := x.root.Field("spec")
	source := g.chartTemplate(x)
	dir, isLocal := "", false
	if kind := source.Field("sourceRef").Str("kind"); kind == "GitRepository" || kind == "Bucket" {
		dir = sourcePath(source.Str("chart"))
		isLocal = g.isChart(dir)
	}
	values := append(g.valuesFilesOf(source), g.releaseValues(x)...)
	deployed := &imageSet{}
	for _, v := range values {
		g.addImagesIn(deployed, v.file, v.node)
	}
	if isLocal {
		g.linkLocalChart(values, dir)
		g.addDefaultImages(deployed, dir)
	} else {
		g.linkAbsentChart(values, func() string { return g.chartRepository(x) })
	}
	for _, r := range link.Items(spec.Field("postRenderers")) {
		images := r.Field("kustomize").Field("images")
		if images == nil {
			continue
		}
		all := deployed.clone()
		g.addImagesIn(all, x.file, r.Field("kustomize").Field("patches"))
		for _, sel := range g.entrySelectors(x.file, images) {
			sel.insertEntry = nil
			g.decideSelector(sel, all, isLocal, "the chart and its values")
		}
		for _, item := range link.Items(images) {
			g.keepNewlySelected(x.file, item.Str("name"), all)
		}
	}
}

// chartTemplate returns the part of a HelmRelease, or of the HelmChart that it refers to,
// which names the chart and its source.
// Source: https://fluxcd.io/flux/components/helm/helmreleases/#chart-reference
func (g *gitopsLinker) chartTemplate(x *object) *syntax.Node {
	spec := x.root.Field("spec")
	ref := spec.Field("chartRef")
	if ref.Str("kind") != "HelmChart" {
		return spec.Field("chart").Field("spec")
	}
	if chart := g.chartSource(x, ref); chart != nil {
		return chart.root.Field("spec")
	}
	return nil
}

// chartSource returns the object of Flux that ref in the HelmRelease x names, nil if the
// repository has none.
func (g *gitopsLinker) chartSource(x *object, ref *syntax.Node) *object {
	want := objectName{ref.Str("namespace"), ref.Str("name")}
	if want.namespace == "" {
		want.namespace = x.namespace()
	}
	kind := ref.Str("kind")
	all, known := g.chartSources[kind]
	if !known {
		all = g.objectsOf(fluxSource, kind, fluxSource)
		g.chartSources[kind] = all
	}
	return find(all, want)
}

// valuesFilesOf returns the values in the files that replace values.yaml of a chart.
// Source: https://fluxcd.io/flux/components/source/helmcharts/#values-files
func (g *gitopsLinker) valuesFilesOf(source *syntax.Node) []chartValues {
	var values []chartValues
	for _, n := range link.Items(source.Field("valuesFiles")) {
		if v, ok := g.valuesFile(sourcePath(n.Value)); ok {
			values = append(values, v)
		}
	}
	return values
}

// releaseValues returns the values of a HelmRelease. Later ones override
// earlier ones, and those in the object override all.
// Source: https://fluxcd.io/flux/components/helm/helmreleases/#values
func (g *gitopsLinker) releaseValues(x *object) []chartValues {
	spec := x.root.Field("spec")
	var values []chartValues
	for _, from := range link.Items(spec.Field("valuesFrom")) {
		v, ok := g.configMapValues(x, valuesRef{from.Str("kind"), from.Str("name"), from.Str("valuesKey")})
		if !ok {
			continue
		}
		if target := from.Str("targetPath"); target != "" {
			v.target = "." + target
			n := v.node
			if v.isEncoded {
				n = v.decoded
			}
			v.get = func(field string) *syntax.Node {
				if field != v.target {
					return nil
				}
				return textOf(n)
			}
			v.keys = func(parent string) []string {
				if of, key := keyOf(v.target); of == parent {
					return []string{key}
				}
				return nil
			}
			if !v.isEncoded {
				v.addTo = func(v *absentchart.Values) { v.AddValue(target, n) }
			}
		}
		values = append(values, v)
	}
	own := spec.Field("values")
	return append(values, mappingValues(x.file, own, own))
}

// chartRepository returns the URL of the repository that has the chart of a
// HelmRelease. It returns "" if no object of the repository has the URL.
// Sources: https://fluxcd.io/flux/components/helm/helmreleases/#chart-template,
// https://fluxcd.io/flux/components/helm/helmreleases/#chart-reference
func (g *gitopsLinker) chartRepository(x *object) string {
	ref := g.chartTemplate(x).Field("sourceRef")
	if ref == nil {
		ref = x.root.Field("spec").Field("chartRef")
	}
	if kind := ref.Str("kind"); kind != "HelmRepository" && kind != "OCIRepository" {
		return ""
	}
	source := g.chartSource(x, ref)
	if source == nil {
		return ""
	}
	return source.root.Field("spec").Str("url")
}

// addDefaultImages adds the images in the values of the chart in the folder
// dir.
func (g *gitopsLinker) addDefaultImages(s *imageSet, dir string) {
	if f := g.tree.File(path.Join(dir, "values.yaml")); f != nil {
		for i := range f.Scanned.Occurrences {
			if o := &f.Scanned.Occurrences[i]; !o.Unconfirmed {
				s.images = append(s.images, g.imageOf(o))
			}
		}
	}
	s.missing = "the chart in " + dir + " may build the name from parts"
}
