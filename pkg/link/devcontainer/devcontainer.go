// Package devcontainer links the files of development containers.
package devcontainer

import (
	"maps"
	"path"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// Link returns groups of the names of the features of one development container:
// the keys of `features`, the order of installation, and the lock file. The lock
// file has the names of the keys, so all of them move, or none does.
func Link(t *link.Tree, move link.MoveFunc) []link.Group {
	byFolder := map[string]*link.Group{}
	for _, f := range t.Files {
		for i := range f.Scanned.Occurrences {
			o := &f.Scanned.Occurrences[i]
			if o.Kind != format.Feature || !move.Moves(o) {
				continue
			}
			folder := path.Dir(f.Path)
			if byFolder[folder] == nil {
				byFolder[folder] = &link.Group{Why: "the features of one development container"}
			}
			byFolder[folder].Occurrences = append(byFolder[folder].Occurrences, *o)
		}
	}
	var groups []link.Group
	for _, folder := range slices.Sorted(maps.Keys(byFolder)) {
		groups = append(groups, *byFolder[folder])
	}
	return groups
}
