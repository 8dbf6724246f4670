//go:build linux || darwin

package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// skipWithoutExchange skips a test if the file system cannot exchange two files.
func skipWithoutExchange(t *testing.T) {
	t.Helper()
	path := t.TempDir()
	top, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	root, err := newFolder(top)
	if err != nil {
		t.Fatal(err)
	}
	defer root.close()
	for _, name := range []string{"a", "b"} {
		write(t, filepath.Join(root.Name(), name), name, 0o644)
	}
	if err := exchange(root, "a", root, "b"); errors.Is(err, errors.ErrUnsupported) {
		t.Skip("the file system cannot exchange two files: ", err)
	}
	wantFile(t, filepath.Join(root.Name(), "a"), "b")
}

// A change between the last comparison and the exchange is not lost.
func TestSwapWithConcurrentChange(t *testing.T) {
	skipWithoutExchange(t)
	all := append(changes[:len(changes):len(changes)], changes[0])
	last := &all[len(all)-1]
	last.name, last.want, last.err = "a pipe", "", ErrNotRegular
	last.change = func(t *testing.T, folder string) {
		remove(t, filepath.Join(folder, "f"))
		if err := syscall.Mkfifo(filepath.Join(folder, "f"), 0o644); err != nil {
			t.Skip("cannot make named pipes: ", err)
		}
	}
	for _, tt := range all {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, filepath.Join(folder, "f"), "old", 0o644)
			f, old, temp := openForReplace(t, folder)
			tt.change(t, folder)
			before, errBefore := os.Lstat(filepath.Join(folder, "f"))
			if err := f.swap(temp, old, []byte("old")); !errors.Is(err, tt.err) {
				t.Errorf("got error %v, want %v", err, tt.err)
			}
			temp.close()
			after, errAfter := os.Lstat(filepath.Join(folder, "f"))
			if errBefore == nil && (errAfter != nil || !os.SameFile(before, after)) {
				t.Errorf("the file was replaced: %v", errAfter)
			}
			if errBefore == nil && before.Mode().IsRegular() {
				wantFile(t, filepath.Join(folder, "f"), tt.want)
			}
			if left := temps(t, folder); len(left) > 0 {
				t.Errorf("temporary files left: %q", left)
			}
		})
	}
}

// If another process replaces the new file before it is exchanged again, the file of
// that process stays.
func TestUndoWithConcurrentChange(t *testing.T) {
	skipWithoutExchange(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "f")
	write(t, path, "old", 0o644)
	f, _, temp := openForReplace(t, folder)
	if err := exchange(temp.folder, temp.name, f.folder, f.name); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "g"), "newest", 0o644)
	renameFile(t, filepath.Join(folder, "g"), path)
	if err := f.undo(temp); err != nil {
		t.Fatal(err)
	}
	temp.close()
	wantFile(t, path, "newest")
	wantNames(t, folder, "f")
}
