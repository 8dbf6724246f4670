package link

import (
	"path"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// Argo ties what Argo CD's applications select to what they deploy, and what
// Argo CD Image Updater watches to the images of the applications.
//
// The path of a source is taken for one of this repository on the same grounds
// as those of Flux.
var Argo = &Linker{
	Name: "argo",
	Doc:  "Argo CD: what applications and Image Updater select and deploy",
	Link: linkArgo,
}

const (
	argoGroup   = "argoproj.io"
	argoUpdater = "argocd-image-updater.argoproj.io"
)

// An application is an Application, or the template of an ApplicationSet.
type application struct {
	entity
	spec     *syntax.Node // of the application itself
	set      *syntax.Node // the generators of an ApplicationSet
	folders  []string     // of its sources
	images   []arrival    // what it deploys under these names, as far as it can be seen
	selected []*format.Occurrence
}

func linkArgo(t *Tree, move MoveFunc) []Group {
	d := newDeployment(t, move)
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
func (d *deployment) movesIn(a *application) bool {
	for _, part := range []*syntax.Node{a.root, a.set} {
		for _, o := range d.within(a.file, part) {
			if moves(o, d.move) {
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

func (d *deployment) application(a *application, updaters []*entity) {
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
			l := &layer{}
			d.arrive(l, v.file, v.node)
			a.images = append(a.images, l.out...)
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
func (d *deployment) helmValues(a *application, helm *syntax.Node) []valuesAt {
	var out []valuesAt
	if n := helm.Field("values"); n != nil && n.Kind == syntax.Scalar {
		out = append(out, valuesAt{file: a.file, node: n, get: byPath(format.Inner(n))})
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
func (d *deployment) valueFiles(helm *syntax.Node, dir string) []valuesAt {
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
func (d *deployment) kustomizeImages(a *application, s *syntax.Node, dir string, watched map[string]string) {
	l, known := d.sourceFolder(s, dir)
	if known {
		a.folders = append(a.folders, dir)
	}
	if patches := s.Field("kustomize").Field("patches"); patches != nil {
		with := *l
		with.out = append([]arrival(nil), l.out...)
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
		p := pick{file: a.file, occ: occs[0]}
		for j, other := range entries {
			if j != i {
				other, _, _ := strings.Cut(other.Value, "=")
				p.others = append(p.others, name(other))
			}
		}
		if both {
			for _, o := range occs[1:] {
				d.deploys(a, o)
			}
		} else {
			p.add = func(after string) (FileEdit, bool) { return replacedBy(a.file, n, name(left), after) }
			p.alone = watched[name(left)]
		}
		a.selected = append(a.selected, p.occ)
		if known && d.follow(p, dir) {
			continue
		}
		if leaves := d.choose(p, l, known, dir); !both {
			a.images = append(a.images, arrival{now: name(left), after: leaves})
		}
	}
	for _, n := range entries {
		selects, _, _ := strings.Cut(n.Value, "=")
		d.uncaught(a.file, name(selects), l)
	}
	a.images = append(a.images, l.out...)
}

// startsAt reports whether o stands at the start of the scalar n.
func (d *deployment) startsAt(n *syntax.Node, o *format.Occurrence) bool {
	start, _, ok := n.Map.Decoded(o.Pieces[0].Span)
	return ok && start == 0
}

// deploys notes that the application deploys an image.
func (d *deployment) deploys(a *application, o *format.Occurrence) {
	now := name(o.Text())
	after := now
	if x, ok := d.after(o); ok {
		after = x
	}
	a.images = append(a.images, arrival{now: now, after: after, from: o})
}

// replacedBy returns the edit that makes name:tag select the old name and give
// the new one: old=new:tag.
func replacedBy(f *File, n *syntax.Node, old, after string) (FileEdit, bool) {
	if !strings.HasPrefix(n.Value, old) {
		return FileEdit{}, false
	}
	s, ok := n.Map.Span(0, len(old))
	if !ok {
		return FileEdit{}, false
	}
	return FileEdit{f.Path, edit.Edit{Span: edit.Span{Start: s.End, End: s.End}, New: "=" + after}}, true
}

var templated = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// sourceFolder returns what arrives from a source's path. One that an
// ApplicationSet fills in stands for every kustomization that it may name.
func (d *deployment) sourceFolder(s *syntax.Node, dir string) (*layer, bool) {
	if dir == "" {
		return &layer{}, false
	}
	if !templated.MatchString(dir) {
		l, known := d.folder(dir)
		if l == nil {
			l = &layer{}
		}
		return l, known
	}
	re := filled(dir, ".+")
	if re == nil {
		return &layer{}, false
	}
	l := &layer{}
	for _, name := range d.all() {
		if isKustomizationFile(name) && re.MatchString(path.Dir(name)) {
			l.out = append(l.out, d.layer(path.Dir(name)).out...)
		}
	}
	return l, false
}
