package format

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A pairedKeys lists the words of keys that are the two sides of a mapping.
type pairedKeys struct{ old, new []string }

// mappingKeys are the pairs of keys whose values are the old and the new name of
// one thing. The keys of a kustomization's images, name and newName, are not
// such a pair: they select and replace, and move both.
var mappingKeys = []pairedKeys{
	{[]string{"source", "src", "upstream", "original", "origin"}, []string{"target", "destination", "dest", "dst", "mirrored", "mirror", "downstream"}},
	{[]string{"from"}, []string{"to"}},
	{[]string{"old", "before", "previous"}, []string{"new", "after"}},
	{[]string{"match", "search", "find", "pattern", "original", "regex"}, []string{"replacewith", "replacement", "replace", "rewrite", "substitute"}},
}

// A keySide is the side of a mapping that a key names.
type keySide struct {
	pair  int    // index in mappingKeys
	isNew bool   // of the two sides
	rest  string // the rest of the key: image of sourceImage
}

// keySides returns the sides that key may be.
func keySides(key string) []keySide {
	k := fold(key)
	var out []keySide
	for i, p := range mappingKeys {
		for j, words := range [][]string{p.old, p.new} {
			for _, w := range words {
				rest, ok := strings.CutPrefix(k, w)
				if !ok {
					rest, ok = strings.CutSuffix(k, w)
				}
				if ok {
					out = append(out, keySide{i, j == 1, rest})
				}
			}
		}
	}
	return out
}

// opposite reports whether the keys of a and b are the two sides of one mapping.
func opposite(a, b []keySide) bool {
	for _, x := range a {
		for _, y := range b {
			if x.pair == y.pair && x.isNew != y.isNew && x.rest == y.rest {
				return true
			}
		}
	}
	return false
}

// keyMappings records the mappings of the mapping at f: pairs of keys, and
// entries whose key is one name and whose value is the other.
func (d *detector) keyMappings(f *frame) {
	n := f.node
	type sided struct {
		key   *syntax.Node
		value *syntax.Node
		sides []keySide
	}
	var list []sided
	for i := 0; i+1 < len(n.Children); i += 2 {
		k, v := n.Children[i], n.Children[i+1].Resolve()
		if k.Kind != syntax.Scalar {
			continue
		}
		d.addEntry(k, v)
		if v.Kind == syntax.Sequence {
			d.argumentMappings(n, k.Value, v)
		}
		if sides := keySides(k.Value); sides != nil {
			list = append(list, sided{k, v, sides})
		}
	}
	for i, a := range list {
		for _, b := range list[i+1:] {
			if opposite(a.sides, b.sides) {
				d.pairImages("the keys "+a.key.Value+" and "+b.key.Value, d.imagesUnder(a.value), d.imagesUnder(b.value))
			}
		}
	}
	d.toolMappings(n)
}

// An imageText is an image or a registry that one or more scalars form.
type imageText struct {
	text  string
	spans []edit.Span
}

// maxPairDepth is the depth to which the two sides of a mapping are compared.
const maxPairDepth = 3

// imagesUnder returns the names in a side of a mapping, by their place in it: a
// scalar, the scalars of a mapping, and the references that keys of a mapping
// form together. Items of lists are not compared.
func (d *detector) imagesUnder(n *syntax.Node) map[string]imageText {
	out := map[string]imageText{}
	var under func(n *syntax.Node, at string, depth int)
	under = func(n *syntax.Node, at string, depth int) {
		switch n.Kind {
		case syntax.Scalar:
			if n.Value != "" {
				out[at] = imageText{n.Value, []edit.Span{n.Span}}
			}
		case syntax.Mapping:
			if depth == maxPairDepth {
				return
			}
			for i := 0; i+1 < len(n.Children); i += 2 {
				under(n.Children[i+1].Resolve(), at+"."+n.Children[i].Value, depth+1)
			}
			refs, order := d.splitReferences(&frame{node: n})
			for _, of := range order {
				if x, ok := refs[of].joined(); ok {
					out[strings.TrimSuffix(at+"|"+of, "|")] = x
				}
			}
		}
	}
	under(n, "", 0)
	return out
}

// joined returns the reference that the keys of r make up.
func (r *splitReference) joined() (imageText, bool) {
	registry, parts, ok := r.parts(r.nameUse() != nameIsLabel)
	if registry == nil || !ok {
		return imageText{}, false
	}
	x := imageText{strings.TrimSuffix(registry.Value, "/"), []edit.Span{registry.Span}}
	for _, n := range parts {
		x.text += "/" + n.Value
		x.spans = append(x.spans, n.Span)
	}
	if r.tag != "" && !strings.Contains(x.text[strings.LastIndexByte(x.text, '/')+1:], ":") {
		x.text += ":" + r.tag
	}
	return x, true
}

// pairImages records the mappings between names in the same place of two sides.
func (d *detector) pairImages(what string, from, to map[string]imageText) {
	for _, at := range slices.Sorted(maps.Keys(from)) {
		if b, ok := to[at]; ok {
			d.addMapping(what, from[at], b)
		}
	}
}

// addMapping records a mapping.
func (d *detector) addMapping(what string, from, to imageText) {
	d.out.Mappings = append(d.out.Mappings, Mapping{
		From: trimTransport(from.text), To: trimTransport(to.text), What: what, Kept: slices.Concat(from.spans, to.spans),
	})
}

// addEntry records the mapping of an entry if its key or its value has a mark.
func (d *detector) addEntry(k, v *syntax.Node) {
	if k.Kind == v.Kind && mayBeName(k.Value) && mayBeName(v.Value) && len(d.marksIn(k.Span))+len(d.marksIn(v.Span)) > 0 {
		d.addMapping("an entry of a table", imageText{k.Value, []edit.Span{k.Span}}, imageText{v.Value, []edit.Span{v.Span}})
	}
}

// A listField is a field with a list of names that a sibling field replaces.
type listField struct {
	list string // key of the list
	item string // key in its items, "" if they are scalars
	with string // key of the replacement
	at   string // key in the replacement, "" if it is a scalar
}

// listFields are the fields of tools that replace one of several names.
// Sources: https://docs.renovatebot.com/configuration-options/#replacementname,
// https://docs.crossplane.io/latest/packages/image-configs/
var listFields = []listField{
	{"matchPackageNames", "", "replacementName", ""},
	{"matchDepNames", "", "replacementName", ""},
	{"matchPackagePrefixes", "", "replacementName", ""},
	{"matchPackagePatterns", "", "replacementName", ""},
	{"matchPackageNames", "", "overridePackageName", ""},
	{"matchDepNames", "", "overridePackageName", ""},
	{"matchImages", "prefix", "rewriteImage", "prefix"},
}

// toolMappings records the mappings of listFields in the mapping n.
func (d *detector) toolMappings(n *syntax.Node) {
	for _, x := range listFields {
		list, with := n.Field(x.list), n.Field(x.with)
		if x.at != "" {
			with = with.Field(x.at)
		}
		if list == nil || list.Kind != syntax.Sequence || with == nil || with.Kind != syntax.Scalar {
			continue
		}
		for _, item := range list.Children {
			if x.item != "" {
				item = item.Field(x.item)
			}
			if item != nil && item.Kind == syntax.Scalar {
				d.addMapping("the keys "+x.list+" and "+x.with, imageText{item.Value, []edit.Span{item.Span}}, imageText{with.Value, []edit.Span{with.Span}})
			}
		}
	}
}

// assignedName matches a name that a text gives to a key or a variable, or to a
// flag in front of it.
var assignedName = regexp.MustCompile("(?:(-[\\w-]+)[ \\t]+|([A-Za-z_][\\w.-]*)[\"']?[ \\t]*(?:=>|[:?]?=|:)[ \\t]*)[\"'`]?([^\\s\"'`,;(){}\\[\\]]{4,})")

// assignedWithin is the number of lines within which the two sides of a mapping
// in a text are searched, and maxAssigned the number of names.
const (
	assignedWithin = 8
	maxAssigned    = 16
)

// assignmentMappings returns the mappings between variables, keys and flags of a
// text whose names are the two sides of one: OLD_IMAGE=… NEW_IMAGE=….
func assignmentMappings(text string) []textMapping {
	type assigned struct {
		key   string
		sides []keySide
		value commandWord
		line  int
	}
	var recent []assigned
	var out []textMapping
	line, at := 0, 0
	for _, m := range assignedName.FindAllStringSubmatchIndex(text, -1) {
		value, key := text[m[6]:m[7]], text[max(m[2], m[4]):max(m[3], m[5])]
		if !mayBeName(value) {
			continue
		}
		sides := keySides(strings.TrimLeft(key, "-"))
		if sides == nil {
			continue
		}
		line += strings.Count(text[at:m[0]], "\n")
		at = m[0]
		x := assigned{key, sides, commandWord{value, edit.Span{Start: m[6], End: m[7]}}, line}
		for _, y := range recent {
			if line-y.line <= assignedWithin && opposite(x.sides, y.sides) {
				out = append(out, textMapping{from: trimTransport(y.value.text), to: trimTransport(value), kept: []edit.Span{y.value.span, x.value.span}, what: y.key + " and " + x.key})
			}
		}
		if recent = append(recent, x); len(recent) > maxAssigned {
			recent = recent[1:]
		}
	}
	return out
}
