package rewrite

import (
	"bytes"
	"context"
	"slices"
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
	files func() []string     // paths of all YAML files, sorted
	paths map[string][]string // results of containing, by the texts

	objects, all textSearch
}

// A textSearch is a search for several texts in the same files.
type textSearch struct {
	texts []string        // at most 64
	files func() []string // sorted
	found func() []uint64 // by file: bit i is set if it contains texts[i]
}

func newYAMLSearch(ctx context.Context, r *reader) *yamlSearch {
	s := &yamlSearch{r: r, ctx: ctx, paths: map[string][]string{}}
	s.files = sync.OnceValue(s.list)
	var objects []string
	for _, text := range families.SearchTexts() {
		if slices.ContainsFunc(families.ObjectTexts(), func(part string) bool { return strings.Contains(text, part) }) {
			objects = append(objects, text)
		}
	}
	s.objects = s.newTextSearch(objects, sync.OnceValue(s.mayHaveObjects))
	s.all = s.newTextSearch(families.SearchTexts(), s.files)
	return s
}

func (s *yamlSearch) newTextSearch(texts []string, files func() []string) textSearch {
	return textSearch{texts, files, sync.OnceValue(func() []uint64 { return s.search(files(), texts) })}
}

// list returns the YAML files of the repository.
func (s *yamlSearch) list() []string {
	if s.isScanned() {
		return s.r.yaml
	}
	var mu sync.Mutex
	var files []string
	o := &s.r.opts
	w := walk.Options{Root: o.Walk.Root, Paths: []string{o.searchRoot()}, NoIgnore: o.Walk.NoIgnore, Jobs: o.Walk.Jobs}
	skipped, err := walk.Walk(s.ctx, w, func(f walk.File) error {
		if format.HasYAMLName(f.Path) {
			mu.Lock()
			files = append(files, f.Path)
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
	slices.Sort(files)
	return files
}

// isScanned reports whether the scan visited all files of the repository.
func (s *yamlSearch) isScanned() bool { return s.r.hasWalked && !s.r.isPartial() }

// mayHaveObjects returns the YAML files that may contain one of families.ObjectTexts.
func (s *yamlSearch) mayHaveObjects() []string {
	if !s.isScanned() || !s.r.anyRelevant.Load() {
		return s.files()
	}
	files := slices.Concat(s.r.objects, s.r.unsearched)
	slices.Sort(files)
	return files
}

// search reads files, and returns for each which of texts it contains. Files that are
// too large to be parsed are not read.
func (s *yamlSearch) search(files, texts []string) []uint64 {
	found := make([]uint64, len(files))
	parallel(s.r.opts.Walk.Jobs, len(files), func(i int) {
		src, err := repofile.ReadFile(s.r.abs(files[i]), s.r.opts.maxSize())
		if err != nil {
			s.r.addUnreadable(files[i], false, err)
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
	if len(texts) == 0 {
		return slices.Clone(s.files()) // callers may change the result
	}
	key := strings.Join(texts, "\x00")
	out, known := s.paths[key]
	if !known {
		out = s.find(texts)
		s.paths[key] = out
	}
	return slices.Clone(out)
}

func (s *yamlSearch) find(texts []string) (out []string) {
	files, found, mask := s.files, func() []uint64 { return s.search(s.files(), texts) }, ^uint64(0)
	for _, of := range []*textSearch{&s.objects, &s.all} {
		if m, ok := of.maskOf(texts); ok {
			files, found, mask = of.files, of.found, m
			break
		}
	}
	bits := found()
	for i, f := range files() {
		if bits[i]&mask != 0 {
			out = append(out, f)
		}
	}
	return out
}

// maskOf returns the bits of texts, false if one of them is not a text of the search.
func (s *textSearch) maskOf(texts []string) (mask uint64, ok bool) {
	for _, text := range texts {
		i := slices.Index(s.texts, text)
		if i < 0 {
			return 0, false
		}
		mask |= 1 << i
	}
	return mask, true
}
