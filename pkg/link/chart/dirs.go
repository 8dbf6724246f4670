package chart

import (
	"path"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/link"
)

// TreeDirs returns the folders of the charts in the tree and of the charts that
// contain its files, sorted. Sub-charts are omitted, as in [Dirs].
func TreeDirs(t *link.Tree) []string {
	dirs := Dirs(t.Names)
	isChart := map[string]bool{}
	for _, d := range dirs {
		isChart[d] = true
	}
	for _, f := range slices.Clone(t.Files) {
		chart := "" // the last chart that was found on the way up
		for dir := path.Dir(f.Path); ; dir = path.Dir(dir) {
			found, tested := isChart[dir]
			if !tested {
				found = t.File(path.Join(dir, "Chart.yaml")) != nil
				isChart[dir] = found
				if found {
					dirs = append(dirs, dir)
				}
			}
			if found {
				chart = dir
			}
			if dir == path.Dir(dir) || chart != "" && path.Base(path.Dir(dir)) != "charts" {
				break
			}
		}
	}
	slices.Sort(dirs)
	return slices.DeleteFunc(slices.Compact(dirs), func(dir string) bool { return isSubChart(dir, isChart) })
}

// Dirs returns the folders of the charts among the files at names, in the order
// of names. It omits unpacked sub-charts, because they are rendered with their
// parent. Folders are slash-separated, "." for the root.
func Dirs(names []string) []string {
	isChart := map[string]bool{}
	for _, name := range names {
		if path.Base(name) == "Chart.yaml" {
			isChart[path.Dir(name)] = true
		}
	}
	var dirs []string
	for _, name := range names {
		if dir := path.Dir(name); path.Base(name) == "Chart.yaml" && !isSubChart(dir, isChart) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// isSubChart reports whether dir is in the charts folder of a chart.
func isSubChart(dir string, isChart map[string]bool) bool {
	charts := path.Dir(dir)
	return path.Base(charts) == "charts" && isChart[path.Dir(charts)]
}
