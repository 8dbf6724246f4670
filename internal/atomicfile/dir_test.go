package atomicfile

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestOpenErrors(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "folder", "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "folder", "sub", "f"), "old", 0o644)
	write(t, filepath.Join(root, "f"), "old", 0o644)
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	tests := map[string]error{
		"folder/sub/f": nil,
		"f":            nil,
		"none/f":       fs.ErrNotExist,
		"f/f":          ErrFolder,
		"../f":         fs.ErrInvalid,
		"/f":           fs.ErrInvalid,
		"folder/../f":  fs.ErrInvalid,
		".":            fs.ErrInvalid,
		"":             fs.ErrInvalid,
	}
	for link, target := range map[string]string{"inside": "folder", "outside": "..", "absolute": root, "dangling": "nothing"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err == nil {
			tests[link+"/sub/f"] = ErrFolder
		}
	}
	for name, want := range tests {
		dir.CheckAll(maps.All(map[string][]byte{name: []byte("old")}), func(_ string, err error) {
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("%s: got error %v, want %v", name, err, want)
			}
		})
	}
}

// A folder that is moved while a file in it is replaced is still the same folder: a
// link with its name leads nowhere.
func TestReplaceInMovedFolder(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"folder", "other"} {
		if err := os.Mkdir(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, folder, "f"), "old", 0o644)
	}
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	f, err := dir.open("folder/f")
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if err := os.Rename(filepath.Join(root, "folder"), filepath.Join(root, "moved")); err != nil {
		t.Skip("cannot move an open folder: ", err)
	}
	if err := os.Symlink("other", filepath.Join(root, "folder")); err != nil {
		t.Skip("cannot make symbolic links: ", err)
	}
	if _, err := f.replace(dir.places(f), []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(root, "moved", "f"), "new")
	wantFile(t, filepath.Join(root, "other", "f"), "old")
	wantNames(t, filepath.Join(root, "other"), "f")
}

func TestCreate(t *testing.T) {
	root := t.TempDir()
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if err := dir.Create("f", []byte("new")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(root, "f"), "new")
	wantNames(t, root, "f")
	if err := dir.Create("f", []byte("other")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got error %v, want %v", err, fs.ErrExist)
	}
	if err := os.Symlink(filepath.Join(t.TempDir(), "outside"), filepath.Join(root, "link")); err == nil {
		if err := dir.Create("link", []byte("other")); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a link: got error %v, want %v", err, fs.ErrExist)
		}
	}
	wantFile(t, filepath.Join(root, "f"), "new")
}
