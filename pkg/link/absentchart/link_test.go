package absentchart_test

import (
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testlink"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/absentchart"
)

func TestLink(t *testing.T) {
	testlink.Run(t, absentchart.IsHelmfile, func(c *testlink.Case) ([]link.Group, []link.Consequence) {
		helmfiles := absentchart.LinkHelmfiles(c.Tree, c.Move)
		c.Tree.MergeLoaded()
		return slices.Concat(helmfiles, absentchart.LinkReleases(c.Tree, c.Move)), nil
	})
}
