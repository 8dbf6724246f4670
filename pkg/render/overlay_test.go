package render

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// TestOverlayLinks checks that a replaced file has the new content through every
// symbolic link.
func TestOverlayLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "base", "deep"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"base/a.yaml", "base/deep/b.yaml", "base/same.yaml"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"link": "base", "twice": "link", "file.yaml": "base/a.yaml", "base/up": "..", "loop": "loop", "out": "../..", "gone": "nowhere", "again.yaml": "twice/deep/b.yaml", "deeper": "base/deep", "parent.yaml": "deeper/../a.yaml"} {
		if err := os.Symlink(filepath.FromSlash(to), filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Skip(err) // Windows requires a privilege for symbolic links
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tree := Overlay(root.FS(), map[string][]byte{"base/a.yaml": []byte("new"), "base/deep/b.yaml": []byte("new")})
	for name, want := range map[string]string{
		"base/a.yaml": "new", "link/a.yaml": "new", "twice/deep/b.yaml": "new", "file.yaml": "new", "again.yaml": "new", "parent.yaml": "new", "base/up/link/deep/b.yaml": "new",
		"base/same.yaml": "old", "link/same.yaml": "old", "loop": "", "loop/a.yaml": "", "out/a.yaml": "", "gone": "", "base": "", "base/none.yaml": "",
	} {
		got, err := fs.ReadFile(tree, name)
		if string(got) != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestOverlay(t *testing.T) {
	base := fstest.MapFS{"a/b.txt": {Data: []byte("old")}, "a/c.txt": {Data: []byte("same")}}
	o := Overlay(base, map[string][]byte{"a/b.txt": []byte("changed")})
	for name, want := range map[string]string{"a/b.txt": "changed", "a/c.txt": "same"} {
		got, err := fs.ReadFile(o, name)
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}
