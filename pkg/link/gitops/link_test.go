package gitops_test

import (
	"slices"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testlink"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/gitops"
	"github.com/regmigrate/regmigrate/pkg/link/kustomize"
)

func TestLink(t *testing.T) {
	testlink.Run(t, nil, func(c *testlink.Case) ([]link.Group, []link.Consequence) {
		graph := kustomize.Link(c.Tree, c.Move)
		c.Tree.MergeLoaded()
		flux := gitops.LinkFlux(c.Tree, c.Move, graph)
		c.Tree.MergeLoaded()
		return slices.Concat(flux, gitops.LinkArgo(c.Tree, c.Move, graph)), nil
	})
}
