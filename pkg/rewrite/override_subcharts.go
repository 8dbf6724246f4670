package rewrite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/account"
	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/image"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// overrideSubcharts adds a group for each chart that prints references of its packed
// sub-charts which a rule moves: the values that move them, in the values.yaml of the
// chart. Values whose rendering does not prove them are left out, and advice says why.
func (p *planner) overrideSubcharts(ctx context.Context) {
	if !p.opts.OverrideSubcharts || p.opts.TraceChart == nil || p.opts.ProveEdits == nil || p.readOnly {
		return
	}
	for _, dir := range chart.TreeDirs(p.tree) {
		p.tree.MergeLoaded()
		p.mergeLoaded()
		if !p.opts.HasRemoteCharts && !slices.ContainsFunc(p.tree.Packed, func(name string) bool { return path.Dir(path.Dir(name)) == dir }) {
			continue
		}
		o := overrider{planner: p, dir: dir, why: map[string]string{}}
		o.run(ctx)
		p.tree.MergeLoaded()
		p.mergeLoaded()
	}
}

// An overrider finds the values of one chart.
type overrider struct {
	*planner
	dir       string
	refs      []*subchartRef
	why       map[string]string // why a reference is not moved, by its text
	allowsKey bool              // the chart needs the key of AllowInsecureImages
}

// A subchartRef is a reference that a packed sub-chart prints, and a rule moves.
type subchartRef struct {
	printedRef
	occ      format.Occurrence // its pieces are in no file
	paths    [][]string        // of the values of the pieces
	match    rules.Match
	division division
}

func (o *overrider) run(ctx context.Context) {
	refs, err := o.opts.TraceChart(o.dir, o.sources())
	if failed := (*link.TraceError)(nil); err != nil && !errors.As(err, &failed) {
		return
	}
	left, ok := o.printedAfter(editsOf(o.planner.groups))
	for i := range refs {
		if r := (printedRef{refs[i].ValuesFile, refs[i].Ref}); ok && !left[r] {
			continue // other edits move it
		}
		o.addRef(&refs[i])
	}
	todo := o.refs
	var proven []*subchartRef
	for d := range allInRegistry + 1 {
		for _, r := range todo {
			r.division = d
		}
		ok := o.provable(ctx, todo)
		proven = append(proven, ok...)
		todo = slices.DeleteFunc(slices.Clone(todo), func(r *subchartRef) bool { return slices.Contains(ok, r) })
		if len(todo) == 0 {
			break
		}
	}
	if len(proven) > 0 {
		g, why := o.try(ctx, proven)
		if why == "" {
			why = o.proveTogether(ctx, g)
		}
		if why == "" {
			g.addMembers(proven)
			o.groups = append(o.groups, g)
		} else {
			for _, r := range proven {
				o.why[r.text] = why
			}
			proven = nil
		}
	}
	for _, r := range proven {
		delete(o.why, r.text)
	}
	for _, text := range slices.Sorted(maps.Keys(o.why)) {
		o.tree.Advice = append(o.tree.Advice, link.Advice{Path: path.Join(o.dir, "Chart.yaml"), At: -1, Text: fmt.Sprintf("A packed sub-chart prints %s, and no value was added that moves it: %s", text, o.why[text])})
	}
}

// addMembers adds refs to the group that adds their values. Each is found where the first
// edit is.
func (g *group) addMembers(refs []*subchartRef) {
	at := edit.Span{Start: g.edits[0].Start, End: g.edits[0].Start}
	seen := map[string]bool{}
	for _, r := range refs {
		changes, err := splitMatch(&r.occ, r.match, r.division)
		if err != nil || seen[r.text] {
			continue // try returned the error
		}
		seen[r.text] = true
		for k := range r.occ.Pieces {
			p := &r.occ.Pieces[k]
			p.Path, p.Span, p.Field, p.Added = g.edits[0].Path, at, "."+strings.Join(r.paths[k], "."), &format.AddedText{}
		}
		r.occ.Place.Field = r.occ.Pieces[0].Field
		g.members = append(g.members, member{occ: &r.occ, match: r.match, matched: true, changes: changes})
	}
}

// addRef adds a reference that a packed sub-chart prints and a rule moves.
func (o *overrider) addRef(ref *link.TracedRef) {
	if ref.IsFallback || ref.IsLikely || ref.IsRegistry || ref.Tolerant || ref.Incomplete {
		return
	}
	whole := format.Occurrence{IsImage: true, FoundByMark: true, Pieces: []format.Piece{{Text: ref.Ref}}}
	if m, ok := account.Match(&whole, o.opts.Rules); !ok || m.Keep != "" {
		return
	}
	r := &subchartRef{printedRef: printedRef{ref.ValuesFile, ref.Ref}}
	isPacked, why := o.build(r, ref)
	switch {
	case !isPacked:
		return
	case why != "":
		o.why[ref.Ref] = why
		return
	}
	m, ok := account.Match(&r.occ, o.opts.Rules)
	if !ok || m.Keep != "" || m.ByTag || m.Tag != rules.TagAllows {
		o.why[ref.Ref] = "a rule that depends on tags matches it"
		return
	}
	r.match = m
	o.refs = append(o.refs, r)
}

// build sets the pieces of r. It reports whether one of them is a value that only a packed
// sub-chart has, and why the reference has no values that can be overridden.
func (o *overrider) build(r *subchartRef, ref *link.TracedRef) (isPacked bool, why string) {
	r.occ = format.Occurrence{IsImage: true, FoundByMark: true}
	for i := range ref.Parts {
		part := &ref.Parts[i]
		if part.Value == nil {
			if strings.ContainsAny(part.Text, ":@") && len(r.occ.Pieces) > 0 {
				break
			}
			if part.Text != "/" || len(r.occ.Pieces) == 0 {
				why = "a template writes a part of it"
				continue
			}
			r.occ.Pieces[len(r.occ.Pieces)-1].Sep = part.Text
			continue
		}
		if chart.HasValue(o.tree, o.dir, part.Value, ref.ValuesFile) || chart.IsOutside(o.tree, o.dir, part.Value) {
			why = "a value of the chart and values of the sub-chart form it"
		} else {
			isPacked = true
		}
		if !part.Whole || slices.ContainsFunc(part.Value, func(key string) bool { return strings.HasPrefix(key, "[") }) {
			why = "a template uses a part of a value, or an item of a list"
		}
		piece := format.Piece{Text: part.Text, Role: format.Repository}
		if i == 0 && len(ref.Parts) > 1 && image.IsHost(part.Text) {
			piece.Role = format.Registry
		} else if i == 0 {
			piece.Role = format.Whole
		}
		r.occ.Pieces, r.paths = append(r.occ.Pieces, piece), append(r.paths, part.Value)
	}
	if len(r.occ.Pieces) == 0 {
		return false, ""
	}
	return isPacked, why
}

// provable returns those of refs whose values a rendering proves. It tries half of a list
// at a time, since few fail.
func (o *overrider) provable(ctx context.Context, refs []*subchartRef) []*subchartRef {
	if len(refs) == 0 || ctx.Err() != nil {
		return nil
	}
	_, why := o.try(ctx, refs)
	switch {
	case why == "":
		return refs
	case len(refs) == 1:
		if o.why[refs[0].text] == "" {
			o.why[refs[0].text] = why
		}
		return nil
	}
	half := len(refs) / 2
	return append(slices.Clone(o.provable(ctx, refs[:half])), o.provable(ctx, refs[half:])...)
}

// try returns the group that adds the values for refs, or why these are wrong: the chart
// does not print the new references, or prints something else that is new.
func (o *overrider) try(ctx context.Context, refs []*subchartRef) (*group, string) {
	values, want, why := o.values(refs)
	if why != "" {
		return nil, why
	}
	g, why := o.prove(ctx, values, want)
	if strings.Contains(why, absentchart.AllowKey) && o.opts.AllowInsecureImages && !o.allowsKey {
		o.allowsKey = true
		if g, why = o.prove(ctx, values, want); why != "" {
			o.allowsKey = false
		}
	}
	return g, why
}

// values returns the values for refs, and what the chart must print with them.
func (o *overrider) values(refs []*subchartRef) (values []chart.Override, want map[printedRef]string, why string) {
	want = map[printedRef]string{}
	for _, r := range refs {
		changes, err := splitMatch(&r.occ, r.match, r.division)
		if err != nil {
			return nil, nil, err.Error()
		}
		for _, c := range changes {
			text, err := edit.ApplyString(r.occ.Pieces[c.piece].Text, []edit.Edit{c.Edit})
			if err != nil {
				return nil, nil, err.Error()
			}
			v := chart.Override{Path: r.paths[c.piece], Text: text}
			i := slices.IndexFunc(values, func(x chart.Override) bool { return slices.Equal(x.Path, v.Path) })
			if i >= 0 && values[i].Text != v.Text {
				return nil, nil, "references that share " + strings.Join(v.Path, ".") + " need different values"
			}
			if i < 0 {
				values = append(values, v)
			}
		}
		rest := strings.TrimPrefix(r.text, r.occ.Text())
		moved := r.match.New + r.occ.Text()[r.match.Len:]
		want[r.printedRef] = moved + rest
	}
	return values, want, ""
}

// prove renders the chart with the values alone.
func (o *overrider) prove(ctx context.Context, values []chart.Override, want map[printedRef]string) (*group, string) {
	if o.allowsKey {
		values = append(slices.Clone(values), chart.Override{Path: strings.Split(absentchart.AllowKey, "."), IsTrue: true})
	}
	edits, why := chart.Overrides(o.tree, o.dir, values)
	if why != "" {
		return nil, why
	}
	o.tree.MergeLoaded()
	o.mergeLoaded()
	for _, e := range edits {
		if f := o.files.at(e.Path); f == nil || f.outside {
			return nil, e.Path + " is outside the given paths"
		}
	}
	g := &group{edits: edits, overrides: true}
	edited := o.filesAfter(editsOf([]*group{g}))
	for _, e := range edits {
		if edited[e.Path] == nil {
			return nil, "the edits of " + e.Path + " cannot be made together"
		}
	}
	proof, err := o.opts.ProveEdits(ctx, []string{o.dir}, nil, o.sources(), edited)
	switch {
	case err != nil:
		return nil, "the result was not proven: " + err.Error()
	case proof.Failed != "":
		return nil, "with the values, more than the images would change: " + proof.Failed
	case proof.Unproven[o.dir] != "":
		return nil, "the result is unproven: " + proof.Unproven[o.dir]
	}
	printed, ok := o.printedAfter(editsOf([]*group{g}))
	if !ok {
		return nil, "the chart does not render with the values"
	}
	for old, text := range want {
		if printed[old] || !printed[printedRef{old.valuesFile, text}] {
			return nil, "with the values, the chart would not print " + text
		}
	}
	return g, ""
}

// printedAfter returns the references that the chart prints after edits; false if it does
// not render.
func (o *overrider) printedAfter(edits map[string][]edit.Edit) (map[printedRef]bool, bool) {
	trace := o.opts.TraceEdited
	if trace == nil {
		trace = o.opts.TraceChart
	}
	edited, sources := o.filesAfter(edits), o.sources()
	after, err := trace(o.dir, func(path string) ([]byte, bool) {
		if src, ok := edited[path]; ok {
			return src, true
		}
		return sources(path)
	})
	if err != nil && len(after) == 0 {
		return nil, false
	}
	printed := map[printedRef]bool{}
	for i := range after {
		printed[printedRef{after[i].ValuesFile, after[i].Ref}] = true
	}
	return printed, true
}

// proveTogether returns why the values of g, with the edits of all groups, are not proven,
// "" if they are.
func (o *overrider) proveTogether(ctx context.Context, g *group) string {
	edits := editsOf(append(slices.Clone(o.planner.groups), g))
	edited := o.filesAfter(edits)
	for name := range edits {
		if edited[name] == nil {
			return "other edits change " + name + " in the same place"
		}
	}
	proof, err := o.opts.ProveEdits(ctx, []string{o.dir}, nil, o.sources(), edited)
	switch {
	case err != nil:
		return "the result was not proven: " + err.Error()
	case proof.Failed != "":
		return "with all edits, more than the images would change: " + proof.Failed
	case proof.Unproven[o.dir] != "":
		return "with all edits, the result is unproven: " + proof.Unproven[o.dir]
	}
	return ""
}
