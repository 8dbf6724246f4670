package rewrite

import (
	"context"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// maxValueProofs bounds the renderings that find the value of a chart that must not change.
const maxValueProofs = 40

// proveValues renders the charts whose templates may compare or change the text of a value
// that moves, before and after, and keeps the values with which such a chart would print more
// than the images in another way: a label, the name of an object, a part behind a condition.
func (p *planner) proveValues(ctx context.Context) {
	if p.opts.ProveEdits == nil || p.readOnly {
		return
	}
	charts := p.chartFolders()
	of := map[string][]*group{} // by the folder of a chart
	for _, g := range p.groups {
		if g.moves() && g.editsValuesOf(".") {
			for _, dir := range charts.of(g) {
				of[dir] = append(of[dir], g)
			}
		}
	}
	for _, dir := range charts.dirs {
		var fields []string
		for _, g := range of[dir] {
			for _, m := range g.members {
				for _, piece := range m.occ.Pieces {
					fields = append(fields, piece.Field)
				}
			}
		}
		if len(of[dir]) > 0 && chart.MayChangeText(p.tree, dir, fields) {
			x := valueProof{planner: p, dir: dir, left: maxValueProofs}
			x.keepWrong(ctx, of[dir])
		}
	}
}

// A valueProof finds the groups of a chart that must not move.
type valueProof struct {
	*planner
	dir  string
	left int // renderings that may still be made
}

// keepWrong keeps the groups of list with which the chart prints something else than the
// rules require. It tries half of a list at a time, since few do.
func (x *valueProof) keepWrong(ctx context.Context, list []*group) {
	list = slices.DeleteFunc(slices.Clone(list), func(g *group) bool { return !g.moves() })
	if len(list) == 0 {
		return
	}
	why := x.try(ctx, list)
	if why == "" {
		return
	}
	if len(list) == 1 || x.left <= 0 {
		for _, g := range list {
			g.keep(format.Conflict, why)
		}
		return
	}
	half := len(list) / 2
	x.keepWrong(ctx, list[:half])
	x.keepWrong(ctx, list[half:])
	if why := x.try(ctx, list); why != "" { // each half is right, and both together are not
		for _, g := range list {
			g.keep(format.Conflict, why)
		}
	}
}

// try renders the chart with the edits of list alone, and returns what is wrong with the
// result; "" if nothing is, or if the output cannot be compared.
func (x *valueProof) try(ctx context.Context, list []*group) (why string) {
	x.left--
	moving := slices.DeleteFunc(slices.Clone(list), func(g *group) bool { return !g.moves() })
	if len(moving) == 0 {
		return ""
	}
	proof, err := x.opts.ProveEdits(ctx, []string{x.dir}, nil, x.sources(), x.filesAfter(editsOf(x.withAllowedImages(moving))))
	if err != nil || proof.Failed == "" {
		return ""
	}
	return "with this value, the chart prints more than the image in another way: " + strings.TrimPrefix(proof.Failed, x.dir+": ")
}
