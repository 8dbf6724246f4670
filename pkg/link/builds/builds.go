// Package builds links the images that a development tool builds with the objects that it
// deploys. Skaffold and Tilt replace the image of an object if it has the name of a build,
// so both names move together, or none does. Nothing pulls an image that has a short name
// and is built: it does not move.
package builds

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A tool is a program that builds images and deploys objects that use them.
type tool struct {
	isConfig func(path string) bool

	// names returns the names of the images that the configuration src builds, as it
	// writes them.
	names func(src []byte) []string

	// name returns the name of a reference by which the tool compares it with a build;
	// "" if it does not replace the reference.
	name func(ref image.Ref) string
}

var tools = []*tool{skaffold, tilt}

// IsConfig reports whether the file at path is the configuration of a tool that builds
// images and deploys objects, or may give names to the contexts of builds.
func IsConfig(path string) bool {
	return isContextConfig(path) || slices.ContainsFunc(tools, func(t *tool) bool { return t.isConfig(path) })
}

// Link returns groups of the references that a tool replaces by images that it builds.
// These are in the folder of its configuration or below, and in other folders that the
// configuration names by a path that begins with ../.
func Link(t *link.Tree, move link.MoveFunc) []link.Group {
	if t.ReadFile == nil {
		return nil
	}
	var groups []link.Group
	for _, name := range t.Names {
		for _, x := range tools {
			if !x.isConfig(name) {
				continue
			}
			if src := t.ReadFile(name); len(src) > 0 {
				groups = append(groups, x.link(t, move, name, src)...)
			}
		}
	}
	return append(groups, linkContexts(t, move)...)
}

// link returns the groups for the configuration src at the path config.
func (x *tool) link(t *link.Tree, move link.MoveFunc, config string, src []byte) []link.Group {
	isBuilt := map[string]bool{}
	for _, text := range x.names(src) {
		if r, err := image.Parse(text); err == nil {
			isBuilt[x.name(r)] = true
		}
	}
	delete(isBuilt, "")
	if len(isBuilt) == 0 {
		return nil
	}
	var groups []link.Group
	spelled := map[string]int{} // index of the group for a name with a registry
	for _, f := range filesOf(t, config, src) {
		for i := range f.Scanned.Occurrences {
			o := f.Scanned.Occurrences[i]
			r, err := image.Parse(o.Text())
			if err != nil || !isBuilt[x.name(withTag(r, &o))] {
				continue
			}
			if r.Domain == "" {
				if o.Keep == "" && (move.Moves(&o) || o.LikelyImage && (t.IsLikely == nil || t.IsLikely(&o))) {
					groups = append(groups, link.Group{Occurrences: []format.Occurrence{o}, Keep: format.Built, Why: config + " builds the image, and puts it in the place of this name"})
				}
				continue
			}
			key := x.name(r)
			at, ok := spelled[key]
			if !ok {
				at = len(groups)
				spelled[key] = at
				groups = append(groups, link.Group{Why: config + " builds the image and deploys it by this name", AcrossScopes: true})
			}
			o.IsPushed = o.IsPushed || f.Path == config
			groups[at].Occurrences = append(groups[at].Occurrences, o)
		}
	}
	for _, at := range spelled {
		g := &groups[at]
		if !slices.ContainsFunc(g.Occurrences, func(o format.Occurrence) bool { return o.Pieces[0].Path == config }) {
			g.Keep = format.Built // the configuration has the short name, which does not move
		}
	}
	return groups
}

// withTag returns r with the tag and the digest of o that are in other fields.
func withTag(r image.Ref, o *format.Occurrence) image.Ref {
	if r.Tag == "" {
		r.Tag = o.Tag
	}
	if r.Digest == "" {
		r.Digest = o.Digest
	}
	return r
}

// pathAbove matches a path to a folder above that of the configuration.
var pathAbove = regexp.MustCompile(`\.\./[\w./-]*`)

// filesOf returns the scanned files that the tool may deploy.
func filesOf(t *link.Tree, config string, src []byte) []*link.File {
	dir := path.Dir(config)
	folders := []string{dir}
	for _, m := range pathAbove.FindAll(src, -1) {
		at, inside := t.Resolve(dir, string(m))
		if inside && !slices.ContainsFunc(folders, func(x string) bool { return x == "." || at == x || strings.HasPrefix(at, x+"/") }) {
			folders = append(folders, at)
		}
	}
	var out []*link.File
	for _, folder := range folders {
		if f := folderFile(t, folder); f != nil {
			out = append(out, f)
		}
		out = append(out, t.FilesUnder(folder)...)
	}
	slices.SortFunc(out, func(a, b *link.File) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(out)
}

// folderFile returns the scanned file at a path that may also be that of a folder.
func folderFile(t *link.Tree, at string) *link.File {
	if !t.IsScanned(at) {
		return nil
	}
	return t.File(at)
}
