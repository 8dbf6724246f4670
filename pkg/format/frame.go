package format

import (
	"slices"
	"strconv"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// A frame is a place in a tree, with the frames of the collections around it.
type frame struct {
	up    *frame
	key   string       // of a value in a mapping
	index int          // of an item in a sequence
	node  *syntax.Node // the value at this place, nil in text that no parser accepts
	item  bool         // the place is an item of a sequence

	object *object // the object that contains the place, or nil
	keep   Reason  // the reason for which nothing at this place is changed, or ""
	note   string  // details of keep
	prose  bool    // the key of the value, or of the list, is one for text for people

	merged *syntax.Node // the mapping that merges node with <<, or nil
	inner  bool         // the root of a document inside a string
	depth  int          // number of strings around this place that are documents
}

// below returns the frame of node, a child of f, in the same object and with
// the same reason.
func (f *frame) below(node *syntax.Node) *frame {
	return &frame{up: f, node: node, object: f.object, keep: f.keep, note: f.note, depth: f.depth}
}

// has reports whether the mapping at f has the key, also by a merge, or the mapping that
// merges it.
func (f *frame) has(key string) bool {
	return isSet(f.node.MergedField(key)) || isSet(f.merged.MergedField(key))
}

// isSet reports whether there is a value n that Compose does not remove.
func isSet(n *syntax.Node) bool { return n != nil && n.Tag != resetTag }

// withKey sets the key of f and returns f.
func (f *frame) withKey(key string) *frame {
	f.key = key
	return f
}

// field returns the path of f from the root of its document: .spec.a[0].b, and
// ["a.b/c"] for a key that is not a plain name. A path of more than 100 steps is
// cut at its start.
func (f *frame) field() string {
	const most = 100 // bounds the time for each place in a file that nests deeply
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

// step returns the last step of the path of f.
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

// place returns the place of f for a report.
func (f *frame) place() Place {
	p := Place{Field: f.field()}
	if f != nil && f.object != nil {
		p.Object = f.object.String()
	}
	return p
}

// effectiveKey returns the name that describes the value at f: its key, the key
// of its list or, for `value:` and `default:`, the sibling `name:` of the value
// or of the schema around it, else the key of the mapping around it.
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

// An object is the type, the name and the labels of a Kubernetes object.
type object struct {
	version, kind, name string

	labels *syntax.Node
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

// group returns the API group of o, "" for the core group and outside of objects.
func (o *object) group() string {
	if o == nil {
		return ""
	}
	if i := strings.IndexByte(o.version, '/'); i >= 0 {
		return o.version[:i]
	}
	return ""
}

// objectOf returns the object that the mapping n describes, nil if n has no
// apiVersion or no kind.
func objectOf(n *syntax.Node) *object {
	version, kind := n.Str("apiVersion"), n.Str("kind")
	if version == "" || kind == "" {
		return nil
	}
	metadata := n.Field("metadata").Resolve()
	return &object{version, kind, metadata.Str("name"), metadata.Field("labels").Resolve()}
}
