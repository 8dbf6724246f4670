package report

import (
	"errors"
	"slices"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/inventory"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// Inventory returns the images of j, and an inventory that has only the inputs
// that are skipped, failed or not rendered.
func (j *JSONInventory) Inventory() ([]inventory.Image, *inventory.Inventory) {
	var images []inventory.Image
	for _, x := range j.Images {
		kind, _ := format.ParseKind(x.Kind) // unknown kinds, and none in older lists, count as images
		m := inventory.Image{
			Ref: x.Reference, Registry: x.Registry, Repository: x.Repository, Domain: x.Domain, Path: x.Path,
			Tag: x.Tag, Digest: x.Digest, Kind: kind, IsSource: x.IsSource, New: x.New, Rule: x.Rule, Keep: x.Keep, HasVariable: x.HasVariable,
		}
		for _, u := range x.Uses {
			origin := inventory.Origin(max(0, slices.Index(origins, u.Origin))) // unknown origins count as files
			m.Uses = append(m.Uses, inventory.Use{Origin: origin, Path: u.Path, Line: u.Line, Column: u.Column, Field: u.Field, Object: u.Object, RunningDigest: u.RunningDigest})
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

// origins are the words for inventory.Origin, by its values.
var origins = []string{inventory.InFile.String(), inventory.InRendering.String(), inventory.InObject.String()}

func failuresOf(all []JSONFailure) []inventory.Failure {
	var out []inventory.Failure
	for _, x := range all {
		out = append(out, inventory.Failure{Path: x.Path, Err: errors.New(x.Error)})
	}
	return out
}
