package kustomize

import (
	"strings"
	"testing"
	"testing/fstest"
)

// A kustomization whose entries of images would take minutes to build is not built.
func TestTooManyImages(t *testing.T) {
	entries := func(n int) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("resources: [../base]\nimages:\n" + strings.Repeat("- {name: a, newTag: '1'}\n", n))}
	}
	base := &fstest.MapFile{Data: []byte("images: [{name: a, newTag: '1'}]\n")}
	for n, want := range map[int]string{
		maxImages - 1: "",
		maxImages:     "the kustomization and its bases have more than 2000 images entries",
	} {
		tree := OpenTree(fstest.MapFS{"k/kustomization.yaml": entries(n), "base/kustomization.yaml": base})
		_, err := tree.overlayTree("k")
		if got := ""; err != nil {
			if got = err.Error(); got != want {
				t.Errorf("%d entries: %s", n, got)
			}
		} else if want != "" {
			t.Errorf("%d entries: no error", n)
		}
	}
}
