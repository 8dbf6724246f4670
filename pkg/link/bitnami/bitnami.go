// Package bitnami finds the values in which charts of Bitnami need the key
// global.security.allowInsecureImages.
//
// Since December 2024 these charts compare their images with the list of images in the
// annotations of Chart.yaml. They refuse an image of another registry, unless the key is
// true. The key is global: if it is in the values of a parent chart, it holds for all of
// its dependencies.
// Source: https://github.com/bitnami/charts/blob/main/bitnami/common/templates/_errors.tpl
package bitnami

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// AllowImages returns the edits that let the charts of Bitnami use the images that moved
// out of docker.io/bitnami: one for each release or values file. The releases of Flux and
// Argo CD are gitops; those of other tools and the charts of the tree are found here. The
// advice says where the key is missing and cannot be added, and where another value
// forbids the images.
func AllowImages(t *link.Tree, gitops []absentchart.Release, moved []link.MovedPiece) ([]link.Consequence, []link.Advice) {
	f := newFinder(t, moved)
	var out []link.Consequence
	var advice []link.Advice
	for _, n := range f.needs(gitops) {
		pieces, sources := n.pieceIDs(), n.paths()
		if i := slices.IndexFunc(out, func(c link.Consequence) bool { return n.contains(c.FileEdit) }); i >= 0 && n.forbids == nil {
			out[i].Allows = append(out[i].Allows, pieces...)
			out[i].Sources = append(out[i].Sources, sources...)
			continue
		}
		e, why := n.place()
		if why != "" {
			advice = append(advice, link.Advice{Path: n.path, At: n.at, Text: why})
			continue
		}
		out = append(out, link.Consequence{FileEdit: e, Why: "the chart of Bitnami accepts the images that moved", Sources: sources, Allows: pieces})
	}
	return out, advice
}

// Advise returns advice for each release and values file that needs the key, if its images
// are in docker.io/bitnami before the move. It omits those that all move to
// docker.io/bitnamilegacy, which the catalogue of images knows.
func Advise(t *link.Tree, gitops func() []absentchart.Release, moved []link.MovedPiece) []link.Advice {
	isHint := func(m link.MovedPiece) bool { return isIn(m.OldRef, "bitnami") && !isIn(m.NewRef, "bitnamilegacy") }
	moved = slices.DeleteFunc(slices.Clone(moved), func(m link.MovedPiece) bool { return !isHint(m) })
	f := newFinder(t, moved)
	if len(f.moved) == 0 {
		return nil
	}
	var out []link.Advice
	for _, n := range f.needs(gitops()) {
		why := "Charts of Bitnami since December 2024 refuse images that are not in docker.io/bitnami. Set " + absentchart.AllowKey + " to true in its values, or run regmigrate with --allow-insecure-images."
		if n.forbids != nil {
			why = forbidden(n.forbids)
		}
		out = append(out, link.Advice{Path: n.path, At: n.at, Text: why})
	}
	return out
}

// A finder finds the values that need the key.
type finder struct {
	tree  *link.Tree
	moved map[string][]link.MovedPiece // pieces of images that are not in docker.io/bitnami after the move, by path
}

func newFinder(t *link.Tree, moved []link.MovedPiece) *finder {
	f := &finder{t, map[string][]link.MovedPiece{}}
	for _, m := range moved {
		if m.NewRef != "" && !isIn(m.NewRef, "bitnami") {
			f.moved[m.Path] = append(f.moved[m.Path], m)
		}
	}
	return f
}

// isIn reports whether the reference ref is in a namespace of Docker Hub. A registry may
// have all of them.
func isIn(ref, namespace string) bool {
	if absentchart.IsDockerHub(ref) && image.CanonicalHost(strings.TrimSuffix(ref, "/")) == image.DockerHub {
		return true
	}
	r, err := image.Parse(ref)
	if err != nil {
		return false
	}
	isHub := r.Domain == "" || image.CanonicalHost(r.Domain) == image.DockerHub
	return isHub && strings.HasPrefix(r.Path+"/", namespace+"/")
}

// A need is a release, or a values file of a chart, that needs the key.
type need struct {
	values []*absentchart.Values // later ones override earlier ones
	near   []place               // where images moved, in the order of values
	taken  map[link.PieceID]bool // places at which the run adds other text

	path    string               // of the file that the advice names
	at      int                  // in it, in bytes
	forbids *absentchart.Setting // another value of the key

	own             *absentchart.Values // the values.yaml of the chart, nil if it is not known
	hasNoOwn        bool                // the chart is in the tree, and has no values.yaml
	removesDefaults string              // a key of the values that is null, and removes values of the chart
}

// A place is a moved piece in values.
type place struct {
	values *absentchart.Values
	piece  link.MovedPiece
}

// needs returns the releases and values files that need the key.
func (f *finder) needs(gitops []absentchart.Release) []*need {
	if len(f.moved) == 0 {
		return nil
	}
	var out []*need
	for _, r := range slices.Concat(f.chartReleases(), gitops, f.otherReleases()) {
		n := f.need(&r)
		if n != nil {
			out = append(out, n)
		}
	}
	return out
}

// otherReleases returns the releases of tools other than Flux and Argo CD.
func (f *finder) otherReleases() []absentchart.Release {
	files := slices.DeleteFunc(slices.Clone(f.tree.Names), func(name string) bool { return !absentchart.IsHelmfile(name) })
	if f.tree.YAMLContaining != nil {
		files = append(files, slices.DeleteFunc(f.tree.YAMLContaining(absentchart.ReleasesKey), func(name string) bool { return !absentchart.IsHelmfile(name) })...)
	}
	for name := range f.moved {
		if format.HasYAMLName(name) {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	var out []absentchart.Release
	for _, name := range slices.Compact(files) {
		if x := f.tree.File(name); x != nil {
			out = append(out, absentchart.Releases(f.tree, x)...)
		}
	}
	return out
}

// chartReleases returns the charts of the tree with each of their values files in which
// an image moved. A chart always gets the values of its values.yaml.
func (f *finder) chartReleases() []absentchart.Release {
	var defaults, others []absentchart.Release
	for _, name := range slices.Sorted(maps.Keys(f.moved)) {
		dir := chartAround(f.tree, name)
		switch {
		case dir == "" || !chart.IsValuesFile(name):
		case name == path.Join(dir, "values.yaml"):
			defaults = append(defaults, absentchart.Release{Dir: dir})
		default:
			if v := f.valuesOf(name); v != nil {
				others = append(others, absentchart.Release{Dir: dir, Values: []*absentchart.Values{v}})
			}
		}
	}
	return append(defaults, others...)
}

// valuesOf returns the values in the file at name, nil if it has none.
func (f *finder) valuesOf(name string) *absentchart.Values {
	root := parse(f.tree, name)
	if root == nil || root.Kind != syntax.Mapping {
		return nil
	}
	v := absentchart.NewValues(f.tree.File(name))
	v.AddMapping("", root)
	return v
}

// need returns what the release r needs, nil for nothing.
func (f *finder) need(r *absentchart.Release) *need {
	n := &need{values: r.Values, taken: map[link.PieceID]bool{}}
	uses := func(string) bool { return true }
	switch {
	case r.Dir != "":
		if uses = f.imagesOf(r.Dir); uses == nil {
			return nil
		}
		own := path.Join(r.Dir, "values.yaml")
		n.own, n.hasNoOwn = f.valuesOf(own), f.tree.File(own) == nil
		if n.own != nil {
			n.values = append([]*absentchart.Values{n.own}, n.values...)
		}
	case !isFamily(r.Repository):
		return nil
	}
	for _, v := range n.values {
		for _, m := range f.moved[v.File().Path] {
			if m.AddedAt >= 0 {
				n.taken[link.PieceID{Path: m.Path, Span: edit.Span{Start: m.AddedAt, End: m.AddedAt}}] = true
			}
			if at, ok := v.PathAt(m.Span); ok && uses(at) {
				n.near = append(n.near, place{v, m})
			}
		}
	}
	if len(n.near) == 0 {
		return nil
	}
	last := n.near[len(n.near)-1].piece
	n.path, n.at = last.Path, last.Span.Start
	if s := absentchart.SettingAt(n.values, absentchart.AllowKey); s != nil {
		if allows(s) {
			return nil
		}
		n.forbids = s
		n.path, n.at = s.File.Path, s.Node.Span.Start
	}
	return n
}

// allows reports whether a template takes the value for true.
func allows(s *absentchart.Setting) bool {
	if s.IsText {
		return s.Node.Value == "true"
	}
	return s.Node.Tag == "!!bool" && strings.EqualFold(s.Node.Value, "true") || s.Node.Tag == "!!str" && s.Node.Value != ""
}

func forbidden(s *absentchart.Setting) string {
	value := s.Node.Value
	if value == "" {
		value = "empty"
	}
	return fmt.Sprintf("%s is %s here, so the chart of Bitnami refuses the images that moved. Set it to true.", absentchart.AllowKey, value)
}

// contains reports whether e is in values of the need, which then has the key.
func (n *need) contains(e link.FileEdit) bool {
	return slices.ContainsFunc(n.values, func(v *absentchart.Values) bool { return v.File().Path == e.Path && v.Covers(e.Start) })
}

func (n *need) pieceIDs() []link.PieceID {
	var out []link.PieceID
	for _, x := range n.near {
		out = append(out, link.PieceID{Path: x.piece.Path, Span: x.piece.Span})
	}
	return out
}

func (n *need) paths() []string {
	var out []string
	for _, x := range n.near {
		out = append(out, x.piece.Path)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
