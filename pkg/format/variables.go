package format

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// A variableUse is a text that uses variables.
type variableUse struct {
	text  string
	refs  []variableRef
	at    *frame
	place string // for a person

	// isForeign reports that the text is in another file than the values.
	isForeign bool

	// kind returns the kind of the field if it had the given text. It is nil for a field that
	// is no image.
	kind func(text string) fieldKind

	// isRead reports that an image begins with the first use in the text. isOpen reports
	// that the variable may be empty there.
	isRead, isOpen bool

	built map[string]bool // what commands in the text build; set by builds
}

// first returns the use that the text begins with, nil if it begins with something else.
func (u *variableUse) first() *variableRef {
	if len(u.refs) == 0 || u.refs[0].start != transportLen(u.text) {
		return nil
	}
	return &u.refs[0]
}

// A declaredVariable is a value of a variable.
type declaredVariable struct {
	names []string
	at    *frame
	from  int          // the offset of the value in the decoded text
	scope *syntax.Node // uses below it may have the value; nil for all uses
	index int          // in the order of the declarations
}

// A variableResolver finds the images that fields get from variables.
type variableResolver struct {
	d      *detector
	syntax variableSyntax
	uses   []*variableUse
	ofNode map[*syntax.Node]*variableUse
	names  map[string]*namedVariable
	found  []variableImage
	seen   map[foundText]bool // of found
	fields []*variableUse     // in the file that an image begins with; set by resolve

	count  int                          // of the declarations
	nodes  int                          // below aliases that were visited
	pairs  int                          // of values and uses that may still be looked at
	values map[depthOfUse]variableTexts // of uses that are values themselves

	keep    func(o *variableImage) // sets why an image does not move; may be nil
	scripts func()                 // records the uses in scripts; may be nil
	cutText string                 // the place of a text with more uses than are read, "" if there is none
	given   string                 // the place that gives all variables to a program, "" if none does
}

// A variableImage is an image of a field whose text begins with a variable.
type variableImage struct {
	Occurrence
	variable *declaredVariable // nil for a literal
	isWhole  bool              // the value has the whole name of the image
	isAdded  bool              // the value spells out a registry, so that other rules decide about it, too
}

func (d *detector) newResolver(s variableSyntax) *variableResolver {
	return &variableResolver{d: d, syntax: s, pairs: maxVariablePairs, ofNode: map[*syntax.Node]*variableUse{},
		names: map[string]*namedVariable{}, values: map[depthOfUse]variableTexts{}, seen: map[foundText]bool{}}
}

// addVariables adds the images that fields get from variables of the same file.
func (d *detector) addVariables() {
	if d.frames != nil {
		return // a template: its actions are masked
	}
	var all []*variableResolver
	for _, root := range d.roots {
		f := &frame{node: root, object: objectOf(root)}
		for _, t := range variableTables() {
			if !t.isFor(d, f) {
				continue
			}
			v := d.newResolver(t.syntax)
			v.each(f, 0, func(g *frame) { v.read(t, g) })
			v.resolve()
			all = append(all, v)
		}
	}
	d.replaceVariables(all)
}

// isFor reports whether t is for the document at root.
func (t *variableTable) isFor(d *detector, root *frame) bool {
	e := t.entry
	if len(e.APIVersion)+len(e.Kind) > 0 {
		return root.object != nil && matchesText(e.APIVersion, root.object.version) && matchesText(e.Kind, root.object.kind)
	}
	return e.matchesFile(&d.in) && d.fields.hasRoot(e.Root, root.node)
}

// each calls do for each scalar at f and below it, also for those of aliases.
func (v *variableResolver) each(f *frame, depth int, do func(f *frame)) {
	v.eachBelow(f, depth, false, do)
}

func (v *variableResolver) eachBelow(f *frame, depth int, isAlias bool, do func(f *frame)) {
	if isAlias {
		v.nodes++
	}
	if v.nodes > maxVariableNodes && isAlias || depth > maxPathDepth || f.keep != "" {
		return
	}
	switch n := f.node; n.Kind {
	case syntax.Scalar:
		do(f)
	case syntax.Sequence:
		for i, item := range n.Children {
			g := f.below(item.Resolve())
			g.index, g.item = i, true
			v.eachBelow(g, depth+1, isAlias || g.node != item, do)
		}
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			item := n.Children[i+1]
			g := f.below(item.Resolve()).withKey(n.Children[i].Value)
			v.d.readKey(g)
			if g.key == "<<" && g.node.Kind == syntax.Mapping {
				h := *f
				h.node, h.merged = g.node, n
				g = &h
			}
			v.eachBelow(g, depth+1, isAlias || g.node != item, do)
		}
	}
}

// read records the value at f: it may declare a variable of t, and may use variables.
func (v *variableResolver) read(t *variableTable, f *frame) {
	if f.node.Value == "" {
		return
	}
	at, _ := v.d.fields.framesBelowRoot(f)
	for i := range t.Declared {
		field := &t.Declared[i]
		if len(at) == 0 || !field.path.match(at) {
			continue
		}
		if name := field.nameAt(at); name != "" {
			x := &declaredVariable{at: f, scope: t.scopeOf(v.d, f)}
			for _, form := range field.As {
				x.names = append(x.names, strings.Replace(form, "*", name, 1))
			}
			v.declare(x)
			at, _ = v.d.fields.framesBelowRoot(f)
		}
	}
	v.use(&variableUse{text: f.node.Value, at: f, place: f.field(), kind: kindAt(v.d, f)})
}

// kindAt returns a function that returns the kind of the field at f if it had a text.
func kindAt(d *detector, f *frame) func(text string) fieldKind {
	return func(text string) fieldKind {
		g := *f
		g.node = &syntax.Node{Kind: syntax.Scalar, Value: text}
		return d.fieldKind(&g)
	}
}

// scopeOf returns the part of the document in which a variable is known whose value is at f.
func (t *variableTable) scopeOf(d *detector, f *frame) *syntax.Node {
	g := f
	for ; g.up != nil; g = g.up {
		at, _ := d.fields.framesBelowRoot(g)
		if slices.ContainsFunc(t.within, func(p fieldPath) bool { return p.match(at) }) {
			break
		}
	}
	return g.node
}

// use records a text that may use variables.
func (v *variableResolver) use(u *variableUse) { v.useIn(u, v.syntax) }

// useIn records a text that may use variables in the forms of s.
func (v *variableResolver) useIn(u *variableUse, s variableSyntax) {
	if u.refs = s.refs(u.text); len(u.refs) == 0 {
		if u.at == nil || u.isForeign || !isExpression(u.at) {
			return
		}
		r := variableRef{end: len(u.text)}
		if r.expression(u.text, 0, len(u.text)); len(r.names) == 0 {
			return
		}
		r.values = nil
		u.refs = []variableRef{r}
	}
	if len(u.refs) == maxVariableRefs {
		v.cutText = u.place
	}
	v.uses = append(v.uses, u)
	if !u.isForeign {
		v.ofNode[u.at.node] = u
	}
	for i, r := range u.refs {
		for _, name := range r.names {
			n := v.name(name)
			n.uses, n.byScope = append(n.uses, namedUse{u, i}), nil
		}
	}
}

// resolve finds the images of the fields that begin with a variable.
func (v *variableResolver) resolve() {
	var cut []*variableUse
	for _, u := range v.uses {
		if u.kind == nil {
			continue
		}
		all := v.valuesOf(u, 0)
		isImage := len(all.cut) > 0 && u.kind(u.text).isImage()
		for i := range all.texts {
			isImage = v.add(u, &all.texts[i]) || isImage
		}
		if isImage {
			cut = append(cut, all.cut...)
		}
	}
	v.addCut(cut)
	if v.scripts != nil && len(v.found) > 0 {
		v.scripts()
	}
	for i := range v.found {
		if x := &v.found[i]; x.variable != nil && !x.isAdded && x.Keep == "" {
			if note := v.problem(x); note != "" {
				x.Keep, x.Note = Conflict, note
			}
		}
	}
	v.fields = v.readUses()
	v.uses, v.ofNode, v.names, v.values, v.seen = nil, nil, nil, nil, nil
}

// A foundText identifies an image that a resolver found.
type foundText struct {
	node       *syntax.Node
	start, end int
	tail       string
	kind       fieldKind
}

// add adds the image of u that begins with x. It reports whether there is one.
func (v *variableResolver) add(u *variableUse, x *variableText) bool {
	text := x.text()
	full := text + x.tail
	kind := u.kind(u.text[:transportLen(u.text)] + full)
	if refs := v.syntax.refs(text); text == "" || !kind.isImage() && kind != builtField || len(refs) > 0 && refs[0].start == 0 {
		return false
	}
	r, err := image.Parse(full)
	if err != nil {
		return false
	}
	u.isRead = true
	for _, inner := range x.via {
		inner.isRead = true
	}
	key := foundText{x.node, x.start, x.end, x.tail, kind}
	if v.seen[key] {
		return true
	}
	v.seen[key] = true
	nameEnd := len(full) - len(suffixOf(r))
	o := variableImage{variable: x.variable, isWhole: len(text) >= nameEnd}
	isHost := image.IsHost(strings.TrimSuffix(text, "/")) && x.tail != "" && !strings.HasPrefix(x.tail, ":")
	o.isAdded = isHost || hasDomain(text)
	if o.isAdded && o.isWhole && x.variable != nil {
		return true // it moves, whatever field has it
	}
	role := Whole
	if isHost {
		role = Registry
	}
	o.Pieces = []Piece{v.d.part(x.node, x.start, x.end, role, "")}
	o.Tail, o.Place, o.IsImage = x.tail, x.at.place(), true
	switch kind {
	case builtField:
		o.Keep, o.Note = Built, u.place+" builds the image"
	case unqualifiedField:
		o.IsImage, o.LikelyImage, o.IsUntagged = r.Domain != "", true, r.Tag == "" && r.Digest == ""
	}
	if v.keep != nil {
		v.keep(&o)
	}
	v.found = append(v.found, o)
	return true
}

// suffixOf returns the tag and the digest of r, with their separators.
func suffixOf(r image.Ref) string {
	out := ""
	if r.Tag != "" {
		out = ":" + r.Tag
	}
	if r.Digest != "" {
		out += "@" + r.Digest
	}
	return out
}
