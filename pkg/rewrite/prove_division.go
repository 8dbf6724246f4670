package rewrite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// proveDivisions renders each chart in which a registry and a name share a new
// prefix, with the edits. If the chart does not print what the rules require,
// its groups get the next possible division, or are kept if no division is left.
func (p *planner) proveDivisions(ctx context.Context) {
	charts := p.dividedCharts()
	for len(charts) > 0 && ctx.Err() == nil {
		edited := p.filesAfter(editsOf(p.withAllowedImages(p.groups)))
		failures := make([]chartFailure, len(charts))
		var wg sync.WaitGroup
		for i, dir := range charts {
			wg.Go(func() { failures[i] = p.renderEdited(dir, edited) })
		}
		wg.Wait()
		var again []string
		for i, dir := range charts {
			if b := failures[i].backstop; b != nil {
				p.addRenderFailure(*b)
			}
			again = append(again, p.rejectDivisions(dir, failures[i])...)
		}
		p.keepOutside()
		again = append(again, p.keepRejected(ctx)...)
		p.keepUnavailable(ctx)
		slices.Sort(again)
		charts = slices.Compact(again)
	}
}

// dividedCharts returns the folders of the charts that render a group with a
// divided prefix, sorted.
func (p *planner) dividedCharts() []string {
	var out []string
	for _, g := range p.groups {
		if g.isDivided() {
			out = append(out, g.charts...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// isDivided reports whether the group moves, a chart renders it, and there is
// more than one division for it.
func (g *group) isDivided() bool {
	return len(g.charts) > 0 && g.moves() && slices.ContainsFunc(g.members, func(m member) bool {
		return m.matched && strings.Contains(m.match.New, "/") && (len(m.occ.Pieces) > 1 || m.occ.Tail != "")
	})
}

// A chartFailure says why a chart with the edits is not as the rules require;
// both fields are empty if it is.
type chartFailure struct {
	why      string              // it does not render, or prints a reference that no rule explains
	backstop *link.RenderFailure // the reason is a backstop
	missing  map[*group]string   // by group, a reference that it must print and does not
}

// renderEdited renders the chart in the folder dir with the edited files.
func (p *planner) renderEdited(dir string, edited map[string][]byte) chartFailure {
	trace := p.opts.TraceEdited
	if trace == nil {
		trace = p.opts.TraceChart
	}
	sources := p.sources()
	after, err := trace(dir, func(path string) ([]byte, bool) {
		if src, ok := edited[path]; ok {
			return src, true
		}
		return sources(path)
	})
	if err != nil {
		out := chartFailure{why: "the chart would not render with the edits: " + err.Error()}
		if failed := (*link.TraceError)(nil); errors.As(err, &failed) {
			out.backstop = failed.Backstop()
		}
		return out
	}
	before := p.traces.of(dir)
	move := newKeptSet().moveFunc(p.opts.Rules)
	wanted := map[printedRef]bool{}
	for i := range before {
		b := &before[i]
		wanted[printedRef{b.ValuesFile, b.Ref}] = true
		for _, text := range movedTexts(b, move) {
			wanted[printedRef{b.ValuesFile, text}] = true
		}
	}
	printed := map[printedRef]bool{}
	failure := chartFailure{missing: map[*group]string{}}
	for i := range after {
		ref := printedRef{after[i].ValuesFile, after[i].Ref}
		printed[ref] = true
		if !wanted[ref] && !after[i].IsFallback && !p.isNewText(ref.text) {
			failure.why = fmt.Sprintf("the chart would print %s with the edits, and no rule says so", ref.text)
		}
	}
	for _, g := range p.groups {
		if g.moves() && slices.Contains(g.charts, dir) {
			if text := g.firstMissing(before, printed); text != "" {
				failure.missing[g] = text
			}
		}
	}
	return failure
}

// isNewText reports whether ref is a reference that moved. Before the move it may
// have been a short form in a text, where only a domain shows a reference.
func (p *planner) isNewText(ref string) bool {
	for m := range movingMembers(p.groups) {
		rest, ok := strings.CutPrefix(ref, m.newText())
		if ok && (rest == "" || rest[0] == ':' || rest[0] == '@') {
			return true
		}
	}
	return false
}

// A printedRef is a reference that a chart prints with a values file.
type printedRef struct{ valuesFile, text string }

// movedTexts returns what the rules may make of a printed reference: it moves as
// a whole, or, if the chart prints the registry twice, both registries move.
func movedTexts(printed *link.TracedRef, move link.MoveFunc) []string {
	var out []string
	ref := printed.Ref
	whole := &format.Occurrence{IsImage: true, Pieces: []format.Piece{{Text: ref}}}
	if printed.IsRegistry {
		whole.IsImage, whole.Pieces[0].Role = false, format.Registry
	}
	if text, ok := move.NewText(whole); ok {
		out = append(out, text)
	}
	host, rest, _ := strings.Cut(ref, "/")
	if strings.HasPrefix(rest, host+"/") {
		registry := &format.Occurrence{Pieces: []format.Piece{{Text: host, Role: format.Registry}}}
		name := &format.Occurrence{IsImage: true, Pieces: []format.Piece{{Text: rest}}}
		r, ok1 := move.NewText(registry)
		n, ok2 := move.NewText(name)
		if ok1 && ok2 {
			out = append(out, r+"/"+n)
		}
	}
	return out
}

// firstMissing returns the first reference that a chart must print after the move
// of the group and does not print, or "".
func (g *group) firstMissing(before []link.TracedRef, printed map[printedRef]bool) string {
	for i := range g.members {
		m := &g.members[i]
		if !m.matched || m.occ.Unconfirmed || len(m.occ.Pieces) == 1 && m.occ.Tail == "" {
			continue
		}
		for j := range before {
			b := &before[j]
			rest, ok := strings.CutPrefix(b.Ref, m.occ.Text())
			if !ok || rest != "" && rest[0] != ':' && rest[0] != '@' {
				continue
			}
			if m.match.ByTag && m.occ.Tag != "" && rest != ":"+m.occ.Tag {
				continue // another use of the name: see proveTags
			}
			if m.match.NewTag != "" {
				rest = ":" + m.match.NewTag
			}
			if text := m.newText() + rest; !printed[printedRef{b.ValuesFile, text}] && !printed[printedRef{b.ValuesFile, b.Ref}] {
				return text
			}
		}
	}
	return ""
}

// rejectDivisions rejects the divisions of the groups of a chart that fail, and
// returns the folders of the charts that render one of them. Groups that are kept
// now may be the reason for another failure.
func (p *planner) rejectDivisions(dir string, failure chartFailure) (again []string) {
	if failure.why == "" && len(failure.missing) == 0 {
		return nil
	}
	for _, g := range p.groups {
		missing, blamed := failure.missing[g]
		if !slices.Contains(g.charts, dir) || !g.isDivided() || len(failure.missing) > 0 && !blamed {
			continue
		}
		why := rejection{format.Conflict, failure.why}
		if missing != "" {
			why.note = fmt.Sprintf("with the edits, the chart would not render %s", missing)
		}
		g.rejectDivision(why)
		again = append(again, g.charts...)
	}
	return again
}

// traces are the results of Options.TraceChart before the edits.
type traces struct {
	mu   sync.Mutex
	refs map[string][]link.TracedRef // by the folder of the chart
}

func (t *traces) add(dir string, refs []link.TracedRef) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refs == nil {
		t.refs = map[string][]link.TracedRef{}
	}
	t.refs[dir] = refs
}

func (t *traces) of(dir string) []link.TracedRef {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refs[dir]
}
