package kustomize

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// TestVerify verifies the change from before/ to before/ with the files of after/
// replaced.
func TestVerify(t *testing.T) {
	r := testRunner(t)
	for _, file := range cases(t, "verify") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			before := tree(a, "before/")
			after := render.Overlay(before, contents(tree(a, "after/")))
			checkWant(t, file, a, verifyAll(t, r, before, after, rewriteOf(t, a.Comment)))
		})
	}
}

// verifyAll verifies all kustomizations of before and formats the verdicts.
func verifyAll(t *testing.T, r *render.Runner, before fstest.MapFS, after fs.FS, move render.RewriteFunc) string {
	t.Helper()
	got, err := Verify(context.Background(), r, before, after, Options{Rewrite: move, Dirs: Dirs(slices.Sorted(maps.Keys(before)))})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range got {
		b.WriteString(show(got[i : i+1]))
		for _, n := range got[i].Notes {
			fmt.Fprintf(&b, "  note: %s\n", n)
		}
		for _, n := range got[i].Omitted {
			fmt.Fprintf(&b, "  not built: %s\n", n)
		}
	}
	return b.String()
}

const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: \"k8s.gcr.io/pause:3.1\"}]}\n"

// TestHostile builds kustomizations that do not build, or not within the limits.
// After each of them the Runner still builds.
func TestHostile(t *testing.T) {
	r := hostileRunner(t)
	deep, wide := map[string]string{}, map[string]string{}
	for i := range 200 {
		deep[fmt.Sprintf("d%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../d%d]\n", i+1)
	}
	deep["d200/kustomization.yaml"] = "resources: [pod.yaml]\n"
	for i := range 40 {
		wide[fmt.Sprintf("d%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../d%d, ../e%d]\n", i+1, i+1)
		wide[fmt.Sprintf("e%d/kustomization.yaml", i)] = fmt.Sprintf("namePrefix: x\nresources: [../d%d, ../e%d]\n", i+1, i+1)
	}
	wide["d40/kustomization.yaml"], wide["e40/kustomization.yaml"] = "namePrefix: a\n", "namePrefix: b\n"
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		dir   string
		want  string // in the reason; one of several, between |
	}{
		{"a cycle", map[string]string{"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"}, "a", "cycle detected"},
		{"its own base", map[string]string{"a/kustomization.yaml": "resources: [../a]\n"}, "a", "cycle detected"},
		{"a folder above", map[string]string{"kustomization.yaml": "resources: [a]\n", "a/kustomization.yaml": "resources: [..]\n"}, "a", "cycle detected"},
		{"a missing file", map[string]string{"a/kustomization.yaml": "resources: [pod.yaml, gone.yaml]\n"}, "a", "a/kustomization.yaml: gone.yaml does not exist"},
		{"a missing base", map[string]string{"a/kustomization.yaml": "resources: [../gone]\n"}, "a", "a/kustomization.yaml: ../gone does not exist"},
		{"a base that is none", map[string]string{"a/kustomization.yaml": "resources: [../b]\n", "b/pod.yaml": pod}, "a", "../b has no kustomization"},
		{"two of them", map[string]string{"a/kustomization.yaml": "resources: [pod.yaml]\n", "a/Kustomization": "namePrefix: x\n"}, "a", "multiple kustomization files"},
		{"an empty one", map[string]string{"a/kustomization.yaml": ""}, "a", "is empty"},
		{"no YAML", map[string]string{"a/kustomization.yaml": "resources: [pod.yaml\n"}, "a", "yaml"},
		{"an unknown key", map[string]string{"a/kustomization.yaml": "resource: [pod.yaml]\n"}, "a", `unknown field "resource"`},
		{"bases 200 deep", deep, "d0", "more than 100 deep"},
		{"bases that double", wide, "d0", "more than 2000 bases"},
		{"alias bomb in the kustomization", map[string]string{"a/kustomization.yaml": bomb}, "a", "excessive aliasing"},
		{"alias bomb in a resource", map[string]string{"a/kustomization.yaml": "resources: [bomb.yaml]\n", "a/bomb.yaml": "kind: A\nmetadata: {name: a}\n" + bomb}, "a", "excessive aliasing|did not end|" + outOfMemory},
		{"nested brackets", map[string]string{"a/kustomization.yaml": "resources: [deep.yaml]\n", "a/deep.yaml": "a: " + strings.Repeat("[", 100000)}, "a", "yaml|recursion"},
		{"a large file", map[string]string{"a/kustomization.yaml": "resources: [pod.yaml, big.yaml]\n", "a/big.yaml": strings.Repeat("#", 33<<20)}, "a", "larger than 32 MiB"},
		{"much output", map[string]string{"a/kustomization.yaml": "resources: [big.yaml]\n", "a/big.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: " + strings.Repeat("x", 5<<20) + "}\n"}, "a", "larger than 4 MiB|" + outOfMemory},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := ofTexts(tt.files)
			files[tt.dir+"/pod.yaml"] = &fstest.MapFile{Data: []byte(pod)}
			files["ok/pod.yaml"] = &fstest.MapFile{Data: []byte(pod)}
			files["ok/kustomization.yaml"] = &fstest.MapFile{Data: []byte("resources: [pod.yaml]\n")}
			got, err := Verify(context.Background(), r, files, files, Options{Rewrite: rewriteOf(t, nil), Dirs: []string{tt.dir, "ok"}})
			if err != nil || len(got) != 2 {
				t.Fatalf("%d verdicts: %v", len(got), err)
			}
			if v := got[0]; v.State != render.Unproven || !slices.ContainsFunc(strings.Split(tt.want, "|"), func(w string) bool { return strings.Contains(v.Reason, w) }) {
				t.Errorf("%s: %s; want unproven, and %q", v.State, v.Reason, tt.want)
			}
			if v := got[1]; v.State != render.Proven || v.Objects != 1 {
				t.Errorf("the one after it: %s %s", v.State, v.Summary())
			}
		})
	}
}

// TestNothingFetched checks that remote parts cause no request, and that no program
// is started.
func TestNothingFetched(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		fmt.Fprint(w, pod)
	}))
	defer server.Close()
	for _, text := range []string{
		"resources: [URL/a.yaml]\n",
		"bases: ['URL/org/repo//base?ref=v1']\n",
		"components: ['git::URL/org/repo.git']\n",
		"resources: ['git@127.0.0.1:org/repo.git']\n",
		"crds: [URL/crd.json]\n",
		"configurations: [URL/c.yaml]\n",
		"openapi: {path: URL/schema.json}\n",
		"patches: [{path: URL/p.yaml}]\n",
		"patchesJson6902: [{path: URL/p.yaml, target: {kind: Pod, version: v1, name: a}}]\n",
		"replacements: [{path: URL/r.yaml}]\n",
		"transformers: [URL/t.yaml]\n",
		"generators: [URL/g.yaml]\n",
		"configMapGenerator: [{name: c, files: ['a.yaml=URL/f.yaml'], envs: [URL/env]}]\n",
		"helmCharts: [{name: web, repo: URL/charts, version: 1.0.0}]\n",
	} {
		text = strings.ReplaceAll(text, "URL", server.URL) + "images: [{name: k8s.gcr.io/pause, newTag: '3.9'}]\n"
		r := testRunner(t)
		files := ofTexts(map[string]string{"kustomization.yaml": text})
		got, err := Verify(context.Background(), r, files, files, Options{Rewrite: rewriteOf(t, nil), Dirs: []string{"."}})
		if err != nil || len(got) != 1 || got[0].State != render.Unproven || !strings.Contains(got[0].Reason, "not built: ") {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	if n := requests.Load(); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// TestBaseSentOnce checks that a child process receives a file of a base once,
// independent of the number of overlays.
func TestBaseSentOnce(t *testing.T) {
	files := map[string]string{"base/kustomization.yaml": "resources: [pod.yaml]\n", "base/pod.yaml": pod}
	const n = 40
	for i := range n {
		files[fmt.Sprintf("o%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../base]\nnamePrefix: x%d-\n", i)
	}
	x := OpenTree(ofTexts(files))
	sent := map[string]bool{}
	travelled := 0
	for i := range n {
		overlay, err := x.overlayTree(fmt.Sprintf("o%d", i))
		if err != nil {
			t.Fatal(err)
		}
		j, err := overlay.request(nil)
		if err != nil || len(j.Files) != 3 {
			t.Fatalf("files of the job: %v, %v", j.Files, err)
		}
		if err := j.prepare(sent); err != nil {
			t.Fatal(err)
		}
		travelled += len(j.NewContents)
	}
	if want := n + 2; travelled != want {
		t.Errorf("%d files were sent, want %d", travelled, want)
	}
}
