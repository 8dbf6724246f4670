package kustomize

import (
	"context"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestRealComponents compares the build of a component alone with the output of the
// program kustomize for a kustomization that uses nothing but the component.
func TestRealComponents(t *testing.T) {
	kustomize, err := exec.LookPath("kustomize")
	if err != nil {
		t.Skip("kustomize is not on PATH; make test-real builds it")
	}
	a, err := txtar.ParseFile("testdata/verify/component.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := tree(a, "before/")
	files["generates/kustomization.yaml"] = ofTexts(map[string]string{"x": "kind: Component\nnamePrefix: p-\nresources: [../base]\nlabels: [{pairs: {a: b}, includeSelectors: true}]\nconfigMapGenerator: [{name: g, literals: [a=k8s.gcr.io/x:1]}]\n"})["x"]
	root := t.TempDir()
	for name, f := range files {
		at := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := testRunner(t)
	x := OpenTree(files)
	compared := 0
	for name := range files {
		dir := path.Dir(name)
		if path.Base(name) != "kustomization.yaml" || !x.isComponent(x, dir) {
			continue
		}
		compared++
		t.Run(dir, func(t *testing.T) {
			stub := filepath.Join(root, "stub-"+dir)
			if err := os.MkdirAll(stub, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(stub, "kustomization.yaml"), []byte("components: [../"+dir+"]\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			want, wantErr := exec.Command(kustomize, "build", stub).Output()
			overlay, err := x.overlayTree(dir)
			if err != nil {
				t.Fatal(err)
			}
			c := comparison{runner: r}
			got, err := c.build(context.Background(), overlay, (*overlayTree).withoutOmitted)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("expected error %v, got %v", wantErr, err)
			}
			if err == nil && strings.TrimSpace(joinedText(got)) != strings.TrimSpace(string(want)) {
				t.Errorf("expected:\n%s\ngot:\n%s", want, joinedText(got))
			}
		})
	}
	if compared < 10 {
		t.Errorf("expected at least 10 components, got %d", compared)
	}
}
