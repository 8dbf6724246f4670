package repofile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// makeTree writes files into a new folder, and symbolic links for values that begin
// with "-> ".
func makeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "repository")
	for name, text := range files {
		at := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		target, isLink := strings.CutPrefix(text, "-> ")
		var err error
		if isLink {
			err = os.Symlink(filepath.FromSlash(target), at)
		} else {
			err = os.WriteFile(at, []byte(text), 0o644)
		}
		if err != nil {
			t.Skip(err) // no symbolic links here
		}
	}
	return root
}

func TestDirLinks(t *testing.T) {
	root := makeTree(t, map[string]string{
		".git/config":        "secret",
		"sub/.git/config":    "secret",
		"a.txt":              "a",
		"folder/b.txt":       "b",
		"folder/a":           "-> ../a.txt",
		"folder/chain":       "-> a",
		"to-folder":          "-> folder",
		"to-git":             "-> .git",
		"to-git-file":        "-> .git/config",
		"to-upper":           "-> .GIT/config",
		"to-sub-git":         "-> sub/../sub/.git/config",
		"through":            "-> to-folder/../a.txt",
		"outside":            "-> ../outside.txt",
		"outside-and-back":   "-> ../repository/a.txt",
		"absolute":           "-> /etc/hostname",
		"loop":               "-> loop",
		"folder/up/x":        "x",
		"folder/up/to-root":  "-> ../../a.txt",
		"missing":            "-> nothing",
		"folder/git-through": "-> ../to-git/config",
	})
	if err := os.WriteFile(filepath.Join(filepath.Dir(root), "outside.txt"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, tt := range []struct {
		name, want string
		isLink     bool
		err        string
	}{
		{"a.txt", "a", false, ""},
		{"folder/a", "a", true, ""},
		{"folder/chain", "a", true, ""},
		{"to-folder/b.txt", "b", true, ""},
		{"through", "a", true, ""},
		{"folder/up/to-root", "a", true, ""},
		{".git/config", "", true, "leads into .git"},
		{"to-git/config", "", true, "leads into .git"},
		{"to-git-file", "", true, "leads into .git"},
		{"to-upper", "", true, "leads into .git"},
		{"to-sub-git", "", true, "leads into .git"},
		{"folder/git-through", "", true, "leads into .git"},
		{"outside", "", true, "leads out of the repository"},
		{"outside-and-back", "", true, "leads out of the repository"},
		{"absolute", "", true, "leads out of the repository"},
		{"loop", "", true, "too many symbolic links"},
		{"missing", "", true, "file does not exist"},
		{"nothing", "", false, "file does not exist"},
		{"folder", "", false, "not a regular file"},
		{"../outside.txt", "", true, "invalid argument"},
	} {
		src, isLink, err := dir.ReadAtMost(tt.name, 100)
		if errors.Is(err, fs.ErrNotExist) {
			err = fs.ErrNotExist
		}
		if err == nil && tt.err != "" || err != nil && (tt.err == "" || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: got error %v, want %q", tt.name, err, tt.err)
		}
		if string(src) != tt.want || isLink != tt.isLink {
			t.Errorf("%s: got %q, link %v; want %q, %v", tt.name, src, isLink, tt.want, tt.isLink)
		}
	}
}

// A folder that becomes a link while the Dir is open leads nowhere.
func TestDirReplacedFolder(t *testing.T) {
	root := makeTree(t, map[string]string{"folder/a": "a", "../outside/a": "secret"})
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if src, _, err := dir.ReadAtMost("folder/a", 10); string(src) != "a" {
		t.Fatalf("got %q, %v", src, err)
	}
	if err := os.Rename(filepath.Join(root, "folder"), filepath.Join(root, "old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "outside"), filepath.Join(root, "folder")); err != nil {
		t.Skip(err)
	}
	if src, _, err := dir.ReadAtMost("folder/a", 10); err == nil {
		t.Errorf("got %q, want an error", src)
	}
}

func TestDirIsFileSystem(t *testing.T) {
	root := makeTree(t, map[string]string{"a.txt": "a", "folder/b.txt": "b"})
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := fstest.TestFS(dir, "a.txt", "folder/b.txt"); err != nil {
		t.Error(err)
	}
}

func TestLimit(t *testing.T) {
	root := makeTree(t, map[string]string{"a.txt": "12345"})
	name := filepath.Join(root, "a.txt")
	if src, err := ReadFile(name, 5); string(src) != "12345" || err != nil {
		t.Errorf("got %q, %v", src, err)
	}
	if _, err := ReadFile(name, 4); !errors.As(err, new(*TooLargeError)) {
		t.Errorf("got %v", err)
	}
	if _, err := readAll(bytes.NewReader(make([]byte, 11)), 1, 10); !errors.As(err, new(*TooLargeError)) {
		t.Errorf("a file that grows: got %v", err)
	}
	if got := (&TooLargeError{1 << 20}).Error(); got != "the file is larger than 1 MiB" {
		t.Errorf("got %q", got)
	}
}

func TestOpenIrregular(t *testing.T) {
	root := makeTree(t, map[string]string{"a.txt": "a", "link": "-> a.txt"})
	for _, name := range []string{"link", "."} {
		if f, err := Open(filepath.Join(root, name)); !errors.Is(err, ErrIrregular) {
			t.Errorf("%s: got %v, %v", name, f, err)
		}
	}
	if _, err := Open(filepath.Join(root, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
