package families_test

import (
	"testing"

	"github.com/regmigrate/regmigrate/internal/testlink"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
	"github.com/regmigrate/regmigrate/pkg/link/families"
)

func TestLink(t *testing.T) {
	testlink.Run(t, nil, func(c *testlink.Case) ([]link.Group, []link.Consequence) {
		linkers := families.New(chart.BumpPatch)
		linkers.Link(c.Tree, c.Move)
		return c.Tree.Groups, linkers.Consequences(c.Tree, c.Moved())
	})
}
