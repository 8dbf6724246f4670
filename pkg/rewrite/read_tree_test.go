package rewrite_test

import (
	"os"
	"path/filepath"
	"testing"
)

type entry struct {
	data []byte
	mode os.FileMode
}

// readTree returns all regular files under root, except those in .git.
func readTree(t testing.TB, root string) map[string]entry {
	t.Helper()
	out := map[string]entry{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == ".git" {
				return filepath.SkipDir
			}
			return err
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		out[filepath.ToSlash(rel)] = entry{data, info.Mode()}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
