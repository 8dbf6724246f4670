package format

import (
	"fmt"
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
}

// A declaredVariable is a value of a variable.
type declaredVariable struct {
	names []string
	at    *frame
	from  int          // the offset of the value in the decoded text
	scope *syntax.Node // uses below it may have the value; nil for all uses
}

// A variableResolver finds the images that fields get from variables.
type variableResolver struct {
	d        *detector
	syntax   variableSyntax
	uses     []*variableUse
	ofNode   map[*syntax.Node]*variableUse
	ofName   map[string][]*variableUse
	declared map[string][]*declaredVariable
	found    []variableImage
	nodes    int // that were visited

	keep    func(o *variableImage) // sets why an image does not move; may be nil
	scripts func()                 // records the uses in scripts; may be nil
	given   string                 // the place that gives all variables to a program, "" if none does
}

// A variableImage is an image of a field whose text begins with a variable.
type variableImage struct {
	Occurrence
	variable *declaredVariable // nil for a literal
	isWhole  bool              // the value has the whole name of the image
	isAdded  bool              // the value spells out a registry, so that other rules decide about it, too
}

// Limits of a variableResolver for one document.
const (
	maxVariableNodes  = 100_000 // nodes, with those of aliases
	maxVariableValues = 64      // values of one use
	maxVariableDepth  = 4       // variables in the values of variables
)

func (d *detector) newResolver(s variableSyntax) *variableResolver {
	return &variableResolver{d: d, syntax: s, ofNode: map[*syntax.Node]*variableUse{}, ofName: map[string][]*variableUse{}, declared: map[string][]*declaredVariable{}}
}

// addVariables adds the images that fields get from variables of the same file.
func (d *detector) addVariables() {
	if d.frames != nil {
		return // a template: its actions are masked
	}
	for _, root := range d.roots {
		f := &frame{node: root, object: objectOf(root)}
		for _, t := range variableTables() {
			if !t.isFor(d, f) {
				continue
			}
			v := d.newResolver(t.syntax)
			v.each(f, 0, func(g *frame) { v.read(t, g) })
			v.resolve()
		}
	}
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
	if v.nodes++; v.nodes > maxVariableNodes || depth > maxPathDepth || f.keep != "" {
		return
	}
	switch n := f.node; n.Kind {
	case syntax.Scalar:
		do(f)
	case syntax.Sequence:
		for i, item := range n.Children {
			g := f.below(item.Resolve())
			g.index, g.item = i, true
			v.each(g, depth+1, do)
		}
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			g := f.below(n.Children[i+1].Resolve()).withKey(n.Children[i].Value)
			v.d.readKey(g)
			if g.key == "<<" && g.node.Kind == syntax.Mapping {
				h := *f
				h.node, h.merged = g.node, n
				g = &h
			}
			v.each(g, depth+1, do)
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

func (v *variableResolver) declare(x *declaredVariable) {
	for _, name := range x.names {
		v.declared[name] = append(v.declared[name], x)
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
	v.uses = append(v.uses, u)
	if !u.isForeign {
		v.ofNode[u.at.node] = u
	}
	for _, r := range u.refs {
		for _, name := range r.names {
			if all := v.ofName[name]; len(all) == 0 || all[len(all)-1] != u {
				v.ofName[name] = append(all, u)
			}
		}
	}
}

// resolve adds the images of the fields that begin with a variable.
func (v *variableResolver) resolve() {
	for _, u := range v.uses {
		if u.kind == nil {
			continue
		}
		for _, x := range v.valuesOf(u, 0) {
			v.add(u, x)
		}
	}
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
	v.replace()
}

// A variableText is a text that a use can stand for: a value, or a literal of an
// expression, and the text after it.
type variableText struct {
	node       *syntax.Node
	at         *frame
	start, end int // of the value in the decoded text of node
	tail       string
	variable   *declaredVariable
	via        []*variableUse // the values of variables that begin with the variable
}

func (x *variableText) text() string { return x.node.Value[x.start:x.end] }

// valuesOf returns what the text of u can be, if it begins with a variable.
func (v *variableResolver) valuesOf(u *variableUse, depth int) (out []variableText) {
	start := transportLen(u.text)
	if depth > maxVariableDepth || len(u.refs) == 0 || u.refs[0].start != start {
		return nil
	}
	tails := v.expand(u, u.refs[0].end, u.refs[1:], depth)
	for _, value := range u.refs[0].values {
		for _, x := range v.valuesAt(u, value, depth) {
			for _, tail := range tails {
				y := x
				if y.tail += tail; len(out) < maxVariableValues {
					out = append(out, y)
				}
			}
		}
	}
	return out
}

// valuesAt returns what value can be in u.
func (v *variableResolver) valuesAt(u *variableUse, value variableValue, depth int) (out []variableText) {
	if value.name == "" {
		if u.isForeign {
			return nil
		}
		return []variableText{{node: u.at.node, at: u.at, start: value.start, end: value.end}}
	}
	for _, x := range v.declared[value.name] {
		n := x.at.node
		switch inner := v.ofNode[n]; {
		case !u.mayHave(x) || inner == u:
		case inner != nil && len(inner.refs) > 0 && inner.refs[0].start == transportLen(inner.text):
			for _, y := range v.valuesOf(inner, depth+1) {
				y.via = append(slices.Clip(y.via), inner)
				out = append(out, y)
			}
			if y := v.textOf(x); y.start > transportLen(inner.text) { // a default
				y.via = []*variableUse{inner}
				out = append(out, y)
			}
		case n.Value[x.from:] == "":
			u.isOpen = true
		default:
			out = append(out, v.textOf(x))
		}
	}
	return out
}

// textOf returns the value of x or, if the value is a variable with a default, the default.
func (v *variableResolver) textOf(x *declaredVariable) variableText {
	value := x.at.node.Value
	start := x.from + transportLen(value[x.from:])
	out := variableText{node: x.at.node, at: x.at, start: start, end: len(value), variable: x}
	if v.syntax.has("${", "}") {
		out.start, out.end, out.tail = nestedDefault(value, start)
	}
	return out
}

// mayHave reports whether a variable in u can have the value x.
func (u *variableUse) mayHave(x *declaredVariable) bool {
	if x.scope == nil {
		return true
	}
	for g := u.at; g != nil; g = g.up {
		if g.node == x.scope {
			return true
		}
	}
	return false
}

// expand returns the text of u from an offset on, with the values of the variables refs. A
// variable that has no value or too many remains as written.
func (v *variableResolver) expand(u *variableUse, from int, refs []variableRef, depth int) []string {
	out := []string{""}
	for _, r := range refs {
		if r.start < from {
			continue
		}
		var values []string
		for _, value := range r.values {
			for _, x := range v.valuesAt(u, value, depth+1) {
				values = append(values, x.text()+x.tail)
			}
		}
		if len(values) == 0 || len(values)*len(out) > maxVariableValues/4 {
			values = []string{u.text[r.start:r.end]}
		}
		var next []string
		for _, s := range out {
			for _, value := range values {
				next = append(next, s+u.text[from:r.start]+value)
			}
		}
		out, from = next, r.end
	}
	for i := range out {
		out[i] += u.text[from:]
	}
	return out
}

// add adds the image of u that begins with x.
func (v *variableResolver) add(u *variableUse, x variableText) {
	text := x.text()
	full := text + x.tail
	kind := u.kind(u.text[:transportLen(u.text)] + full)
	if refs := v.syntax.refs(text); text == "" || !kind.isImage() && kind != builtField || len(refs) > 0 && refs[0].start == 0 {
		return
	}
	r, err := image.Parse(full)
	if err != nil {
		return
	}
	u.isRead = true
	for _, inner := range x.via {
		inner.isRead = true
	}
	nameEnd := len(full) - len(suffixOf(r))
	o := variableImage{variable: x.variable, isWhole: len(text) >= nameEnd}
	isHost := image.IsHost(strings.TrimSuffix(text, "/")) && x.tail != "" && !strings.HasPrefix(x.tail, ":")
	o.isAdded = isHost || hasDomain(text)
	if o.isAdded && o.isWhole && x.variable != nil {
		return // it moves, whatever field has it
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

// replace replaces what the detector found at the values, and the fields that begin with
// their variables.
func (v *variableResolver) replace() {
	d := v.d
	replaced := func(o Occurrence) bool {
		return slices.ContainsFunc(o.Pieces, func(p Piece) bool {
			return slices.ContainsFunc(v.found, func(x variableImage) bool {
				return !x.isAdded && x.Pieces[0].Span.Start < p.Span.End && p.Span.Start < x.Pieces[0].Span.End
			}) ||
				slices.ContainsFunc(v.uses, func(u *variableUse) bool { return u.isRead && u.hasPiece(d, o, p) })
		})
	}
	d.out.Occurrences = slices.DeleteFunc(d.out.Occurrences, replaced)
	seen := map[string]bool{}
	for _, x := range v.found {
		p := x.Pieces[0]
		key := fmt.Sprint(p.Span, x.Tail, x.Keep)
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, i := range d.marksIn(p.Span) {
			d.explained[i] = true
		}
		d.out.Occurrences = append(d.out.Occurrences, x.Occurrence)
	}
}

// hasPiece reports whether the occurrence o with the piece p is only the text of u with its
// variables.
func (u *variableUse) hasPiece(d *detector, o Occurrence, p Piece) bool {
	if u.isForeign || !u.at.node.Span.Contains(p.Span) {
		return false
	}
	whole := d.part(u.at.node, transportLen(u.text), len(u.text), Whole, "")
	return p.Span.Start == whole.Span.Start && p.Text != "" && strings.HasPrefix(whole.Text, p.Text) || o.AfterVariable && !u.isOpen
}
