package gitops

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

// The annotations of Image Updater.
const (
	imageListKey       = updaterGroup + "/image-list"
	imageNameKeySuffix = ".kustomize.image-name"
)

// watchedNames returns the names of images that Image Updater watches in an
// application without a setting for the name in the kustomization. The value
// says why a selector must have the same name.
func (g *gitopsLinker) watchedNames(a *application, updaters []*object) map[string]string {
	out := map[string]string{}
	const why = "Image Updater sets the tag of the name that it watches, so both names are kept; set kustomize.image-name to move them"
	annotations := a.root.Field("metadata").Field("annotations")
	for entry := range strings.SplitSeq(annotations.Str(imageListKey), ",") {
		alias, image, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok {
			alias, image = "", alias
		}
		if annotations.Field(updaterGroup+"/"+strings.ReplaceAll(alias, "/", "_")+imageNameKeySuffix) == nil {
			out[watchedName(image)] = why
		}
	}
	for _, u := range updaters {
		for _, ref := range link.Items(u.root.Field("spec").Field("applicationRefs")) {
			if !matchesApplication(ref, a) && (a.generators == nil || !strings.Contains(a.name(), "{{")) {
				continue
			}
			for _, image := range link.Items(ref.Field("images")) {
				if kustomizeNameOf(image) == nil {
					out[watchedName(image.Str("imageName"))] = why
				}
			}
		}
	}
	return out
}

// matchesApplication reports whether the name pattern of an ImageUpdater matches
// a.
func matchesApplication(ref *syntax.Node, a *application) bool {
	ok, err := path.Match(ref.Str("namePattern"), a.name())
	return err == nil && ok
}

// kustomizeNameOf returns the name in the kustomization of an image of an
// ImageUpdater, nil if it has none.
func kustomizeNameOf(image *syntax.Node) *syntax.Node {
	return image.Field("manifestTargets").Field("kustomize").Field("name")
}

// watchedName returns an image that Image Updater watches without its version
// constraint, which is not a tag: name:~1.0.
func watchedName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	slash := strings.LastIndexByte(image, '/')
	if i := strings.IndexByte(image[slash+1:], ':'); i >= 0 {
		image = image[:slash+1+i]
	}
	return image
}

// linkAnnotations ties the annotations of Image Updater to the images of their
// application. The parameter mustMatch has the names that are watched without a
// setting for the name in the kustomization.
func (g *gitopsLinker) linkAnnotations(a *application, mustMatch map[string]string) {
	annotations := a.root.Field("metadata").Field("annotations")
	if annotations == nil {
		return
	}
	apps := []*application{a}
	for _, o := range g.occurrencesIn(a.file, annotations.Field(imageListKey)) {
		g.linkWatchedImage(a.file, o, apps, mustMatch[kustomize.ImageName(o.Text())] != "")
	}
	for i := 0; i+1 < len(annotations.Children); i += 2 {
		if key := annotations.Children[i].Value; strings.HasPrefix(key, updaterGroup+"/") && strings.HasSuffix(key, imageNameKeySuffix) {
			g.linkKustomizeName(a.file, annotations.Children[i+1].Resolve(), apps)
		}
	}
}

// linkImageUpdater ties the images of an ImageUpdater to those of the
// applications that it watches.
func (g *gitopsLinker) linkImageUpdater(u *object, all []*application) {
	for _, ref := range link.Items(u.root.Field("spec").Field("applicationRefs")) {
		var apps []*application
		for _, a := range all {
			if matchesApplication(ref, a) || strings.Contains(a.name(), "{{") {
				apps = append(apps, a)
			}
		}
		for _, image := range link.Items(ref.Field("images")) {
			n := kustomizeNameOf(image)
			for _, o := range g.occurrencesIn(u.file, image.Field("imageName")) {
				g.linkWatchedImage(u.file, o, apps, n == nil)
			}
			if n != nil {
				g.linkKustomizeName(u.file, n, apps)
			}
		}
	}
}

// linkWatchedImage decides whether o moves, an image in f that Image Updater
// watches. Image Updater compares o with the running images, so o moves together
// with them. The parameter
// unnamed says that the kustomization has no setting for the name.
func (g *gitopsLinker) linkWatchedImage(f *link.File, o *format.Occurrence, apps []*application, unnamed bool) {
	if !g.move.Moves(o) || len(o.Pieces) != 1 {
		return
	}
	name := kustomize.ImageName(o.Text())
	x := link.Group{Occurrences: []format.Occurrence{*o}, Why: "Image Updater watches this image of the application"}
	moving, staying, isRenamed := 0, 0, false
	for _, a := range apps {
		for i := range a.images {
			switch image := &a.images[i]; {
			case image.Before != name:
			case image.After == image.Before:
				staying++
			case image.Source != nil:
				moving++
				x.Occurrences = append(x.Occurrences, *image.Source)
			default:
				moving++
				isRenamed = unnamed
				x.Insert = append(x.Insert, g.newNameInserts(image.After)...)
			}
		}
	}
	switch {
	case moving > 0 && staying > 0:
		x.Keep, x.Why = format.Conflict, "it watches images that move and images that keep their old names"
	case moving == 0:
		x.Keep, x.Why = format.RemoteBase, "Image Updater compares it with the running images, and the applications deploy no image of this name from this repository"
	case isRenamed:
		g.tree.Advice = append(g.tree.Advice, link.Advice{Path: f.Path, At: o.Pieces[0].Span.Start, Text: "a kustomization renames the image and selects it by its old name, " +
			name + ": set kustomize.image-name for Image Updater, or it sets the tag of an image that does not exist"})
	}
	g.groups = append(g.groups, x)
}

// linkKustomizeName decides the setting for the name in the kustomization of an
// image that is watched, in the same way as the selectors of this name in the
// applications.
func (g *gitopsLinker) linkKustomizeName(f *link.File, n *syntax.Node, apps []*application) {
	occs := g.occurrencesIn(f, n)
	if len(occs) != 1 || len(occs[0].Pieces) != 1 {
		return
	}
	o := occs[0]
	if g.followSelector(o, apps) {
		return
	}
	deployed := &imageSet{}
	sel := imageSelector{file: f, occ: o}
	for _, a := range apps {
		for _, dir := range a.folders {
			if g.followEntry(sel, dir) {
				return
			}
		}
		deployed.images = append(deployed.images, a.images...)
	}
	g.decideSelector(sel, deployed, false, "the application")
}

// followSelector ties o to the selector of the same name in apps. It returns
// false if no rule concerns such a selector.
func (g *gitopsLinker) followSelector(o *format.Occurrence, apps []*application) bool {
	for _, a := range apps {
		for _, s := range a.selectors {
			if kustomize.ImageName(s.Text()) != kustomize.ImageName(o.Text()) {
				continue
			}
			i := slices.IndexFunc(g.groups, func(x link.Group) bool {
				return len(x.Occurrences) > 0 && link.IDOf(&x.Occurrences[0].Pieces[0]) == link.IDOf(&s.Pieces[0])
			})
			if i >= 0 {
				x := &g.groups[i]
				g.groups = append(g.groups, link.Group{Occurrences: []format.Occurrence{*o, *s}, Keep: x.Keep, Why: x.Why})
				return true
			}
		}
	}
	return false
}
