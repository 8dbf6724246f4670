package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// doubledAdvice returns a note for each registry that moves together with a name
// that spells the registry out: registry: k8s.gcr.io and repository:
// k8s.gcr.io/pause. A chart that joins them prints the registry twice, before the
// move and after it. The registry is in a sibling key, or a chart prints it before
// the name.
func (p *planner) doubledAdvice() []Advice {
	type place struct{ path, parent string }
	siblings := map[place]*member{}
	var registries []*member
	for m := range movingMembers(p.groups) {
		if m.isAlone() && m.occ.Pieces[0].Role == format.Registry {
			siblings[place{m.occ.Pieces[0].Path, parentField(m.occ.Field(0))}] = m
			registries = append(registries, m)
		}
	}
	var out []Advice
	seen := map[link.PieceID]bool{}
	for m := range movingMembers(p.groups) {
		name := &m.occ.Pieces[0]
		if !m.isAlone() || seen[link.IDOf(name)] {
			continue
		}
		r, key := siblings[place{name.Path, parentField(m.occ.Field(0))}], "the sibling key "
		if r == nil || !r.isStartOf(m) || !p.mayPrintTwice(r, m, true) {
			at := slices.IndexFunc(registries, func(r *member) bool { return r.isStartOf(m) && p.mayPrintTwice(r, m, false) })
			if at < 0 {
				continue
			}
			r, key = registries[at], "the key "
		}
		seen[link.IDOf(name)] = true
		a := Advice{Path: name.Path, Ref: name.Text, Note: true, Text: fmt.Sprintf(
			"This name begins with the registry %s, which %s%s also contains. A template that joins them prints the registry twice, as before the move.",
			strings.TrimSuffix(r.occ.Pieces[0].Text, "/"), key, strings.TrimPrefix(r.occ.Field(0), "."))}
		if f := p.files.at(name.Path); f != nil {
			a.Line, _ = edit.NewLines(f.file.Before).Position(name.Span.Start)
		}
		out = append(out, a)
	}
	return out
}

// isStartOf reports whether the name begins with the registry m.
func (m *member) isStartOf(name *member) bool {
	return strings.HasPrefix(name.occ.Pieces[0].Text, strings.TrimSuffix(m.occ.Pieces[0].Text, "/")+"/")
}

// isAlone reports whether the reference of m is in one piece.
func (m *member) isAlone() bool { return len(m.occ.Pieces) == 1 && m.occ.Tail == "" }

// mayPrintTwice reports whether a chart prints the registry r before name, or, if
// none renders the file and they are siblings, whether the names of their keys say
// that they belong together.
func (p *planner) mayPrintTwice(r, name *member, areSiblings bool) bool {
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
	return !isRendered && areSiblings && format.AreRegistryAndRepository(lastKey(r.occ.Field(0)), lastKey(name.occ.Field(0)))
}

// parentField returns the field of the mapping that holds field.
func parentField(field string) string { return strings.TrimSuffix(field, "."+lastKey(field)) }

// lastKey returns the last key of field.
func lastKey(field string) string { return field[strings.LastIndexByte(field, '.')+1:] }
