package chart

import (
	"path"
	"slices"
	"strconv"
	"strings"

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
	var users map[link.PieceID][]format.Occurrence
	for _, s := range c.schemas() {
		if users == nil {
			users = c.usersOfPieces(known)
		}
		for _, x := range s.texts() {
			for _, p := range c.valuesAt(s.dir, x.at) {
				for _, o := range users[link.IDOf(&p)] {
					if g, ok := s.group(&o, &p, x.nodes, move); ok {
						groups = append(groups, g)
					}
				}
			}
		}
	}
	return groups
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
	for _, name := range c.tree.NamesUnder(c.path("charts")) {
		if dir := path.Dir(name); path.Base(name) == "Chart.yaml" && path.Dir(dir) == c.path("charts") {
			dirs = append(dirs, dir)
		}
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

// valuesAt returns the values at a path of the values of the chart in the folder
// dir, in its own values files and in those of the chart.
func (c *chart) valuesAt(dir string, at []string) []format.Piece {
	var out []format.Piece
	add := func(file string, at []string) {
		if p, ok := c.scalar(file, at); ok {
			out = append(out, p)
		}
	}
	own := path.Join(dir, "values.yaml")
	if dir != c.dir {
		add(own, at)
	}
	for _, parent := range c.usedAt(own) {
		for _, f := range c.valuesFiles() {
			if d := path.Dir(f.Path); d == c.dir || d == c.path("ci") {
				add(f.Path, slices.Concat(parent, at))
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

// A schemaText is a text of a schema that a value must be equal to, or that is
// its default.
type schemaText struct {
	node  *syntax.Node
	field string // its place in the schema: .properties.image.const
}

// schemaTexts are the texts for the value at a path.
type schemaTexts struct {
	at    []string
	nodes []schemaText
}

// texts returns the texts of the schema, by the value that they describe.
func (s *valuesSchema) texts() []schemaTexts {
	w := schemaWalk{root: s.root, byPath: map[string]int{}}
	w.schema(s.root, nil, "", 0)
	return w.out
}

// A schemaWalk visits the parts of a schema. References within the schema are
// followed.
type schemaWalk struct {
	root   *syntax.Node
	out    []schemaTexts
	byPath map[string]int // index into out
	steps  int
}

// Bounds of a walk: schemas may refer to themselves.
const (
	maxSchemaDepth = 64
	maxSchemaSteps = 100000
)

// schema visits the schema n for the value at a path.
func (w *schemaWalk) schema(n *syntax.Node, at []string, field string, depth int) {
	n = n.Resolve()
	if w.steps++; n == nil || n.Kind != syntax.Mapping || depth > maxSchemaDepth || w.steps > maxSchemaSteps {
		return
	}
	for _, key := range []string{"const", "default"} {
		w.add(n.Field(key), at, field+"."+key)
	}
	for i, item := range link.Items(n.Field("enum")) {
		w.add(item, at, field+".enum["+strconv.Itoa(i)+"]")
	}
	if target, place := w.refersTo(n.Str("$ref")); target != nil {
		w.schema(target, at, place, depth+1)
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		for i, item := range link.Items(n.Field(key)) {
			w.schema(item, at, field+"."+key+"["+strconv.Itoa(i)+"]", depth+1)
		}
	}
	for _, key := range []string{"then", "else"} {
		w.schema(n.Field(key), at, field+"."+key, depth+1)
	}
	properties := n.Field("properties")
	if properties == nil || properties.Kind != syntax.Mapping {
		return
	}
	for i := 0; i+1 < len(properties.Children); i += 2 {
		key := properties.Children[i].Value
		w.schema(properties.Children[i+1], append(at[:len(at):len(at)], key), field+".properties."+key, depth+1)
	}
}

// add adds the text n for the value at a path.
func (w *schemaWalk) add(n *syntax.Node, at []string, field string) {
	if n == nil || n.Kind != syntax.Scalar || n.Style != syntax.DoubleQuoted || n.Value == "" || len(at) == 0 {
		return
	}
	key := strings.Join(at, "\x00")
	i, known := w.byPath[key]
	if !known {
		i = len(w.out)
		w.byPath[key] = i
		w.out = append(w.out, schemaTexts{at: at})
	}
	w.out[i].nodes = append(w.out[i].nodes, schemaText{n, field})
}

// refersTo returns the part of the schema that ref, "#/$defs/image", refers to,
// and its place. It returns nil for other references.
func (w *schemaWalk) refersTo(ref string) (n *syntax.Node, field string) {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, ""
	}
	n = w.root
	for step := range strings.SplitSeq(pointer, "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if n = n.Resolve(); n == nil {
			return nil, ""
		}
		if n.Kind == syntax.Sequence {
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(n.Children) {
				return nil, ""
			}
			n = n.Children[i]
		} else {
			n = n.Field(step)
		}
		field += "." + step
	}
	return n, field
}
