package main

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// What follows, such as the row of a README, has no rule and adds no registry
// to the title.
func TestDefaultTitle(t *testing.T) {
	plan := &rewrite.Plan{Files: []rewrite.File{{Findings: []rewrite.Finding{
		{Status: rewrite.Rewritten, To: "registry.k8s.io"},
		{Status: rewrite.Rewritten, Follows: true},
	}}}}
	if got, want := defaultTitle(plan), "Move images to registry.k8s.io"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
}
