package chart

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A schemaValue is a value that a part of a schema describes.
type schemaValue struct {
	file string // the values file
	at   []string
	node *syntax.Node
}

// child returns the value of a key, or of the item "[0]", in v.
func (v *schemaValue) child(step string, n *syntax.Node) schemaValue {
	return schemaValue{v.file, append(v.at[:len(v.at):len(v.at)], step), n.Resolve()}
}

// A schemaText is a text of a schema that a value must be equal to, or that is
// its default.
type schemaText struct {
	node  *syntax.Node
	field string // its place in the schema: .properties.image.const
}

// schemaTexts are the texts for a scalar value.
type schemaTexts struct {
	value schemaValue
	nodes []schemaText
}

// texts returns the texts of the schema that describe one of values or a value in
// it, by value.
func (s *valuesSchema) texts(values []schemaValue) []schemaTexts {
	w := schemaWalk{root: s.root, byValue: map[string]int{}}
	w.schema(s.root, values, "", 0)
	return w.out
}

// A schemaWalk visits the parts of a schema that describe values. References within
// the schema are followed.
type schemaWalk struct {
	root    *syntax.Node
	out     []schemaTexts
	byValue map[string]int // index into out
	steps   int
	anchors map[string]schemaText // by name, nil until one is needed
}

// Bounds of a walk: schemas may refer to themselves, and aliases can make a small
// values file large. A step is a part of the schema or a value.
const (
	maxSchemaDepth = 64
	maxSchemaSteps = 100000
)

// schema visits the schema n, whose place is field, for the values that it describes.
func (w *schemaWalk) schema(n *syntax.Node, values []schemaValue, field string, depth int) {
	n = n.Resolve()
	w.steps += 1 + len(values)
	if n == nil || n.Kind != syntax.Mapping || len(values) == 0 || depth > maxSchemaDepth || w.steps > maxSchemaSteps {
		return
	}
	for _, name := range []string{"const", "default"} {
		w.add(n.Field(name), values, field+"."+name)
	}
	for i, item := range link.Items(n.Field("enum")) {
		w.add(item, values, field+".enum["+strconv.Itoa(i)+"]")
	}
	for _, name := range []string{"$ref", "$dynamicRef"} {
		if target, place := w.refersTo(n.Str(name)); target != nil {
			w.schema(target, values, place, depth+1)
		}
	}
	for _, name := range []string{"allOf", "anyOf", "oneOf"} {
		for i, item := range link.Items(n.Field(name)) {
			w.schema(item, values, field+"."+name+"["+strconv.Itoa(i)+"]", depth+1)
		}
	}
	// A text of if moves with the value, so that the condition has the same result.
	// A text of not does not: it may forbid the old name.
	for _, name := range []string{"if", "then", "else"} {
		w.schema(n.Field(name), values, field+"."+name, depth+1)
	}
	eachEntry(n.Field("dependentSchemas"), func(key string, part *syntax.Node) {
		w.schema(part, values, field+".dependentSchemas."+key, depth+1)
	})
	w.keys(n, values, field, depth)
	w.items(n, values, field, depth)
}

// keys visits what the schema n says about the keys of mappings.
func (w *schemaWalk) keys(n *syntax.Node, values []schemaValue, field string, depth int) {
	var known []string
	eachEntry(n.Field("properties"), func(key string, part *syntax.Node) {
		known = append(known, key)
		w.schema(part, children(values, func(k string) bool { return k == key }), field+".properties."+key, depth+1)
	})
	var patterns []*regexp.Regexp
	eachEntry(n.Field("patternProperties"), func(key string, part *syntax.Node) {
		if pattern, err := regexp.Compile(key); err == nil { // the dialect that Helm uses
			patterns = append(patterns, pattern)
			w.schema(part, children(values, pattern.MatchString), field+".patternProperties."+key, depth+1)
		}
	})
	if other := n.Field("additionalProperties"); other != nil {
		w.schema(other, children(values, func(key string) bool {
			return !slices.Contains(known, key) && !slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(key) })
		}), field+".additionalProperties", depth+1)
	}
}

// items visits what the schema n says about the items of lists. Up to the draft
// 2019-09, items may be a list of schemas.
func (w *schemaWalk) items(n *syntax.Node, values []schemaValue, field string, depth int) {
	list, rest := "prefixItems", "items"
	if items := n.Field("items"); items != nil && items.Kind == syntax.Sequence {
		list, rest = "items", "additionalItems"
	}
	w.schema(n.Field("contains"), itemsOf(values, 0, -1), field+".contains", depth+1)
	first := link.Items(n.Field(list))
	for i, item := range first {
		w.schema(item, itemsOf(values, i, i+1), field+"."+list+"["+strconv.Itoa(i)+"]", depth+1)
	}
	if other := n.Field(rest); other != nil {
		w.schema(other, itemsOf(values, len(first), -1), field+"."+rest, depth+1)
	}
}

// children returns the values of the keys in values that isWanted selects.
func children(values []schemaValue, isWanted func(key string) bool) []schemaValue {
	var out []schemaValue
	for i := range values {
		eachEntry(values[i].node, func(key string, n *syntax.Node) {
			if isWanted(key) {
				out = append(out, values[i].child(key, n))
			}
		})
	}
	return out
}

// itemsOf returns the items from start to end of the lists in values; all after
// start if end is negative.
func itemsOf(values []schemaValue, start, end int) []schemaValue {
	var out []schemaValue
	for i := range values {
		if values[i].node == nil || values[i].node.Kind != syntax.Sequence {
			continue
		}
		for k, n := range values[i].node.Children {
			if k >= start && (end < 0 || k < end) {
				out = append(out, values[i].child("["+strconv.Itoa(k)+"]", n))
			}
		}
	}
	return out
}

// eachEntry calls visit for each entry of the mapping n. Another node, and nil, has
// no entries.
func eachEntry(n *syntax.Node, visit func(key string, value *syntax.Node)) {
	if n = n.Resolve(); n == nil || n.Kind != syntax.Mapping {
		return
	}
	for i := 0; i+1 < len(n.Children); i += 2 {
		visit(n.Children[i].Value, n.Children[i+1])
	}
}

// add adds the text n for values. If n is a mapping or a list, it adds the texts in
// it for the values in values.
func (w *schemaWalk) add(n *syntax.Node, values []schemaValue, field string) {
	n = n.Resolve()
	if w.steps += len(values); n == nil || len(values) == 0 || w.steps > maxSchemaSteps {
		return
	}
	eachEntry(n, func(key string, part *syntax.Node) {
		w.add(part, children(values, func(k string) bool { return k == key }), field+"."+key)
	})
	for i, item := range link.Items(n) {
		w.add(item, itemsOf(values, i, i+1), field+"["+strconv.Itoa(i)+"]")
	}
	if n.Kind != syntax.Scalar || n.Style != syntax.DoubleQuoted || n.Value == "" {
		return
	}
	for _, v := range values {
		if v.node == nil || v.node.Kind != syntax.Scalar || len(v.at) == 0 {
			continue
		}
		key := v.file + "\x00" + strings.Join(v.at, "\x00")
		i, known := w.byValue[key]
		if !known {
			i = len(w.out)
			w.byValue[key] = i
			w.out = append(w.out, schemaTexts{value: v})
		}
		if text := (schemaText{n, field}); !slices.Contains(w.out[i].nodes, text) {
			w.out[i].nodes = append(w.out[i].nodes, text)
		}
	}
}

// refersTo returns the part of the schema that ref, "#", "#/$defs/image" or "#image",
// refers to, and its place. It returns nil for other references.
func (w *schemaWalk) refersTo(ref string) (n *syntax.Node, field string) {
	if ref == "#" {
		return w.root, ""
	}
	name, isLocal := strings.CutPrefix(ref, "#")
	if !isLocal {
		return nil, ""
	}
	pointer, ok := strings.CutPrefix(name, "/")
	if !ok {
		return w.anchor(name)
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

// anchor returns the part of the schema with the $anchor or $dynamicAnchor name, and
// its place; nil if no part has it.
func (w *schemaWalk) anchor(name string) (*syntax.Node, string) {
	if w.anchors == nil {
		w.anchors = map[string]schemaText{}
		steps := 0
		w.findAnchors(w.root, "", 0, &steps)
	}
	found := w.anchors[name]
	return found.node, found.field
}

func (w *schemaWalk) findAnchors(n *syntax.Node, field string, depth int, steps *int) {
	if *steps++; n == nil || depth > maxSchemaDepth || *steps > maxSchemaSteps {
		return
	}
	for _, key := range []string{"$anchor", "$dynamicAnchor"} {
		if name := n.Str(key); name != "" {
			w.anchors[name] = schemaText{n, field}
		}
	}
	eachEntry(n, func(key string, part *syntax.Node) { w.findAnchors(part, field+"."+key, depth+1, steps) })
	for i, item := range link.Items(n) {
		w.findAnchors(item, field+"["+strconv.Itoa(i)+"]", depth+1, steps)
	}
}
