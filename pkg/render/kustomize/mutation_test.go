package kustomize

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// remoteBase is the remote base of some kustomizations of mutationLayers. It has the
// old names before and after the change.
const remoteBase = "https://example.com/org/remote//base?ref=v1"

var remoteFiles = map[string]string{
	"remote/kustomization.yaml": "resources: [pod.yaml]\n",
	"remote/pod.yaml":           "apiVersion: v1\nkind: Pod\nmetadata: {name: far}\nspec:\n  containers:\n  - {name: a, image: k8s.gcr.io/far:0.1}\n  - {name: b, image: k8s.gcr.io/other:0.1}\n",
}

// mutationLayers are a base with an overlay and an overlay of the overlay, a
// component, and the same chain of overlays on a remote base.
var mutationLayers = map[string]string{
	"base/kustomization.yaml": `resources: [deploy.yaml]
configMapGenerator:
- name: cfg
  literals: [image=k8s.gcr.io/cfg:1]
`,
	"base/deploy.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - {name: a, image: k8s.gcr.io/pause:3.1}
      - {name: b, image: k8s.gcr.io/etcd:3.5, envFrom: [{configMapRef: {name: cfg}}]}
      - {name: c, image: k8s.gcr.io/plain}
`,
	"mid/kustomization.yaml": `resources: [../base]
images:
- name: k8s.gcr.io/pause # mid
  newTag: "3.8"
- name: k8s.gcr.io/etcd
  digest: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
`,
	"part/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
- name: k8s.gcr.io/plain
  newName: k8s.gcr.io/plainer
  newTag: v2
patches:
- patch: |-
    - op: add
      path: /spec/template/spec/containers/-
      value: {name: d, image: k8s.gcr.io/patched:4}
  target: {kind: Deployment}
`,
	"top/kustomization.yaml": `resources: [../mid]
components: [../part]
images:
- name: k8s.gcr.io/pause # top
  newTag: "3.9"
- name: k8s.gcr.io/plainer
  newTag: v3
`,
	"far/kustomization.yaml": "resources:\n- " + remoteBase + `
images:
- name: k8s.gcr.io/far
  newTag: "0.8"
- name: k8s.gcr.io/other
  newName: k8s.gcr.io/another
`,
	"farther/kustomization.yaml": `resources: [../far]
images:
- name: k8s.gcr.io/far
  newTag: "0.9"
`,
}

// rightLayers are the replacements of the right change of mutationLayers.
var rightLayers = []oldNew{
	{"base/kustomization.yaml", "image=k8s.gcr.io/cfg", "image=mirror.example/k8s/cfg"},
	{"base/deploy.yaml", "image: k8s.gcr.io/pause", "image: mirror.example/k8s/pause"},
	{"base/deploy.yaml", "image: k8s.gcr.io/etcd", "image: mirror.example/k8s/etcd"},
	{"base/deploy.yaml", "image: k8s.gcr.io/plain", "image: mirror.example/k8s/plain"},
	{"mid/kustomization.yaml", "name: k8s.gcr.io/pause", "name: mirror.example/k8s/pause"},
	{"mid/kustomization.yaml", "name: k8s.gcr.io/etcd", "name: mirror.example/k8s/etcd"},
	{"part/kustomization.yaml", "name: k8s.gcr.io/plain\n", "name: mirror.example/k8s/plain\n"},
	{"part/kustomization.yaml", "newName: k8s.gcr.io/plainer", "newName: mirror.example/k8s/plainer"},
	{"part/kustomization.yaml", "image: k8s.gcr.io/patched", "image: mirror.example/k8s/patched"},
	{"top/kustomization.yaml", "name: k8s.gcr.io/pause", "name: mirror.example/k8s/pause"},
	{"top/kustomization.yaml", "name: k8s.gcr.io/plainer", "name: mirror.example/k8s/plainer"},
	{"far/kustomization.yaml", "name: k8s.gcr.io/far\n", "name: k8s.gcr.io/far\n  newName: mirror.example/k8s/far\n"},
	{"far/kustomization.yaml", "newName: k8s.gcr.io/another", "newName: mirror.example/k8s/another"},
	{"farther/kustomization.yaml", "name: k8s.gcr.io/far", "name: mirror.example/k8s/far"},
}

// mutateLayers applies rightLayers, or leaves some out or changes them, and
// describes what it did.
func mutateLayers(random *rand.Rand) (map[string]string, string) {
	files := maps.Clone(mutationLayers)
	wrong := rightLayers[random.IntN(len(rightLayers))]
	kind := random.IntN(9)
	said := ""
	for _, e := range rightLayers {
		now := e.new
		switch {
		case kind == 0 && e.file == wrong.file:
			said, now = "the layer "+e.file+" is skipped", e.old
		case e != wrong:
		case kind == 1:
			said, now = "left behind", e.old
		case kind == 2:
			said, now = "a wrong host", strings.Replace(e.new, "mirror.example", "mirror.exampel", 1)
		case kind == 3:
			said, now = "without the path", strings.Replace(e.new, "k8s/", "", 1)
		case kind == 4:
			j := random.IntN(len(e.new))
			said, now = "a byte less", e.new[:j]+e.new[j+1:]
		case kind == 5:
			j := random.IntN(len(e.new))
			said, now = "a byte more", e.new[:j]+string("ax1/.: #\n"[random.IntN(9)])+e.new[j:]
		case kind == 6:
			said, now = "moved where it has to stay, or dropped", strings.ReplaceAll(strings.Split(e.new, "\n")[0], "k8s.gcr.io", "mirror.example/k8s")
			if strings.HasSuffix(e.new, "\n") {
				now += "\n"
			}
		}
		files[e.file] = strings.Replace(files[e.file], e.old, now, 1)
	}
	if kind < 7 {
		return files, fmt.Sprintf("%q of %s: %s", wrong.old, wrong.file, said)
	}
	lines := strings.SplitAfter(files[wrong.file], "\n")
	j := random.IntN(len(lines) - 1)
	if kind == 7 {
		files[wrong.file] = strings.Join(slices.Delete(lines, j, j+1), "")
		return files, fmt.Sprintf("line %d of %s gone", j+1, wrong.file)
	}
	// Repeat an entry, with another tag or with its old name.
	for j < len(lines)-1 && !strings.HasPrefix(lines[j], "- name: ") {
		j++
	}
	entry := strings.Join(lines[j:min(j+2, len(lines))], "")
	switch random.IntN(3) {
	case 0:
		entry = strings.ReplaceAll(entry, "mirror.example/k8s", "k8s.gcr.io")
	case 1:
		entry = strings.ReplaceAll(entry, `"3.`, `"4.`)
	}
	files[wrong.file] += entry
	return files, fmt.Sprintf("%q twice in %s", entry, wrong.file)
}

// TestLayerMutations verifies random wrong changes. The verdict must be Failed
// exactly when a line of the build with the remote base differs both from the build
// before the change and from the build after the right change, or when a wrong name
// of an entry selects nothing.
func TestLayerMutations(t *testing.T) {
	const n = 120
	r := testRunner(t)
	move := rewriteOf(t, []byte("rule: k8s.gcr.io=mirror.example/k8s\n"))
	right := maps.Clone(mutationLayers)
	for _, e := range rightLayers {
		if strings.Count(right[e.file], e.old) != 1 {
			t.Fatalf("%q occurs %d times in %s", e.old, strings.Count(right[e.file], e.old), e.file)
		}
		right[e.file] = strings.Replace(right[e.file], e.old, e.new, 1)
	}
	dirs := []string{"base", "far", "farther", "mid", "top"}
	before, after := map[string][]string{}, map[string][]string{}
	for _, dir := range dirs {
		before[dir], after[dir] = builtLines(t, r, mutationLayers, dir), builtLines(t, r, right, dir)
		if before[dir] == nil || after[dir] == nil || slices.Equal(before[dir], after[dir]) {
			t.Fatalf("%s: before %q, after %q", dir, before[dir], after[dir])
		}
	}
	all := verifyLayers(t, r, move, right)
	if len(all) != len(dirs) {
		t.Fatalf("%d verdicts", len(all))
	}
	for _, v := range all {
		if want := (map[bool]render.State{true: render.Unproven, false: render.Proven})[strings.HasPrefix(v.Dir, "far")]; v.State != want || len(v.Leftovers) > 0 {
			t.Errorf("the right change: %s %s: %s %v", v.State, v.Dir, v.Summary(), v.Leftovers)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	caught, same := 0, 0
	for range n {
		files, said := mutateLayers(random)
		for _, v := range verifyLayers(t, r, move, files) {
			dir := v.Dir
			wrong := !rightLines(before[dir], after[dir], builtLines(t, r, files, dir))
			if wrong {
				caught++
			} else {
				same++
			}
			lost := strings.HasPrefix(said, `"name: `) && strings.Contains(v.Reason, "selects no image after the change")
			if wrong != (v.State == render.Failed) && !lost {
				t.Errorf("%s: %s: %s, and wrong is %t: %s", said, dir, v.State, wrong, v.Summary())
			}
		}
	}
	if caught < n/2 || same < n/2 {
		t.Errorf("%d mutated builds are wrong, %d are not: a poor sample", caught, same)
	}
	t.Logf("%d mutations: %d builds are otherwise than the rules say, %d are not", n, caught, same)
}

func verifyLayers(t *testing.T, r *render.Runner, move render.RewriteFunc, files map[string]string) []render.Verdict {
	t.Helper()
	got, err := Verify(context.Background(), r, ofTexts(mutationLayers), ofTexts(files),
		Options{Rewrite: move, Changed: true, Dirs: []string{"base", "far", "farther", "mid", "top"}}) // the verdict of the component part follows from these
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func ofTexts(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, src := range files {
		out[name] = &fstest.MapFile{Data: []byte(src)}
	}
	return out
}

// builtLines returns the lines of the build of dir with the remote base, nil when it
// does not build.
func builtLines(t *testing.T, r *render.Runner, files map[string]string, dir string) []string {
	t.Helper()
	all := maps.Clone(files)
	maps.Copy(all, remoteFiles)
	for name, src := range all {
		all[name] = strings.ReplaceAll(src, remoteBase, "../remote")
	}
	x := OpenTree(ofTexts(all))
	p := comparison{runner: r, treeBefore: x, treeAfter: x}
	overlay, err := x.overlayTree(dir)
	if err != nil {
		return nil
	}
	got, err := p.build(context.Background(), overlay, none)
	if err != nil {
		return nil
	}
	var out []string
	for _, text := range got.Texts {
		out = append(out, path.Base(text.Template))
		out = append(out, strings.Split(text.Body, "\n")...)
	}
	return out
}

// none is a replaceFunc without replacements.
func none(*overlayTree) replacements { return nil }
