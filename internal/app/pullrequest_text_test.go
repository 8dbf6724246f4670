package app

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A consequence, such as a row of a README, has no rule and adds no registry to
// the title.
func TestDefaultTitle(t *testing.T) {
	plan := &rewrite.Plan{Files: []rewrite.File{{Findings: []rewrite.Finding{
		{Status: rewrite.Rewritten, To: "registry.k8s.io"},
		{Status: rewrite.Rewritten, IsConsequence: true},
	}}}}
	if got, want := defaultTitle(plan), "Move images to registry.k8s.io"; got != want {
		t.Errorf("the title is %q, want %q", got, want)
	}
}

func TestInMessage(t *testing.T) {
	for path, want := range map[string]string{
		"charts/web-1.2/a b+c":         "charts/web-1.2/a b+c",
		"a\n\nSigned-off-by: x <x@y>":  `a\n\nSigned-off-by: x <x\x40y>`,
		"fixes #1":                     `fixes \x231`,
		"close GH-12":                  `close \x47H-12`,
		"@org/team":                    `\x40org/team`,
		"see https://github.com/o/r/1": `see https\x3a//github.com/o/r/1`,
		"\x1b]0;x\a\u202e":             `\x1b]0;x\x07\u202e`,
		"diagram-3":                    "diagram-3",
	} {
		if got := escapePath(path); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
}
