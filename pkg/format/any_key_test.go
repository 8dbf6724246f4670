package format

import (
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/image"
)

// TestFieldsWithOtherKeys checks that each field that holds an image, and whose only words of
// image.HasKeyword are in keys that image.IsOtherKey knows, is in an entry that selects files
// by their names: other files are not read for it.
func TestFieldsWithOtherKeys(t *testing.T) {
	all := entries()
	for _, e := range slices.Concat(all.files, all.attributes) {
		for _, f := range e.Fields {
			if image.HasKeyword([]byte(f.Path)) && f.lacksKeyword() && len(e.globs) == 0 {
				t.Errorf("%v: these keys name no image, and the entry has no files", f.Path)
			}
		}
	}
}
