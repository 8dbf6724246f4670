package gitops

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// watched returns the names of images that Image Updater watches in an
// application without being told under which name the kustomization has them,
// with what that means for a selector.
func (d *gitopsLinker) watched(a *application, updaters []*entity) map[string]string {
	out := map[string]string{}
	const why = "Image Updater sets its tag under the name that it watches, so that both keep it; name the image of the kustomization for it (kustomize.image-name) to move them"
	annotations := a.root.Field("metadata").Field("annotations")
	for _, w := range watches(annotations) {
		if annotations.Field(argoUpdater+"/"+w.alias+".kustomize.image-name") == nil {
			out[w.name] = why
		}
	}
	for _, u := range updaters {
		for _, image := range imagesFor(u, a) {
			if image.Field("manifestTargets").Field("kustomize").Field("name") == nil {
				out[watchedName(image.Str("imageName"))] = why
			}
		}
	}
	return out
}

// A watch is an entry of the annotation image-list.
type watch struct{ alias, name string }

func watches(annotations *syntax.Node) []watch {
	var out []watch
	for _, entry := range strings.Split(annotations.Str(argoUpdater+"/image-list"), ",") {
		alias, image, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok {
			alias, image = "", alias
		}
		out = append(out, watch{strings.ReplaceAll(alias, "/", "_"), watchedName(image)})
	}
	return out
}

// watchedName returns an image that Image Updater watches without its
// constraint, which is no tag: name:~1.0.
func watchedName(image string) string {
	if i := strings.IndexByte(image, '@'); i >= 0 {
		image = image[:i]
	}
	slash := strings.LastIndexByte(image, '/')
	if i := strings.IndexByte(image[slash+1:], ':'); i >= 0 {
		image = image[:slash+1+i]
	}
	return image
}

// imagesFor returns the images that u watches in the application a.
func imagesFor(u *entity, a *application) []*syntax.Node {
	var out []*syntax.Node
	for _, ref := range Items(u.root.Field("spec").Field("applicationRefs")) {
		if ok, err := path.Match(ref.Str("namePattern"), a.name()); err == nil && ok || a.set != nil && strings.Contains(a.name(), "{{") {
			out = append(out, Items(ref.Field("images"))...)
		}
	}
	return out
}

// imageList ties the annotations of Image Updater to the images of their
// application.
func (d *gitopsLinker) imageList(a *application, watched map[string]string) {
	annotations := a.root.Field("metadata").Field("annotations")
	if annotations == nil {
		return
	}
	apps := []*application{a}
	for _, o := range d.within(a.file, annotations.Field(argoUpdater+"/image-list")) {
		d.watch(a.file, o, apps, watched[kustomize.ImageName(o.Text())] != "")
	}
	for i := 0; i+1 < len(annotations.Children); i += 2 {
		if key := annotations.Children[i].Value; strings.HasPrefix(key, argoUpdater+"/") && strings.HasSuffix(key, ".kustomize.image-name") {
			d.kustomizeName(a.file, annotations.Children[i+1].Resolve(), apps)
		}
	}
}

// imageUpdater ties the images of an ImageUpdater to those of the applications
// that it watches.
func (d *gitopsLinker) imageUpdater(u *entity, all []*application) {
	for _, ref := range Items(u.root.Field("spec").Field("applicationRefs")) {
		var apps []*application
		for _, a := range all {
			if ok, err := path.Match(ref.Str("namePattern"), a.name()); err == nil && ok || strings.Contains(a.name(), "{{") {
				apps = append(apps, a)
			}
		}
		for _, image := range Items(ref.Field("images")) {
			n := image.Field("manifestTargets").Field("kustomize").Field("name")
			for _, o := range d.within(u.file, image.Field("imageName")) {
				d.watch(u.file, o, apps, n == nil)
			}
			if n != nil {
				d.kustomizeName(u.file, n, apps)
			}
		}
	}
}

// watch decides an image of f that is watched: it is compared with what runs, so
// it moves with that. unnamed says that Image Updater is not told under which name
// a kustomization has it.
func (d *gitopsLinker) watch(f *link.File, o *format.Occurrence, apps []*application, unnamed bool) {
	if !d.move.Moves(o) || len(o.Pieces) != 1 {
		return
	}
	g := link.Group{Occurrences: []format.Occurrence{*o}, Why: "Image Updater watches it in what the application deploys"}
	with, without, renamed := 0, 0, false
	for _, a := range apps {
		for i := range a.images {
			switch x := &a.images[i]; {
			case x.Before != kustomize.ImageName(o.Text()):
			case x.After != x.Before:
				with++
				if x.Source != nil {
					g.Occurrences = append(g.Occurrences, *x.Source)
				} else {
					renamed = unnamed
					g.Insert = append(g.Insert, d.inserts(x.After)...)
				}
			default:
				without++
			}
		}
	}
	switch {
	case with > 0 && without > 0:
		g.Keep, g.Why = format.Conflict, "it watches images that move and images that stay under their old name"
	case with == 0:
		g.Keep, g.Why = format.RemoteBase, "Image Updater compares it with what runs, and what the applications deploy under this name is not in this repository"
	case renamed:
		d.tree.Advice = append(d.tree.Advice, link.Advice{Path: f.Path, At: o.Pieces[0].Span.Start, Text: "a kustomization gives the image its new name and has it under the old one, " +
			kustomize.ImageName(o.Text()) + ": tell Image Updater, with kustomize.image-name, or it sets the tag of an image that is not there"})
	}
	d.found = append(d.found, g)
}

// kustomizeName decides the name under which a kustomization has an image that
// is watched. It selects there, so it goes the way of the selectors of the same
// name in the applications.
func (d *gitopsLinker) kustomizeName(f *link.File, n *syntax.Node, apps []*application) {
	occs := d.within(f, n)
	if len(occs) != 1 || len(occs[0].Pieces) != 1 {
		return
	}
	o := occs[0]
	for _, a := range apps {
		for _, s := range a.selected {
			if kustomize.ImageName(s.Text()) != kustomize.ImageName(o.Text()) {
				continue
			}
			for i := range d.found {
				if g := &d.found[i]; len(g.Occurrences) > 0 && link.IDOf(&g.Occurrences[0].Pieces[0]) == link.IDOf(&s.Pieces[0]) {
					d.found = append(d.found, link.Group{Occurrences: []format.Occurrence{*o, *s}, Keep: g.Keep, Why: g.Why})
					return
				}
			}
		}
	}
	l := &imageSet{}
	p := imageSelector{file: f, occ: o}
	for _, a := range apps {
		for _, dir := range a.folders {
			if d.follow(p, dir) {
				return
			}
		}
		l.images = append(l.images, a.images...)
	}
	d.choose(p, l, false, "the application")
}
