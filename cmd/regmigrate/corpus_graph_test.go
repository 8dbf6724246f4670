package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// layersOf are the kustomizations of a tree by folder, read without code of the
// program.
type layersOf map[string]*layerOf

type layerOf struct {
	file   string
	below  []string // folders and files that it uses
	remote []string // resources that the tree does not have
	names  []string // names of its entries of images that are plain names
}

func readLayers(t *testing.T, root string) layersOf {
	t.Helper()
	out := layersOf{}
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !slices.Contains([]string{"kustomization.yaml", "kustomization.yml", "Kustomization"}, path.Base(name)) || !d.Type().IsRegular() {
			return err
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		var k struct {
			Resources, Bases, Components []string
			Images                       []struct{ Name string }
		}
		l := &layerOf{file: name}
		out[path.Dir(name)] = l
		if yaml.Unmarshal(src, &k) != nil {
			return nil
		}
		for i, what := range slices.Concat(k.Resources, k.Bases, k.Components) {
			at := path.Join(path.Dir(name), what)
			switch _, err := fs.Stat(tree, at); {
			case err == nil:
				l.below = append(l.below, at)
			case strings.Contains(what, "://") || strings.Contains(what, "?ref=") || strings.HasPrefix(what, "github.com/"):
				if i < len(k.Resources)+len(k.Bases) {
					l.remote = append(l.remote, what)
				}
			}
		}
		for _, e := range k.Images {
			if e.Name != "" && !strings.ContainsAny(e.Name, ":@*()[]") {
				l.names = append(l.names, e.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// below returns dir and all folders and files that it uses, directly or through
// bases.
func (g layersOf) below(dir string) map[string]bool {
	seen := map[string]bool{dir: true}
	for next := []string{dir}; len(next) > 0; next = next[1:] {
		l := g[next[0]]
		if l == nil {
			continue
		}
		seen[l.file] = true
		for _, b := range l.below {
			if !seen[b] {
				seen[b] = true
				next = append(next, b)
			}
		}
	}
	return seen
}

// remote reports whether dir uses a remote resource.
func (g layersOf) remote(dir string) bool {
	for at := range g.below(dir) {
		if l := g[at]; l != nil && len(l.remote) > 0 {
			return true
		}
	}
	return false
}

// stubs returns the content that replaces each remote base: a Deployment of all
// images that an entry selects, with their old names.
func (g layersOf) stubs() string {
	names := map[string]bool{}
	for _, l := range g {
		for _, n := range l.names {
			names[n] = true
		}
	}
	var b strings.Builder
	b.WriteString("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: stub}\nspec:\n  template:\n    spec:\n      containers:\n")
	for i, n := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(&b, "      - {name: c%d, image: %q}\n", i, n+":of-the-stub")
	}
	return b.String()
}

// stub replaces the remote resources in the tree at root by stubs.
func (g layersOf) stub(t *testing.T, root, stubs string) {
	t.Helper()
	for dir, l := range g {
		for i := range l.remote {
			at := filepath.Join(root, filepath.FromSlash(dir), fmt.Sprintf("regmigrate-stub-%d", i))
			if err := os.MkdirAll(at, 0o777); err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{"kustomization.yaml": fmt.Sprintf("resources: [stub.yaml]\nnameSuffix: -n%d\n", i), "stub.yaml": stubs} {
				if err := os.WriteFile(filepath.Join(at, file), []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(l.remote) > 0 {
			src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(l.file)))
			if err != nil {
				t.Fatal(err)
			}
			g.write(t, root, l.file, src)
		}
	}
}

// write writes a file of the tree at root, with stubs in place of remote
// resources.
func (g layersOf) write(t *testing.T, root, name string, src []byte) {
	t.Helper()
	text := string(src)
	if l := g[path.Dir(name)]; l != nil && l.file == name {
		for i, what := range l.remote {
			text = strings.ReplaceAll(text, what, fmt.Sprintf("regmigrate-stub-%d", i))
		}
	}
	if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
