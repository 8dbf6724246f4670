package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// makeReplacements writes count files with the contents "old" into folders of ten.
func makeReplacements(t *testing.T, root string, count int) []Replacement {
	t.Helper()
	var list []Replacement
	for i := range count {
		name := fmt.Sprintf("folder%d/f%d", i/10, i)
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, name), "old", 0o640)
		list = append(list, Replacement{name, []byte("old"), []byte(fmt.Sprint("new ", i))})
	}
	return list
}

// ReplaceAll returns for each file what Replace returns, whatever is wrong with others,
// in batches of any size.
func TestReplaceAll(t *testing.T) {
	for _, count := range []int{0, 1, minBatchFiles - 1, minBatchFiles, 3*maxBatchFiles + 7} {
		for _, isRepository := range []bool{false, true} {
			t.Run(fmt.Sprint(count, " files, repository ", isRepository), func(t *testing.T) {
				root := t.TempDir()
				list := makeReplacements(t, root, count)
				if isRepository {
					makeFiles(t, root, map[string]string{".git/HEAD": "ref: refs/heads/main\n"})
				}
				want := map[string]error{}
				for i, r := range list {
					path := filepath.Join(root, filepath.FromSlash(r.Name))
					switch i % 9 {
					case 2:
						write(t, path, "other", 0o640)
						want[r.Name] = ErrChanged
					case 4:
						remove(t, path)
						want[r.Name] = fs.ErrNotExist
					case 6:
						remove(t, path)
						if err := os.Symlink("target", path); err != nil {
							t.Skip("cannot make symbolic links: ", err)
						}
						want[r.Name] = ErrSymlink
					}
				}
				dir, err := OpenDir(root)
				if err != nil {
					t.Fatal(err)
				}
				defer dir.Close()
				var names []string
				dir.ReplaceAll(context.Background(), slices.Values(list), func(name string, lost []string, err error) {
					if !errors.Is(err, want[name]) || want[name] == nil && err != nil {
						t.Errorf("%s: got error %v, want %v", name, err, want[name])
					}
					names = append(names, name)
				})
				for i, r := range list {
					if i >= len(names) || names[i] != r.Name {
						t.Fatalf("got results for %q, want one for each file in order", names)
					}
					if want[r.Name] == nil {
						wantFile(t, filepath.Join(root, filepath.FromSlash(r.Name)), string(r.Contents))
					}
				}
				wantNoTemporary(t, root)
			})
		}
	}
}

// wantNoTemporary fails if a temporary file is anywhere below root.
func wantNoTemporary(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && temporaryName.MatchString(e.Name()) {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// If ctx is done, the files that are not new yet stay old.
func TestReplaceAllInterrupted(t *testing.T) {
	const count, last = 2*maxBatchFiles + 50, maxBatchFiles + 10
	root := t.TempDir()
	list := makeReplacements(t, root, count)
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	i := 0
	dir.ReplaceAll(ctx, slices.Values(list), func(name string, _ []string, err error) {
		path, want := filepath.Join(root, filepath.FromSlash(name)), "old"
		if i <= last {
			want = string(list[i].Contents)
		}
		if (i > last) != errors.Is(err, context.Canceled) {
			t.Errorf("file %d: got error %v", i, err)
		}
		wantFile(t, path, want)
		if i == last {
			stop()
		}
		i++
	})
	if i != count {
		t.Errorf("got %d results, want %d", i, count)
	}
	wantNoTemporary(t, root)
}

// A file that changes while it is in a batch is not replaced.
func TestReplaceAllWithConcurrentChange(t *testing.T) {
	root := t.TempDir()
	list := makeReplacements(t, root, maxBatchFiles)
	changed := filepath.Join(root, filepath.FromSlash(list[20].Name))
	dir, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	files := func(yield func(Replacement) bool) {
		for i, r := range list {
			if i == 40 { // file 20 is prepared
				write(t, changed, "changed meanwhile", 0o640)
			}
			if !yield(r) {
				return
			}
		}
	}
	dir.ReplaceAll(context.Background(), files, func(name string, _ []string, err error) {
		if name == list[20].Name {
			if !errors.Is(err, ErrChanged) {
				t.Errorf("got error %v, want %v", err, ErrChanged)
			}
			return
		}
		if err != nil {
			t.Error(err)
		}
	})
	wantFile(t, changed, "changed meanwhile")
	wantNoTemporary(t, root)
}
