package rewrite

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// The notes of findings in skipped folders.
const (
	movesIfScanned = "would move if the folder were scanned"
	staysIfScanned = "would not move either: "
)

// scanLocalCharts scans the charts in skipped folders that a scanned chart takes
// by file://: these charts belong to the repository. It returns the other files.
func (r *reader) scanLocalCharts(skipped []walk.File) []walk.File {
	if !slices.ContainsFunc(skipped, func(f walk.File) bool { return chart.IsChartYAML(f.Path) }) {
		return skipped
	}
	var charts []string
	for _, name := range r.family {
		if chart.IsChartYAML(name) {
			charts = append(charts, path.Dir(name))
		}
	}
	for len(charts) > 0 {
		local := r.localDependencies(charts)
		var found []walk.File
		charts = nil
		skipped = slices.DeleteFunc(skipped, func(f walk.File) bool {
			isLocal := slices.ContainsFunc(local, func(dir string) bool { return strings.HasPrefix(f.Path, dir+"/") })
			if isLocal {
				found = append(found, f)
				if chart.IsChartYAML(f.Path) {
					charts = append(charts, path.Dir(f.Path))
				}
			}
			return isLocal
		})
		parallel(r.opts.Walk.Jobs, len(found), func(i int) { r.visit(found[i]) })
	}
	return skipped
}

// localDependencies returns the folders that the charts in the folders charts take
// by file://.
func (r *reader) localDependencies(charts []string) []string {
	dirs := make([][]string, len(charts))
	parallel(r.opts.Walk.Jobs, len(charts), func(i int) {
		for _, base := range chart.DependencyFiles {
			name := path.Join(charts[i], base)
			dirs[i] = append(dirs[i], chart.LocalDependencies(name, r.readRaw(name))...)
		}
	})
	return slices.Concat(dirs...)
}

// searchSkipped plans the files of skipped folders, as if the run scanned them.
// Most files are only searched: MayMatch is false for them. The plan is nil if no
// file may have something to report.
func (r *reader) searchSkipped(ctx context.Context, skipped []walk.File) (*Plan, error) {
	o := r.opts
	o.Unavailable, o.Progress, o.PolicyRules = nil, nil, nil
	sub := newReader(o, families.New(o.Bump))
	sub.readOnly = true
	parallel(o.Walk.Jobs, len(skipped), func(i int) {
		if ctx.Err() == nil {
			sub.visit(skipped[i])
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sub.sort()
	var plan *Plan
	if len(sub.files)+len(sub.archives) > 0 {
		var err error
		if plan, err = newPlanner(sub).plan(ctx); err != nil {
			return nil, err
		}
	}
	for _, s := range sub.allSkipped() {
		if s.Reason == walk.Unreadable { // it may have a mention
			r.skipped = append(r.skipped, s)
		}
	}
	r.searched = len(skipped)
	return plan, nil
}

// addSkipped adds the findings of from, a plan of skipped folders. They are not
// changed.
func (p *Plan) addSkipped(from *Plan) {
	moves := map[string]int{} // by folder
	for i := range from.Files {
		f := &from.Files[i]
		f.Edits, f.InSkippedFolder = nil, true
		if len(f.Findings) > 0 {
			f.Err = nil // nobody asked to change it, and its mentions are known
		}
		for j := range f.Findings {
			x := &f.Findings[j]
			x.setSkipped()
			if x.MovesIfScanned {
				moves[p.skippedFolder(f.Path)]++
			}
		}
		p.Files = append(p.Files, *f)
	}
	for dir, n := range moves {
		p.Advice = append(p.Advice, Advice{Path: dir, Text: skippedAdvice(n)})
	}
	p.RenderFailures = append(p.RenderFailures, slices.DeleteFunc(from.RenderFailures, func(f link.RenderFailure) bool { return !f.Backstop })...)
}

// skippedAdvice is the advice about a skipped folder in which n references would
// move.
func skippedAdvice(n int) string {
	subject := "1 reference in this folder would move"
	if n > 1 {
		subject = fmt.Sprintf("%d references in this folder would move", n)
	}
	return subject + ", but folders with copies of other projects are skipped. Update the copies, or rewrite them: name the folder as PATH, or use --no-ignore."
}

// setSkipped turns a finding in a skipped folder into one that is not changed.
func (x *Finding) setSkipped() {
	if x.Status == Rewritten {
		x.Status, x.New, x.EditSpans = NotChanged, "", nil
		x.Reason, x.Note, x.MovesIfScanned = format.SkippedFolder, movesIfScanned, true
		return
	}
	switch x.Reason {
	case format.DifferentName, format.Ignored, format.ExcludedByRule, format.OwnConfig, format.LikelyImage:
		return
	}
	x.Reason, x.Note = format.SkippedFolder, staysIfScanned+string(x.Reason)
}

// skippedFolder returns the skipped folder that contains the file at name.
func (p *Plan) skippedFolder(name string) string {
	for _, s := range p.Skipped {
		if s.Reason == walk.Vendored && s.Dir && strings.HasPrefix(name, s.Path+"/") {
			return s.Path
		}
	}
	return name // a folder in which the user names another file
}

// MovesInSkippedFolders returns the number of references in skipped folders that
// would move if the run scanned these folders.
func (p *Plan) MovesInSkippedFolders() int {
	n := 0
	for i := range p.Files {
		for j := range p.Files[i].Findings {
			if p.Files[i].Findings[j].MovesIfScanned {
				n++
			}
		}
	}
	return n
}
