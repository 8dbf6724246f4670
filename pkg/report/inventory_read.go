package report

import (
	"errors"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Inventory returns what the JSON of an inventory says: its images, and what
// is not in the list, in an inventory that has nothing else.
func (j *JSONInventory) Inventory() ([]inventory.Image, *inventory.Inventory) {
	var images []inventory.Image
	for _, x := range j.Images {
		m := inventory.Image{
			Ref: x.Reference, Registry: x.Registry, Repository: x.Repository, Domain: x.Domain, Path: x.Path,
			Tag: x.Tag, Digest: x.Digest, New: x.New, Rule: x.Rule, Keep: x.Keep, HasVariable: x.Open,
		}
		for _, u := range x.Uses {
			via := inventory.Origin(max(0, slices.Index(vias, u.Via))) // a use is named in a file unless it says otherwise
			m.Uses = append(m.Uses, inventory.Use{Origin: via, Path: u.Path, Line: u.Line, Column: u.Column, Field: u.Field, Object: u.Object, RunningDigest: u.Running})
		}
		images = append(images, m)
	}
	v := &inventory.Inventory{Failures: failuresOf(j.Failures), Unrendered: failuresOf(j.Unrendered)}
	for _, x := range j.Skipped {
		s := walk.Skip{Path: x.Path, Dir: x.Dir, Reason: walk.Reason(x.Reason), Detail: x.Detail}
		if x.Error != "" {
			s.Err = errors.New(x.Error)
		}
		v.Skipped = append(v.Skipped, s)
	}
	return images, v
}

// vias are the words for the ways, by their numbers.
var vias = []string{inventory.InFile.String(), inventory.InRendering.String(), inventory.InObject.String()}

func failuresOf(all []JSONFailure) []inventory.Failure {
	var out []inventory.Failure
	for _, x := range all {
		out = append(out, inventory.Failure{Path: x.Path, Err: errors.New(x.Error)})
	}
	return out
}
