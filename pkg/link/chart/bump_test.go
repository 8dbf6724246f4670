package chart

import "testing"

// TestNext checks the next version; "" if the text is not a semantic version.
func TestNext(t *testing.T) {
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
			t.Errorf("next patch version of %q: got %q, want %q", tt.old, got, tt.patch)
		}
		if got, _ := BumpMinor.Next(tt.old); got != tt.minor {
			t.Errorf("next minor version of %q: got %q, want %q", tt.old, got, tt.minor)
		}
		if got, ok := BumpNone.Next(tt.old); ok {
			t.Errorf("BumpNone changes %q to %q", tt.old, got)
		}
	}
}

// TestAccepts checks which ranges of versions also contain the next version.
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
			t.Errorf("%q accepts the next patch version: got %v, want %v", tt.versions, got, tt.patch)
		}
		if got := BumpMinor.accepts(tt.versions); got != tt.minor {
			t.Errorf("%q accepts the next minor version: got %v, want %v", tt.versions, got, tt.minor)
		}
	}
}
