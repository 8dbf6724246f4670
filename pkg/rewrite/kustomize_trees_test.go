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

// choices are random choices, one byte each. Without bytes left, every choice is
// the last alternative.
type choices struct{ left []byte }

// of returns a number from 0 to n-1.
func (c *choices) of(n int) int {
	if len(c.left) == 0 {
		return n - 1
	}
	b := c.left[0]
	c.left = c.left[1:]
	return int(b) % n
}

// in returns true with a probability of about percent.
func (c *choices) in(percent int) bool { return c.of(100) < percent }

func pick[T any](c *choices, from ...T) T { return from[c.of(len(from))] }

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

const aDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// A kustomizeTree is a repository of kustomizations.
type kustomizeTree struct {
	*choices
	family
	files      map[string]string
	remotePods string   // the resources of the remote base
	only       string   // the directory to scan; "" for the whole tree
	dirs       []string // directories of kustomizations
	components []string // directories of components
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

// resource adds a file with objects and returns its entry for resources.
func (t *kustomizeTree) resource(dir string) string {
	text := t.object(pick(t.choices, "Pod", "Deployment", "Widget", "CronJob", "ConfigMap", "Deployment"))
	if t.in(40) {
		text += "---\n" + t.object(pick(t.choices, "ConfigMap", "Widget", "Pod", "Deployment"))
	}
	name := fmt.Sprintf("file%d.yaml", t.n)
	t.files[path.Join(dir, name)] = text
	return "- " + name + "\n"
}

// ref returns an image; a rule matches it in percent of all cases.
func (t *kustomizeTree) ref(percent int) string {
	return t.name(percent) + pick(t.choices, ":3.1", "", ":v1.2-a", "@"+aDigest, ":3.1@"+aDigest, ":3.1")
}

// name returns the name of an image; a rule matches it in percent of all cases.
func (t *kustomizeTree) name(percent int) string {
	switch {
	case t.in(percent):
		return pick(t.choices, t.old...)
	case t.in(30):
		return pick(t.choices, t.new...)
	}
	return pick(t.choices, t.other...)
}

// quoted returns s plain or in quotes.
func (t *kustomizeTree) quoted(s string) string {
	return pick(t.choices, s, "'"+s+"'", `"`+s+`"`, s)
}

func (t *kustomizeTree) object(kind string) string {
	t.n++
	head := fmt.Sprintf("kind: %s\nmetadata: {name: o%d}\n", kind, t.n)
	containers := func(indent string) string {
		out := indent + "containers:\n" + indent + "- name: a\n" + indent + "  image: " + t.quoted(t.ref(65)) + "\n"
		if t.in(60) {
			out += indent + fmt.Sprintf("- {name: b, image: %q}\n", t.ref(65))
		}
		if t.in(20) {
			out += indent + "initContainers:\n" + indent + "- image: " + t.ref(65) + " # first\n" + indent + "  name: c\n"
		}
		return out
	}
	switch kind {
	case "Pod":
		return "apiVersion: v1\n" + head + "spec:\n" + containers("  ")
	case "Deployment":
		return "apiVersion: apps/v1\n" + head + "spec:\n  template:\n    spec:\n" + containers("      ")
	case "CronJob":
		return "apiVersion: batch/v1\n" + head + "spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n" + containers("          ")
	case "Widget":
		return "apiVersion: example.com/v1\n" + head + "spec:\n  image: " + t.ref(65) + "\n"
	}
	return "apiVersion: v1\n" + head + "data: {image: \"" + t.ref(65) + "\", name: \"" + t.name(65) + "\", host: \"" + strings.Split(pick(t.choices, t.old...), "/")[0] + "\", tag: v9}\n"
}

// images writes entries of images in flow or block style.
func (t *kustomizeTree) images(b *strings.Builder) {
	n := 1 + t.of(3)
	key := pick(t.choices, "images", "images", "images", "images", "images", "imageTags")
	switch t.of(5) {
	case 0: // flow
		b.WriteString(key + ": [")
		for i := range n {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(t.entry(true))
		}
		b.WriteString("]\n")
	default:
		indent := pick(t.choices, "", "  ")
		b.WriteString(key + ":\n")
		for range n {
			if t.in(15) {
				b.WriteString(indent + "- " + t.entry(true) + "\n")
				continue
			}
			lines := strings.SplitAfter(strings.TrimSuffix(t.entry(false), "\n"), "\n")
			b.WriteString(indent + "- " + strings.Join(lines, indent+"  ") + "\n")
		}
	}
}

// entry returns an entry of images.
func (t *kustomizeTree) entry(flow bool) string {
	name := t.name(75)
	if t.in(12) {
		host, rest, _ := strings.Cut(name, "/")
		name = pick(t.choices, `(.*)/pause`, strings.ReplaceAll(name, ".", `\.`), host+"/.*", "^"+name, name+"(-amd64)?", "("+host+"|x)/"+rest, ".*")
	}
	keys := [][2]string{{"name", t.quoted(name)}}
	if flow || strings.ContainsAny(name, `\*()`) {
		keys[0][1] = "'" + name + "'"
	}
	add := func(key, value string) { keys = append(keys, [2]string{key, value}) }
	if t.in(40) {
		add("newName", t.quoted(t.name(60)))
	}
	if t.in(60) {
		add("newTag", fmt.Sprintf("%q", fmt.Sprintf("%d.%d", t.of(9), t.of(20))))
	}
	if t.in(15) {
		add("digest", aDigest)
	}
	if t.in(5) {
		add("tagSuffix", "-x")
	}
	if t.in(15) {
		slices.Reverse(keys)
	}
	var out []string
	for _, k := range keys {
		out = append(out, k[0]+": "+k[1])
	}
	if flow {
		return "{" + strings.Join(out, ", ") + "}"
	}
	return strings.Join(out, "\n") + "\n"
}

// patches writes a patch, inline or in a file.
func (t *kustomizeTree) patches(dir string, b *strings.Builder) {
	kind := pick(t.choices, "Deployment", "Pod", "Deployment")
	text := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: any}\nspec: {template: {spec: {containers: [{name: " + pick(t.choices, "a", "new") + ", image: \"" + t.ref(65) + "\"}]}}}\n"
	at := "/spec/template/spec/containers"
	if kind == "Pod" {
		text, at = "apiVersion: v1\nkind: Pod\nmetadata: {name: any}\nspec:\n  containers:\n  - name: a\n    image: "+t.ref(65)+"\n", "/spec/containers"
	}
	switch t.of(4) {
	case 0:
		text = fmt.Sprintf("- op: replace\n  path: %s/0/image\n  value: %s\n", at, t.ref(65))
	case 1:
		text = fmt.Sprintf("- {op: add, path: %s/-, value: {name: z, image: %q}}\n", at, t.ref(65))
	}
	if t.in(60) {
		b.WriteString("patches:\n- target: {kind: " + kind + "}\n  patch: |-\n    " + strings.TrimSuffix(strings.ReplaceAll(text, "\n", "\n    "), "    ") + "")
		return
	}
	name := fmt.Sprintf("patch%d.yaml", t.n)
	t.n++
	t.files[path.Join(dir, name)] = text
	b.WriteString("patches:\n- {path: " + name + ", target: {kind: " + kind + "}}\n")
}

// replacements writes a replacement that copies an image or a part of one.
func (t *kustomizeTree) replacements(b *strings.Builder) {
	type copied struct{ source, options string }
	x := pick(t.choices,
		copied{"{kind: ConfigMap, fieldPath: data.image}", ""},
		copied{"{kind: Pod, fieldPath: spec.containers.0.image}", ""},
		copied{"{kind: ConfigMap, fieldPath: data.name}", "{delimiter: \":\"}"},
		copied{"{kind: Pod, fieldPath: spec.containers.0.image, options: {delimiter: \":\", index: 0}}", "{delimiter: \":\"}"},
		copied{"{kind: ConfigMap, fieldPath: data.tag}", "{delimiter: \":\", index: 1}"},
		copied{"{kind: Pod, fieldPath: spec.containers.0.image, options: {delimiter: \":\", index: 1}}", "{delimiter: \":\", index: 1}"},
		copied{"{kind: ConfigMap, fieldPath: data.host}", "{delimiter: /}"},
		copied{"{kind: Pod, fieldPath: spec.containers.0.image, options: {delimiter: /}}", "{delimiter: /, index: 0}"},
		copied{"{kind: Pod, fieldPath: spec.containers.0.image, options: {delimiter: /, index: 1}}", "{delimiter: /, index: 1}"},
		copied{"{kind: Pod, fieldPath: spec.containers.0.image, options: {delimiter: /, index: 1}}", "{delimiter: /, index: 7}"},
	)
	options := ""
	if x.options != "" {
		options = "    options: " + x.options + "\n"
	}
	b.WriteString("replacements:\n- source: " + x.source + "\n  targets:\n  - select: {kind: Deployment}\n    fieldPaths: [spec.template.spec.containers." + pick(t.choices, "0", "*") + ".image]\n" + options)
}

// archive returns the tree in txtar format, for failure logs.
func (t *kustomizeTree) archive() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		fmt.Fprintf(&b, "-- %s --\n%s", name, t.files[name])
	}
	return b.String()
}
