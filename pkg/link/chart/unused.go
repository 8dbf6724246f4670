package chart

import (
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// keepUnused keeps the likely images among the default values of charts that no
// template can read: of the chart, of its sub-charts, or of a chart in the tree that
// uses it. Each of them is then the name of nothing that is pulled. The parameter
// known has the groups of all charts.
func keepUnused(charts []*chart, known []link.Group, move link.MoveFunc) []link.Group {
	if len(charts) == 0 || charts[0].tree.MayReadValue == nil {
		return nil
	}
	var decided map[link.PieceID]bool
	var groups []link.Group
	for _, c := range charts {
		c.eachKeyNamed(func(o *format.Occurrence) {
			x, ok := c.shortName(o, move)
			if !ok || o.IsImage && !o.IsAssumed || o.Keep != "" {
				return
			}
			if decided == nil {
				decided = map[link.PieceID]bool{}
				for i := range known {
					addPieces(decided, known[i].Occurrences)
				}
			}
			if hasPiece(decided, o) || !isUnused(charts, o) {
				return
			}
			addPieces(decided, []format.Occurrence{*o})
			groups = append(groups, link.Group{Occurrences: []format.Occurrence{*x}, Keep: format.UnusedValue, Why: "no template reads the value"})
		})
	}
	return groups
}

// isUnused reports whether o is one of the default values of charts, and no template of
// these charts can read it.
func isUnused(charts []*chart, o *format.Occurrence) bool {
	field, _, _ := strings.Cut(o.Field(0), "[")
	if !strings.HasPrefix(field, ".") || strings.ContainsAny(o.Field(0), `"|`) {
		return false
	}
	name, keys := o.Pieces[0].Path, strings.Split(field[1:], ".")
	uses := 0
	for _, c := range charts {
		if c.isDeeper(name) {
			return false
		}
		for _, at := range c.usedAt(name) {
			if len(at) > 0 && c.parse(path.Join(path.Dir(name), "Chart.yaml")).Str("name") != path.Base(path.Dir(name)) {
				return false // its values have the name of the chart, not of the folder
			}
			if c.tree.MayBeRead(c.dir, slices.Concat(at, keys)) || hasAnchor(c.parse(name)) {
				return false
			}
			uses++
		}
	}
	return uses > 0
}

// isDeeper reports whether the file at name belongs to a sub-chart of a sub-chart that
// is not in the folder of the chart.
func (c *chart) isDeeper(name string) bool {
	for at, dir := range c.outside {
		if dir == path.Dir(name) && path.Dir(at) != "charts" {
			return true
		}
	}
	return false
}

// hasAnchor reports whether n or a node in it has an anchor: an alias may then be the
// name of a value by which templates read it.
func hasAnchor(n *syntax.Node) bool {
	return n != nil && (n.Anchor != "" || slices.ContainsFunc(n.Children, hasAnchor))
}
