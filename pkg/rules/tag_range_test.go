package rules

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/Masterminds/semver/v3"
)

// TestMeetsAny compares meetsAny with a search through small versions.
func TestMeetsAny(t *testing.T) {
	var versions []*semver.Version
	for i := range 4 * 4 * 4 {
		for _, pre := range []string{"", "-0", "-alpha", "-alpha.1", "-beta", "-rc.1"} {
			versions = append(versions, semver.MustParse(fmt.Sprintf("%d.%d.%d%s", i/16, i/4%4, i%4, pre)))
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	operators := []string{"", "=", "!=", ">", "<", ">=", "<=", "~", "^"}
	shapes := []func() string{
		func() string { return fmt.Sprint(r.IntN(3)) },
		func() string { return fmt.Sprintf("%d.%d", r.IntN(3), r.IntN(3)) },
		func() string { return fmt.Sprintf("%d.%d.%d", r.IntN(3), r.IntN(3), r.IntN(3)) },
		func() string { return fmt.Sprintf("%d.%d.%d-alpha", r.IntN(3), r.IntN(3), r.IntN(3)) },
		func() string { return fmt.Sprintf("%d.x", r.IntN(3)) },
	}
	met, empty := 0, 0
	for range 20_000 {
		text := ""
		for k := range 1 + r.IntN(3) {
			if k > 0 {
				text += []string{", ", " || "}[min(1, r.IntN(4)/3)]
			}
			text += operators[r.IntN(len(operators))] + shapes[r.IntN(len(shapes))]()
		}
		c, err := semver.NewConstraint(text)
		if err != nil {
			continue
		}
		want := false
		for _, v := range versions {
			want = want || c.Check(v)
		}
		if want && !meetsAny(c, text) {
			t.Errorf("meetsAny(%q) = false; want true", text)
		}
		if want {
			met++
		} else {
			empty++
		}
	}
	if met < 1000 || empty < 1000 {
		t.Errorf("%d ranges with a version and %d without; want at least 1000 of each", met, empty)
	}
}
