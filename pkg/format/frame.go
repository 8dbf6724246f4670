package format

import (
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// A frame is a place in a tree on the way down to a scalar. Frames are linked
// upward; the text of a place is made only when somebody wants to read it.
type frame struct {
	up    *frame
	key   string       // of a mapping's value
	index int          // of a sequence's item, when key is ""
	node  *syntax.Node // what stands here
	item  bool         // a sequence's item

	object *object // the object that this is part of
	keep   Reason  // why whatever stands here is kept
	note   string
	prose  bool // the value, or an item of the list, under a key for prose

	inner bool // the root of a text inside a string
	depth int  // of texts inside strings
}

// below returns the frame of node, which stands under f. What f settled for
// everything in it goes down with it.
func (f *frame) below(node *syntax.Node) *frame {
	return &frame{up: f, node: node, object: f.object, keep: f.keep, note: f.note, depth: f.depth}
}

// called gives f its key.
func (f *frame) called(key string) *frame {
	f.key = key
	return f
}

// field returns the path from the object's document root: .spec.a[0].b, with
// keys that are no plain names as ["a.b/c"]. Of a very long one the end.
func (f *frame) field() string {
	const most = 100 // a file that nests deeper must not cost its depth for every place in it
	var steps []string
	for ; f != nil && f.up != nil; f = f.up {
		if len(steps) == most {
			steps = append(steps, "…")
			break
		}
		steps = append(steps, f.step())
	}
	slices.Reverse(steps)
	return strings.Join(steps, "")
}

// step returns what f adds to the path of its parent.
func (f *frame) step() string {
	switch {
	case f.inner:
		return "|"
	case f.item:
		return "[" + strconv.Itoa(f.index) + "]"
	case f.key == "" || strings.ContainsAny(f.key, ".[]\"' /\n"):
		return "[" + strconv.Quote(f.key) + "]"
	}
	return "." + f.key
}

// place returns where f is, for a report.
func (f *frame) place() Place {
	p := Place{Field: f.field()}
	if f != nil && f.object != nil {
		p.Object = f.object.String()
	}
	return p
}

// effectiveKey is the name under which a value stands: its key, or, for
// `value:` and `default:`, the name beside it, or beside the schema that it is
// the default of, or the key above it.
func (f *frame) effectiveKey() string {
	g := f
	for (g.item || g.inner) && g.up != nil {
		g = g.up
	}
	if valueKeys[fold(g.key)] {
		if g.up == nil || g.up.node == nil {
			return g.key
		}
		if name := g.up.node.Str("name"); name != "" {
			return name
		}
		s := g.up
		for s.up != nil && !s.item && (fold(s.key) == "schema" || fold(s.key) == "openapiv3schema") {
			if s = s.up; s.node != nil && s.node.Str("name") != "" {
				return s.node.Str("name")
			}
		}
		if !g.up.item && g.up.key != "" {
			return g.up.key
		}
	}
	return g.key
}

// An object is what a mapping with an apiVersion and a kind says that it is.
type object struct {
	version, kind, name string
}

func (o *object) String() string {
	s := o.kind
	if o.name != "" {
		s += " " + o.name
	}
	if o.version != "" {
		s += " (" + o.version + ")"
	}
	return s
}

// group returns the API group of o, "" for the core group.
func (o *object) group() string {
	if i := strings.IndexByte(o.version, '/'); i >= 0 {
		return o.version[:i]
	}
	return ""
}

// objectOf returns the object that n is, nil when it is none.
func objectOf(n *syntax.Node) *object {
	version, kind := n.Str("apiVersion"), n.Str("kind")
	if version == "" || kind == "" {
		return nil
	}
	return &object{version, kind, n.Field("metadata").Str("name")}
}
