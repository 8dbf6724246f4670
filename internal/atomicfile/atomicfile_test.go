package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func write(t *testing.T, path, contents string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path, contents string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != contents {
		t.Errorf("%s contains %q, want %q", path, got, contents)
	}
}

// replaceFile replaces the file at path, in the Dir of its folder.
func replaceFile(path string, want, contents []byte) error {
	dir, err := OpenDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	_, err = dir.Replace(filepath.Base(path), want, contents)
	return err
}

// wantNames checks that a folder contains exactly these names.
func wantNames(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the folder contains %q, want %q", got, want)
	}
}

func TestReplace(t *testing.T) {
	for _, contents := range []string{"old", "", "a longer text", "\xff\x00\r\n"} {
		path := filepath.Join(t.TempDir(), "f")
		write(t, path, "old", 0o644)
		if err := replaceFile(path, []byte("old"), []byte(contents)); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, contents)
		wantNames(t, filepath.Dir(path), "f")
	}
}

func TestReplaceKeepsMode(t *testing.T) {
	modes := []fs.FileMode{0o644, 0o600, 0o755, 0o666, 0o4755, 0o2755}
	if runtime.GOOS == "windows" {
		modes = []fs.FileMode{0o666}
	}
	for _, mode := range modes {
		// Package os has separate bits for set-user-ID and set-group-ID.
		want := mode&fs.ModePerm | map[bool]fs.FileMode{true: fs.ModeSetuid}[mode&0o4000 != 0] | map[bool]fs.FileMode{true: fs.ModeSetgid}[mode&0o2000 != 0]
		t.Run(want.String(), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			write(t, path, "old", want)
			if err := replaceFile(path, []byte("old"), []byte("new")); err != nil {
				t.Fatal(err)
			}
			wantFile(t, path, "new")
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode() != want {
				t.Errorf("the mode is %v, want %v", info.Mode(), want)
			}
		})
	}
}

func TestReplaceErrors(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"a missing file", func(*testing.T, string) {}, fs.ErrNotExist},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o777); err != nil {
				t.Fatal(err)
			}
		}, ErrNotRegular},
		{"other contents", func(t *testing.T, path string) { write(t, path, "odd", 0o644) }, ErrChanged},
		{"longer contents", func(t *testing.T, path string) { write(t, path, "old and more", 0o644) }, ErrChanged},
		{"shorter contents", func(t *testing.T, path string) { write(t, path, "ol", 0o644) }, ErrChanged},
		{"a symlink to a file with the contents", func(t *testing.T, path string) {
			target := filepath.Join(t.TempDir(), "target")
			write(t, target, "old", 0o644)
			if err := os.Symlink(target, path); err != nil {
				t.Skip("cannot make symbolic links: ", err)
			}
			t.Cleanup(func() {
				wantFile(t, target, "old")
				if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
					t.Errorf("the symlink became %v, %v", info, err)
				}
			})
		}, ErrSymlink},
		{"a dangling symlink", func(t *testing.T, path string) {
			if err := os.Symlink("nothing", path); err != nil {
				t.Skip("cannot make symbolic links: ", err)
			}
		}, ErrSymlink},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			tt.make(t, path)
			before, _ := os.ReadFile(path)
			err := replaceFile(path, []byte("old"), []byte("new"))
			if !errors.Is(err, tt.want) {
				t.Fatalf("got error %v, want %v", err, tt.want)
			}
			if n := strings.Count(err.Error(), "f\""); n != 1 {
				t.Errorf("%q names the file %d times, want once", err, n)
			}
			after, _ := os.ReadFile(path)
			if !bytes.Equal(before, after) {
				t.Errorf("the contents became %q", after)
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(path), hiddenPrefix+"*"))
			if err != nil || len(left) > 0 {
				t.Errorf("temporary files left: %q, %v", left, err)
			}
		})
	}
}

// changes of another process to the file f in folder, which contains "old" and has the
// mode 0o644.
var changes = []struct {
	name   string
	change func(t *testing.T, folder string)
	want   string // the contents afterwards
	err    error
}{
	{"appended", func(t *testing.T, folder string) {
		f, err := os.OpenFile(filepath.Join(folder, "f"), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString("er"); err != nil {
			t.Fatal(err)
		}
	}, "older", ErrChanged},
	{"mode", func(t *testing.T, folder string) { write(t, filepath.Join(folder, "f"), "old", 0o444) }, "old", ErrChanged},
	{"replaced by a rename", func(t *testing.T, folder string) {
		write(t, filepath.Join(folder, "g"), "odd", 0o644)
		renameFile(t, filepath.Join(folder, "g"), filepath.Join(folder, "f"))
	}, "odd", ErrChanged},
	{"replaced by the same contents", func(t *testing.T, folder string) {
		write(t, filepath.Join(folder, "g"), "old", 0o600)
		renameFile(t, filepath.Join(folder, "g"), filepath.Join(folder, "f"))
	}, "old", ErrChanged},
	{"removed", func(t *testing.T, folder string) { remove(t, filepath.Join(folder, "f")) }, "", fs.ErrNotExist},
	{"a folder", func(t *testing.T, folder string) {
		remove(t, filepath.Join(folder, "f"))
		if err := os.Mkdir(filepath.Join(folder, "f"), 0o755); err != nil {
			t.Fatal(err)
		}
	}, "", ErrNotRegular},
	{"a link", func(t *testing.T, folder string) {
		renameFile(t, filepath.Join(folder, "f"), filepath.Join(folder, "g"))
		if err := os.Symlink("g", filepath.Join(folder, "f")); err != nil {
			t.Skip("cannot make symbolic links: ", err)
		}
	}, "old", ErrSymlink},
}

func renameFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// openForReplace opens the file f in folder and makes a temporary file with the
// contents "new".
func openForReplace(t *testing.T, folder string) (*file, *oldFile, *temporary) {
	t.Helper()
	dir, err := OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	f, err := dir.open("f")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.close)
	old, err := f.check([]byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { old.Close() })
	temp, _, err := dir.places(f)[0].fill(old, []byte("new"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(temp.close)
	if err := temp.giveName(); err != nil {
		t.Fatal(err)
	}
	return f, old, temp
}

// A change before the last comparison is not lost.
func TestReplaceWithConcurrentChange(t *testing.T) {
	for _, tt := range changes {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("Windows does not rename open files")
			}
			folder := t.TempDir()
			write(t, filepath.Join(folder, "f"), "old", 0o644)
			f, old, temp := openForReplace(t, folder)
			tt.change(t, folder)
			if err := f.commit(temp, old, []byte("old")); !errors.Is(err, tt.err) {
				t.Errorf("got error %v, want %v", err, tt.err)
			}
			temp.close()
			if got, _ := os.ReadFile(filepath.Join(folder, "f")); string(got) != tt.want {
				t.Errorf("the file contains %q, want %q", got, tt.want)
			}
			if left := temps(t, folder); len(left) > 0 {
				t.Errorf("temporary files left: %q", left)
			}
		})
	}
}

func TestReplaceHardLink(t *testing.T) {
	folder := t.TempDir()
	path, other := filepath.Join(folder, "f"), filepath.Join(folder, "g")
	write(t, path, "old", 0o644)
	if err := os.Link(path, other); err != nil {
		t.Skip("cannot make hard links: ", err)
	}
	if err := replaceFile(path, []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "new")
	wantFile(t, other, "old")
}
