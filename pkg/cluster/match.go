package cluster

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// A Match says how well the sources of a use are known.
type Match string

// The matches, the best first. A use has none if Report.Match was not called.
const (
	// Exact: an object of the same kind and name has the same reference, or the one
	// that the rules move to it, in the container of the same name.
	Exact Match = "exact"
	// Differs: the container has another tag, or an image of the same name.
	Differs Match = "differs"
	// ByReference: the repository has the reference, but no such object has it.
	ByReference Match = "only by reference"
	// Nowhere: no repository has the reference.
	Nowhere Match = "nowhere here"
)

// Matches are all matches, the best first.
var Matches = []Match{Exact, Differs, ByReference, Nowhere}

// A Source is a place in a repository.
type Source struct {
	Repository string // as in Repository.Name
	Path       string // relative to the repository
	Line       int    // 1-based; 0 for a template whose values have no line
	Ref        string // the reference there, if it differs from that of the use
}

// A Repository has the images of the files and renderings of a repository.
type Repository struct {
	Name   string
	Images []inventory.Image
}

// maxSources is the number of sources that a use has at most: several overlays may render
// the same object.
const maxSources = 50

// renderedRelease is the name of the release in renderings of charts.
const renderedRelease = "release-name"

// A place is a use of an image in a repository.
type place struct {
	repository string
	image      *inventory.Image
	use        *inventory.Use
	chart      string // the folder of the chart whose rendering has the use; "" without one
}

// An index finds the places of repositories.
type index struct {
	objects map[string][]place // by kind and name
	refs    map[string][]place // by normalized reference
	repos   map[string][]place // by registry and repository, places of files only
}

// Match fills in the sources of all uses.
func (r *Report) Match(repositories []Repository) {
	x := newIndex(repositories)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.images {
		for _, u := range m.uses {
			u.SourceStatus, u.Sources = x.match(&m.image, u)
		}
	}
}

func newIndex(repositories []Repository) *index {
	x := &index{map[string][]place{}, map[string][]place{}, map[string][]place{}}
	for _, repo := range repositories {
		for i := range repo.Images {
			m := &repo.Images[i]
			keys := []string{referenceKey(m)}
			if m.New != "" {
				after := inventory.ReadReference(m.New, nil)
				keys = append(keys, referenceKey(&after))
			}
			for k := range m.Uses {
				u := &m.Uses[k]
				p := place{repo.Name, m, u, ""}
				if before, _, ok := strings.Cut("/"+u.Path, "/templates/"); ok && u.Origin == inventory.InRendering {
					p.chart = cmp.Or(strings.TrimPrefix(before, "/"), ".")
				}
				if title, _, _ := strings.Cut(u.Object, " ("); title != "" {
					x.objects[title] = append(x.objects[title], p)
				}
				for _, key := range keys {
					x.refs[key] = append(x.refs[key], p)
				}
				if u.Origin == inventory.InFile {
					x.repos[m.Registry+"/"+m.Repository] = append(x.repos[m.Registry+"/"+m.Repository], p)
				}
			}
		}
	}
	return x
}

func referenceKey(m *inventory.Image) string {
	return m.Registry + "/" + m.Repository + ":" + m.Tag + "@" + m.Digest
}

// match returns the sources of a use of an image.
func (x *index) match(m *inventory.Image, u *Use) (Match, []Source) {
	objects := x.objectsOf(u)
	same, moved := referenceKey(m), ""
	if m.New != "" {
		after := inventory.ReadReference(m.New, nil)
		moved = referenceKey(&after)
	}
	var exact, differs []place
	for _, p := range objects {
		if !sameContainer(p, u) {
			continue
		}
		switch key := referenceKey(p.image); {
		case key == same || slices.ContainsFunc(x.refs[same], func(q place) bool { return q.use == p.use }):
			exact = append(exact, p)
		case key == moved || path.Base(p.image.Repository) == path.Base(m.Repository):
			differs = append(differs, p)
		}
	}
	switch {
	case len(exact) > 0:
		return Exact, x.sources(exact, m)
	case len(differs) > 0:
		return Differs, x.sources(differs, m)
	}
	if all := x.refs[same]; len(all) > 0 {
		files := slices.DeleteFunc(slices.Clone(all), func(p place) bool { return p.use.Origin != inventory.InFile })
		if len(files) == 0 {
			files = all
		}
		return ByReference, x.sources(files, m)
	}
	return Nowhere, nil
}

// objectsOf returns the places in objects that have the kind and the name of the owner of
// u, or of the object that names the image.
func (x *index) objectsOf(u *Use) []place {
	var out []place
	for _, o := range []Object{u.Owner, u.Object} {
		out = append(out, x.objects[o.Kind+" "+o.Name]...)
		for _, release := range releasesOf(u) {
			out = append(out, x.renderedObjects(o, release)...)
		}
		if u.Owner == u.Object {
			break
		}
	}
	return out
}

// releasesOf returns the releases of charts that the managers of a use name.
func releasesOf(u *Use) []string {
	var out []string
	for _, m := range u.Managers {
		if m.Kind == HelmRelease || m.Kind == HelmTemplate || m.Kind == FluxHelmRelease || m.Kind == ArgoApplication {
			out = append(out, path.Base(m.Name))
		}
	}
	return out
}

// renderedObjects returns the places in renderings of objects that have the name of o in
// the given release. Templates of charts shorten RELEASE-CHART to RELEASE if the release
// contains the name of the chart.
// Source: the function fullname of the chart that `helm create` writes
func (x *index) renderedObjects(o Object, release string) []place {
	var out []place
	for _, name := range renderedNames(o.Name, release) {
		for _, p := range x.objects[o.Kind+" "+name.text] {
			if p.chart != "" && (name.chart == "" || name.chart == path.Base(p.chart)) {
				out = append(out, p)
			}
		}
	}
	return out
}

// A renderedName is the name of an object in renderings of the chart, "" for any chart.
type renderedName struct{ text, chart string }

func renderedNames(name, release string) []renderedName {
	rest, ok := strings.CutPrefix(name, release)
	if !ok || rest != "" && rest[0] != '-' {
		return nil
	}
	out := []renderedName{{renderedRelease + rest, ""}}
	words := strings.Split(release, "-")
	for i := range words {
		for j := i + 1; j <= len(words); j++ { // each chart whose name the release contains
			chart := strings.Join(words[i:j], "-")
			out = append(out, renderedName{renderedRelease + "-" + chart + rest, chart})
		}
	}
	return out
}

// sources returns the files and lines of places: for renderings those of the values that
// hold the reference, if they are known.
func (x *index) sources(places []place, m *inventory.Image) []Source {
	var out []Source
	for _, p := range places {
		for _, q := range x.files(p) {
			s := Source{Repository: q.repository, Path: q.use.Path, Line: q.use.Line}
			if referenceKey(q.image) != referenceKey(m) && q.image.Tag != "" {
				s.Ref = q.image.Ref
			}
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Source) int {
		return cmp.Or(btoi(a.Line == 0)-btoi(b.Line == 0), strings.Compare(a.Repository, b.Repository), strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	out = slices.Compact(out)
	if i := slices.IndexFunc(out, func(s Source) bool { return s.Line == 0 }); i > 0 {
		out = out[:i] // lines say more than templates
	}
	return out[:min(len(out), maxSources)]
}

// files returns the places of files that a place of a rendering is made of; the place
// itself if it is in a file, or if none is known.
func (x *index) files(p place) []place {
	if p.use.Origin != inventory.InRendering {
		return []place{p}
	}
	folder := cmp.Or(p.chart, p.use.Path)
	title, _, _ := strings.Cut(p.use.Object, " (")
	kind, _, _ := strings.Cut(title, " ")
	var inFolder, inObjects, inKustomizations []place
	for _, q := range x.candidates(p) {
		if q.repository != p.repository || q.use.Origin != inventory.InFile {
			continue
		}
		if within(q.use.Path, folder) {
			inFolder = append(inFolder, q)
		}
		if p.chart == "" && strings.HasPrefix(q.use.Object, kind+" ") {
			inObjects = append(inObjects, q)
		}
		if p.chart == "" && strings.HasPrefix(path.Base(q.use.Path), "kustomization.") {
			inKustomizations = append(inKustomizations, q)
		}
	}
	switch {
	case len(inObjects) > 0:
		return inObjects
	case len(inFolder) > 0:
		return inFolder
	case len(inKustomizations) > 0: // a component, or a layer below
		return inKustomizations
	}
	return []place{p}
}

// candidates returns the places of the same reference, or else of the same name: the tag
// may be in another key, or be the version of the chart.
func (x *index) candidates(p place) []place {
	if all := x.refs[referenceKey(p.image)]; slices.ContainsFunc(all, func(q place) bool { return q.use.Origin == inventory.InFile && q.repository == p.repository }) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(x.repos[p.image.Registry+"/"+p.image.Repository]), func(q place) bool { return q.image.Tag != "" && p.chart == "" })
}

func within(file, folder string) bool {
	return folder == "." || folder == "" || strings.HasPrefix(file, folder+"/")
}
