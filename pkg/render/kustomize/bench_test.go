package kustomize

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// overlays returns a base and n overlays of it, before and after a change.
func overlays(n int) (before, after fstest.MapFS, dirs []string) {
	files := map[string]string{
		"base/kustomization.yaml": "resources: [deploy.yaml, service.yaml]\nconfigMapGenerator:\n- name: cfg\n  literals: [a=b]\n",
		"base/service.yaml":       "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n",
	}
	const deploy = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: %s/pause:3.1
        envFrom: [{configMapRef: {name: cfg}}]
`
	at := func(host string) fstest.MapFS {
		files["base/deploy.yaml"] = fmt.Sprintf(deploy, host)
		for i := range n {
			files[fmt.Sprintf("o%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../base]\nnamePrefix: x%d-\nnamespace: ns%d\nimages:\n- name: %s/pause\n  newTag: \"3.%d\"\n", i, i, host, i)
		}
		return ofTexts(files)
	}
	for i := range n {
		dirs = append(dirs, fmt.Sprintf("o%d", i))
	}
	return at("k8s.gcr.io"), at("registry.k8s.io"), dirs
}

// BenchmarkBuild builds one overlay as a child process does.
func BenchmarkBuild(b *testing.B) {
	tree, _, _ := overlays(1)
	t, err := OpenTree(tree).overlayTree("o0")
	if err != nil {
		b.Fatal(err)
	}
	j, err := t.request(nil)
	if err == nil {
		err = j.prepare(map[string]bool{})
	}
	if err != nil {
		b.Fatal(err)
	}
	store := map[string][]byte{}
	for b.Loop() {
		if _, err := j.run(store, (&render.Runner{}).Limits()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOverlays verifies 200 overlays of one base.
func BenchmarkOverlays(b *testing.B) {
	before, after, dirs := overlays(200)
	r, move := testRunner(b), rewriteOf(b, nil)
	for b.Loop() {
		got, err := Verify(context.Background(), r, before, after, Options{Rewrite: move, Dirs: dirs})
		if err != nil || len(got) != len(dirs) || got[0].State != render.Proven {
			b.Fatal(got[0], err)
		}
	}
}
