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
		if err := p.keepRejectedBy(ctx, dir, groups); err != nil {
			for _, g := range groups {
				g.keep(format.NotRendered, "its values were not validated: "+err.Error())
			}
			p.addRenderFailure(link.RenderFailure{Chart: dir, Why: "the values were not validated: " + err.Error(), Backstop: true})
		}
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
func (p *planner) keepRejectedBy(ctx context.Context, dir string, groups []*group) error {
	if len(groups) == 0 {
		return nil
	}
	together, err := p.rejected(ctx, dir, [][]*group{groups})
	if err != nil || together[0] == "" {
		return err
	}
	alone := make([][]*group, len(groups))
	for i, g := range groups {
		alone[i] = []*group{g}
	}
	single, err := p.rejected(ctx, dir, alone)
	if err != nil {
		return err
	}
	var rest []*group
	for i, x := range single {
		if x != "" {
			groups[i].keep(format.ValuesSchema, x)
		} else {
			rest = append(rest, groups[i])
		}
	}
	if len(rest) == 0 {
		return nil
	}
	if together, err = p.rejected(ctx, dir, [][]*group{rest}); err == nil && together[0] != "" {
		for _, g := range rest {
			g.keep(format.ValuesSchema, together[0])
		}
	}
	return err
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
	rejected, err := p.opts.RejectedByChart(ctx, dir, p.sources(), files)
	if err != nil {
		return nil, err
	}
	for k, why := range rejected {
		p.rejections[keys[k]] = why
		out[unknown[k]] = why
	}
	return out, nil
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
