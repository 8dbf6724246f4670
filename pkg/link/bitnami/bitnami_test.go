package bitnami_test

import (
	"testing"

	"github.com/regmigrate/regmigrate/internal/testlink"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/bitnami"
)

// TestAllowImages finds the key for charts of the tree; pkg/rewrite has cases for releases.
func TestAllowImages(t *testing.T) {
	testlink.Run(t, func(string) bool { return true }, func(c *testlink.Case) ([]link.Group, []link.Consequence) {
		edits, advice := bitnami.AllowImages(c.Tree, nil, c.Moved())
		c.Tree.Advice = append(c.Tree.Advice, advice...)
		return nil, edits
	})
}
