package app

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/app/prove"
	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// makePlan makes the plan of a run. With --together, it adds to the given paths all
// related files of the repository, unless the given files contain nothing to move:
// this is the usual case in a hook, and it reads no other file.
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
	whole.TraceFurther = nil // what it shows relates no further files
	if o.TraceChart != nil {
		whole.TraceChart = traceOnly(o.TraceChart, o.OutsideSubcharts, selected)
	}
	all, err := rewrite.PlanFiles(ctx, whole)
	if err != nil {
		return nil, err
	}
	// A path that is named is scanned even if git ignores it: add only files that
	// the scan of the repository includes.
	scanned := map[string]bool{}
	for i := range all.Files {
		scanned[all.Files[i].Path] = !all.Files[i].InSkippedFolder
	}
	o.Walk.Paths = slices.Clone(o.Walk.Paths)
	for _, name := range all.RelatedFiles(selected) {
		if scanned[name] && !slices.Contains(selected, name) {
			o.Walk.Paths = append(o.Walk.Paths, filepath.Join(o.Walk.Root, filepath.FromSlash(name)))
		}
	}
	return rewrite.PlanFiles(ctx, o)
}

// traceOnce returns a function that calls trace once per chart.
func traceOnce(trace prove.TraceFunc) prove.TraceFunc {
	var mu sync.Mutex
	results := map[string]func() ([]link.TracedRef, error){}
	return func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error) {
		mu.Lock()
		result, ok := results[dir]
		if !ok {
			result = sync.OnceValues(func() ([]link.TracedRef, error) { return trace(dir, scanned) })
			results[dir] = result
		}
		mu.Unlock()
		return result()
	}
}

// traceOnly returns a function that calls trace for the charts that contain one of
// files, also in a sub-chart outside of their folder. Other charts are not written:
// the names of their keys suffice.
func traceOnly(trace prove.TraceFunc, outside func() map[string]map[string]string, files []string) prove.TraceFunc {
	contains := func(dir string) bool {
		return dir == "." || slices.ContainsFunc(files, func(name string) bool { return strings.HasPrefix(name, dir+"/") })
	}
	return func(dir string, scanned func(path string) ([]byte, bool)) ([]link.TracedRef, error) {
		if contains(dir) || slices.ContainsFunc(slices.Collect(maps.Values(outside()[dir])), contains) {
			return trace(dir, scanned)
		}
		return nil, nil
	}
}

// CommandForFolder returns the command line of a hook with the files args at its end
// replaced by the current folder. A suggestion with all files would be too long.
func CommandForFolder(line, args []string) []string {
	n := len(line) - len(args)
	if n < 0 || !slices.Equal(line[n:], args) {
		return line
	}
	out := slices.DeleteFunc(slices.Clone(line[:n]), func(a string) bool { return a == "--together" || a == "--" })
	return append(out, ".")
}
