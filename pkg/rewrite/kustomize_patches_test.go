package rewrite_test

import (
	"fmt"
	"path"
	"strings"
)

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
