package rewrite

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// keepRejected gives the groups whose new values the values schema of a chart
// rejects another division, or keeps them. It returns the folders of the charts
// that render the groups with another division.
func (p *planner) keepRejected(ctx context.Context) (changed []string) {
	if p.opts.RejectedByChart == nil {
		return nil
	}
	dirs := chart.TreeDirs(p.tree)
	outside := p.outsideSubcharts()
	for dir := range outside {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	p.tree.MergeLoaded()
	p.mergeLoaded()
	editing := p.groupsByChartFolder()
	for _, dir := range dirs {
		indexes := slices.Clone(editing[dir])
		for _, sub := range outside[dir] {
			indexes = append(indexes, editing[sub]...)
		}
		slices.Sort(indexes)
		var groups []*group
		for _, i := range slices.Compact(indexes) {
			if g := p.groups[i]; g.moves() {
				groups = append(groups, g)
			}
		}
		charts, err := p.keepRejectedBy(ctx, dir, groups)
		changed = append(changed, charts...)
		if err != nil {
			for _, g := range groups {
				g.keep(format.NotRendered, "its values were not validated: "+err.Error())
			}
			p.addRenderFailure(link.RenderFailure{Chart: dir, Why: "the values were not validated: " + err.Error(), Backstop: true})
		}
	}
	return changed
}

// groupsByChartFolder returns the indexes in groups, sorted, of the groups that edit values
// or a schema in a folder or below it, by the folder: see editsValuesOf.
func (p *planner) groupsByChartFolder() map[string][]int {
	out := map[string][]int{}
	for i, g := range p.groups {
		for _, e := range g.edits {
			if !isValuesOrSchema(e.Path) {
				continue
			}
			for dir := path.Dir(e.Path); ; dir = path.Dir(dir) {
				if list := out[dir]; len(list) == 0 || list[len(list)-1] != i {
					out[dir] = append(list, i)
				}
				if dir == path.Dir(dir) { // "." or "/"
					break
				}
			}
		}
	}
	return out
}

func isValuesOrSchema(name string) bool {
	return chart.IsValuesFile(name) || path.Base(name) == chart.SchemaFile
}

// outsideSubcharts returns the folders of the sub-charts that are not in the folder
// of their chart: see link.Tree. It returns nil if no group edits a chart.
func (p *planner) outsideSubcharts() map[string]map[string]string {
	editsChart := func(g *group) bool { return g.moves() && g.editsValuesOf(".") }
	if p.opts.OutsideSubcharts == nil || !slices.ContainsFunc(p.groups, editsChart) {
		return nil
	}
	return p.opts.OutsideSubcharts()
}

// editsValuesOf reports whether g edits values or a schema of the chart in the
// folder dir or of its sub-charts.
func (g *group) editsValuesOf(dir string) bool {
	return slices.ContainsFunc(g.edits, func(e link.FileEdit) bool {
		return (dir == "." || strings.HasPrefix(e.Path, dir+"/")) && isValuesOrSchema(e.Path)
	})
}

// keepRejectedBy does the work of keepRejected for those of groups that the schemas
// of the chart in the folder dir reject. When the schemas reject all edits
// together, but none of the groups by itself, it keeps all.
func (p *planner) keepRejectedBy(ctx context.Context, dir string, groups []*group) (changed []string, err error) {
	for { // a group has a bounded number of divisions
		groups = slices.DeleteFunc(slices.Clone(groups), func(g *group) bool { return !g.moves() })
		if len(groups) == 0 {
			return changed, nil
		}
		together, err := p.rejected(ctx, dir, [][]*group{groups})
		if err != nil || together[0] == "" {
			return changed, err
		}
		alone := make([][]*group, len(groups))
		for i, g := range groups {
			alone[i] = []*group{g}
		}
		single, err := p.rejected(ctx, dir, alone)
		if err != nil {
			return changed, err
		}
		any := false
		for i, x := range single {
			g := groups[i]
			switch {
			case x == "":
				continue
			case g.isDivided():
				g.rejectDivision(rejection{format.ValuesSchema, x})
				changed = append(changed, g.charts...)
			default:
				g.keep(format.ValuesSchema, x)
			}
			any = true
		}
		if !any {
			for _, g := range groups {
				g.keep(format.ValuesSchema, together[0])
			}
		}
	}
}

// addRenderFailure adds f to the failures of the tree, each once.
func (p *planner) addRenderFailure(f link.RenderFailure) {
	if !slices.Contains(p.tree.RenderFailures, f) {
		p.tree.RenderFailures = append(p.tree.RenderFailures, f)
	}
}

// rejected returns for each of changes, the edits of some groups, what the
// schemas of the chart in the folder dir reject after them; "" for nothing.
func (p *planner) rejected(ctx context.Context, dir string, changes [][]*group) ([]string, error) {
	out := make([]string, len(changes))
	var files []map[string][]byte
	var unknown []int
	var keys []string
	for i, groups := range changes {
		edits := editsOf(groups)
		key := fmt.Sprint(dir, edits)
		if why, known := p.rejections[key]; known {
			out[i] = why
			continue
		}
		files, unknown, keys = append(files, p.filesAfter(edits)), append(unknown, i), append(keys, key)
	}
	if len(files) == 0 {
		return out, nil
	}
	rejected, unread, err := p.opts.RejectedByChart(ctx, dir, p.sources(), files)
	if err != nil {
		return nil, err
	}
	p.unread[dir] = unread
	for k, why := range rejected {
		p.rejections[keys[k]] = why
		out[unknown[k]] = why
	}
	return out, nil
}

// schemaAdvice returns advice for each values schema that refers to documents
// outside of its chart.
func (p *planner) schemaAdvice() []Advice {
	var out []Advice
	for dir, unread := range p.unread {
		if !slices.ContainsFunc(p.groups, func(g *group) bool { return g.moves() && g.editsValuesOf(dir) }) {
			continue
		}
		file := path.Join(dir, chart.SchemaFile)
		if p.files.at(file) == nil {
			file = path.Join(dir, "Chart.yaml")
		}
		for _, text := range unread {
			out = append(out, Advice{Path: file, Text: text + ", which was not read. It may reject the new values: check it, for example with helm lint."})
		}
	}
	return out
}

// filesAfter returns the contents of the files after edits. It leaves out files
// whose edits cannot be applied: verifyGroups reports them.
func (p *planner) filesAfter(edits map[string][]edit.Edit) map[string][]byte {
	out := map[string][]byte{}
	for name, list := range edits {
		if f := p.files.at(name); f != nil {
			if after, err := edit.Apply(f.file.Before, list); err == nil {
				out[name] = after
			}
		}
	}
	return out
}

// sources returns the bytes of the scanned files.
func (p *planner) sources() func(path string) ([]byte, bool) {
	return func(path string) ([]byte, bool) {
		f := p.files.at(path)
		if f == nil || f.file.Before == nil {
			return nil, false
		}
		return slices.Clip(f.file.Before), true
	}
}
