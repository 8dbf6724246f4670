package format

import (
	"slices"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A fieldIndex finds the fields that can be at a place.
type fieldIndex struct {
	byKey  map[string][]*tableField // by the last key of the path
	others []*tableField
	splits []*tableField
	keys   []*tableField // whose keys are references
}

func (x *fieldIndex) add(f *tableField) {
	switch {
	case f.isSplit():
		x.splits = append(x.splits, f)
	case f.Keys:
		x.keys = append(x.keys, f)
	case f.path.last() == "":
		x.others = append(x.others, f)
	default:
		if x.byKey == nil {
			x.byKey = map[string][]*tableField{}
		}
		x.byKey[f.path.last()] = append(x.byKey[f.path.last()], f)
	}
}

// addAll adds the fields of e.
func (x *fieldIndex) addAll(e *tableEntry) {
	for i := range e.Fields {
		x.add(&e.Fields[i])
	}
}

// entries returns the entries of all tables: those for files, those for objects,
// and those for blocks and calls.
var entries = sync.OnceValue(func() (all struct{ files, objects, attributes []*tableEntry }) {
	tables, err := fieldTables()
	if err != nil {
		panic("reading the tables of fields: " + err.Error()) // TestFieldTables fails
	}
	var generic []*tableEntry
	for _, t := range tables {
		for _, e := range t.Entries {
			if len(e.APIVersion)+len(e.Kind) > 0 {
				all.objects = append(all.objects, e)
			} else if e.language != nil && e.Generic {
				generic = append(generic, e)
			} else if e.language != nil {
				all.attributes = append(all.attributes, e)
			} else {
				all.files = append(all.files, e)
			}
		}
	}
	all.attributes = append(all.attributes, generic...)
	return all
})

// selectedFields are the fields that can be in one file.
type selectedFields struct {
	in       *Input
	declared fieldIndex // by the configuration
	document fieldIndex // their paths begin at the root of a document

	objects map[objectType]*fieldIndex // results of ofObject
	roots   map[rootOf]bool            // results of rootKeys.match

	frames    [maxPathDepth]*frame // used by framesBelowRoot
	splitsOf  *frame               // the last argument of splitsAt
	lastSplit []*tableField        // its result
}

type objectType struct{ version, kind string }

// selectFields returns the fields that can be in the file.
func selectFields(in *Input) *selectedFields {
	s := &selectedFields{in: in, objects: map[objectType]*fieldIndex{}, roots: map[rootOf]bool{}}
	for i := range in.Fields {
		if e := in.Fields[i].entry; e.language == nil && e.matchesFile(in) {
			s.declared.addAll(e)
		}
	}
	for _, e := range entries().files {
		if e.matchesFile(in) {
			s.document.addAll(e)
		}
	}
	return s
}

func (e *tableEntry) matchesFile(in *Input) bool {
	return e.matchesPath(in) && (e.contains == nil || e.contains.Match(in.Src))
}

// matchesPath reports whether the path of the file is one of those of e.
func (e *tableEntry) matchesPath(in *Input) bool {
	return len(e.globs) == 0 || slices.ContainsFunc(e.globs, func(g walk.Glob) bool { return g.Match(in.Path, false) || in.As != "" && g.Match(in.As, false) })
}

// matchesObject reports whether the name and the labels of o, the object of a place or
// nil, are those that e describes, and for the configuration also the type.
func (e *tableEntry) matchesObject(o *object) bool {
	switch {
	case e.tool == "" && len(e.APIVersion)+len(e.Kind) > 0 && (o == nil || !matchesText(e.APIVersion, o.version) || !matchesText(e.Kind, o.kind)):
		return false // ofObject selects the entries of tables
	case len(e.Name)+len(e.Labels) == 0:
		return true
	}
	for key, globs := range e.Labels {
		if v := o.labels.Field(key); v == nil || !matchesText(globs, v.Value) {
			return false
		}
	}
	return matchesText(e.Name, o.name)
}

// ofObject returns the fields of objects of the type of o.
func (s *selectedFields) ofObject(o *object) *fieldIndex {
	t := objectType{o.version, o.kind}
	x := s.objects[t]
	if x == nil {
		x = &fieldIndex{}
		for _, e := range entries().objects {
			if matchesText(e.APIVersion, o.version) && matchesText(e.Kind, o.kind) && e.matchesFile(s.in) {
				x.addAll(e)
			}
		}
		s.objects[t] = x
	}
	return x
}

// matchesText reports whether globs is empty or one of globs matches text.
func matchesText(globs texts, text string) bool {
	return len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool { return matchText(g, text) })
}

// framesBelowRoot returns the frames from below the root of the document of f to
// f, nil for a place inside more than maxPathDepth collections. inObject is the
// number of the last of them that are below the root of the object of f. The next call
// overwrites the result.
func (s *selectedFields) framesBelowRoot(f *frame) (at []*frame, inObject int) {
	object := f.object
	at = s.frames[:0]
	for ; f.up != nil && !f.inner; f = f.up {
		if len(at) == maxPathDepth {
			return nil, 0
		}
		at = append(at, f)
		if object != nil && f.up.object == object {
			inObject++
		}
	}
	slices.Reverse(at)
	return at, inObject
}

// find returns the field that is declared for the place f, or nil. The function list
// returns the fields of an index that may be there.
func (s *selectedFields) find(f *frame, list func(x *fieldIndex) [2][]*tableField) *tableField {
	var at []*frame
	inObject := -1
	for _, x := range s.indexes(f) {
		if x == nil {
			continue
		}
		for _, fields := range list(x) {
			for _, t := range fields {
				if inObject < 0 {
					at, inObject = s.framesBelowRoot(f)
				}
				if s.isAt(t, f, at, inObject) {
					return t
				}
			}
		}
	}
	return nil
}

// indexes returns the indexes with the fields of f, those that decide first in
// front. The second is nil outside of objects.
func (s *selectedFields) indexes(f *frame) [3]*fieldIndex {
	out := [3]*fieldIndex{0: &s.declared, 2: &s.document}
	if f.object != nil {
		out[1] = s.ofObject(f.object)
	}
	return out
}

func (s *selectedFields) isAt(t *tableField, f *frame, at []*frame, inObject int) bool {
	root := f
	if len(at) > 0 {
		root = at[0].up
	}
	if t.object {
		at = at[len(at)-inObject:]
	}
	return (len(t.path.steps) == 0 || t.path.match(at)) && t.holds(f) && t.entry.matchesObject(f.object) && s.hasRoot(t.entry.Root, root.node)
}

// fieldKind returns the kind of the field at f.
func (d *detector) fieldKind(f *frame) fieldKind {
	if f.node == nil {
		return unknownField
	}
	if d.formatFields != nil && f.object == nil {
		if kind := d.formatFields(f); kind != unknownField {
			return kind
		}
	}
	t := d.fields.find(f, func(x *fieldIndex) [2][]*tableField { return x.ofPlace(f) })
	switch {
	case t == nil:
		return unknownField
	case f.up != nil && slices.ContainsFunc(t.Unless, f.up.has):
		return builtField
	}
	return t.kind
}

// ofPlace returns the fields whose paths may end with f.
func (x *fieldIndex) ofPlace(f *frame) [2][]*tableField {
	if f.item || len(x.byKey) == 0 {
		return [2][]*tableField{x.others}
	}
	return [2][]*tableField{x.byKey[f.key], x.others}
}

// isImageField reports whether the value at f is certainly an image, so that a
// name without a domain is on Docker Hub. The documentation of an API or of a
// tool must define the field, or the configuration; the name of a key alone is
// not enough.
func (d *detector) isImageField(f *frame) bool { return d.fieldKind(f) == imageField }

// isDeclared reports whether the configuration declares the field at f.
func (d *detector) isDeclared(f *frame) bool {
	t := d.fields.find(f, func(x *fieldIndex) (none [2][]*tableField) {
		if x != &d.fields.declared {
			return none
		}
		return x.ofPlace(f)
	})
	return t != nil
}

// keptAsNoImage explains the marks of the value at f if it is declared not to be
// an image.
func (d *detector) keptAsNoImage(f *frame) bool {
	if d.fieldKind(f) != noImageField {
		return false
	}
	c := Context{Reason: DifferentName, Note: "not an image"}
	switch t := d.fields.find(f, func(x *fieldIndex) [2][]*tableField { return x.ofPlace(f) }); {
	case t.Keep != "":
		c = Context{Reason: t.Keep, Note: t.Note}
	case t.entry.tool == "":
		c = Context{Reason: Ignored, Note: "the configuration says that the field is not an image"}
	}
	d.contexts(f, f.node, c)
	return true
}

// keys returns the keys from the root of the document of f to f, without the
// indexes of lists. It returns nil for a place inside more than 32 collections,
// which no field of a known format is.
func (f *frame) keys() []string {
	const most = 32
	var out []string
	for n := 0; f != nil && f.up != nil && !f.inner; f = f.up {
		if n++; n > most {
			return nil
		}
		if !f.item {
			out = append(out, f.key)
		}
	}
	slices.Reverse(out)
	return out
}
