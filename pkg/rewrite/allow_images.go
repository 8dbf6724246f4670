package rewrite

import (
	"context"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// An AddedKey is a key that lets a chart use images of other registries.
type AddedKey struct {
	Path string // of the file
	Key  string // with the keys that contain it: global.security.allowInsecureImages
}

// AllowedImages returns the keys that the plan adds so that charts use the images that
// move, in the order of the files.
func (p *Plan) AllowedImages() []AddedKey {
	var out []AddedKey
	for i := range p.Files {
		f := &p.Files[i]
		for _, g := range p.groups {
			if g.allowsImages() && g.edits[0].Path == f.Path && slices.Contains(f.Edits, g.edits[0].Edit) {
				out = append(out, AddedKey{f.Path, absentchart.AllowKey})
			}
		}
	}
	return out
}

// allowsImages reports whether g adds a key that lets a chart use the images that move.
func (g *group) allowsImages() bool { return len(g.allows) > 0 && g.moves() }

// withAllowedImages returns the groups of list, and those that let charts use the images
// that move with them: without these, a chart with the edits does not render.
func (p *planner) withAllowedImages(list []*group) []*group {
	if !p.opts.AllowInsecureImages {
		return list
	}
	advice := p.tree.Advice
	consequences := p.linkers.AllowImages(p.tree, movedPieces(list))
	p.tree.Advice = advice // addConsequences adds the advice
	p.mergeLoaded()
	groups := slices.Clone(list)
	for _, c := range consequences {
		groups = append(groups, &group{edits: []link.FileEdit{c.FileEdit}})
	}
	return groups
}

// allowedPieces returns the last pieces of the references that a chart accepts because of
// a key that the plan adds.
func (p *planner) allowedPieces() map[link.PieceID]bool {
	moved := map[link.PieceID]bool{}
	for _, g := range p.groups {
		if g.allowsImages() {
			for _, id := range g.allows {
				moved[id] = true
			}
		}
	}
	out := map[link.PieceID]bool{}
	for m := range movingMembers(p.groups) {
		for k := range m.occ.Pieces {
			if moved[link.IDOf(&m.occ.Pieces[k])] {
				out[link.IDOf(&m.occ.Pieces[len(m.occ.Pieces)-1])] = true
			}
		}
	}
	return out
}

// dropRejectedKeys drops the keys of AllowInsecureImages that the values schema of a chart
// rejects.
func (p *planner) dropRejectedKeys(ctx context.Context) {
	if p.opts.RejectedByChart == nil || !slices.ContainsFunc(p.groups, (*group).allowsImages) {
		return
	}
	for _, dir := range chart.TreeDirs(p.tree) {
		p.tree.MergeLoaded()
		p.mergeLoaded()
		var without, keys []*group
		for _, g := range p.groups {
			switch {
			case !g.moves() || !g.editsValuesOf(dir):
			case g.allowsImages():
				keys = append(keys, g)
			default:
				without = append(without, g)
			}
		}
		if len(keys) == 0 {
			continue
		}
		why, err := p.rejected(ctx, dir, [][]*group{slices.Concat(without, keys)})
		switch {
		case err != nil:
			p.addRenderFailure(link.RenderFailure{Chart: dir, Why: "the values were not validated: " + err.Error(), Backstop: true})
		case why[0] == "":
			continue
		}
		for _, g := range keys {
			g.keep(format.ValuesSchema, "")
		}
	}
}

// adviseDroppedKeys adds advice about the keys that could not be added.
func (p *planner) adviseDroppedKeys() {
	for _, g := range p.groups {
		if g.isConsequence && len(g.allows) > 0 && !g.moves() {
			p.adviseKey(g.allows[0], "it could not be added safely")
		}
	}
}

// adviseNotAllowed adds advice if c lets a chart use images: its edit cannot be made.
func (p *planner) adviseNotAllowed(c *link.Consequence) {
	if len(c.Allows) > 0 {
		p.adviseKey(c.Allows[0], "it would be in "+c.Path+", which is outside the given paths or changes in the same place")
	}
}

func (p *planner) adviseKey(near link.PieceID, why string) {
	p.tree.Advice = append(p.tree.Advice, link.Advice{
		Path: near.Path, At: near.Span.Start,
		Text: "Charts of Bitnami since December 2024 refuse images that are not in docker.io/bitnami. The key " + absentchart.AllowKey + " was not added: " + why + ". Set it to true by hand.",
	})
}
