package app

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// makePlan makes the plan of a run. With --together the paths that were given
// select files, and what moves together with these is looked at too, wherever
// in the repository it lies. When there is nothing to move in the files
// themselves, as nearly always in a hook, no other file is read.
func makePlan(ctx context.Context, f *session.Flags, set *session.Session) (*rewrite.Plan, error) {
	o := set.Rewrite
	if o.TraceChart != nil && f.Together {
		o.TraceChart = traceOnce(o.TraceChart)
	}
	first, err := rewrite.PlanFiles(ctx, o)
	if err != nil || !f.Together || !first.MayHaveRelatedFiles() {
		return first, err
	}
	var selected []string
	for i := range first.Files {
		selected = append(selected, first.Files[i].Path)
	}
	whole := o
	whole.Walk.Paths = []string{filepath.Join(o.Walk.Root, filepath.FromSlash(o.Within))}
	if o.TraceChart != nil {
		whole.TraceChart = traceOnly(o.TraceChart, selected)
	}
	all, err := rewrite.PlanFiles(ctx, whole)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{} // what may be written: a name overrules git's ignore rules
	for i := range all.Files {
		known[all.Files[i].Path] = true
	}
	o.Walk.Paths = slices.Clone(o.Walk.Paths)
	for _, name := range all.RelatedFiles(selected) {
		if known[name] && !slices.Contains(selected, name) {
			o.Walk.Paths = append(o.Walk.Paths, filepath.Join(o.Walk.Root, filepath.FromSlash(name)))
		}
	}
	return rewrite.PlanFiles(ctx, o)
}

// traceOnce asks trace once about each chart.
func traceOnce(trace prove.TraceFunc) prove.TraceFunc {
	type answer func() ([]link.TracedRef, error)
	var mu sync.Mutex
	asked := map[string]answer{}
	return func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error) {
		mu.Lock()
		a, ok := asked[dir]
		if !ok {
			a = sync.OnceValues(func() ([]link.TracedRef, error) { return trace(dir, scanned) })
			asked[dir] = a
		}
		mu.Unlock()
		return a()
	}
}

// traceOnly asks trace about the charts that hold one of files. Of others the
// names of keys tell enough: they are not written.
func traceOnly(trace prove.TraceFunc, files []string) prove.TraceFunc {
	return func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error) {
		if dir == "." || slices.ContainsFunc(files, func(name string) bool { return strings.HasPrefix(name, dir+"/") }) {
			return trace(dir, scanned)
		}
		return nil, nil
	}
}

// CommandForFolder is what a user types to have done everywhere what a hook did to the
// files args at the end of its command line: these may be more than a screen
// holds.
func CommandForFolder(line, args []string) []string {
	n := len(line) - len(args)
	if n < 0 || !slices.Equal(line[n:], args) {
		return line
	}
	out := slices.DeleteFunc(slices.Clone(line[:n]), func(a string) bool { return a == "--together" || a == "--" })
	return append(out, ".")
}
