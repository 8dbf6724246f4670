package rewrite

import (
	"maps"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
)

// regeneratedAdvice returns advice about files that a program writes, such as lock
// files, with the command that writes them anew: those with an old name, if anything
// moves, and those that a program writes from a file that changes.
func (p *planner) regeneratedAdvice(files []File) []Advice {
	if !slices.ContainsFunc(files, func(f File) bool { return len(f.Edits) > 0 }) {
		return nil
	}
	out := map[string]Advice{}
	add := func(r format.Regenerated, why string) {
		if _, known := out[r.Path]; !known {
			out[r.Path] = Advice{Path: r.Path, Text: why + r.Tool + ". Make it anew: " + r.Command, Command: r.Command, Source: r.Source}
		}
	}
	for i := range files {
		f := &files[i]
		if r, known := format.RegeneratedFile(f.Path); known && len(f.Findings) > 0 && !p.isAdvised(f.Path) {
			add(r, "Written by ")
		}
	}
	for i := range files {
		if len(files[i].Edits) == 0 || p.opts.Walk.Root == "" {
			continue
		}
		for _, r := range format.RegeneratedFrom(files[i].Path) {
			if p.readRaw(r.Path) != nil {
				add(r, "Out of date after the move of "+files[i].Path+"; written by ")
			}
		}
	}
	return slices.Collect(maps.Values(out))
}

// isAdvised reports whether a linker advises to make the file at name anew.
func (p *planner) isAdvised(name string) bool {
	for _, a := range p.tree.Advice {
		if a.Path == name && a.Command != "" {
			return true
		}
	}
	return false
}
