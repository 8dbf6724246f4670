package syntax

import (
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A yamlInsert is an edit that adds keys to a mapping, or items to a list.
type yamlInsert struct {
	edit    edit.Edit
	after   edit.Span    // position of New after the edits
	found   []*yaml.Node // the nodes there: keys and values, or items
	parents []*yaml.Node // the mappings or lists that contain them
	isFirst bool         // the mapping has no keys before the edit, or is a null
}

// isYAMLInsert reports whether e inserts keys or items: on lines of their own, or
// after a comma.
func isYAMLInsert(e edit.Edit) bool {
	return e.Len() == 0 && e.New != "" && (e.New[0] == ',' || yamlBreak([]byte(e.New), 0) > 0)
}

// isYAMLFirst reports whether e adds the first keys of a mapping, to {} or to a null. In is
// the token that contains its span, or nil.
func isYAMLFirst(e edit.Edit, in *Node) bool {
	if !e.IsWhole || e.New == "" {
		return false
	}
	return e.Len() == 0 || in != nil && in.Span == e.Span && isYAMLNullNode(in)
}

// isYAMLNullNode reports whether n is a null without properties.
func isYAMLNullNode(n *Node) bool {
	return n.Kind == Scalar && n.Style == Plain && n.Tag == "!!null" && n.Anchor == "" && n.Value == ""
}

// insertionOf returns the insertion that contains n, or nil.
func (v *yamlVerifier) insertionOf(n *Node) *yamlInsert {
	if n.Kind == Scalar && n.Span.Len() == 0 {
		return nil
	}
	i := sort.Search(len(v.inserts), func(i int) bool { return v.inserts[i].after.End > n.Span.Start })
	if i == len(v.inserts) || n.Span.Start < v.inserts[i].after.Start {
		return nil
	}
	return &v.inserts[i]
}

// checkInsert returns an error unless the inserted text parses to the same nodes
// at its position as on its own.
func (v *yamlVerifier) checkInsert(ins yamlInsert) error {
	reject := func(why string) error {
		return v.errorAt(ins.edit.Start, "the insertion %.60q %s", ins.edit.New, why)
	}
	if len(ins.parents) == 0 {
		return reject("adds no key and no list item")
	}
	parent := ins.parents[0]
	for _, p := range ins.parents {
		if p != parent {
			return reject("adds to more than one mapping or list")
		}
	}
	text := ins.edit.New
	if ins.isFirst {
		if parent.Kind != yaml.MappingNode || len(parent.Content) != len(ins.found) {
			return reject("adds to a mapping that has other keys")
		}
		if flow := parent.Style&yaml.FlowStyle != 0; flow == (yamlBreak([]byte(text), 0) > 0) {
			return reject("has a different style than the mapping that it adds to")
		} else if flow && strings.TrimLeft(text, " ")[0] != '{' {
			text = "{" + text + "}"
		}
	} else if flow := parent.Style&yaml.FlowStyle != 0; flow != (text[0] == ',') {
		return reject("has a different style than the mapping or list that it adds to")
	} else if flow && parent.Kind == yaml.MappingNode {
		text = "{" + text[1:] + "}"
	} else if flow {
		text = "[" + text[1:] + "]"
	}
	docs, err := decodeYAML([]byte(text), edit.Span{Start: 0, End: len(text)})
	if err != nil || len(docs) != 1 || docs[0].Content[0].Kind != parent.Kind {
		return reject("cannot be parsed separately")
	}
	want := docs[0].Content[0]
	if !equalYAMLNodes(want.Content, ins.found) {
		return reject("has a different meaning at its position")
	}
	return nil
}

// equalYAMLNodes compares inserted nodes: scalars, and lists and mappings of
// scalars. Nodes with comments, anchors or aliases are never equal.
func equalYAMLNodes(b, a []*yaml.Node) bool {
	if len(b) != len(a) {
		return false
	}
	for i, x := range b {
		y := a[i]
		if x.Kind == yaml.AliasNode || x.Anchor != "" || y.Anchor != "" || strings.Contains(x.HeadComment+x.LineComment+x.FootComment, "#") {
			return false
		}
		if x.Kind != y.Kind || x.Style != y.Style || x.Tag != y.Tag || x.Value != y.Value || !equalYAMLNodes(x.Content, y.Content) {
			return false
		}
	}
	return true
}
