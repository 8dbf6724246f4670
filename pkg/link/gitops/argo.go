package gitops

import (
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// LinkArgo ties what Argo CD's applications select to what they deploy, and what
// Argo CD Image Updater watches to the images of the applications.
//
// The path of a source is taken for one of this repository on the same grounds
// as those of Flux.
const (
	argoGroup   = "argoproj.io"
	argoUpdater = "argocd-image-updater.argoproj.io"
)

// An application is an Application, or the template of an ApplicationSet.
type application struct {
	entity
	spec     *syntax.Node           // of the application itself
	set      *syntax.Node           // the generators of an ApplicationSet
	folders  []string               // of its sources
	images   []kustomize.LayerImage // what it deploys under these names, as far as it can be seen
	selected []*format.Occurrence
}

func LinkArgo(t *link.Tree, move link.MoveFunc, graph *kustomize.Graph) []link.Group {
	d := newLinker(t, move, graph)
	if !d.touched() {
		return nil
	}
	concerned := d.concerned()
	var apps []*application
	var updaters []*entity
	for _, f := range d.files(concerned || d.mentions(argoUpdater), argoGroup+"/") {
		all, ok := entities(f)
		if !ok {
			d.keepSelectors(f)
			continue
		}
		for _, e := range all {
			a := &application{entity: *e, spec: e.root.Field("spec")}
			switch {
			case e.of(argoGroup, "Application"):
			case e.of(argoGroup, "ApplicationSet"):
				a.set = a.spec.Field("generators")
				a.root, a.spec = a.spec.Field("template"), a.spec.Field("template").Field("spec")
			default:
				if e.of(argoUpdater, "ImageUpdater") {
					updaters = append(updaters, e)
				}
				continue
			}
			apps = append(apps, a)
		}
	}
	for _, a := range apps {
		// Where something of a chart is split, that may be the one it gives values.
		if concerned || len(updaters) > 0 || d.movesIn(a) {
			d.application(a, updaters)
		}
	}
	for _, u := range updaters {
		d.imageUpdater(u, apps)
	}
	return d.found
}

// movesIn reports whether a rule moves something in the application.
func (d *gitopsLinker) movesIn(a *application) bool {
	for _, part := range []*syntax.Node{a.root, a.set} {
		for _, o := range d.within(a.file, part) {
			if d.move.Moves(o) {
				return true
			}
		}
	}
	return false
}

// sources returns the sources of an application.
func (a *application) sources() []*syntax.Node {
	out := Items(a.spec.Field("sources"))
	if s := a.spec.Field("source"); s != nil {
		out = append([]*syntax.Node{s}, out...)
	}
	return out
}

func (d *gitopsLinker) application(a *application, updaters []*entity) {
	watched := d.watched(a, updaters)
	for _, s := range a.sources() {
		dir, here := "", false
		if p := s.Str("path"); p != "" {
			dir = local(p)
			here = !strings.Contains(dir, "{{") && d.tree.File(path.Join(dir, "Chart.yaml")) != nil
		}
		helm := s.Field("helm")
		values := append(d.valueFiles(helm, dir), d.helmValues(a, helm)...)
		for _, v := range values {
			l := &imageSet{}
			d.arrive(l, v.file, v.node)
			a.images = append(a.images, l.images...)
		}
		d.override(values, dir, here)
		d.kustomizeImages(a, s, dir, watched)
	}
	d.generated(a)
	d.imageList(a, watched)
}

// helmValues returns the values that a source gives its chart, of which later
// ones count before earlier ones.
// Source: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-value-precedence
func (d *gitopsLinker) helmValues(a *application, helm *syntax.Node) []valuesAt {
	var out []valuesAt
	if n := helm.Field("values"); n != nil && n.Kind == syntax.Scalar {
		out = append(out, valuesAt{file: a.file, node: n, get: byPath(format.EmbeddedMapping(n))})
	}
	if n := helm.Field("valuesObject"); n != nil {
		out = append(out, valuesAt{file: a.file, node: n, get: byPath(n)})
	}
	if n := helm.Field("parameters"); len(Items(n)) > 0 {
		out = append(out, valuesAt{file: a.file, node: n, get: func(field string) *syntax.Node {
			for _, p := range Items(n) {
				if v := p.Field("value"); "."+p.Str("name") == field && v != nil && v.Kind == syntax.Scalar && v.Span.Len() > 0 {
					return v
				}
			}
			return nil
		}})
	}
	return out
}

// valueFiles returns the files of values of a source that are at hand: relative
// to its path, or, as $ref/…, to the top of another source.
func (d *gitopsLinker) valueFiles(helm *syntax.Node, dir string) []valuesAt {
	var out []valuesAt
	for _, n := range Items(helm.Field("valueFiles")) {
		name := path.Join(dir, n.Value)
		if strings.HasPrefix(n.Value, "$") {
			_, name, _ = strings.Cut(n.Value, "/")
			name = path.Clean(name)
		}
		if v, ok := d.valuesFile(name); ok {
			out = append(out, v)
		}
	}
	return out
}

// kustomizeImages decides the images of a source's kustomize: what stands left
// of the = selects, as does a name that has none.
// Source: https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/
func (d *gitopsLinker) kustomizeImages(a *application, s *syntax.Node, dir string, watched map[string]string) {
	l, known := d.sourceFolder(s, dir)
	if known {
		a.folders = append(a.folders, dir)
	}
	if patches := s.Field("kustomize").Field("patches"); patches != nil {
		with := *l
		with.images = append([]kustomize.LayerImage(nil), l.images...)
		l = &with
		d.arrive(l, a.file, patches)
	}
	entries := Items(s.Field("kustomize").Field("images"))
	for i, n := range entries {
		occs := d.within(a.file, n)
		left, _, both := strings.Cut(n.Value, "=")
		if len(occs) > 0 && both && !d.startsAt(n, occs[0]) {
			d.deploys(a, occs[0])
			continue
		}
		if len(occs) == 0 {
			continue
		}
		p := imageSelector{file: a.file, occ: occs[0]}
		for j, other := range entries {
			if j != i {
				other, _, _ := strings.Cut(other.Value, "=")
				p.others = append(p.others, kustomize.ImageName(other))
			}
		}
		if both {
			for _, o := range occs[1:] {
				d.deploys(a, o)
			}
		} else {
			p.add = func(after string) (link.FileEdit, bool) {
				return replacedBy(a.file, n, kustomize.ImageName(left), after)
			}
			p.alone = watched[kustomize.ImageName(left)]
		}
		a.selected = append(a.selected, p.occ)
		if known && d.follow(p, dir) {
			continue
		}
		if leaves := d.choose(p, l, known, dir); !both {
			a.images = append(a.images, kustomize.LayerImage{Before: kustomize.ImageName(left), After: leaves})
		}
	}
	for _, n := range entries {
		selects, _, _ := strings.Cut(n.Value, "=")
		d.uncaught(a.file, kustomize.ImageName(selects), l)
	}
	a.images = append(a.images, l.images...)
}

// startsAt reports whether o stands at the start of the scalar n.
func (d *gitopsLinker) startsAt(n *syntax.Node, o *format.Occurrence) bool {
	start, _, ok := n.Map.Decoded(o.Pieces[0].Span)
	return ok && start == 0
}

// deploys notes that the application deploys an image.
func (d *gitopsLinker) deploys(a *application, o *format.Occurrence) {
	now := kustomize.ImageName(o.Text())
	after := now
	if x, ok := d.after(o); ok {
		after = x
	}
	a.images = append(a.images, kustomize.LayerImage{Before: now, After: after, Source: o})
}

// replacedBy returns the edit that makes name:tag select the old name and give
// the new one: old=new:tag.
func replacedBy(f *link.File, n *syntax.Node, old, after string) (link.FileEdit, bool) {
	if !strings.HasPrefix(n.Value, old) {
		return link.FileEdit{}, false
	}
	s, ok := n.Map.Span(0, len(old))
	if !ok {
		return link.FileEdit{}, false
	}
	return link.FileEdit{Path: f.Path, Edit: edit.Edit{Span: edit.Span{Start: s.End, End: s.End}, New: "=" + after}}, true
}

var templated = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// sourceFolder returns what arrives from a source's path. One that an
// ApplicationSet fills in stands for every kustomization that it may name.
func (d *gitopsLinker) sourceFolder(s *syntax.Node, dir string) (*imageSet, bool) {
	if dir == "" {
		return &imageSet{}, false
	}
	if !templated.MatchString(dir) {
		l, known := d.folder(dir)
		if l == nil {
			l = &imageSet{}
		}
		return l, known
	}
	re := filled(dir, ".+")
	if re == nil {
		return &imageSet{}, false
	}
	l := &imageSet{}
	for _, name := range d.all() {
		if kustomize.IsKustomization(name) && re.MatchString(path.Dir(name)) {
			l.images = append(l.images, d.layer(path.Dir(name)).images...)
		}
	}
	return l, false
}
