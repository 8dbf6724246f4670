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
			left, err := filepath.Glob(filepath.Join(filepath.Dir(path), TempPrefix+"*"))
			if err != nil || len(left) > 0 {
				t.Errorf("temporary files left: %q, %v", left, err)
			}
		})
	}
}

// TestReplaceWithConcurrentChange changes the file between the two halves of
// Replace.
func TestReplaceWithConcurrentChange(t *testing.T) {
	tests := []struct {
		name   string
		change func(t *testing.T, path string)
	}{
		{"contents", func(t *testing.T, path string) { write(t, path, "odd", 0o644) }},
		{"mode", func(t *testing.T, path string) { write(t, path, "old", 0o444) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			write(t, path, "old", 0o644)
			dir, err := OpenDir(filepath.Dir(path))
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			f, err := dir.open("f")
			if err != nil {
				t.Fatal(err)
			}
			defer f.close()
			old, err := f.check([]byte("old"))
			if err != nil {
				t.Fatal(err)
			}
			defer old.Close()
			temp, _, err := f.writeTemp(old, []byte("new"))
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, path, "old")
			wantFile(t, filepath.Join(filepath.Dir(path), temp), "new")
			tt.change(t, path)
			if err := f.commit(temp, old, []byte("old")); !errors.Is(err, ErrChanged) {
				t.Errorf("got error %v, want %v", err, ErrChanged)
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
