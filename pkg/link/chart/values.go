package chart

import (
	"path"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// value finds the scalar of a value: in the file that was added, when there
// is one and it has the value; in the chart's own values.yaml; in that of the
// sub-chart that the value belongs to. from is the file it was found in, ""
// for the defaults.
func (c *chart) value(at []string, file string) (p format.Piece, from string, ok bool) {
	if file != "" {
		if p, ok := c.scalar(c.file(file), at); ok {
			return p, file, true
		}
	}
	if p, ok := c.scalar(c.file("values.yaml"), at); ok {
		return p, "", true
	}
	dir := c.dir
	for len(at) > 1 {
		sub, ok := c.subchart(dir, at[0])
		if !ok {
			break
		}
		dir, at = sub, at[1:]
		if p, ok := c.scalar(path.Join(dir, "values.yaml"), at); ok {
			return p, "", true
		}
	}
	return format.Piece{}, "", false
}

// subchart returns the folder of the unpacked sub-chart that the chart in the
// folder dir calls name.
func (c *chart) subchart(dir, name string) (string, bool) {
	real := name
	if root := c.read(path.Join(dir, "Chart.yaml")); root != nil {
		if deps := root.Field("dependencies"); deps != nil {
			for _, d := range deps.Children {
				if d.Resolve().Str("alias") == name {
					real = d.Resolve().Str("name")
				}
			}
		}
	}
	sub := path.Join(dir, "charts", real)
	return sub, c.read(path.Join(sub, "Chart.yaml")) != nil
}

// read returns the root of the YAML file at name, nil when there is none.
func (c *chart) read(name string) *syntax.Node {
	if root, ok := c.values[name]; ok {
		return root
	}
	var root *syntax.Node
	if f := c.tree.File(name); f != nil {
		if y, err := syntax.ParseYAML(f.Src, nil); err == nil && len(y.Docs) > 0 {
			root = y.Docs[0].Root
		}
	}
	c.values[name] = root
	return root
}

// scalar returns the scalar at a path of values in the file at name.
func (c *chart) scalar(name string, at []string) (format.Piece, bool) {
	n := c.read(name)
	field := ""
	for _, key := range at {
		if n == nil {
			return format.Piece{}, false
		}
		if i, err := strconv.Atoi(strings.Trim(key, "[]")); err == nil && strings.HasPrefix(key, "[") {
			if n.Kind != syntax.Sequence || i >= len(n.Children) {
				return format.Piece{}, false
			}
			n = n.Children[i].Resolve()
			field += key
			continue
		}
		n = n.Field(key)
		field += "." + key
	}
	if n == nil || n.Kind != syntax.Scalar || n.Span.Len() == 0 {
		return format.Piece{}, false
	}
	return format.ScalarPiece(name, n, field, format.Whole, ""), true
}

// named adds to the groups what only names of keys say of their pieces: an
// image that no rendering showed and that may stand behind a registry of the
// group. Where the rules change a path, such a group cannot move.
func (c *chart) named(groups []link.Group, of map[link.PieceID]int, all []format.Occurrence, move link.MoveFunc) {
	traced := map[link.PieceID]bool{}
	for i := range all {
		for k := range all[i].Pieces {
			traced[link.IDOf(&all[i].Pieces[k])] = true
		}
	}
	for _, f := range c.tree.Files {
		if !c.holds(f.Path) || !isValues(path.Base(f.Path)) {
			continue
		}
		for i := range f.Scanned.Occurrences {
			o := f.Scanned.Occurrences[i]
			g, ok := of[link.IDOf(&o.Pieces[0])]
			if !ok || len(o.Pieces) < 2 || traced[link.IDOf(&o.Pieces[len(o.Pieces)-1])] {
				continue // not of a registry here, or known by the rendering
			}
			switch m, moves := move(&o); {
			case !moves:
				groups[g].Keep = format.Conflict
				groups[g].Why = o.Pieces[len(o.Pieces)-1].Text + " would not move and may stand behind the registry " + o.Pieces[0].Text + "; no rendering shows it"
			case o.Unconfirmed && (m.Len != len(strings.TrimSuffix(o.Pieces[0].Text, "/")) || strings.Contains(m.New, "/")):
				groups[g].Keep = format.Conflict
				groups[g].Why = "the rule changes a path, and no rendering shows whether " + o.Pieces[len(o.Pieces)-1].Text + " stands behind the registry " + o.Pieces[0].Text
			case !o.Unconfirmed:
				groups[g].Occurrences = append(groups[g].Occurrences, o)
			}
		}
	}
}

// annotations adds to each group the entries of annotations that list the
// images which its values make up, so that both move or neither does.
func (c *chart) annotations(groups []link.Group, made []link.TracedRef) {
	f := c.tree.File(c.file("Chart.yaml"))
	if f == nil {
		return
	}
	for i := range f.Scanned.Occurrences {
		o := &f.Scanned.Occurrences[i]
		if !strings.HasPrefix(o.Place.Field, ".annotations") || len(o.Pieces) != 1 {
			continue
		}
		for g := range groups {
			if mirrors(&groups[g], o.Pieces[0].Text, made) {
				groups[g].Occurrences = append(groups[g].Occurrences, *o)
				break
			}
		}
	}
}

// mirrors reports whether a reference is one that the group's values make up.
func mirrors(g *link.Group, ref string, made []link.TracedRef) bool {
	for i := range g.Occurrences {
		text := g.Occurrences[i].Text()
		if rest, ok := strings.CutPrefix(ref, text); ok && (rest == "" || rest[0] == ':' || rest[0] == '@') {
			return true
		}
	}
	return false
}

// dependencies keeps the repositories of dependencies that a lock file holds a
// digest over: `helm dependency build` refuses one that is out of step.
func (c *chart) dependencies(move link.MoveFunc) []link.Group {
	lock := c.tree.File(c.file("Chart.lock"))
	if lock == nil {
		return nil
	}
	var groups []link.Group
	for _, name := range []string{"Chart.yaml", "Chart.lock"} {
		f := c.tree.File(c.file(name))
		if f == nil {
			continue
		}
		for i := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[i]
			if strings.HasPrefix(o.Place.Field, ".dependencies") && move.Moves(o) {
				groups = append(groups, link.Group{Occurrences: []format.Occurrence{*o}, Keep: format.Conflict, Why: "Chart.lock holds a digest over the dependencies; change Chart.yaml by hand and run helm dependency update"})
			}
		}
	}
	return groups
}
