package chart

import "testing"

// TestRaise: the version is above the old one, and what cannot be raised stays.
func TestRaise(t *testing.T) {
	for _, tt := range []struct{ old, patch, minor string }{
		{"1.2.3", "1.2.4", "1.3.0"},
		{"0.1.9", "0.1.10", "0.2.0"},
		{"v1.2.3", "v1.2.4", "v1.3.0"},
		{"1.2.3-beta.1", "1.2.3", "1.3.0"},
		{"1.2.0-rc.1", "1.2.0", "1.2.0"},
		{"1.2.3+up1.0.0", "1.2.4+up1.0.0", "1.3.0+up1.0.0"},
		{"1.2", "", ""},
		{"01.2.3", "", ""},
		{"1.2.99999999999999999999", "", ""},
		{"{{ .Version }}", "", ""},
		{"", "", ""},
	} {
		if got, _ := BumpPatch.Next(tt.old); got != tt.patch {
			t.Errorf("patch of %q: %q, want %q", tt.old, got, tt.patch)
		}
		if got, _ := BumpMinor.Next(tt.old); got != tt.minor {
			t.Errorf("minor of %q: %q, want %q", tt.old, got, tt.minor)
		}
		if got, ok := BumpNone.Next(tt.old); ok {
			t.Errorf("none of %q: %q", tt.old, got)
		}
	}
}

// TestAccepts: a sub-chart's version is raised only when its parent takes it.
func TestAccepts(t *testing.T) {
	for _, tt := range []struct {
		versions     string
		patch, minor bool
	}{
		{"", true, true},
		{"*", true, true},
		{"x.x.x", true, true},
		{"1.x.x", true, true},
		{"1.x", true, true},
		{"^1.2.3", true, true},
		{">=1.0.0", true, true},
		{">= 1.0.0", true, true},
		{">=1.0.0 <1.0.1", false, false},
		{">= 1.0.0 < 2.0.0", false, false},
		{"~1.2.3", true, false},
		{"~1.2", true, false},
		{"1.2.x", true, false},
		{"^0.1.0", true, false},
		{"^0.0.1", false, false},
		{"1.2.3", false, false},
		{"=1.2.3", false, false},
		{"1.2.3 - 1.4.0", false, false},
		{"1.2.3 || 1.2.4", false, false},
	} {
		if got := BumpPatch.accepts(tt.versions); got != tt.patch {
			t.Errorf("%q takes a patch: %v", tt.versions, got)
		}
		if got := BumpMinor.accepts(tt.versions); got != tt.minor {
			t.Errorf("%q takes a minor version: %v", tt.versions, got)
		}
	}
}
