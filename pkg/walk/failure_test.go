package walk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

func TestWalkErrors(t *testing.T) {
	root := makeTree(t, "in/a", "in/out -> ../away", "away/b", "in/x -> ../away/b", "in/loop -> loop")
	in := filepath.Join(root, "in")
	tests := []struct {
		name, root, path string
		want             string
	}{
		{"no root", filepath.Join(root, "none"), "", "finding the root"},
		{"a file as root", filepath.Join(in, "a"), "", "not a folder"},
		{"no such path", in, filepath.Join(in, "none"), "no such file"},
		{"a path outside the root", in, filepath.Join(root, "away"), "is outside"},
		{"the parent of the root", in, root, "is outside"},
		{"a link to a folder outside", in, filepath.Join(in, "out"), "is a symbolic link to"},
		{"a path through a link to a folder outside", in, filepath.Join(in, "out", "b"), "is a symbolic link to"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Root: tt.root, Paths: []string{filepath.Join(in, "a")}}
			if tt.path != "" {
				o.Paths = append(o.Paths, tt.path)
			}
			_, err := Walk(t.Context(), o, func(File) error { t.Error("visited"); return nil })
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	files, skips := walkTree(t, Options{Root: in, Paths: []string{filepath.Join(in, "x"), filepath.Join(in, "loop")}})
	compareLists(t, "named links", append(files, skips...), []string{"loop symlink", "x symlink"})
}

func TestWalkStopsEarly(t *testing.T) {
	var tree []string
	for i := range 5 * batch {
		tree = append(tree, fmt.Sprintf("%d/f", i))
	}
	root := makeTree(t, tree...)

	t.Run("visit fails", func(t *testing.T) {
		broken := errors.New("broken")
		var visits atomic.Int64
		skips, err := Walk(t.Context(), Options{Root: root, Jobs: 1}, func(File) error { visits.Add(1); return broken })
		if err != broken || skips != nil || visits.Load() != 1 {
			t.Errorf("got %v, %v after %d visits", skips, err, visits.Load())
		}
		if _, err := Walk(t.Context(), Options{Root: root, Jobs: 8}, func(File) error { return broken }); err != broken {
			t.Errorf("got %v with 8 jobs", err)
		}
	})
	t.Run("cancelled before the walk", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Walk(ctx, Options{Root: root}, func(File) error { t.Error("visited"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("cancelled while visiting", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := Walk(ctx, Options{Root: root, Jobs: 3}, func(File) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// TestWalkUnreadable removes a folder after the walk has read its name:
// permissions have no effect if root runs the tests.
func TestWalkUnreadable(t *testing.T) {
	root := makeTree(t, "a", "sub/b", "other/c")
	var seen []string
	skips, err := Walk(t.Context(), Options{Root: root, Jobs: 1}, func(f File) error {
		seen = append(seen, f.Path)
		return os.RemoveAll(filepath.Join(root, "sub"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []string{"a", "other/c"}) {
		t.Errorf("visited %q", seen)
	}
	if len(skips) != 1 || skips[0].Path != "sub" || !skips[0].Dir || skips[0].Reason != Unreadable || !errors.Is(skips[0].Err, fs.ErrNotExist) {
		t.Errorf("got %+v", skips)
	}
}

func TestWalkForbidden(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can read every file; TestWalkUnreadable covers the same code")
	}
	root := makeTree(t, "a", "sub/b", "c/.gitignore: x", "c/x")
	for _, path := range []string{"sub", "c/.gitignore"} {
		abs := filepath.Join(root, path)
		if err := os.Chmod(abs, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(abs, 0o755) })
	}
	files, skips := walkTree(t, Options{Root: root})
	compareLists(t, "files", files, []string{"a", "c/x"})
	compareLists(t, "skips", skips, []string{"c/.gitignore unreadable", "sub/ unreadable"})
}

func TestWalkIgnoreFileTooLarge(t *testing.T) {
	root := makeTree(t, ".gitignore: a", "a", "sub/b", "sub/.gitignore: b")
	if err := os.Truncate(filepath.Join(root, ".gitignore"), maxIgnoreFile+1); err != nil {
		t.Skipf("no sparse files here: %v", err)
	}
	for _, paths := range [][]string{nil, {filepath.Join(root, "a"), filepath.Join(root, "sub")}, {filepath.Join(root, ".gitignore")}} {
		files, skips := walkTree(t, Options{Root: root, Paths: paths})
		if !slices.Contains(skips, ".gitignore unreadable") || slices.Contains(files, ".gitignore") {
			t.Errorf("%q: got %q, %q", paths, files, skips)
		}
	}
}

func TestWalkIrregular(t *testing.T) {
	root := makeTree(t, "a")
	t.Chdir(root) // a socket's path is limited to about 100 bytes
	l, err := net.Listen("unix", "socket")
	if err != nil {
		t.Skipf("no sockets in the file system: %v", err)
	}
	defer l.Close()
	files, skips := walkTree(t, Options{Root: root})
	compareLists(t, "files", files, []string{"a"})
	compareLists(t, "skips", skips, []string{"socket not a regular file"})
}
