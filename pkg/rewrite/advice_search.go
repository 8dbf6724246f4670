package rewrite

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/format"
)

// searchAdvice returns advice about commands such as sed and yq that name a file
// that changes, and whose pattern this file no longer contains.
func (p *planner) searchAdvice() []Advice {
	var changed []*scannedFile
	for _, f := range p.files {
		if len(f.file.Edits) > 0 {
			changed = append(changed, f)
		}
	}
	type place struct {
		line int
		file string
	}
	var out []Advice
	for _, f := range p.files {
		if f.contents.PartlySearched && len(f.file.Edits) > 0 {
			out = append(out, Advice{Path: f.file.Path, Text: "The commands in this file are longer than 1 MiB. Check by hand that no changed name belongs to a command that copies or pushes images to the new registry."})
		}
		seen := map[place]bool{}
		lines := edit.NewLines(f.file.Before)
		for i := range f.contents.Searches {
			s := &f.contents.Searches[i]
			if len(s.Spans) == 0 {
				continue
			}
			name, file := p.lostSearch(f, s, changed)
			word := s.Spans[len(s.Spans)-1]
			at := place{file: file}
			at.line, _ = lines.Position(word.Start)
			if file == "" || seen[at] {
				continue
			}
			seen[at] = true
			out = append(out, Advice{Path: f.file.Path, Line: at.line, Ref: name, Text: "This command searches for the old name in " + file + ", which no longer contains it. Change what the command searches for."})
		}
	}
	return out
}

// lostSearch returns the old name for which s, a command of script, searches,
// and the path of a changed file that the command names and that no longer
// contains it. Both are "" if no command does so.
func (p *planner) lostSearch(script *scannedFile, s *format.Search, changed []*scannedFile) (name, file string) {
	if !script.hasOldName(s.Spans) {
		return "", ""
	}
	text := []byte(s.Text)
	for _, m := range p.opts.Rules.Mentions(text) {
		end := m.End
		for end < len(text) && (isNameByte(text[end]) || text[end] >= 'A' && text[end] <= 'Z') {
			end++
		}
		for _, f := range changed {
			if f == script || !searchesIn(s, f.file.Path) {
				continue
			}
			old := nameIn(f.file.Before, text[m.Start:end], m.Len())
			if old != nil && !bytes.Contains(f.file.After(), old) {
				return string(old), f.file.Path
			}
		}
	}
	return "", ""
}

// nameIn returns the longest start of name, at least its first n bytes, that src
// contains and that ends between two components, or nil. A slash in
// a program can be the end of a pattern.
func nameIn(src, name []byte, n int) []byte {
	for {
		name = bytes.TrimRight(name, "./-_")
		if len(name) < n {
			return nil
		}
		if bytes.Contains(src, name) {
			return name
		}
		name = name[:max(0, bytes.LastIndexByte(name, '/'))]
	}
}

// hasOldName reports whether the spans still have an old name after the edits:
// a mention that is not edited, or one with escapes, which is not a mention.
func (f *scannedFile) hasOldName(spans []edit.Span) bool {
	found := false
	for _, m := range f.mentions {
		if slices.ContainsFunc(spans, func(s edit.Span) bool { return s.Contains(m) }) {
			if found = true; !overlaps(f.file.Edits, m) {
				return true
			}
		}
	}
	return !found
}

// searchesIn reports whether the command of s names the file at name.
func searchesIn(s *format.Search, name string) bool {
	if s.Kustomization {
		switch path.Base(name) {
		case "kustomization.yaml", "kustomization.yml", "Kustomization":
			return true
		}
		return false
	}
	return slices.ContainsFunc(s.Files, func(word string) bool { return namesFile(word, name) })
}

// namesFile reports whether word is the path of the file at name, from some
// folder of the repository, or a glob for it.
func namesFile(word, name string) bool {
	word = path.Clean(word)
	for strings.HasPrefix(word, "../") {
		word = word[len("../"):]
	}
	if word == "." || !strings.Contains(word, ".") {
		return false
	}
	steps := strings.Split(name, "/")
	n := strings.Count(word, "/") + 1
	if n > len(steps) {
		return false
	}
	ok, err := path.Match(word, strings.Join(steps[len(steps)-n:], "/"))
	return ok && err == nil
}
