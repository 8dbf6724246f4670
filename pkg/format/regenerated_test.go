package format

import (
	"slices"
	"testing"
)

func TestRegenerated(t *testing.T) {
	if _, err := regeneratedEntries(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, want string }{
		{"vendir.lock.yml", "vendir sync --chdir ."},
		{"a/b c/vendir.lock.yml", "vendir sync --chdir 'a/b c'"},
		{"a/.imgpkg/images.yml", "kbld -f a --imgpkg-lock-output a/.imgpkg/images.yml"},
		{"chart/tests/__snapshot__/a.yaml.snap", "helm unittest --update-snapshot CHART"},
		{"images.yml", ""},
		{"vendir.yml", ""},
	} {
		if got, _ := RegeneratedFile(c.name); got.Command != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got.Command, c.want)
		}
	}
	var from []string
	for _, r := range RegeneratedFrom("a/MODULE.bazel") {
		from = append(from, r.Path)
	}
	if want := []string{"a/MODULE.bazel.lock"}; !slices.Equal(from, want) {
		t.Errorf("got %v, want %v", from, want)
	}
}
