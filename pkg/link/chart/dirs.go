package chart

import (
	"github.com/regmigrate/regmigrate/pkg/link"
	"path"
	"slices"
)

// chartsOf returns the folders of the charts that the files of t belong to:
// those that were walked, and those around files that were named alone.
func chartsOf(t *link.Tree) []string {
	dirs := Dirs(t.Names)
	is := map[string]bool{}
	for _, d := range dirs {
		is[d] = true
	}
	for _, f := range slices.Clone(t.Files) {
		top := ""
		for dir := path.Dir(f.Path); ; dir = path.Dir(dir) {
			known, asked := is[dir]
			if !asked {
				known = t.File(path.Join(dir, "Chart.yaml")) != nil
				is[dir] = known
				if known {
					dirs = append(dirs, dir)
				}
			}
			if known {
				top = dir
			}
			if dir == "." || top != "" && path.Base(path.Dir(dir)) != "charts" {
				break
			}
		}
	}
	slices.Sort(dirs)
	return slices.DeleteFunc(slices.Compact(dirs), func(dir string) bool {
		up := path.Dir(dir)
		return path.Base(up) == "charts" && is[path.Dir(up)]
	})
}

// Dirs returns the folders of the charts among files that are named, in
// their order; those of sub-charts are left out, which are rendered as a part
// of theirs. Folders are slash-separated, "." for the root.
func Dirs(names []string) []string {
	var dirs []string
	is := map[string]bool{}
	for _, name := range names {
		if path.Base(name) == "Chart.yaml" {
			is[path.Dir(name)] = true
		}
	}
	for _, name := range names {
		if path.Base(name) != "Chart.yaml" {
			continue
		}
		dir := path.Dir(name)
		if up := path.Dir(dir); path.Base(up) == "charts" && is[path.Dir(up)] {
			continue
		}
		dirs = append(dirs, dir)
	}
	return dirs
}
