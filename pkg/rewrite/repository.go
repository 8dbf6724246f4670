package rewrite

import (
	"bytes"
	"context"
	"os"
	"path"
	"slices"
	"sort"
	"sync"

	"github.com/regmigrate/regmigrate/pkg/walk"
)

// holding returns the YAML files of the whole repository, whatever the paths
// of the run, whose bytes hold one of texts; see link.Tree.
func (g *gatherer) holding(ctx context.Context) func(texts ...string) []string {
	list := sync.OnceValue(func() []walk.File {
		var mu sync.Mutex
		var files []walk.File
		w := walk.Options{Root: g.opts.Walk.Root, NoIgnore: g.opts.Walk.NoIgnore, Jobs: g.opts.Walk.Jobs}
		_, err := walk.Walk(ctx, w, func(f walk.File) error {
			if isYAML(f.Path) {
				mu.Lock()
				files = append(files, f)
				mu.Unlock()
			}
			return ctx.Err()
		})
		if err != nil {
			return nil // the run ends with ctx; a root that is gone holds nothing
		}
		sort.Slice(files, func(i, j int) bool { return files[i].Path < files[j].Path })
		return files
	})
	return func(texts ...string) []string {
		files := list()
		found := make([]bool, len(files))
		parallel(g.opts.Walk.Jobs, len(files), func(i int) {
			found[i] = len(texts) == 0 || g.holdsOne(files[i], texts)
		})
		var out []string
		for i, f := range files {
			if found[i] {
				out = append(out, f.Path)
			}
		}
		return out
	}
}

// isYAML reports whether a file is YAML by its name.
func isYAML(name string) bool {
	ext := path.Ext(name)
	return ext == ".yaml" || ext == ".yml" || path.Base(name) == "Kustomization"
}

func (g *gatherer) holdsOne(f walk.File, texts []string) bool {
	info, err := f.Info()
	if err != nil || info.Size() > g.opts.maxSize() {
		return false
	}
	src, err := os.ReadFile(f.Abs)
	return err == nil && slices.ContainsFunc(texts, func(t string) bool { return bytes.Contains(src, []byte(t)) })
}

// partial reports whether the run looks at a part of the repository only.
func (g *gatherer) partial() bool {
	w := &g.opts.Walk
	if len(w.Include)+len(w.Exclude) > 0 {
		return true
	}
	for _, p := range w.Paths {
		a, errA := os.Stat(p)
		b, errB := os.Stat(w.Root)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return false
		}
	}
	return len(w.Paths) > 0
}
