package rewrite

import (
	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// tagLimits says where a rule that knows tags changes nothing.
type tagLimits struct {
	selected map[string]bool // names of images that objects of Flux and Argo CD select
}

// newTagLimits finds the names that entries outside of kustomizations select. Such an entry
// sets a tag for all images with its name, wherever they are.
func newTagLimits(groups []*group, set *rules.Set) tagLimits {
	x := tagLimits{map[string]bool{}}
	for _, g := range groups {
		for i := range g.members {
			m := &g.members[i]
			if !m.occ.IsSelector || kustomize.IsKustomization(m.occ.Pieces[0].Path) {
				continue
			}
			if match, ok := account.Match(m.occ, set); ok && match.ByTag {
				x.selected[nameOf(m)] = true
			}
		}
	}
	return x
}

// why returns why a rule that knows tags does not move m, or "".
func (x tagLimits) why(m *member) string {
	switch {
	case !m.match.ByTag:
		return ""
	case x.selected[nameOf(m)]:
		return "an object of Flux or Argo CD selects this image and may set its tag; change them together by hand"
	case (m.occ.TagPiece != nil || m.occ.Tag != "") && !kustomize.IsKustomization(m.occ.Pieces[0].Path):
		return "the tag is in a key of its own, which other files and templates may use; change the name and the tag by hand"
	}
	return ""
}

// nameOf returns the name of the image of m as it is written, without a tag.
func nameOf(m *member) string {
	r, err := image.Parse(m.occ.Text())
	if err != nil {
		return m.occ.Text()
	}
	registry, repository := image.Normalize(r.Domain, r.Path)
	return registry + "/" + repository
}
