package rewrite

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// A planner decides which groups of references are rewritten.
type planner struct {
	*reader
	tree   *link.Tree
	groups []*group // sorted by file and position; consequences last

	mapped mappings // of all scanned files

	unavailable map[refPair]string     // results of Options.Unavailable
	rejections  map[string]string      // results of Options.RejectedByChart
	unread      map[string][]string    // other documents that the values schemas of a chart refer to, by its folder
	verified    map[string][]edit.Edit // the edits with which a file was verified
}

func newPlanner(r *reader) *planner {
	return &planner{reader: r, unavailable: map[refPair]string{}, rejections: map[string]string{}, unread: map[string][]string{}, verified: map[string][]edit.Edit{}}
}

// plan returns the plan for the files of the reader.
func (p *planner) plan(ctx context.Context) (*Plan, error) {
	p.decideGroups(ctx)
	p.proveDivisions(ctx)
	p.proveTags(ctx)
	p.proveValues(ctx)
	if err := p.verifyGroups(ctx); err != nil {
		return nil, err
	}
	p.overrideSubcharts(ctx)
	p.addConsequences()
	p.dropRejectedKeys(ctx)
	if err := p.verifyGroups(ctx); err != nil {
		return nil, err
	}
	p.adviseDroppedKeys()
	out := &Plan{
		Root: p.opts.Walk.Root, Rules: p.opts.Rules, ScannedFiles: p.scanned, SearchedFiles: p.searched,
		FamilyFiles: p.family, ComposeFiles: p.composeFiles(), Dockerfiles: p.dockerfiles, Unrendered: p.tree.Unrendered, RenderFailures: p.tree.RenderFailures, AddsKeys: p.opts.AllowInsecureImages, groups: p.groups,
	}
	out.Files = append(p.reportFiles(), p.reportArchives()...)
	out.Advice = slices.Concat(p.linkerAdvice(), p.catalogueAdvice(), p.pushAdvice(), p.runtimeAdvice(), p.searchAdvice(), p.unconfirmedAdvice(), p.doubledAdvice(), p.schemaAdvice(), p.generatedAdvice(out.Files), p.regeneratedAdvice(out.Files))
	out.Skipped = p.allSkipped() // last, since the advice reads files too
	out.sort()
	return out, nil
}

// sort sorts the files and the advice.
func (p *Plan) sort() {
	slices.SortStableFunc(p.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.SortStableFunc(p.Advice, compareAdvice)
}

// reportFiles returns the files with their findings.
func (p *planner) reportFiles() []File {
	l := newLedger(p.groups, p.opts)
	l.mapped = p.mapped
	for _, f := range p.files {
		l.noteExplicit(f)
	}
	var out []File
	for _, f := range p.files {
		if f.outside {
			continue
		}
		if f.file.Before != nil {
			l.addFindings(f)
		}
		if f.isReported() {
			out = append(out, f.file)
		}
	}
	return out
}

// maxRounds is the maximum number of runs of the linkers. Real repositories need
// at most three.
const maxRounds = 50

// decideGroups runs the linkers and decides the groups. Linkers assume that
// every matching reference moves. When some are kept, the linkers run again
// with that information.
func (p *planner) decideGroups(ctx context.Context) {
	p.tree = p.linkTree(ctx)
	kept, scanned := newKeptSet(), p.files
	for round := 1; ; round++ {
		p.linkers.Link(p.tree, kept.moveFunc(p.opts.Rules))
		if p.limitFiles() {
			// A file that was taken for readable is not: begin again.
			p.files, p.loaded = scanned, nil
			p.linkers.Forget()
			p.tree, kept, round = p.linkTree(ctx), newKeptSet(), 0
			continue
		}
		p.mergeLoaded()
		p.groups = mergeGroups(p.tree, slices.Concat(kept.groups, p.tree.Groups), p.opts)
		ignored := newIgnores(p.files)
		p.mapped = newMappings(p.files, p.opts.Rules)
		limits := newTagLimits(p.groups, p.opts.Rules)
		for _, g := range p.groups {
			g.decide(p.opts.Rules, p.opts.scopes(), keptPlaces{ignored, p.mapped, p.isPushed, limits})
		}
		p.keepOutside()
		p.keepRejected(ctx)
		p.keepUnavailable(ctx)
		switch {
		case round > maxRounds || !kept.add(p.linkers, p.tree, p.groups):
			p.tree.Advice = append(p.tree.Advice, kept.advice...)
			return
		case round == maxRounds:
			kept.addAll(p.tree.Groups)
		}
	}
}

// keepOutside keeps the groups with an edit outside the given paths.
func (p *planner) keepOutside() {
	if p.readOnly {
		return
	}
	for _, g := range p.groups {
		for _, e := range g.edits {
			if f := p.files.at(e.Path); f != nil && f.outside {
				g.keep(format.Conflict, fmt.Sprintf("the change needs an edit in %s, which is outside the given paths", e.Path))
				break
			}
		}
	}
}

// addConsequences adds a group for each edit that follows from the groups that
// move.
func (p *planner) addConsequences() {
	all := movedPieces(p.groups)
	if len(all) == 0 {
		return
	}
	edits := editsOf(p.groups)
	consequences := p.linkers.Consequences(p.tree, all)
	moved := movedPieces(slices.DeleteFunc(slices.Clone(p.groups), func(g *group) bool { return g.overrides }))
	if p.opts.AllowInsecureImages {
		consequences = append(consequences, p.linkers.AllowImages(p.tree, moved)...)
	} else {
		p.linkers.AdviseImages(p.tree, moved)
	}
	p.mergeLoaded()
	for _, c := range consequences {
		f := p.files.at(c.Path)
		if f == nil || f.outside || overlaps(edits[c.Path], c.Edit.Span) {
			p.adviseNotAllowed(&c)
			continue
		}
		edits[c.Path] = append(edits[c.Path], c.Edit)
		p.groups = append(p.groups, &group{
			edits: []link.FileEdit{c.FileEdit}, note: c.Why,
			isConsequence: true, sources: c.Sources, isVersionBump: c.IsVersionBump, isReference: c.IsReference, allows: c.Allows,
		})
	}
}

// movedPieces returns the pieces of groups whose text changes.
func movedPieces(groups []*group) []link.MovedPiece {
	var out []link.MovedPiece
	for m := range movingMembers(groups) {
		for k := range pieceCount(m.occ) {
			piece := pieceAt(m.occ, k)
			if m.newPiece(k) == piece.Text {
				continue
			}
			x := link.MovedPiece{Path: piece.Path, Field: cmp.Or(piece.Field, m.occ.Place.Field), Old: piece.Text, New: m.newPiece(k), Span: piece.Span, AddedAt: -1}
			if m.occ.Kind == format.Image {
				x.OldRef, x.NewRef = m.occ.Text(), m.newText()
			}
			if piece.Added != nil {
				x.Span, x.AddedAt = m.occ.Pieces[len(m.occ.Pieces)-1].Span, piece.Span.Start
			}
			if r := m.match.Rule; r != nil {
				x.From, x.To = r.From, r.To
			}
			out = append(out, x)
		}
	}
	return out
}

// overlaps reports whether one of edits overlaps s or has the same span.
func overlaps(edits []edit.Edit, s edit.Span) bool {
	return slices.ContainsFunc(edits, func(e edit.Edit) bool {
		return e.Start < s.End && s.Start < e.End || e.Span == s
	})
}

// linkerAdvice returns the advice of the linkers.
func (p *planner) linkerAdvice() []Advice {
	var out []Advice
	for _, f := range p.tree.RenderFailures {
		out = append(out, renderAdvice(f, slices.Contains(p.tree.Unrendered, f.Chart)))
	}
	for _, a := range p.tree.Advice {
		x := Advice{Path: a.Path, Text: a.Text, Note: a.Note, Command: a.Command}
		if f := p.files.at(a.Path); f != nil && a.At >= 0 && a.At <= len(f.file.Before) {
			x.Line, _ = edit.NewLines(f.file.Before).Position(a.At)
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Advice) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), strings.Compare(a.Text, b.Text))
	})
	return slices.Compact(out)
}

// renderAdvice returns the advice about a values file with which a chart does not
// render. With unrendered set, the chart does not render with other values either.
func renderAdvice(f link.RenderFailure, unrendered bool) Advice {
	why := strings.Join(strings.Fields(f.Why), " ")
	if f.Backstop {
		f.Why = why
		return Advice{Path: path.Join(f.Chart, "Chart.yaml"), Text: "Nothing in this chart was changed. " + capitalize(f.String()) + ". On another machine, the result may be another one."}
	}
	file := path.Join(f.Chart, cmp.Or(f.ValuesFile, "values.yaml"))
	if f.Incomplete {
		return Advice{Path: file, Note: true, Text: capitalize(why) + ". Only the text and the names of keys decide about these."}
	}
	effect := "References that only this rendering would show are not changed."
	switch {
	case unrendered && f.Traced:
		effect = "A rendering without the parts that fail shows which values form a reference. For other values, the names of keys decide."
	case unrendered:
		effect = "No other rendering shows which values are images, so the names of keys decide."
	case f.Traced:
		effect = "References that only this rendering would show are changed only if a rendering without the parts that fail shows them with their registry."
	}
	if strings.HasPrefix(why, link.MissingDependencies) {
		// What a template misses follows from it, and would make a note of each chart.
		why, _, _ = strings.Cut(why, "; ")
		why += "; helm dependency build fetches them"
	}
	return Advice{Path: file, Note: true, Text: "The chart does not render with these values. " + effect + " The error: " + why}
}

func capitalize(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func compareAdvice(a, b Advice) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Text, b.Text))
}
