package builds_test

import (
	"testing"

	"github.com/regmigrate/regmigrate/internal/testlink"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/builds"
)

func TestLink(t *testing.T) {
	testlink.Run(t, nil, func(c *testlink.Case) ([]link.Group, []link.Consequence) {
		return builds.Link(c.Tree, c.Move), nil
	})
}
