package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// doubledAdvice returns a note for each registry that moves together with a sibling
// name that spells the registry out: registry: k8s.gcr.io and repository:
// k8s.gcr.io/pause. A chart that joins them prints the registry twice, before the
// move and after it.
func (p *planner) doubledAdvice() []Advice {
	type place struct{ path, parent string }
	registries := map[place]*member{}
	for m := range movingMembers(p.groups) {
		if m.isAlone() && m.occ.Pieces[0].Role == format.Registry {
			registries[place{m.occ.Pieces[0].Path, parentField(m.occ.Field(0))}] = m
		}
	}
	var out []Advice
	seen := map[link.PieceID]bool{}
	for m := range movingMembers(p.groups) {
		name := &m.occ.Pieces[0]
		r := registries[place{name.Path, parentField(m.occ.Field(0))}]
		if r == nil || !m.isAlone() || seen[link.IDOf(name)] {
			continue
		}
		host := strings.TrimSuffix(r.occ.Pieces[0].Text, "/")
		if !strings.HasPrefix(name.Text, host+"/") || !p.mayPrintTwice(r, m) {
			continue
		}
		seen[link.IDOf(name)] = true
		a := Advice{Path: name.Path, Ref: name.Text, Note: true, Text: fmt.Sprintf(
			"This name begins with the registry %s, which the sibling key %s also contains. A template that joins them prints the registry twice, as before the move.",
			host, strings.TrimPrefix(r.occ.Field(0), "."))}
		if f := p.files.at(name.Path); f != nil {
			a.Line, _ = edit.NewLines(f.file.Before).Position(name.Span.Start)
		}
		out = append(out, a)
	}
	return out
}

// isAlone reports whether the reference of m is in one piece.
func (m *member) isAlone() bool { return len(m.occ.Pieces) == 1 && m.occ.Tail == "" }

// mayPrintTwice reports whether a chart prints the registry r before name, or, if
// none renders the file, whether the names of their keys say that they belong
// together.
func (p *planner) mayPrintTwice(r, name *member) bool {
	p.traces.mu.Lock()
	defer p.traces.mu.Unlock()
	path, isRendered := name.occ.Pieces[0].Path, false
	for dir, refs := range p.traces.refs {
		if dir != "." && !strings.HasPrefix(path, dir+"/") || len(refs) == 0 {
			continue
		}
		isRendered = true
		twice := strings.TrimSuffix(r.occ.Text(), "/") + "/" + name.occ.Text()
		if slices.ContainsFunc(refs, func(r link.TracedRef) bool { return strings.HasPrefix(r.Ref, twice) }) {
			return true
		}
	}
	return !isRendered && format.AreRegistryAndRepository(lastKey(r.occ.Field(0)), lastKey(name.occ.Field(0)))
}

// parentField returns the field of the mapping that holds field.
func parentField(field string) string { return strings.TrimSuffix(field, "."+lastKey(field)) }

// lastKey returns the last key of field.
func lastKey(field string) string { return field[strings.LastIndexByte(field, '.')+1:] }
