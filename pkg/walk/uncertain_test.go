//go:build unix

package walk_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/walk"
)

// TestUncertainRepository checks that a .git that the system cannot look at is no
// missing one: with another root, a run would scan nothing, and say that it is clean.
func TestUncertainRepository(t *testing.T) {
	top := t.TempDir()
	inner := filepath.Join(top, "inner")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".git", filepath.Join(inner, ".git")); err != nil { // a loop
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(inner, "a.yaml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if root, _, err := walk.Root(inner); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("Root: %q and error %v, want that of the system", root, err)
	}
	visit := func(f walk.File) error {
		t.Errorf("visited %s", f.Path)
		return nil
	}
	if _, err := walk.Walk(t.Context(), walk.Options{Root: inner}, visit); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("Walk: error %v, want that of the system", err)
	}
	for _, paths := range [][]string{nil, {filepath.Join(inner, "a.yaml")}} {
		skips, err := walk.Walk(t.Context(), walk.Options{Root: top, Paths: paths}, visit)
		if err != nil {
			t.Fatal(err)
		}
		if len(skips) != 1 || skips[0].Path != "inner" || skips[0].Reason != walk.Unreadable || !errors.Is(skips[0].Err, syscall.ELOOP) {
			t.Errorf("paths %q: skips %v, want the folder as unreadable", paths, skips)
		}
	}
}

// TestUncertainPatterns checks that patterns of git that the system cannot read are no
// missing ones: a run would scan and change files that git ignores.
func TestUncertainPatterns(t *testing.T) {
	for _, name := range []string{"config", "info/exclude", "commondir"} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			git := filepath.Join(root, ".git")
			for _, folder := range []string{"objects", "refs", "info"} {
				if err := os.MkdirAll(filepath.Join(git, folder), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(git, "HEAD"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(git, filepath.FromSlash(name))
			if err := os.Symlink(filepath.Base(file), file); err != nil { // a loop
				t.Fatal(err)
			}
			_, err := walk.Walk(t.Context(), walk.Options{Root: root}, func(walk.File) error { return nil })
			if !errors.Is(err, syscall.ELOOP) {
				t.Errorf("error %v, want that of the system", err)
			}
		})
	}
}
