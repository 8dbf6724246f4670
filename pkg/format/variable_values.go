package format

import (
	"slices"

	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// Limits of a variableResolver for one document. What is beyond them is a conflict.
const (
	maxVariableNodes  = 100_000 // nodes below aliases
	maxVariablePairs  = 1 << 17 // uses times values of all names
	maxVariableValues = 64      // values of one use
	maxVariableTails  = 16      // texts after a variable
	maxVariableDepth  = 4       // variables in the values of variables
	maxVariableText   = 1024    // bytes of a text that may be an image
	fewValues         = 3       // that show what a variable with too many values is
)

// tooManyVariables is the note at a value beyond the limits.
const tooManyVariables = "the file has too many values or uses of this variable to follow: change it by hand"

// A namedVariable is what a resolver knows of the variables with one name.
type namedVariable struct {
	declared map[*syntax.Node][]*declaredVariable // by scope
	count    int                                  // of declared
	uses     []namedUse
	byScope  map[*syntax.Node][]namedUse // uses by scope; set by usesIn

	isSeen    bool // isCrowded is known
	isCrowded bool // the name has too many values and uses
	problems  map[problemKey]string
}

// A namedUse is a use of a name: refs[ref] of u.
type namedUse struct {
	u   *variableUse
	ref int
}

type problemKey struct {
	scope   *syntax.Node
	isWhole bool
}

// name returns what v knows of a name.
func (v *variableResolver) name(name string) *namedVariable {
	n := v.names[name]
	if n == nil {
		n = &namedVariable{declared: map[*syntax.Node][]*declaredVariable{}}
		v.names[name] = n
	}
	return n
}

// declare records a value of a variable.
func (v *variableResolver) declare(x *declaredVariable) {
	v.count++
	x.index = v.count
	for _, name := range x.names {
		n := v.name(name)
		n.declared[x.scope] = append(n.declared[x.scope], x)
		n.count++
	}
}

// scopesOf calls do for each scope that declares a variable of the name n and has u.
func (n *namedVariable) scopesOf(u *variableUse, do func(scope *syntax.Node)) {
	var last *syntax.Node
	for g := u.at; g != nil; g = g.up {
		if g.node != last && g.node != nil && n.declared[g.node] != nil {
			do(g.node)
		}
		last = g.node
	}
	if n.declared[nil] != nil {
		do(nil)
	}
}

// usesIn returns the uses that may have a value with the given scope.
func (n *namedVariable) usesIn(scope *syntax.Node) []namedUse {
	if n.byScope == nil {
		n.byScope = map[*syntax.Node][]namedUse{}
		for _, use := range n.uses {
			n.scopesOf(use.u, func(scope *syntax.Node) { n.byScope[scope] = append(n.byScope[scope], use) })
		}
	}
	return n.byScope[scope]
}

// valuesIn returns the values that the name n may have in u, in the order of their
// declarations; the first few of them if there are too many.
func (n *namedVariable) valuesIn(u *variableUse) []*declaredVariable {
	var out []*declaredVariable
	scopes := 0
	n.scopesOf(u, func(scope *syntax.Node) {
		more := n.declared[scope]
		if n.isCrowded {
			more = more[:min(len(more), fewValues)]
		}
		if scopes++; scopes == 1 {
			out = more
		} else {
			out = append(slices.Clip(out), more...)
		}
	})
	if scopes > 1 {
		slices.SortFunc(out, func(a, b *declaredVariable) int { return a.index - b.index })
	}
	return out
}

// isTooMuch reports whether the values of n are too many to look at them in each use.
func (v *variableResolver) isTooMuch(n *namedVariable) bool {
	if !n.isSeen {
		n.isSeen = true
		if pairs := (n.count - 1) * (len(n.uses) - 1); pairs > v.pairs {
			n.isCrowded = true
		} else if pairs > 0 {
			v.pairs -= pairs
		}
	}
	return n.isCrowded
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

// variableTexts are the texts that a use can stand for.
type variableTexts struct {
	texts []variableText
	cut   []*variableUse // uses in it whose values are not all in texts
}

// depthOfUse is a use in so many values of other variables.
type depthOfUse struct {
	u     *variableUse
	depth int
}

// valuesOf returns what the text of u can be, if it begins with a variable.
func (v *variableResolver) valuesOf(u *variableUse, depth int) (out variableTexts) {
	first := u.first()
	if first == nil || len(u.text) > maxVariableText {
		return out
	}
	if depth > maxVariableDepth {
		out.cut = []*variableUse{u}
		return out
	}
	key := depthOfUse{u, depth}
	if depth > 0 {
		if known, ok := v.values[key]; ok {
			return known
		}
	}
	var all variableTexts
	for _, value := range first.values {
		v.valuesAt(&all, u, value, depth)
	}
	tails := v.expand(u, first.end, u.refs[1:], depth)
	most := maxVariableValues
	if depth == 0 {
		most += len(all.texts)
	}
	out.cut = all.cut
	if len(all.texts)*len(tails) > most {
		out.cut = append(slices.Clip(out.cut), u)
	}
	for _, tail := range tails { // all values with the first tail come before the second
		for _, y := range all.texts {
			if y.tail += tail; len(out.texts) < most {
				out.texts = append(out.texts, y)
			}
		}
	}
	if depth > 0 {
		v.values[key] = out
	}
	return out
}

// valuesAt adds to out what value can be in u.
func (v *variableResolver) valuesAt(out *variableTexts, u *variableUse, value variableValue, depth int) {
	if value.name == "" {
		if !u.isForeign {
			out.texts = append(out.texts, variableText{node: u.at.node, at: u.at, start: value.start, end: value.end})
		}
		return
	}
	n := v.name(value.name)
	if v.isTooMuch(n) {
		out.cut = append(out.cut, u)
	}
	for _, x := range n.valuesIn(u) {
		node := x.at.node
		switch inner := v.ofNode[node]; {
		case inner == u, len(node.Value) > maxVariableText:
		case inner != nil && inner.first() != nil:
			texts := v.valuesOf(inner, depth+1)
			for _, y := range texts.texts {
				y.via = append(slices.Clip(y.via), inner)
				out.texts = append(out.texts, y)
			}
			out.cut = append(out.cut, texts.cut...)
			if y := v.textOf(x); y.start > transportLen(inner.text) { // a default
				y.via = []*variableUse{inner}
				out.texts = append(out.texts, y)
			}
		case node.Value[x.from:] == "":
			u.isOpen = true
		default:
			out.texts = append(out.texts, v.textOf(x))
		}
	}
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

// expand returns the text of u from an offset on, with the values of the variables refs. A
// variable that has no value or too many remains as written.
func (v *variableResolver) expand(u *variableUse, from int, refs []variableRef, depth int) []string {
	out := []string{""}
	for _, r := range refs {
		if r.start < from {
			continue
		}
		values := v.tailsOf(u, r, depth)
		if len(values) == 0 || len(values)*len(out) > maxVariableTails {
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

// tailsOf returns the values of r in u, nil if they are too many.
func (v *variableResolver) tailsOf(u *variableUse, r variableRef, depth int) (out []string) {
	var all variableTexts
	for _, value := range r.values {
		if value.name != "" && v.isTooMuch(v.name(value.name)) {
			return nil
		}
		v.valuesAt(&all, u, value, depth+1)
	}
	for _, x := range all.texts {
		if text := x.text() + x.tail; !slices.Contains(out, text) {
			out = append(out, text)
		}
		if len(out) > maxVariableTails {
			return nil
		}
	}
	return out
}

// addCut adds the values that the uses cut have, as conflicts.
func (v *variableResolver) addCut(cut []*variableUse) {
	known := map[*syntax.Node]bool{}
	for i := range v.found {
		if x := &v.found[i]; x.variable != nil {
			known[x.variable.at.node] = true
		}
	}
	seenUse, seenName := map[*variableUse]bool{}, map[*namedVariable]bool{}
	for len(cut) > 0 {
		u := cut[len(cut)-1]
		if cut = cut[:len(cut)-1]; seenUse[u] {
			continue
		}
		seenUse[u] = true
		for _, value := range u.first().values {
			n := v.name(value.name)
			if value.name == "" || n.isCrowded && seenName[n] {
				continue
			}
			var values []*declaredVariable
			if n.isCrowded { // all uses at once
				seenName[n] = true
				for _, all := range n.declared {
					values = append(values, all...)
				}
				slices.SortFunc(values, func(a, b *declaredVariable) int { return a.index - b.index })
			} else {
				values = n.valuesIn(u)
			}
			for _, x := range values {
				if inner := v.ofNode[x.at.node]; inner != nil && inner != u && inner.first() != nil {
					cut = append(cut, inner)
				} else if !known[x.at.node] {
					known[x.at.node] = true
					v.addConflict(x, tooManyVariables)
				}
			}
		}
	}
}

// addConflict adds the value of x as an image that cannot be changed.
func (v *variableResolver) addConflict(x *declaredVariable, note string) {
	text := v.textOf(x)
	if _, err := image.Parse(text.text()); err != nil || len(text.text()) > maxVariableText {
		return
	}
	o := variableImage{variable: x}
	o.Pieces = []Piece{v.d.part(text.node, text.start, text.end, Whole, "")}
	o.Tail, o.Place, o.IsImage = text.tail, text.at.place(), true
	o.Keep, o.Note = Conflict, note
	v.found = append(v.found, o)
}
