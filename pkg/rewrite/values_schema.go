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

// keepRejected keeps the groups whose new values the values schema of a chart
// rejects.
func (p *planner) keepRejected(ctx context.Context) {
	if p.opts.RejectedByChart == nil {
		return
	}
	dirs := chart.TreeDirs(p.tree)
	p.tree.MergeLoaded()
	p.mergeLoaded()
	for _, dir := range dirs {
		var groups []*group
		for _, g := range p.groups {
			if g.moves() && g.editsValuesOf(dir) {
				groups = append(groups, g)
			}
		}
		p.keepRejectedBy(ctx, dir, groups)
	}
}

// editsValuesOf reports whether g edits values or a schema of the chart in the
// folder dir or of its sub-charts.
func (g *group) editsValuesOf(dir string) bool {
	return slices.ContainsFunc(g.edits, func(e link.FileEdit) bool {
		return (dir == "." || strings.HasPrefix(e.Path, dir+"/")) && (chart.IsValuesFile(e.Path) || path.Base(e.Path) == chart.SchemaFile)
	})
}

// keepRejectedBy keeps those of groups that the schemas of the chart in the
// folder dir reject. When the schemas reject all edits together, but none of the
// groups by itself, it keeps all.
func (p *planner) keepRejectedBy(ctx context.Context, dir string, groups []*group) {
	if len(groups) == 0 {
		return
	}
	why := p.rejected(ctx, dir, [][]*group{groups})[0]
	if why == "" {
		return
	}
	alone := make([][]*group, len(groups))
	for i, g := range groups {
		alone[i] = []*group{g}
	}
	var rest []*group
	for i, x := range p.rejected(ctx, dir, alone) {
		if x != "" {
			groups[i].keep(format.ValuesSchema, x)
		} else {
			rest = append(rest, groups[i])
		}
	}
	if len(rest) == 0 {
		return
	}
	if why = p.rejected(ctx, dir, [][]*group{rest})[0]; why != "" {
		for _, g := range rest {
			g.keep(format.ValuesSchema, why)
		}
	}
}

// rejected returns for each of changes, the edits of some groups, what the
// schemas of the chart in the folder dir reject after them; "" for nothing.
func (p *planner) rejected(ctx context.Context, dir string, changes [][]*group) []string {
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
		return out
	}
	for k, why := range p.opts.RejectedByChart(ctx, dir, p.sources(), files) {
		p.rejections[keys[k]] = why
		out[unknown[k]] = why
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
