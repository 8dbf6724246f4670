package gitops

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// LinkFlux ties what Flux's objects select to what they deploy: the images of a
// Kustomization and of a HelmRelease's post-renderers, values and those of a
// chart in the repository, an ImageRepository and the lines that image
// automation sets.
//
// A path of a source is taken for one of this repository where what lies there
// brings an image of the name that is selected; else what is selected comes from
// elsewhere, under its old name. Where it may be both, both names are selected.
const (
	fluxKustomize = "kustomize.toolkit.fluxcd.io"
	fluxHelm      = "helm.toolkit.fluxcd.io"
	fluxImage     = "image.toolkit.fluxcd.io"
	fluxSource    = "source.toolkit.fluxcd.io"
)

func LinkFlux(t *link.Tree, move link.MoveFunc, graph *kustomize.Graph) []link.Group {
	d := newLinker(t, move, graph)
	if !d.touched() {
		return nil
	}
	for _, f := range d.files(d.concerned(), fluxKustomize, fluxHelm) {
		all, ok := entities(f)
		if !ok {
			d.keepSelectors(f)
			continue
		}
		for _, e := range all {
			switch {
			case e.of(fluxKustomize, "Kustomization"):
				d.fluxKustomization(e)
			case e.of(fluxHelm, "HelmRelease"):
				d.helmRelease(e)
			}
		}
	}
	d.imageAutomation()
	return d.found
}

// keepSelectors keeps what selects images in a file that a template engine has
// still to fill: which objects it holds, and what they deploy, is not known.
func (d *gitopsLinker) keepSelectors(f *link.File) {
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		field := o.Place.Field
		selects := strings.Contains(field, ".spec.images[") && strings.HasSuffix(field, ".name") && strings.Contains(o.Place.Object, fluxKustomize) ||
			strings.Contains(field, ".kustomize.images[") && (strings.HasSuffix(field, ".name") || selects(f, o))
		if selects && len(o.Pieces) == 1 && d.move.Moves(o) {
			d.found = append(d.found, link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.Conflict, Why: "what it selects cannot be known: a template writes the object"})
		}
	}
}

// selects reports whether an image of Argo CD's kustomize.images stands left of
// the = or has none.
func selects(f *link.File, o *format.Occurrence) bool {
	at := o.Pieces[0].Span.Start
	return at == 0 || f.Src[at-1] != '='
}

// fluxKustomization decides the entries of spec.images.
func (d *gitopsLinker) fluxKustomization(e *entity) {
	spec := e.root.Field("spec")
	images := spec.Field("images")
	if len(Items(images)) == 0 {
		return
	}
	picks := d.picksOf(e.file, images)
	dir := local(spec.Str("path"))
	l, known := d.folder(dir)
	all := &imageSet{}
	if known {
		*all = *l
		all.images = append([]kustomize.LayerImage(nil), l.images...)
		for _, c := range Items(spec.Field("components")) {
			below := d.layer(path.Join(dir, c.Value))
			all.images = append(all.images, below.images...)
		}
	}
	d.arrive(all, e.file, spec.Field("patches"))
	foreign := len(picks) > 0 && d.foreign(e, spec.Field("sourceRef"))
	for _, p := range picks {
		if !foreign {
			p.another = nil
			if known && d.follow(p, dir) {
				continue
			}
		}
		d.choose(p, all, known, dir)
	}
	for _, item := range Items(images) {
		d.uncaught(e.file, item.Str("name"), all)
	}
}

// foreign reports whether a source may be another repository than this one: what is
// no GitRepository, and one whose URL has another name than that of
// flux-system, which is the repository that Flux was set up with.
func (d *gitopsLinker) foreign(e *entity, ref *syntax.Node) bool {
	if ref.Str("kind") != "GitRepository" {
		return ref != nil
	}
	if d.sources == nil {
		d.sources = []*entity{}
		for _, f := range d.files(true, fluxSource) {
			all, _ := entities(f)
			for _, s := range all {
				if s.of(fluxSource, "GitRepository") {
					d.sources = append(d.sources, s)
				}
			}
		}
	}
	want := objectName{ref.Str("namespace"), ref.Str("name")}
	if want.namespace == "" {
		want.namespace = e.namespace()
	}
	own, source := named(d.sources, objectName{"flux-system", "flux-system"}), named(d.sources, want)
	return own != nil && source != nil && repositoryName(own) != repositoryName(source)
}

// repositoryName returns how the repository of a source is called: podinfo.
func repositoryName(source *entity) string {
	return strings.ToLower(strings.TrimSuffix(path.Base(strings.TrimRight(source.root.Field("spec").Str("url"), "/")), ".git"))
}

// arrive adds the images that the tree at n brings in itself.
func (d *gitopsLinker) arrive(l *imageSet, f *link.File, n *syntax.Node) {
	for _, o := range d.within(f, n) {
		if o.Unconfirmed || o.Scope != format.Manifests || len(o.Pieces) == 1 && o.Pieces[0].Role == format.Registry {
			continue
		}
		now := kustomize.ImageName(o.Text())
		after := now
		if a, ok := d.after(o); ok {
			after = a
		}
		l.images = append(l.images, kustomize.LayerImage{Before: now, After: after, Source: o})
	}
}

// picksOf returns the names that a rule moves of the entries of images, as a
// kustomization has them.
func (d *gitopsLinker) picksOf(f *link.File, images *syntax.Node) []imageSelector {
	var out []imageSelector
	entries := Items(images)
	for i, item := range entries {
		occs := d.within(f, item.Field("name"))
		if len(occs) != 1 || len(occs[0].Pieces) != 1 || !d.move.Moves(occs[0]) {
			continue
		}
		p := imageSelector{file: f, occ: occs[0]}
		for j, other := range entries {
			if j != i {
				p.others = append(p.others, other.Str("name"))
			}
		}
		if item.Field("newName") == nil {
			p.add = func(after string) (link.FileEdit, bool) { return kustomize.InsertNewName(f, item, after) }
		}
		p.another = func(after string) (link.FileEdit, bool) {
			if given := item.Field("newName"); given != nil {
				after = given.Value
				if occs := d.within(f, given); len(occs) == 1 {
					if x, ok := d.after(occs[0]); ok {
						after = x
					}
				}
			}
			return kustomize.InsertEntry(f, images, i, after)
		}
		out = append(out, p)
	}
	return out
}

// helmRelease decides the images of the post-renderers, and ties values to
// those of a chart in the repository.
func (d *gitopsLinker) helmRelease(e *entity) {
	spec := e.root.Field("spec")
	source := spec.Field("chart").Field("spec")
	dir, here := "", false
	if kind := source.Field("sourceRef").Str("kind"); kind == "GitRepository" || kind == "Bucket" {
		dir = local(source.Str("chart"))
		here = d.tree.File(path.Join(dir, "Chart.yaml")) != nil
	}
	rendered := &imageSet{}
	// Later ones count before earlier ones, and those of the object before all.
	// Source: https://fluxcd.io/flux/components/helm/helmreleases/#values
	var values []valuesAt
	for _, from := range Items(spec.Field("valuesFrom")) {
		v, ok := d.configMap(e, from.Str("kind"), from.Str("name"), from.Str("valuesKey"))
		if !ok {
			continue
		}
		if target := from.Str("targetPath"); target != "" {
			v.target = "." + target
			n := v.node
			v.get = func(field string) *syntax.Node {
				if field != v.target || n.Kind != syntax.Scalar || n.Span.Len() == 0 {
					return nil
				}
				return n
			}
		}
		values = append(values, v)
	}
	values = append(values, valuesAt{file: e.file, node: spec.Field("values"), get: byPath(spec.Field("values"))})
	for _, v := range values {
		d.arrive(rendered, v.file, v.node)
	}
	d.override(values, dir, here)
	if here {
		if f := d.tree.File(path.Join(dir, "values.yaml")); f != nil {
			for i := range f.Scanned.Occurrences {
				o := &f.Scanned.Occurrences[i]
				if now := kustomize.ImageName(o.Text()); !o.Unconfirmed {
					after := now
					if a, ok := d.after(o); ok {
						after = a
					}
					rendered.images = append(rendered.images, kustomize.LayerImage{Before: now, After: after, Source: o})
				}
			}
		}
		rendered.missing = "the chart in " + dir + " may build it out of parts"
	}
	for _, r := range Items(spec.Field("postRenderers")) {
		images := r.Field("kustomize").Field("images")
		if images == nil {
			continue
		}
		all := &imageSet{images: append([]kustomize.LayerImage(nil), rendered.images...), missing: rendered.missing}
		d.arrive(all, e.file, r.Field("kustomize").Field("patches"))
		for _, p := range d.picksOf(e.file, images) {
			p.another = nil
			d.choose(p, all, here, "the chart and its values")
		}
		for _, item := range Items(images) {
			d.uncaught(e.file, item.Str("name"), all)
		}
	}
}
