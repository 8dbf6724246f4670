package atomicfile

import "testing"

func TestIsAtLeast(t *testing.T) {
	for release, want := range map[string]bool{
		"5.8.0":                       true,
		"5.10.0-28-amd64":             true,
		"6.1":                         true,
		"10.0.1":                      true,
		"5.7.19":                      false,
		"4.18.0-553.el8_10.x86_64":    false,
		"5.4.0-1-generic":             false,
		"":                            false,
		"microsoft-standard-WSL2-5.8": false,
	} {
		if got := isAtLeast(release, 5, 8); got != want {
			t.Errorf("%q: got %v", release, got)
		}
	}
}
