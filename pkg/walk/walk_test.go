package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func globs(t *testing.T, base string, patterns ...string) []Glob {
	t.Helper()
	var out []Glob
	for _, p := range patterns {
		g, err := ParseGlob(p, base)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

func TestWalk(t *testing.T) {
	tree := []string{
		".git/HEAD: ref: refs/heads/main", ".git/objects/", ".git/refs/",
		".gitignore: *.log|out/|gen/*|all/**",
		"a.yaml", "b.log", "link.yaml -> a.yaml", "folder -> charts",
		"charts/web/values.yaml", "charts/web/README.md", "charts/web/vendor/v.yaml", "charts/web/vendor/node_modules/n.yaml",
		"out/o.yaml", "out/o.log", "out/sub/s.yaml", "out/.gitignore: s.yaml",
		"gen/g/g.yaml", "gen/g/g.log", "all/a.yaml", "all/b/b.yaml",
		"nested/.git/HEAD: ref: refs/heads/main", "nested/.git/objects/", "nested/.git/refs/", "nested/n.yaml", "nested/deep/n.yaml",
		"copied/.git: gitdir: /nowhere", "copied/c.yaml",
	}
	common := []string{"folder symlink", "link.yaml symlink"}
	nested := []string{"copied/ submodule", "nested/ submodule"}
	ignored := []string{"all/a.yaml ignored by git", "all/b/ ignored by git", "b.log ignored by git", "gen/g/ ignored by git", "out/ ignored by git"}
	vendored := []string{"charts/web/vendor/ vendored"}
	shown := []string{".gitignore", "a.yaml", "charts/web/README.md", "charts/web/values.yaml"}
	tests := []struct {
		name             string
		paths            []string
		include, exclude []string
		noIgnore         bool
		files            []string
		skips            []string
	}{
		{name: "everything", files: shown, skips: slices.Concat(common, nested, ignored, vendored)},
		{name: "no ignore", noIgnore: true,
			files: append([]string{
				"all/a.yaml", "all/b/b.yaml", "b.log", "gen/g/g.log", "gen/g/g.yaml", "out/.gitignore", "out/o.log", "out/o.yaml", "out/sub/s.yaml",
				"charts/web/vendor/v.yaml", "charts/web/vendor/node_modules/n.yaml",
			}, shown...),
			skips: slices.Concat(common, nested)},
		{name: "a folder", paths: []string{"charts"}, files: shown[2:], skips: vendored},
		{name: "overlapping paths", paths: []string{"charts/web/values.yaml", "charts", "./charts/../charts/web", "a.yaml"},
			files: shown[1:], skips: vendored},
		{name: "a named ignored file", paths: []string{"b.log", "out/sub/s.yaml"}, files: []string{"b.log", "out/sub/s.yaml"}},
		{name: "a named ignored folder", paths: []string{"out"},
			files: []string{"out/.gitignore", "out/o.yaml"}, skips: []string{"out/o.log ignored by git", "out/sub/s.yaml ignored by git"}},
		{name: "a named folder in an ignored folder", paths: []string{"out/sub"}, skips: []string{"out/sub/s.yaml ignored by git"}},
		{name: "a named folder that a pattern for its parent ignores", paths: []string{"gen/g"},
			files: []string{"gen/g/g.yaml"}, skips: []string{"gen/g/g.log ignored by git"}},
		{name: "a named folder that a pattern with ** ignores", paths: []string{"all/b"}, files: []string{"all/b/b.yaml"}},
		{name: "the root and ignored paths in it", paths: []string{".", "out/o.yaml", "gen/g"},
			files: append([]string{"gen/g/g.yaml", "out/o.yaml"}, shown...),
			skips: slices.Concat(common, nested, vendored, []string{
				"all/a.yaml ignored by git", "all/b/ ignored by git", "b.log ignored by git", "gen/g/g.log ignored by git",
				"out/.gitignore ignored by git", "out/o.log ignored by git", "out/sub/ ignored by git",
			})},
		{name: "a named file in a vendored folder", paths: []string{"charts/web/vendor/v.yaml"}, files: []string{"charts/web/vendor/v.yaml"}},
		{name: "a named vendored folder", paths: []string{"charts/web/vendor"},
			files: []string{"charts/web/vendor/v.yaml"}, skips: []string{"charts/web/vendor/node_modules/ vendored"}},
		{name: "a named vendored file and a folder that contains it", paths: []string{"charts", "charts/web/vendor/node_modules/n.yaml"},
			files: append([]string{"charts/web/vendor/node_modules/n.yaml"}, shown[2:]...), skips: []string{"charts/web/vendor/v.yaml vendored"}},
		{name: "a named link to a file", paths: []string{"link.yaml"}, skips: []string{"link.yaml symlink"}},
		{name: "a named link to a folder", paths: []string{"folder/web/values.yaml", "folder"}, files: shown[2:], skips: vendored},
		{name: "a named folder in a nested repository", paths: []string{"nested/deep"}, skips: []string{"nested/ submodule"}},
		{name: "a named nested repository", paths: []string{"nested"}, noIgnore: true, skips: []string{"nested/ submodule"}},
		{name: "git's own folder", paths: []string{".git/HEAD", "a.yaml"}, files: shown[1:2], skips: []string{".git/ git directory"}},
		{name: "include", include: []string{"*.yaml"}, exclude: []string{"nested", "copied"},
			files: []string{"a.yaml", "charts/web/values.yaml"},
			skips: slices.Concat([]string{"link.yaml symlink", "nested/ excluded", "copied/ excluded", ".gitignore not included", "b.log not included", "folder not included",
				"charts/web/README.md not included"}, []string{"all/a.yaml ignored by git", "all/b/ ignored by git", "gen/g/ ignored by git", "out/ ignored by git"}, vendored)},
		{name: "include a folder", paths: []string{"a.yaml", "charts", "b.log"}, include: []string{"charts/web", "*.log"},
			files: append([]string{"b.log"}, shown[2:]...), skips: append([]string{"a.yaml not included"}, vendored...)},
		{name: "exclude before include and before named paths", paths: []string{"charts/web/values.yaml", "a.yaml", "b.log", "out/o.yaml"},
			include: []string{"*.yaml"}, exclude: []string{"charts/web/", "/out/**", "a.*"},
			skips: []string{"charts/web/ excluded", "a.yaml excluded", "b.log not included", "out/o.yaml excluded"}},
	}
	root := makeTree(t, tree...)
	t.Chdir(root)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			slices.Sort(tt.files)
			slices.Sort(tt.skips)
			for _, jobs := range []int{1, 0, 7} {
				files, skips := walkTree(t, Options{
					Root: root, Paths: tt.paths, NoIgnore: tt.noIgnore, Jobs: jobs,
					Include: globs(t, "", tt.include...), Exclude: globs(t, "", tt.exclude...),
				})
				slices.Sort(skips)
				compareLists(t, fmt.Sprintf("files with %d jobs", jobs), files, tt.files)
				compareLists(t, fmt.Sprintf("skips with %d jobs", jobs), skips, tt.skips)
				if tt.paths == nil {
					checkComplete(t, root, files, skips)
				}
			}
		})
	}
}

func TestWalkOutsideRepository(t *testing.T) {
	root := makeTree(t, ".gitignore: *.log", "a.log", "a.yaml", "sub/.gitignore: !b.log", "sub/b.log",
		"repo/.git/HEAD: ref: refs/heads/main", "repo/.git/objects/", "repo/.git/refs/", "repo/c.yaml")
	addToTree(t, os.Getenv("HOME"), ".config/git/ignore: *.yaml")
	t.Cleanup(func() { os.RemoveAll(filepath.Join(os.Getenv("HOME"), ".config")) })
	files, skips := walkTree(t, Options{Root: root})
	compareLists(t, "files", files, []string{".gitignore", "a.yaml", "sub/.gitignore", "sub/b.log"})
	compareLists(t, "skips", skips, []string{"a.log ignored by git", "repo/ submodule"})
}

// TestWalkManyInOneFolder walks a folder with more entries than a batch.
func TestWalkManyInOneFolder(t *testing.T) {
	var tree, want []string
	for i := range 10*batch + 1 {
		tree = append(tree, fmt.Sprintf("flat/%04d.yaml", i), fmt.Sprintf("flat/d%04d/x", i))
		want = append(want, tree[2*i:]...)
	}
	slices.Sort(want)
	root := makeTree(t, tree...)
	for _, jobs := range []int{1, 5} {
		files, _ := walkTree(t, Options{Root: root, Jobs: jobs})
		compareLists(t, fmt.Sprintf("%d jobs", jobs), files, want)
	}
}

func TestWalkFile(t *testing.T) {
	root := makeTree(t, "sub/a b: four")
	var got File
	if _, err := Walk(t.Context(), Options{Root: filepath.Join(root, "sub", "..")}, func(f File) error { got = f; return nil }); err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(root, "sub", "a b"); got.Path != "sub/a b" || got.Abs != want {
		t.Errorf("got %q and %q, want %q", got.Path, got.Abs, want)
	}
	info, err := got.Info()
	if err != nil || info.Size() != 4 || !info.Mode().IsRegular() {
		t.Errorf("got %v, %v", info, err)
	}
	_, err = Walk(t.Context(), Options{Root: root}, func(f File) error {
		if err := os.Remove(f.Abs); err != nil {
			return err
		}
		_, err := f.Info()
		return err
	})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "reading the size of") {
		t.Errorf("got %v", err)
	}
}

func TestReasons(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Reasons() {
		if doc := r.Doc(); doc == "" || !strings.HasSuffix(doc, ".") || seen[doc] || seen[string(r)] {
			t.Errorf("%q: %q", r, doc)
		}
		seen[r.Doc()], seen[string(r)] = true, true
	}
	if doc := Reason("else").Doc(); doc != "" {
		t.Errorf("got %q", doc)
	}
}

func TestSortSkips(t *testing.T) {
	skips := []Skip{{Path: "b"}, {Path: "a", Reason: Vendored}, {Path: "a", Reason: Ignored}}
	sortSkips(skips)
	if want := []Skip{{Path: "a", Reason: Ignored}, {Path: "a", Reason: Vendored}, {Path: "b"}}; !reflect.DeepEqual(skips, want) {
		t.Errorf("got %v", skips)
	}
}

// TestWalkNamedInBoth names a file in a folder that is ignored and vendored: its
// siblings are still vendored, even if git tracks them.
func TestWalkNamedInBoth(t *testing.T) {
	root := makeTree(t, ".gitignore: out/", "vendor/out/named", "vendor/out/tracked", "vendor/out/other")
	git(t, root, "init", "-q")
	git(t, root, "add", "-f", "vendor/out/tracked")
	files, skips := walkTree(t, Options{Root: root, Paths: []string{root, filepath.Join(root, "vendor", "out", "named")}})
	compareLists(t, "files", files, []string{".gitignore", "vendor/out/named"})
	compareLists(t, "skips", skips, []string{"vendor/out/other vendored", "vendor/out/tracked vendored"})
}
