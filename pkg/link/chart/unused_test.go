package chart

import (
	"errors"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/link"
)

// TestUnusedAtLimit checks that a value stays likely, and that the run fails, if a limit of
// the machine ends the reading of the templates.
func TestUnusedAtLimit(t *testing.T) {
	tree := &link.Tree{MayReadValue: func(string, []string) (bool, error) { return true, errors.New("it needed more than 1 s of CPU time") }}
	charts := []*chart{{dir: "a", tree: tree}}
	o := &format.Occurrence{Pieces: []format.Piece{{Path: "a/values.yaml", Text: "acme/app"}}, Place: format.Place{Field: ".image"}}
	for range 2 {
		if isUnused(charts, o) {
			t.Error("the value is unused, although the templates were not read")
		}
	}
	if f := tree.RenderFailures; len(f) != 1 || f[0].Chart != "a" || !f[0].Backstop {
		t.Errorf("expected one failure of the chart a that another machine may not have, got %+v", f)
	}
}
