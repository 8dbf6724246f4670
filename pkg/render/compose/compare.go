package compose

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/render"
)

// A fileResult is the comparison of one file.
type fileResult struct {
	differences []render.Diff
	doubts      []render.Diff
	leftovers   []render.Leftover
	services    []string
	moved       int
	unchanged   bool
	absent      bool // before and after the change
	builds      builds
	changes     []change
}

// A comparer compares the texts of one YAML file.
type comparer struct {
	ctx     context.Context
	name    string
	rewrite render.RewriteFunc
	plan    planFunc
	out     *fileResult

	hasLonger func(text string) bool // nil: no rule does

	lines   []edit.Span // of the file before the change
	aliases map[*syntax.Node][]fieldPath
	anchors []anchored // of the nodes above the node that is compared
	changed [2][]edit.Span
	work    int  // see maxWork
	pair    bool // the value that is compared is NAME=VALUE, also where an alias brings it
}

// An anchored is a node with an anchor, and its path.
type anchored struct {
	node *syntax.Node
	at   fieldPath
}

// A place is a field in the file before and after the change, and as regmigrate would
// write it.
type place struct{ before, after, planned *syntax.Node }

// compareYAML compares two YAML files.
func (c *comparer) compareYAML(before, after []byte) {
	b, err := syntax.ParseYAML(before, nil)
	if err != nil {
		c.doubt(nil, "", "it is not compared: "+err.Error())
		return
	}
	a, err := syntax.ParseYAML(after, nil)
	if err != nil {
		c.differs(nil, "", "it cannot be read after the change: "+err.Error())
		return
	}
	c.lines = edit.LineSpans(before)
	if len(b.Docs) != len(a.Docs) {
		c.differs(nil, "", "the number of documents changed")
		return
	}
	if string(before) != string(after) && !slices.ContainsFunc(b.Docs, isProject) {
		c.doubt(nil, "", "it has no services: version 1 of the format is not compared")
		return
	}
	if len(b.Docs) != 1 || len(a.Docs) != 1 || b.Docs[0].Root == nil || a.Docs[0].Root == nil {
		if string(before) != string(after) {
			c.doubt(nil, "", "it has not exactly one document")
		}
		return
	}
	if c.hasOddKey(b.Docs[0].Root) || c.hasOddKey(a.Docs[0].Root) {
		return
	}
	root := place{b.Docs[0].Root, a.Docs[0].Root, b.Docs[0].Root}
	if string(before) != string(after) {
		root.planned = c.planned(before, root.before)
	}
	c.aliases = map[*syntax.Node][]fieldPath{}
	c.findAliases(fieldPath{}, root.before)
	c.value(fieldPath{}, root, "")
	if len(c.out.differences) == 0 && !sameOutside(before, after, c.changed) {
		c.doubt(nil, "", "the text outside of values changed, such as a tag, an anchor or the indentation: undo it")
	}
	c.findServices(root.after)
	if !c.out.builds.find(root.before) {
		c.doubt(nil, "", "the file is too large to find the services that are built")
	}
}

// isProject reports whether a document has a key of the versions 2 and 3 of the format at
// the top, other than an extension.
func isProject(d *syntax.Document) bool {
	for _, key := range []string{"services", "include", "volumes", "networks", "configs", "secrets", "name", "version"} {
		if d.Root != nil && d.Root.Field(key) != nil {
			return true
		}
	}
	return false
}

// planned returns the file as regmigrate would write it.
func (c *comparer) planned(before []byte, root *syntax.Node) *syntax.Node {
	if c.plan == nil {
		return root
	}
	src, err := c.plan(c.ctx, composeName(c.name), before)
	if err != nil {
		return root
	}
	file, err := syntax.ParseYAML(src, nil)
	if err != nil || len(file.Docs) != 1 || file.Docs[0].Root == nil {
		return root
	}
	return file.Docs[0].Root
}

// isPlanned reports whether regmigrate itself would make the change of the file.
func (c *comparer) isPlanned(before, after []byte) bool {
	if c.plan == nil {
		return false
	}
	src, err := c.plan(c.ctx, c.name, before)
	return err == nil && bytes.Equal(src, after)
}

// value compares a node.
func (c *comparer) value(p fieldPath, x place, volumeType string) {
	b, a := x.before, x.after
	if b.Kind != a.Kind || b.Tag != a.Tag || b.Anchor != a.Anchor || b.Style != a.Style || len(b.Children) != len(a.Children) {
		c.differs(b, p.String(), "the kind of the value, its quotes, its tag or the number of its items changed")
		return
	}
	if x.planned.Kind != b.Kind || len(x.planned.Children) != len(b.Children) {
		x.planned = b
	}
	if b.Anchor != "" {
		c.anchors = append(c.anchors, anchored{b, p})
		defer func() { c.anchors = c.anchors[:len(c.anchors)-1] }()
	}
	switch b.Kind {
	case syntax.Mapping:
		c.mapping(p, x)
	case syntax.Sequence:
		for i := range b.Children {
			c.value(p.with("[]"), place{b.Children[i], a.Children[i], x.planned.Children[i]}, "")
		}
	default:
		if b.Value != a.Value {
			c.scalar(p, x, volumeType)
		}
	}
}

// mapping compares a mapping. The keys have an order: a file with another one is not the
// same text.
func (c *comparer) mapping(p fieldPath, x place) {
	b, a := x.before, x.after
	volumeType := b.Str("type")
	for i := 0; i+1 < len(b.Children); i += 2 {
		key := b.Children[i]
		if len(key.Children) > 0 {
			c.value(p.with("?"), place{key, a.Children[i], key}, "")
		} else if key.Kind != a.Children[i].Kind || key.Value != a.Children[i].Value {
			c.differs(key, p.String(), fmt.Sprintf("the key %q became %q", clip(key.Value), clip(a.Children[i].Value)))
			continue
		}
		at, child := p.with(key.Resolve().Value), place{b.Children[i+1], a.Children[i+1], x.planned.Children[i+1]}
		if key.Value == mergeKey {
			c.merged(p, child, volumeType)
			continue
		}
		c.value(at, child, volumeType)
	}
}

// merged compares the value of a merge key of the mapping at p: a mapping, an alias, or a list
// of them.
func (c *comparer) merged(p fieldPath, x place, volumeType string) {
	if x.before.Kind != syntax.Sequence || x.after.Kind != syntax.Sequence || len(x.before.Children) != len(x.after.Children) ||
		len(x.planned.Children) != len(x.before.Children) || x.before.Anchor != "" {
		c.value(p, x, volumeType)
		return
	}
	for i := range x.before.Children {
		c.value(p, place{x.before.Children[i], x.after.Children[i], x.planned.Children[i]}, volumeType)
	}
}

// scalar compares a scalar of the field p that changed.
func (c *comparer) scalar(p fieldPath, x place, volumeType string) {
	b, a := x.before, x.after
	if !c.affords(b.Value) {
		c.doubt(b, p.String(), "the file has too many words that changed, or too many aliases of them: they are not compared")
		return
	}
	class, isSame := c.classOf(p, volumeType)
	isPlanned := a.Value == x.planned.Value
	if b.Kind != syntax.Alias && class == noImage && isPlanned && render.CompareText(b.Value, a.Value, c.rewrite) != render.WrongChange {
		c.doubt(b, p.String(), fmt.Sprintf("%q became %q, and nothing shows that it is an image", clip(b.Value), clip(a.Value)))
		c.changed[0] = append(c.changed[0], b.Span)
		c.changed[1] = append(c.changed[1], a.Span)
		return
	}
	if b.Kind == syntax.Alias || class == noImage {
		c.differs(b, p.String(), fmt.Sprintf("%q became %q, and this is not an image", clip(b.Value), clip(a.Value)))
		return
	}
	c.changed[0] = append(c.changed[0], b.Span)
	c.changed[1] = append(c.changed[1], a.Span)
	c.out.changes = append(c.out.changes, change{c.diff(b, p.String(), ""), b.Value, class == anImage})
	if c.dependsOnVariable(b.Value) {
		c.doubt(b, p.String(), fmt.Sprintf("%s became %s, and a rule for a longer name may match a value of the variable", clip(b.Value), clip(a.Value)))
	}
	if !isSame {
		c.doubt(b, p.String(), "an alias brings the value to a field that is not of this kind")
	}
	switch class {
	case anImage:
		c.image(p, b, a, isPlanned)
	case aContext:
		c.buildContext(p, b, a, isPlanned)
	case aDockerfile:
		c.inlineDockerfile(p, b, a, x.planned)
	default:
		c.text(p, b, a, isPlanned)
	}
}

// maxWork bounds the comparison of the values of a file: pairs of words in one value, and
// aliases of the nodes above it.
const maxWork = 10000000

// affords reports whether a value that changed can be compared in a short time.
func (c *comparer) affords(value string) bool {
	words := len(strings.Fields(value))
	c.work += words * words
	for _, x := range c.anchors {
		c.work += 10 * len(c.aliases[x.node])
	}
	return c.work <= maxWork && c.ctx.Err() == nil
}

// maxTargets bounds the aliases of a node that are compared for each of its values.
const maxTargets = 1000

// classOf returns the class of the field p. It reports whether all aliases of the nodes above
// bring the value to fields of the same class. An extension (x-web) is of the class of the
// fields that its aliases bring it to.
func (c *comparer) classOf(p fieldPath, volumeType string) (class fieldClass, same bool) {
	class, same = p.class(volumeType), true
	c.pair = isPair(p)
	if len(p) == 0 {
		return noImage, false
	}
	known := !strings.HasPrefix(p[0], "x-")
	for i, x := range c.anchors {
		targets := c.aliases[x.node]
		if len(targets) > 0 && slices.ContainsFunc(c.anchors[:i], func(above anchored) bool { return len(c.aliases[above.node]) > 0 }) {
			return class, false // two levels of aliases
		}
		if len(targets) > maxTargets || len(targets) > 0 && volumeType != "" {
			return class, false
		}
		for _, at := range targets {
			full := append(slices.Clone(at), p[len(x.at):]...)
			c.pair = c.pair || isPair(full)
			target := full.class(volumeType)
			if !known {
				class, known = target, true
			}
			same = same && class == target
		}
	}
	return class, same
}

// findServices lists the services, and the images of them that a rule matches.
func (c *comparer) findServices(root *syntax.Node) {
	services := root.Field("services")
	if services == nil || services.Kind != syntax.Mapping {
		return
	}
	for i := 0; i+1 < len(services.Children); i += 2 {
		name := services.Children[i].Value
		c.out.services = append(c.out.services, name)
		s := services.Children[i+1].Resolve()
		ref := s.Str("image")
		if _, err := image.Parse(ref); err != nil || s.Field("build") != nil {
			continue
		}
		if _, ok := c.rewrite(ref); ok {
			c.out.leftovers = append(c.out.leftovers, render.Leftover{Template: c.name, Field: fieldPath{"services", name, "image"}.String(), Ref: ref})
		}
	}
}
