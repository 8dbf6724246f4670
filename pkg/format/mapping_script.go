package format

import (
	"path"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A scriptGroup is a part of a structured file whose commands run one after the
// other: one scalar, or all commands of a CI job or a similar mapping.
type scriptGroup struct {
	at   *frame // outer settings of variables are above it
	node *syntax.Node
}

// noteScript records that the scalar at f holds words that may be commands.
func (d *detector) noteScript(f *frame) {
	if len(d.marksIn(f.node.Span)) == 0 {
		return
	}
	group := jobOf(f)
	if d.scriptNodes == nil {
		d.scriptNodes = map[*syntax.Node]bool{}
	}
	if !d.scriptNodes[group.node] {
		d.scriptNodes[group.node] = true
		d.scripts = append(d.scripts, group)
	}
}

// jobOf returns the part of the file whose commands run with those at f: the
// mapping with the list of steps that f is in, or f alone.
func jobOf(f *frame) scriptGroup {
	for g := f; g.up != nil; g = g.up {
		if g.item && g.up.up != nil && g.up.up.node != nil && g.up.up.node.Kind == syntax.Mapping && !g.inner {
			return scriptGroup{g.up.up, g.up.up.node}
		}
	}
	return scriptGroup{f, f.node}
}

// scriptMappings records the mappings of the scripts of the file.
func (d *detector) scriptMappings() {
	for _, g := range d.scripts {
		s := g.script()
		d.out.PartlySearched = d.out.PartlySearched || s.isCut
		d.out.Mappings = append(d.out.Mappings, textMappings(s.text.String(), s.toFile)...)
	}
}

// script returns the commands of g, after the variables that are set for them.
func (g scriptGroup) script() *scriptText {
	s := &scriptText{}
	for f := g.at.up; f != nil; f = f.up {
		s.variables(f.node)
	}
	s.add(g.node, 0)
	return s
}

// A scriptText is the text of the commands of a group.
type scriptText struct {
	text   strings.Builder
	toFile edit.Map
	isCut  bool // the commands are longer than maxMappingText, and the text has only the first
}

// variableFields are the keys whose values are the variables of scripts.
var variableFields = set("env", "environment", "variables", "vars")

// maxScriptDepth is the depth to which a group is searched for commands.
const maxScriptDepth = 10

// add adds the commands in n to the text.
func (s *scriptText) add(n *syntax.Node, depth int) {
	if depth > maxScriptDepth || s.text.Len() > maxMappingText {
		s.isCut = s.isCut || depth <= maxScriptDepth
		return
	}
	switch n.Kind {
	case syntax.Mapping:
		s.variables(n)
		for i := 0; i+1 < len(n.Children); i += 2 {
			if key := fold(n.Children[i].Value); !proseKeys[key] && !variableFields[key] {
				s.add(n.Children[i+1], depth+1)
			}
		}
	case syntax.Sequence:
		for _, item := range n.Children {
			s.add(item, depth+1)
		}
	case syntax.Scalar:
		if strings.ContainsAny(n.Value, " \n") || depth == 0 {
			s.scalar(n)
		}
	}
}

// scalar adds the scalar n as a line.
func (s *scriptText) scalar(n *syntax.Node) {
	for _, r := range n.Map {
		r.Dec += s.text.Len()
		s.toFile = append(s.toFile, r)
	}
	s.text.WriteString(n.Value)
	s.text.WriteByte('\n')
}

// variables adds the variables that the mapping n sets for scripts in it.
func (s *scriptText) variables(n *syntax.Node) {
	if n == nil || n.Kind != syntax.Mapping {
		return
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		v := n.Children[i+1].Resolve()
		if !variableFields[fold(n.Children[i].Value)] || s.text.Len() > maxMappingText {
			continue
		}
		for j, c := range v.Children {
			switch {
			case v.Kind == syntax.Sequence:
				s.variable(c.Str("name"), c.Field("value"))
			case j%2 == 1:
				s.variable(v.Children[j-1].Value, c.Resolve())
			}
		}
	}
}

func (s *scriptText) variable(name string, value *syntax.Node) {
	if name != "" && value != nil && value.Kind == syntax.Scalar && !strings.Contains(value.Value, "\n") {
		s.text.WriteString(name + "=")
		s.scalar(value)
	}
}

// argumentMappings records the mappings of a command that the items of list, the
// value of key in the mapping n, spell out: [crane, copy, OLD, NEW]. The
// command may be in another list or be that of a container's image.
func (d *detector) argumentMappings(n *syntax.Node, key string, list *syntax.Node) {
	var words []commandWord
	if key == "args" || key == "command" {
		for _, name := range []string{"entrypoint", "command"} {
			if before := n.Field(name); name != key && before != nil && before != list {
				words = append(words, listWords(before)...)
			}
		}
		if r, err := image.Parse(n.Str("image")); len(words) == 0 && err == nil {
			words = append(words, commandWord{text: path.Base(r.Path)})
		}
	}
	words = append(words, listWords(list)...)
	if what, _ := copyCommand(words); what == "" {
		return
	}
	for _, t := range copyMappings([][]commandWord{words}, nil) {
		d.addMapping(t.what, imageText{t.from, t.kept}, imageText{t.to, nil})
	}
}

// listWords returns the scalars of a list as words.
func listWords(list *syntax.Node) []commandWord {
	if list.Kind == syntax.Scalar {
		return []commandWord{{list.Value, list.Span}}
	}
	var out []commandWord
	for _, item := range list.Children {
		if item.Kind == syntax.Scalar {
			out = append(out, commandWord{item.Value, item.Span})
		}
	}
	return out
}

// fences are the marks around source code in Markdown.
var fences = []string{"```", "~~~"}

// fencedMappings returns the mappings of the source code in prose. Prose itself
// only talks about images.
func fencedMappings(text string, toFile edit.Map) []Mapping {
	var out []Mapping
	for at := 0; at < len(text); {
		i, fence := -1, ""
		for _, x := range fences {
			if j := strings.Index(text[at:], x); j >= 0 && (i < 0 || j < i) {
				i, fence = j, x
			}
		}
		if i < 0 {
			return out
		}
		start := at + i + len(fence)
		n := strings.Index(text[start:], fence)
		if n < 0 {
			return out
		}
		out = append(out, textMappings(text[start:start+n], toFile.Slice(start, start+n))...)
		at = start + n + len(fence)
	}
	return out
}
