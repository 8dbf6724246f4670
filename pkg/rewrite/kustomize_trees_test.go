package rewrite_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// remoteBase is the URL of a remote base.
const remoteBase = "https://example.com/org/far//base?ref=v1"

// A family has rules and names: ones that the rules match, new names, and others.
type family struct {
	rules           []string
	old, new, other []string
}

var families = []family{
	{[]string{"k8s.gcr.io=registry.k8s.io"}, []string{"k8s.gcr.io/pause", "k8s.gcr.io/etcd", "k8s.gcr.io/dns/core"}, []string{"registry.k8s.io/pause", "registry.k8s.io/etcd"}, []string{"app", "quay.io/pause", "nginx"}},
	{[]string{"k8s.gcr.io=mirror.example/k8s"}, []string{"k8s.gcr.io/pause", "k8s.gcr.io/pause-amd64", "k8s.gcr.io/dns/core"}, []string{"mirror.example/k8s/pause", "mirror.example/k8s"}, []string{"app", "IMAGE", "pause"}},
	{[]string{"gcr.io/google-containers=registry.example:5000", "quay.io/x=registry.example:5000/x"}, []string{"gcr.io/google-containers/pause", "quay.io/x/a", "quay.io/x/pause"}, []string{"registry.example:5000/pause", "registry.example:5000/x/a"}, []string{"gcr.io/pause", "quay.io/y/a", "x/a"}},
	{[]string{"k8s.gcr.io/pause=registry.example/infra/pause"}, []string{"k8s.gcr.io/pause", "k8s.gcr.io/pause/arm"}, []string{"registry.example/infra/pause"}, []string{"k8s.gcr.io/etcd", "k8s.gcr.io/pause-amd64", "app"}},
	{[]string{"docker.io/bitnami=docker.io/bitnamilegacy"}, []string{"bitnami/redis", "docker.io/bitnami/redis", "index.docker.io/bitnami/redis", "bitnami/kafka"}, []string{"bitnamilegacy/redis", "docker.io/bitnamilegacy/redis"}, []string{"redis", "bitnamicharts/redis", "quay.io/bitnami/redis"}},
	{[]string{"docker.io=mirror.example/hub"}, []string{"nginx", "library/nginx", "docker.io/nginx", "docker.io/library/nginx", "a/b"}, []string{"mirror.example/hub/library/nginx", "mirror.example/hub/a/b"}, []string{"quay.io/nginx", "IMAGE", "localhost:5000/nginx"}},
	{[]string{"localhost:5000=registry.example"}, []string{"localhost:5000/a", "localhost:5000/a/b"}, []string{"registry.example/a"}, []string{"localhost/a", "localhost:5001/a", "a"}},
}

// A kustomizeTree is a repository of kustomizations.
type kustomizeTree struct {
	*choices
	family
	files      map[string]string
	remotePods string   // the resources of the remote base
	only       string   // the folder to scan; "" for the whole tree
	dirs       []string // folders of kustomizations
	components []string // folders of components
	n          int      // for unique names
}

// newKustomizeTree generates the tree of the choices c.
func newKustomizeTree(c *choices) *kustomizeTree {
	family := pick(c, families...)
	t := &kustomizeTree{choices: c, family: family, files: map[string]string{}}
	t.new = t.other // the run assumes that a remote base uses only old names
	t.remotePods = t.object("Pod") + "---\n" + t.object("Deployment")
	t.family = family
	for i := range 1 + t.of(2) {
		dir := fmt.Sprintf("base%d", i)
		var b strings.Builder
		b.WriteString("resources:\n" + t.resource(dir))
		if t.in(40) {
			b.WriteString(t.resource(dir))
		}
		if t.in(10) {
			b.WriteString("- " + remoteBase + "\n")
		}
		t.layer(dir, &b, 30)
	}
	for i := range t.of(3) {
		dir := fmt.Sprintf("part%d", i)
		var b strings.Builder
		b.WriteString("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n")
		t.layer(dir, &b, 80)
		t.components = append(t.components, dir)
	}
	for i := range 1 + t.of(4) {
		dir := pick(t.choices, "over", "overlays/prod", "envs/eu/west") + fmt.Sprint(i)
		var b strings.Builder
		b.WriteString(pick(t.choices, "resources:\n", "resources:\n", "resources:\n", "bases:\n"))
		bases := []string{pick(t.choices, t.dirs...)}
		if t.in(25) {
			bases = append(bases, pick(t.choices, t.dirs...))
		}
		slices.Sort(bases)
		for _, base := range slices.Compact(bases) {
			b.WriteString("- " + relative(dir, base) + "\n")
		}
		if t.in(15) {
			b.WriteString("- " + remoteBase + "\n")
		}
		fmt.Fprintf(&b, "namePrefix: p%d-\n", i)
		if t.in(40) && len(t.components) > 0 {
			b.WriteString("components:\n- " + relative(dir, pick(t.choices, t.components...)) + "\n")
			if t.in(20) {
				b.WriteString("- " + relative(dir, pick(t.choices, t.components...)) + "\n")
			}
		}
		t.layer(dir, &b, 75)
	}
	return t
}

func relative(from, to string) string {
	return strings.Repeat("../", strings.Count(from, "/")+1) + to
}

// layer writes the rest of the kustomization in b, with images in percent of all
// cases.
func (t *kustomizeTree) layer(dir string, b *strings.Builder, percent int) {
	if t.in(percent) {
		t.images(b)
	}
	if t.in(25) {
		t.patches(dir, b)
	}
	if t.in(12) {
		t.replacements(b)
	}
	if t.in(12) {
		fmt.Fprintf(b, "generatorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator:\n- name: made%d\n  literals:\n  - image=%s\n  - other=x\n", t.n, t.ref(60))
		t.n++
	}
	if t.in(10) {
		name := fmt.Sprintf("fields%d.yaml", t.n)
		t.n++
		t.files[path.Join(dir, name)] = "images:\n- {path: spec/image, kind: Widget}\n"
		b.WriteString("configurations: [" + name + "]\n")
	}
	if t.in(10) {
		name := fmt.Sprintf("tags%d.yaml", t.n)
		t.n++
		entry := strings.ReplaceAll(t.entry(false), "\n", "\n  ")
		t.files[path.Join(dir, name)] = "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: " + strings.TrimSuffix(name, ".yaml") + "}\nimageTag:\n  " +
			strings.TrimRight(entry, " ") + pick(t.choices, "fieldSpecs: [{path: spec/image, kind: Widget}]\n", "")
		b.WriteString("transformers: [" + name + "]\n")
	}
	if !strings.Contains(b.String(), "kind: Component") {
		t.dirs = append(t.dirs, dir)
	}
	t.files[path.Join(dir, pick(t.choices, "kustomization.yml", "Kustomization", "kustomization.yaml"))] = b.String()
}

// archive returns the tree in txtar format, for failure logs.
func (t *kustomizeTree) archive() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, t.files[name])
	}
	return b.String()
}
