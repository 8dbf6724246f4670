package walk

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// TestVendored checks which files of skipped vendored folders the walk passes to
// Options.Vendored.
func TestVendored(t *testing.T) {
	tree := []string{
		".gitignore: *.log|node_modules/", "a.yaml", "vendor/v.yaml", "vendor/v.log", "vendor/new.yaml", "vendor/link -> v.yaml",
		"vendor/sub/s.yaml", "vendor/sub/node_modules/n.yaml", "vendor/folder -> ../web", "web/node_modules/w.yaml", "web/vendor/x/x.yaml",
	}
	tracked := []string{".gitignore", "a.yaml", "vendor/v.yaml", "vendor/v.log", "vendor/link", "vendor/folder", "vendor/sub/s.yaml", "vendor/sub/node_modules/n.yaml"}
	skips := []string{"vendor/ vendored", "web/node_modules/ vendored", "web/vendor/ vendored"}
	tests := []struct {
		name             string
		git              bool
		tracked          []string
		paths            []string
		include, exclude []string
		noIgnore         bool
		want             []string
	}{
		{name: "tracked files", git: true, tracked: tracked,
			want: []string{"vendor/sub/node_modules/n.yaml", "vendor/sub/s.yaml", "vendor/v.log", "vendor/v.yaml"}},
		{name: "no index", git: true},
		{name: "no repository", want: []string{"vendor/new.yaml", "vendor/sub/s.yaml", "vendor/v.yaml", "web/vendor/x/x.yaml"}},
		{name: "an excluded folder", git: true, tracked: tracked, exclude: []string{"vendor"}},
		{name: "excluded files", git: true, tracked: tracked, exclude: []string{"sub", "*.log"}, want: []string{"vendor/v.yaml"}},
		{name: "included files", git: true, tracked: tracked, include: []string{"*.log"}, want: []string{"vendor/v.log"}},
		{name: "an included folder", git: true, tracked: tracked, include: []string{"sub"}, want: []string{"vendor/sub/node_modules/n.yaml", "vendor/sub/s.yaml"}},
		{name: "no ignore", git: true, tracked: tracked, noIgnore: true},
		{name: "another folder is named", git: true, tracked: tracked, paths: []string{"web"}},
		{name: "the folder is named", git: true, tracked: tracked, paths: []string{"vendor"}, want: []string{"vendor/sub/node_modules/n.yaml"}},
		{name: "a file and the root are named", git: true, tracked: tracked, paths: []string{".", "vendor/sub/s.yaml"},
			want: []string{"vendor/sub/node_modules/n.yaml", "vendor/v.log", "vendor/v.yaml"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := makeTree(t, tree...)
			if tt.git {
				git(t, root, "init", "-q")
			}
			if tt.tracked != nil {
				git(t, root, append([]string{"add", "-f", "--"}, tt.tracked...)...)
			}
			t.Chdir(root)
			o := Options{Root: root, Paths: tt.paths, NoIgnore: tt.noIgnore, Include: globs(t, ".", tt.include...), Exclude: globs(t, ".", tt.exclude...)}
			withoutFiles, withoutSkips := walkTree(t, o)
			var mu sync.Mutex
			var got []string
			o.Vendored = func(f File) error {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, f.Path)
				return nil
			}
			files, all := walkTree(t, o)
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if !slices.Equal(files, withoutFiles) || !slices.Equal(all, withoutSkips) {
				t.Errorf("with Options.Vendored: files %q, skips %q; without: files %q, skips %q", files, all, withoutFiles, withoutSkips)
			}
			if tt.name == "no repository" && !slices.Contains(all, skips[0]) {
				t.Errorf("skips %q do not contain %q", all, skips[0])
			}
		})
	}
}

// TestVendoredNotReadable checks that the walk reports a vendored folder that it
// cannot read.
func TestVendoredNotReadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root can read every folder")
	}
	root := makeTree(t, "vendor/a/b.yaml")
	if err := os.Chmod(filepath.Join(root, "vendor", "a"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(root, "vendor", "a"), 0o755) })
	_, skips := walkTree(t, Options{Root: root, Vendored: func(File) error { return nil }})
	if want := []string{"vendor/ vendored", "vendor/a/ unreadable"}; !slices.Equal(skips, want) {
		t.Errorf("got %q, want %q", skips, want)
	}
}
