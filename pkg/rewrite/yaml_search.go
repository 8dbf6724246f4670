package rewrite

import (
	"bytes"
	"context"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link/families"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// A yamlSearch finds texts in the YAML files of the whole repository. It reads each file
// once for the texts of all linkers, and again only for other texts.
type yamlSearch struct {
	r     *reader
	ctx   context.Context
	texts []string            // of the linkers; at most 64
	files func() []walk.File  // sorted by path
	found func() []uint64     // by file: bit i is set if it contains texts[i]
	paths map[string][]string // results of containing, by the texts
}

func newYAMLSearch(ctx context.Context, r *reader) *yamlSearch {
	s := &yamlSearch{r: r, ctx: ctx, texts: families.SearchTexts(), paths: map[string][]string{}}
	s.files, s.found = sync.OnceValue(s.list), sync.OnceValue(s.searchAll)
	return s
}

// list returns the YAML files of the repository.
func (s *yamlSearch) list() []walk.File {
	var mu sync.Mutex
	var files []walk.File
	o := &s.r.opts
	w := walk.Options{Root: o.Walk.Root, Paths: []string{o.searchRoot()}, NoIgnore: o.Walk.NoIgnore, Jobs: o.Walk.Jobs}
	skipped, err := walk.Walk(s.ctx, w, func(f walk.File) error {
		if format.HasYAMLName(f.Path) {
			mu.Lock()
			files = append(files, f)
			mu.Unlock()
		}
		return s.ctx.Err()
	})
	if err != nil && s.ctx.Err() == nil { // a context that is done ends the run
		s.r.addUnreadable(".", true, err)
	}
	if err != nil {
		return nil
	}
	for _, x := range skipped {
		if x.Reason == walk.Unreadable {
			s.r.addUnreadable(x.Path, x.Dir, x.Err)
		}
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Path < files[j].Path })
	return files
}

// searchAll searches all files for the texts of the linkers.
func (s *yamlSearch) searchAll() []uint64 { return s.search(s.texts) }

// search reads all files, and returns for each which of texts it contains. Files that
// are too large to be parsed are not read.
func (s *yamlSearch) search(texts []string) []uint64 {
	files := s.files()
	found := make([]uint64, len(files))
	parallel(s.r.opts.Walk.Jobs, len(files), func(i int) {
		src, err := repofile.ReadFile(files[i].Abs, s.r.opts.maxSize())
		if err != nil {
			s.r.addUnreadable(files[i].Path, false, err)
			return
		}
		for k, text := range texts {
			if bytes.Contains(src, []byte(text)) {
				found[i] |= 1 << min(k, 63)
			}
		}
	})
	return found
}

// containing returns the paths of the files that contain one of texts, of all files if
// there are no texts; see link.Tree.
func (s *yamlSearch) containing(texts ...string) []string {
	key := strings.Join(texts, "\x00")
	if out, known := s.paths[key]; known {
		return slices.Clone(out)
	}
	mask, isKnown := s.maskOf(texts)
	var found []uint64
	switch {
	case len(texts) == 0:
	case isKnown:
		found = s.found()
	default:
		found, mask = s.search(texts), ^uint64(0)
	}
	var out []string
	for i, f := range s.files() {
		if len(texts) == 0 || found[i]&mask != 0 {
			out = append(out, f.Path)
		}
	}
	s.paths[key] = out
	return slices.Clone(out) // callers may change the result
}

// maskOf returns the bits of texts, false if one of them is not a text of the linkers.
func (s *yamlSearch) maskOf(texts []string) (mask uint64, ok bool) {
	for _, text := range texts {
		i := 0
		for i < len(s.texts) && s.texts[i] != text {
			i++
		}
		if i == len(s.texts) {
			return 0, false
		}
		mask |= 1 << i
	}
	return mask, true
}
