package repofile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestCreateOutput(t *testing.T) {
	root := makeTree(t, map[string]string{
		".git/config":          "[core]",
		"reports/keep":         "",
		"to-outside":           "-> ../outside",
		"to-reports":           "-> other",
		"to-git":               "-> .git",
		"to-file":              "-> ../outside/file",
		"to-nothing":           "-> ../outside/new",
		"inner/.git/config":    "[core]",
		"inner/up":             "-> ../other",
		"other/keep":           "",
		"../outside/file":      "outside",
		"../outside/.git/HEAD": "", // a repository, too
		"../plain/folder/keep": "",
		"../plain/to-outside":  "-> ../outside",
		"../way":               "-> repository",
	})
	above := filepath.Dir(root)
	for _, tt := range []struct{ path, tree, link string }{
		{"repository/new.json", "", ""},
		{"repository/reports/new.json", "", ""},
		{"repository/reports/keep", "", ""},
		{"repository/inner/new.json", "", ""},
		{"repository/to-outside/new.json", "", "to-outside"},
		{"repository/to-outside/file", "", "to-outside"},
		{"repository/to-reports/new.json", "", "to-reports"},
		{"repository/to-git/config", "", "to-git"},
		{"repository/to-file", "", "to-file"},
		{"repository/to-nothing", "", "to-nothing"},
		{"repository/inner/up/new.json", "", "up"},
		{"repository/reports/../to-file", "", "to-file"},
		{"way/new.json", "", ""}, // the link is not in a repository
		{"way/to-file", "", "to-file"},
		{"plain/new.json", "", ""},
		{"plain/to-outside/file", "", ""},
		{"plain/to-outside/file", "plain", "to-outside"},
		{"plain/new.json", "plain/folder", ""},
	} {
		if err := os.WriteFile(filepath.Join(above, "outside", "file"), []byte("outside"), 0o644); err != nil {
			t.Fatal(err)
		}
		tree := tt.tree
		if tree != "" {
			tree = filepath.Join(above, tree)
		}
		path := filepath.Join(above, filepath.Dir(tt.path)) + string(filepath.Separator) + filepath.Base(tt.path)
		f, err := CreateOutput(path, tree)
		if err == nil {
			_, err = f.WriteString("report")
			f.Close()
		}
		e := (*LinkError)(nil)
		errors.As(err, &e)
		if tt.link == "" && err != nil || tt.link != "" && (e == nil || e.Link != tt.link) {
			t.Errorf("%s: expected the link %q, got error %v", tt.path, tt.link, err)
			continue
		}
		if err := CreateOutputFolder(filepath.Dir(path), tree); err != nil && tt.link == "" {
			t.Errorf("the folder of %s: %v", tt.path, err)
		}
		src, err := os.ReadFile(path)
		if isWritten := string(src) == "report"; isWritten != (tt.link == "") {
			t.Errorf("%s: written: %v, error %v", tt.path, isWritten, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(above, "outside", "new")); err == nil {
		t.Error("a link led to a new file outside of the repository")
	}
}

func TestCreateOutputFolder(t *testing.T) {
	root := makeTree(t, map[string]string{".git/config": "", "to-outside": "-> ../outside", "../outside/a": ""})
	if err := CreateOutputFolder(filepath.Join(root, "a", "b"), ""); err != nil {
		t.Error(err)
	}
	if err := CreateOutputFolder(filepath.Join(root, "to-outside", "b"), ""); !errors.As(err, new(*LinkError)) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(filepath.Join(filepath.Dir(root), "outside", "b")); err == nil {
		t.Error("a link led to a new folder outside of the repository")
	}
}
