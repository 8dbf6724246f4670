package format

import (
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/internal/attributes"
	"github.com/regmigrate/regmigrate/internal/syntax"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/image"
)

// addAttributeImages adds the references that tables find in the blocks and calls of
// the file.
func addAttributeImages(in Input, s *ScanResult) {
	var language *attributes.Language
	var scope Scope
	d := &detector{in: in}
	d.fields = &selectedFields{in: &d.in, objects: map[objectType]*fieldIndex{}, roots: map[rootOf]bool{}}
	declared, hasScope := 0, false
	var all []*tableEntry
	for _, f := range in.Fields {
		if f.entry.language != nil {
			all = append(all, f.entry)
			declared++
		}
	}
	for i, e := range append(all, entries().attributes...) {
		if !e.matchesFile(&in) || language != nil && *language != *e.language {
			continue
		}
		language = e.language
		if !hasScope && (i >= declared || e.Scope != "") { // the configuration can leave the scope to the tables
			scope, hasScope = e.scope, true
		}
		if i < declared {
			d.fields.declared.addAll(e)
		} else {
			d.fields.document.addAll(e)
		}
	}
	if language == nil || in.May != nil && !in.May(in.Src) {
		return
	}
	if *language == attributes.HCL {
		addImageLines(in, s, scope)
		addRepositoryLines(in, s, scope)
	}
	a := attributeImages{d, s, scope}
	a.node(&frame{node: attributes.Parse(string(in.Src), *language)})
}

// attributeImages adds the references in a tree of attributes to a result.
type attributeImages struct {
	*detector
	to    *ScanResult
	scope Scope
}

func (a attributeImages) node(f *frame) {
	switch n := f.node; n.Kind {
	case syntax.Mapping:
		for _, t := range a.fields.splitsAt(f) {
			a.split(f, t)
		}
		var values []namedValue
		for i := 0; i+1 < len(n.Children); i += 2 {
			g := f.below(n.Children[i+1]).withKey(n.Children[i].Value)
			a.node(g)
			values = append(values, a.pairs(g)...)
		}
		add := func(at *frame, o Occurrence) {
			o.Place, o.Scope = at.place(), a.scope
			a.to.replace(o)
		}
		joinNamed(values, add)
		addNamed(values, add)
	case syntax.Sequence:
		switch n.Tag {
		case attributes.Alternatives:
			a.alternatives(f)
			return
		case attributes.Joined:
			a.joined(f)
			return
		}
		for i, item := range n.Children {
			g := f.below(item)
			g.index, g.item = i, true
			a.node(g)
		}
	case syntax.Scalar:
		a.scalar(f)
	}
}

// alternatives reads the possible values at f. If the rules make one out of another,
// the expression describes the move.
func (a attributeImages) alternatives(f *frame) {
	all := f.node.Children
	for i, item := range all {
		g := *f
		g.node = item
		a.node(&g)
		for _, other := range all[:i] {
			if item.Kind == syntax.Scalar && other.Kind == syntax.Scalar && len(all) < maxAlternatives {
				a.to.Mappings = append(a.to.Mappings, Mapping{From: other.Value, To: item.Value, What: "an expression", Kept: []edit.Span{other.Span, item.Span}})
			}
		}
	}
}

// maxAlternatives bounds the pairs of values of an expression.
const maxAlternatives = 32

// pairs returns the names and values in the block or the list at f.
func (a attributeImages) pairs(f *frame) []namedValue {
	if t := a.fields.find(f, func(x *fieldIndex) [2][]*tableField { return x.ofPlace(f) }); t == nil || t.kind != pairField {
		return nil
	}
	items := []*syntax.Node{f.node}
	if f.node.Kind == syntax.Sequence {
		items = f.node.Children
	}
	var out []namedValue
	for _, item := range items {
		name, value := item.Str("name"), item.Field("value")
		if name == "" || value == nil || value.Kind != syntax.Scalar || value.Value == "" {
			continue
		}
		v := f.below(value).withKey("value")
		out = append(out, namedValue{name, value.Value, v, func(role Role, sep string) Piece {
			p := a.attribute(v, 0, role)
			p.Sep = sep
			return p
		}})
	}
	return out
}

// scalar adds the value at f if a table says that it is an image or an artifact.
func (a attributeImages) scalar(f *frame) {
	t := a.fields.find(f, func(x *fieldIndex) [2][]*tableField { return x.ofPlace(f) })
	if t == nil || slices.ContainsFunc(t.Unless, f.up.has) {
		return
	}
	switch t.kind {
	case imageField, unqualifiedField:
		a.image(f, t)
	case artifactField:
		a.artifact(f, t)
	case noImageField:
		a.keep(f, t)
	}
}

// keep explains the marks in the value at f, which is no image.
func (a attributeImages) keep(f *frame, t *tableField) {
	c := Context{Reason: DifferentName, Note: "not an image", Place: f.place(), Scope: a.scope}
	if t.Keep != "" {
		c.Reason, c.Note = t.Keep, t.Note
	}
	marks := a.marksIn(f.node.Span)
	if len(marks) == 0 {
		return
	}
	a.to.remove([]edit.Span{f.node.Span})
	for _, i := range marks {
		c.Mark = a.in.Marks[i]
		a.to.addContexts(c)
	}
}

// artifact adds the artifact at f: oci://HOST/NAME//FOLDER?tag=TAG.
// Source: https://opentofu.org/docs/language/modules/sources/#oci-distribution-repository
func (a attributeImages) artifact(f *frame, t *tableField) {
	text, ok := strings.CutPrefix(f.node.Value, "oci://")
	if !ok {
		return
	}
	name, query, _ := strings.Cut(text, "?")
	name, _, _ = strings.Cut(name, "//")
	if !hasDomain(name) || strings.Contains(name, "$") {
		return
	}
	p := a.attribute(f, len("oci://"), Registry)
	p.Text = name
	p.Span.End = p.Span.Start + len(name)
	p.Map = edit.Identity(p.Span.Start, len(name))
	o := Occurrence{Kind: Artifact, Pieces: []Piece{p}, Place: f.place(), Scope: a.scope}
	for _, x := range strings.Split(query, "&") {
		switch key, value, _ := strings.Cut(x, "="); key {
		case "tag":
			o.Tag = value
		case "digest":
			o.Digest = value
		}
	}
	a.to.replace(o)
}

func (a attributeImages) image(f *frame, t *tableField) {
	text, n := image.TrimTransport(f.node.Value)
	if start, isUntagged, ok := nameAfterVariable(text, t.kind == imageField); ok {
		a.to.replace(Occurrence{LikelyImage: true, IsUntagged: isUntagged, AfterVariable: true, Note: mayHoldRegistry,
			Pieces: []Piece{a.attribute(f, n+start, Whole)}, Place: f.place(), Scope: a.scope})
		return
	}
	if !isReference(text) || text == "scratch" {
		return
	}
	r, _ := image.Parse(text)
	o := Occurrence{IsImage: t.kind == imageField || r.Domain != "", LikelyImage: true, IsUntagged: r.Tag == "" && r.Digest == "", InRepositoryKey: true,
		IsDeclared: t.kind == imageField && t.entry.tool == "", Tag: f.up.node.Str("tag"), Digest: f.up.node.Str("digest")}
	o.Pieces, o.Place, o.Scope = []Piece{a.attribute(f, n, Whole)}, f.place(), a.scope
	a.to.replace(o)
}

// attribute makes a piece of the value at f from the offset start.
func (a attributeImages) attribute(f *frame, start int, role Role) Piece {
	n := f.node
	span := edit.Span{Start: n.Span.Start + start, End: n.Span.End}
	return Piece{Path: a.in.Path, Text: n.Value[start:], Role: role, Span: span, Map: edit.Identity(span.Start, span.Len()), Field: f.field()}
}

// split adds the reference whose parts are arguments of the call, or attributes of
// the block, at f.
func (a attributeImages) split(f *frame, t *tableField) {
	var all []Occurrence
	for _, repository := range valuesOf(f.node.Field(t.Repository)) {
		for _, registry := range valuesOf(f.node.Field(t.Registry)) {
			if o, ok := a.splitParts(f, t, registry, repository); ok {
				all = append(all, o)
			}
		}
	}
	if len(all) > 0 {
		a.to.replace(all...)
	}
}

// valuesOf returns the possible values of an expression: n itself, or its alternatives.
func valuesOf(n *syntax.Node) []*syntax.Node {
	if n != nil && n.Tag == attributes.Alternatives && len(n.Children) < maxAlternatives {
		return n.Children
	}
	return []*syntax.Node{n}
}

// splitParts returns the reference with the values registry and repository, which may be
// nil, of the call or the block at f.
func (a attributeImages) splitParts(f *frame, t *tableField, registry, repository *syntax.Node) (o Occurrence, ok bool) {
	if repository != nil && repository.Tag == attributes.Joined && registry == nil {
		a.joinedParts(f.below(repository).withKey(t.Repository), !t.Likely)
		return o, false
	}
	if repository == nil || repository.Kind != syntax.Scalar || !isName(repository.Value) {
		return o, false
	}
	at := f.below(repository).withKey(t.Repository)
	o = Occurrence{IsImage: true, InRepositoryKey: true, Tag: f.node.Str(t.Tag), Digest: f.node.Str(t.Digest), Scope: a.scope, Place: f.place()}
	switch {
	case registry != nil && registry.Kind == syntax.Scalar && image.IsHost(registry.Value) && !hasDomain(repository.Value):
		first := a.attribute(f.below(registry).withKey(t.Registry), 0, Registry)
		first.Sep = "/"
		o.Pieces = []Piece{first, a.attribute(at, 0, Repository)}
	case registry != nil:
		return o, false
	default:
		o.Pieces = []Piece{a.attribute(at, 0, Whole)}
		if t.Likely {
			o.IsImage, o.LikelyImage, o.IsUntagged = false, true, o.Tag+o.Digest == ""
		}
		if t.Separate {
			o.Keep, o.Note = Conflict, "there is no "+t.Registry+", which is Docker Hub by default: add it with the new registry, and change "+t.Repository
		}
	}
	return o, true
}
