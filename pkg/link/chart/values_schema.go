package chart

import (
	"maps"
	"path"
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// SchemaFile is the name of the file of a chart with the schema of its values.
const SchemaFile = "values.schema.json"

// linkSchemas ties the values that move to the texts of the values schemas that
// must be equal to them: const, the items of enum, and default. The parameter
// known has the groups of the chart so far.
func (c *chart) linkSchemas(known []link.Group, move link.MoveFunc) []link.Group {
	var groups []link.Group
	users := c.usersOfPieces(known)
	if !anyMoves(users, move) {
		return nil // without reading the schemas
	}
	for _, s := range c.schemas() {
		for _, x := range s.texts(c.valuesOf(s.dir)) {
			p, ok := c.scalar(x.value.file, x.value.at)
			if !ok {
				continue
			}
			for _, o := range users[link.IDOf(&p)] {
				if g, ok := s.group(&o, &p, x.nodes, move); ok {
					groups = append(groups, g)
				}
			}
		}
	}
	return groups
}

// anyMoves reports whether a rule moves one of the occurrences.
func anyMoves(users map[link.PieceID][]format.Occurrence, move link.MoveFunc) bool {
	for _, list := range users {
		if slices.ContainsFunc(list, func(o format.Occurrence) bool { return move.Moves(&o) }) {
			return true
		}
	}
	return false
}

// A valuesSchema is the schema of a chart or of an unpacked sub-chart.
type valuesSchema struct {
	dir  string // of its chart
	file string
	root *syntax.Node
}

// schemas returns the schemas of the chart and of its unpacked sub-charts.
func (c *chart) schemas() []valuesSchema {
	dirs := []string{c.dir}
	subs := c.subchartDirs()
	for _, name := range slices.Sorted(maps.Keys(subs)) {
		dirs = append(dirs, subs[name])
	}
	var out []valuesSchema
	for _, dir := range dirs {
		file := path.Join(dir, SchemaFile)
		f := c.tree.File(file)
		if f == nil {
			continue
		}
		if j, err := syntax.ParseJSON(f.Src); err == nil && len(j.Docs) > 0 && j.Docs[0].Root != nil {
			out = append(out, valuesSchema{dir, file, j.Docs[0].Root})
		}
	}
	return out
}

// usersOfPieces returns the occurrences in the values files, by their pieces.
func (c *chart) usersOfPieces(known []link.Group) map[link.PieceID][]format.Occurrence {
	out := map[link.PieceID][]format.Occurrence{}
	add := func(o *format.Occurrence) {
		for k := range o.Pieces {
			id := link.IDOf(&o.Pieces[k])
			out[id] = append(out[id], *o)
		}
	}
	for i := range known {
		if known[i].Keep == "" {
			for j := range known[i].Occurrences {
				add(&known[i].Occurrences[j])
			}
		}
	}
	c.eachKeyNamed(func(o *format.Occurrence) {
		if isKnown := len(out[link.IDOf(&o.Pieces[0])]) > 0; !o.Unconfirmed && !isKnown {
			add(o)
		}
	})
	return out
}

// valuesOf returns the roots of the values of the chart in the folder dir: in its
// own values files and in those of the chart.
func (c *chart) valuesOf(dir string) []schemaValue {
	var out []schemaValue
	add := func(file string, at []string) {
		root := c.parse(file)
		for _, key := range at {
			root = root.Field(key)
		}
		if root != nil {
			out = append(out, schemaValue{file, at, root})
		}
	}
	own := path.Join(dir, "values.yaml")
	if dir != c.dir {
		add(own, nil)
	}
	for _, parent := range c.usedAt(own) {
		for _, f := range c.valuesFiles() {
			if d := path.Dir(f.Path); d == c.dir || d == c.path("ci") {
				add(f.Path, parent)
			}
		}
	}
	return out
}

// group returns the group of o, whose piece p is the value that nodes describe,
// and of the nodes that move with it, or false.
func (s *valuesSchema) group(o *format.Occurrence, p *format.Piece, nodes []schemaText, move link.MoveFunc) (link.Group, bool) {
	if !move.Moves(o) {
		return link.Group{}, false
	}
	g := link.Group{Occurrences: []format.Occurrence{*o}, Why: s.file + " describes the value"}
	at := slices.IndexFunc(o.Pieces, func(x format.Piece) bool { return link.IDOf(&x) == link.IDOf(p) })
	for _, n := range nodes {
		piece := format.ScalarPiece(s.file, n.node, n.field, o.Pieces[at].Role, o.Pieces[at].Sep)
		if piece.Text != p.Text && len(o.Pieces) > 1 {
			continue // it belongs to another registry or repository
		}
		x := *o
		x.Pieces = slices.Clone(o.Pieces)
		x.Pieces[at] = piece
		x.Place.Field, x.FoundByMark, x.Keep, x.Note = n.field, true, "", ""
		if move.Moves(&x) {
			g.Occurrences = append(g.Occurrences, x)
		}
	}
	return g, len(g.Occurrences) > 1
}
