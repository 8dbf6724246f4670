package gitops

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// The API groups of Argo CD and of Argo CD Image Updater, whose name is also
// the prefix of its annotations.
const (
	argoGroup    = "argoproj.io"
	updaterGroup = "argocd-image-updater.argoproj.io"
)

// An application is an Application, or the template of an ApplicationSet.
type application struct {
	object
	spec       *syntax.Node // of the application
	generators *syntax.Node // of an ApplicationSet; nil for an Application

	// What the application deploys, as far as it is known:
	folders   []string
	images    []kustomize.LayerImage
	selectors []*format.Occurrence // names that select some of the images
}

// LinkArgo links the names that the applications of Argo CD select to the images
// that they deploy, and the images that Argo CD Image Updater watches to the
// images of the applications. The parameter graph has the kustomizations of t.
func LinkArgo(t *link.Tree, move link.MoveFunc, graph *kustomize.Graph) []link.Group {
	g := newLinker(t, move, graph)
	if !g.anyMoves() {
		return nil
	}
	var apps []*application
	var updaters []*object
	for _, f := range g.filesContaining(argoGroup + "/") {
		all, ok := objectsIn(f, argoGroup+"/")
		if !ok {
			g.keepTemplateSelectors(f)
			continue
		}
		for _, x := range all {
			if a := applicationOf(x); a != nil {
				apps = append(apps, a)
			} else if x.isA(updaterGroup, "ImageUpdater") {
				updaters = append(updaters, x)
			}
		}
	}
	for _, a := range apps {
		if g.concernsUnmentioned() || len(updaters) > 0 || g.movesIn(a) || g.takesName(a) {
			g.linkApplication(a, updaters)
		}
	}
	for _, u := range updaters {
		g.linkImageUpdater(u, apps)
	}
	return g.groups
}

// applicationOf returns the application of x, nil if x is another object.
func applicationOf(x *object) *application {
	spec := x.root.Field("spec")
	switch {
	case x.isA(argoGroup, "Application"):
		return &application{object: *x, spec: spec}
	case x.isA(argoGroup, "ApplicationSet"):
		template := spec.Field("template")
		return &application{object: object{x.file, template}, spec: template.Field("spec"), generators: spec.Field("generators")}
	}
	return nil
}

// movesIn reports whether a rule moves something in the application.
func (g *gitopsLinker) movesIn(a *application) bool {
	for _, n := range []*syntax.Node{a.root, a.generators} {
		for _, o := range g.occurrencesIn(a.file, n) {
			if g.move.Moves(o) {
				return true
			}
		}
	}
	return false
}

// takesName reports whether an image may have, after the move, the name of an entry in
// kustomize.images of the application, which it does not have before.
func (g *gitopsLinker) takesName(a *application) bool {
	return slices.ContainsFunc(a.sources(), func(s *syntax.Node) bool {
		names := selectedNames(link.Items(s.Field("kustomize").Field("images")), -1)
		return slices.ContainsFunc(names, func(name string) bool { return g.namesAfter()[name] })
	})
}

// sources returns the sources of an application.
func (a *application) sources() []*syntax.Node {
	out := link.Items(a.spec.Field("sources"))
	if s := a.spec.Field("source"); s != nil {
		out = append([]*syntax.Node{s}, out...)
	}
	return out
}

// folderOf returns the folder that a source names, "" if it names none.
func folderOf(source *syntax.Node) string {
	if p := source.Str("path"); p != "" {
		return sourcePath(p)
	}
	return ""
}

func (g *gitopsLinker) linkApplication(a *application, updaters []*object) {
	mustMatch := g.watchedNames(a, updaters)
	for _, s := range a.sources() {
		dir := folderOf(s)
		helm := s.Field("helm")
		values := append(g.helmValueFiles(helm, dir), helmValues(a.file, helm)...)
		for _, v := range values {
			deployed := &imageSet{}
			g.addImagesIn(deployed, v.file, v.node)
			a.images = append(a.images, deployed.images...)
		}
		if dir != "" && !strings.Contains(dir, "{{") && g.isChart(dir) {
			g.linkLocalChart(values, dir)
		} else {
			g.linkAbsentChart(values, func() string { return s.Str("repoURL") })
		}
		g.linkKustomizeImages(a, s, mustMatch)
	}
	g.linkGenerators(a)
	g.linkAnnotations(a, mustMatch)
}

// helmValues returns the values that a source passes to its chart. Later values
// override earlier ones. Source:
// https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-value-precedence
func helmValues(f *link.File, helm *syntax.Node) []chartValues {
	var out []chartValues
	if n := helm.Field("values"); n != nil && n.Kind == syntax.Scalar {
		out = append(out, mappingValues(f, n, format.EmbeddedMapping(n)))
	}
	if n := helm.Field("valuesObject"); n != nil {
		out = append(out, mappingValues(f, n, n))
	}
	if n := helm.Field("parameters"); len(link.Items(n)) > 0 {
		get := func(field string) *syntax.Node {
			for _, p := range link.Items(n) {
				if v := textOf(p.Field("value")); "."+p.Str("name") == field && v != nil {
					return v
				}
			}
			return nil
		}
		keys := func(parent string) []string {
			var out []string
			for _, p := range link.Items(n) {
				if of, key := keyOf("." + p.Str("name")); of == parent {
					out = append(out, key)
				}
			}
			return out
		}
		out = append(out, chartValues{file: f, node: n, get: get, keys: keys, addTo: func(v *absentchart.Values) { v.AddParameters(n) }})
	}
	return out
}

// helmValueFiles returns the values files of a source that can be read. Their
// paths are relative to the folder of the source or, as $ref/…, to the root of
// another source.
func (g *gitopsLinker) helmValueFiles(helm *syntax.Node, dir string) []chartValues {
	var out []chartValues
	for _, n := range link.Items(helm.Field("valueFiles")) {
		name := path.Join(dir, n.Value)
		if strings.HasPrefix(n.Value, "$") {
			_, name, _ = strings.Cut(n.Value, "/")
			name = path.Clean(name)
		}
		if v, ok := g.valuesFile(name); ok {
			out = append(out, v)
		}
	}
	return out
}

// linkKustomizeImages decides the entries in kustomize.images of a source:
// old=new:tag or old:tag, where old selects. The parameter mustMatch maps names
// to the reason why a selector must have this name. Source:
// https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/
func (g *gitopsLinker) linkKustomizeImages(a *application, source *syntax.Node, mustMatch map[string]string) {
	dir := folderOf(source)
	deployed, known := g.sourceImages(dir)
	if known {
		a.folders = append(a.folders, dir)
	}
	if patches := source.Field("kustomize").Field("patches"); patches != nil {
		deployed = deployed.clone()
		g.addImagesIn(deployed, a.file, patches)
	}
	entries := link.Items(source.Field("kustomize").Field("images"))
	for i, n := range entries {
		occs := g.occurrencesIn(a.file, n)
		old, _, renames := strings.Cut(n.Value, "=")
		old = kustomize.ImageName(old)
		switch {
		case len(occs) == 0:
			continue
		case renames && !startsAt(n, occs[0]):
			a.images = append(a.images, g.imageOf(occs[0]))
			continue
		}
		sel := imageSelector{file: a.file, occ: occs[0], siblings: selectedNames(entries, i)}
		if renames {
			for _, o := range occs[1:] {
				a.images = append(a.images, g.imageOf(o))
			}
		} else {
			sel.insertNewName = func(after string) (link.FileEdit, bool) { return insertRename(a.file, n, old, after) }
			sel.mustMatch = mustMatch[old]
		}
		a.selectors = append(a.selectors, sel.occ)
		if known && g.followEntry(sel, dir) {
			continue
		}
		if after := g.decideSelector(sel, deployed, known, dir); !renames {
			a.images = append(a.images, kustomize.LayerImage{Before: old, After: after})
		}
	}
	for _, name := range selectedNames(entries, -1) {
		g.keepNewlySelected(a.file, name, deployed)
	}
	a.images = append(a.images, deployed.images...)
}

// selectedNames returns the names that the entries of kustomize.images select,
// without that of the entry at index except.
func selectedNames(entries []*syntax.Node, except int) []string {
	var out []string
	for i, n := range entries {
		if i != except {
			old, _, _ := strings.Cut(n.Value, "=")
			out = append(out, kustomize.ImageName(old))
		}
	}
	return out
}

// startsAt reports whether o is at the start of the scalar n.
func startsAt(n *syntax.Node, o *format.Occurrence) bool {
	start, _, ok := n.Map.Decoded(o.Pieces[0].Span)
	return ok && start == 0
}

// insertRename returns the edit that makes the entry old:tag the entry
// old=after:tag.
func insertRename(f *link.File, n *syntax.Node, old, after string) (link.FileEdit, bool) {
	if !strings.HasPrefix(n.Value, old) {
		return link.FileEdit{}, false
	}
	s, ok := n.Map.Span(0, len(old))
	if !ok {
		return link.FileEdit{}, false
	}
	return link.FileEdit{Path: f.Path, Edit: edit.Edit{Span: edit.Span{Start: s.End, End: s.End}, New: "=" + after}}, true
}

// parameterRE matches a parameter of an ApplicationSet: {{image}}.
var parameterRE = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// sourceImages returns the images of the folder of a source. A folder with
// parameters is every kustomization that it may name; it is not known.
func (g *gitopsLinker) sourceImages(dir string) (*imageSet, bool) {
	if dir == "" {
		return &imageSet{}, false
	}
	if !parameterRE.MatchString(dir) {
		return g.folder(dir, nil)
	}
	s := &imageSet{}
	re := filled(dir, ".+")
	if re == nil {
		return s, false
	}
	for _, name := range g.yamlPaths() {
		if kustomize.IsKustomization(name) && re.MatchString(path.Dir(name)) {
			s.images = append(s.images, g.layer(path.Dir(name)).images...)
		}
	}
	return s, false
}
