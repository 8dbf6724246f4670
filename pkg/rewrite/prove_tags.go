package rewrite

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// An EditProof is what Options.ProveEdits found.
type EditProof struct {
	Failed   string            // the first change that the rules do not require, or ""
	Unproven map[string]string // by the folder of a chart, why its output was not compared
}

// proveTags keeps the groups whose tags decide about them and that charts or kustomizations
// would print in another way than the rules require: a value may be the tag of another
// image or a label, or another file may set it.
func (p *planner) proveTags(ctx context.Context) {
	if !p.opts.Rules.ReadsTags() || p.readOnly {
		return
	}
	charts := p.chartFolders()
	var list []*tagGroup
	for _, g := range p.groups {
		if !g.moves() || !g.dependsOnTag() {
			continue
		}
		x := &tagGroup{group: g, charts: charts.of(g), isSplit: g.hasSeparateTag()}
		if p.opts.ProveEdits == nil && len(x.charts) > 0 && x.isSplit {
			g.keep(format.Conflict, "the tag decides about the name, and without a rendering it is not known what else the chart in "+x.charts[0]+" prints with this tag")
			continue
		}
		list = append(list, x)
	}
	if p.opts.ProveEdits == nil || len(list) == 0 {
		return
	}
	proven := p.provable(ctx, list)
	if len(proven) == len(list) {
		return
	}
	if why := p.tryTags(ctx, proven); why != "" { // each half is right, and both together are not
		for _, x := range proven {
			x.keep(format.Conflict, why)
		}
	}
}

// A tagGroup is a group about which tags decide.
type tagGroup struct {
	*group
	charts  []string // folders of the charts that may print its references
	isSplit bool     // a name and its tag are in two fields
}

// provable keeps the groups of list whose edits change other text than the rules require,
// and returns the others. It tries half of a list at a time, since few fail.
func (p *planner) provable(ctx context.Context, list []*tagGroup) []*tagGroup {
	if len(list) == 0 {
		return nil
	}
	why := p.tryTags(ctx, list)
	list = slices.DeleteFunc(list, func(x *tagGroup) bool { return !x.moves() }) // unproven
	switch {
	case why == "" || len(list) == 0:
		return list
	case len(list) == 1:
		list[0].keep(format.Conflict, why)
		return nil
	}
	half := len(list) / 2
	return append(p.provable(ctx, slices.Clone(list[:half])), p.provable(ctx, slices.Clone(list[half:]))...)
}

// tryTags renders what the groups of list change, with the keys that let charts use their
// images and without all other edits, and returns what is wrong with the result. It keeps the groups whose tags need a proof, and whose
// charts cannot be compared.
func (p *planner) tryTags(ctx context.Context, list []*tagGroup) (why string) {
	var groups []*group
	var charts []string
	for _, x := range list {
		groups = append(groups, x.group)
		charts = append(charts, x.charts...)
	}
	slices.Sort(charts)
	proof, err := p.opts.ProveEdits(ctx, slices.Compact(charts), p.family, p.sources(), p.filesAfter(editsOf(p.withAllowedImages(groups))))
	if err != nil {
		return "the result was not proven: " + err.Error()
	}
	for _, x := range list {
		for _, dir := range x.charts {
			if why := proof.Unproven[dir]; why != "" && x.isSplit && x.moves() {
				x.keep(format.Conflict, "the tag decides about the name, and it is not known what else the chart in "+dir+" prints with this tag: "+why)
			}
		}
	}
	if proof.Failed != "" {
		return "with the edits, more than this image would change: " + proof.Failed
	}
	return ""
}

// dependsOnTag reports whether the tag of a member decides about the move.
func (g *group) dependsOnTag() bool {
	return slices.ContainsFunc(g.members, func(m member) bool { return m.matched && m.match.ByTag })
}

// hasSeparateTag reports whether the tag of a member that decides about it is not in the
// text of the reference.
func (g *group) hasSeparateTag() bool {
	return slices.ContainsFunc(g.members, func(m member) bool {
		name := m.occ.Text()
		return m.matched && m.match.ByTag && !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":")
	})
}

// chartFolders finds the charts of files.
type chartFolders struct {
	dirs    []string
	isChart map[string]bool
	users   map[string][]string // the charts that use a chart outside of their folders, by its folder
}

func (p *planner) chartFolders() chartFolders {
	x := chartFolders{dirs: chart.TreeDirs(p.tree), isChart: map[string]bool{}, users: map[string][]string{}}
	for _, dir := range x.dirs {
		x.isChart[dir] = true
	}
	if p.tree.OutsideSubcharts != nil {
		for dir, subs := range p.tree.OutsideSubcharts() { // see link.Tree
			for _, sub := range subs {
				x.users[sub] = append(x.users[sub], dir)
			}
		}
	}
	return x
}

// of returns the folders of the charts that may print the references of g: those that a
// rendering shows, those around its files, and those that use one of these.
func (x chartFolders) of(g *group) []string {
	out := slices.Clone(g.charts)
	for _, e := range g.edits {
		out = append(out, x.around(e.Path)...)
	}
	seen := map[string]bool{}
	for i := 0; i < len(out); i++ { // also the users of users
		if !seen[out[i]] {
			seen[out[i]] = true
			out = append(out, x.users[out[i]]...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// around returns the folders of the charts around the file at name.
func (x chartFolders) around(name string) []string {
	var out []string
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if x.isChart[dir] {
			out = append(out, dir)
		}
		if dir == path.Dir(dir) { // "." or "/"
			return out
		}
	}
}
