package kustomize

import (
	"maps"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// wrongPod is a Pod with image fields.
const wrongPod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: k8s.gcr.io/pause:3.1\n    args: ['--image=k8s.gcr.io/side:1', '--n=1']\n    env: [{name: IMG, value: 'k8s.gcr.io/env:1'}]\n"

// TestWrongKustomizations verifies changes that are each wrong in one way and
// otherwise correct. The verdict must be Failed, also if a base is remote: a remote
// base must not hide a wrong change behind Unproven.
func TestWrongKustomizations(t *testing.T) {
	r := testRunner(t)
	k8s := rewriteOf(t, nil)
	hub := rewriteOf(t, []byte("rule: docker.io=mirror.example/hub\n"))
	mirror := rewriteOf(t, []byte("rule: k8s.gcr.io=mirror.example/k8s\n"))
	moved := strings.ReplaceAll(wrongPod, "k8s.gcr.io", "registry.k8s.io")
	for _, tt := range []struct {
		name          string
		before, after map[string]string // after: the files that change
		move          render.RewriteFunc
	}{
		{"remote: a newName dropped",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: far, newName: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: far, newTag: '1'}]\n"}, k8s},
		{"remote: a name moved",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: registry.k8s.io/far, newTag: '1'}]\n"}, k8s},
		{"remote: an escaped name moved",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: 'k8s\\.gcr\\.io/far', newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: 'registry\\.k8s\\.io/far', newTag: '1'}]\n"}, k8s},
		{"remote: a name of several moved",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: 'k8s.gcr.io/(far|near)', newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: 'registry.k8s.io/(far|near)', newTag: '1'}]\n"}, k8s},
		{"remote: a new entry",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newName: registry.k8s.io/far, newTag: '1'}, {name: k8s.gcr.io/other, newTag: '7'}]\n"}, k8s},
		{"remote: a wrong newName",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newName: registry.k8s.io/fär, newTag: '1'}]\n"}, k8s},
		{"remote: a patch with another tag",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\npatches: [{target: {kind: Pod}, patch: '[{\"op\": \"replace\", \"path\": \"/spec/containers/0/image\", \"value\": \"k8s.gcr.io/a:1\"}]'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\npatches: [{target: {kind: Pod}, patch: '[{\"op\": \"replace\", \"path\": \"/spec/containers/0/image\", \"value\": \"registry.k8s.io/a:2\"}]'}]\n"}, k8s},
		{"remote: different replicas",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1', pod.yaml]\nreplicas: [{name: x, count: 1}]\n", "pod.yaml": wrongPod},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1', pod.yaml]\nreplicas: [{name: x, count: 2}]\n"}, k8s},
		{"remote: a different prefix",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nnamePrefix: a-\nimages: [{name: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nnamePrefix: b-\nimages: [{name: k8s.gcr.io/far, newName: registry.k8s.io/far, newTag: '1'}]\n"}, k8s},
		{"remote: a different label",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\ncommonLabels: {a: b}\nimages: [{name: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\ncommonLabels: {a: c}\nimages: [{name: k8s.gcr.io/far, newName: registry.k8s.io/far, newTag: '1'}]\n"}, k8s},
		{"remote: a different tag",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newName: registry.k8s.io/far, newTag: '2'}]\n"}, k8s},
		{"remote: an entry twice",
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newName: registry.k8s.io/far, newTag: '1'}, {name: registry.k8s.io/far, newTag: '2'}]\n"}, k8s},
		{"remote: a layer skipped",
			map[string]string{"kustomization.yaml": "resources: [a]\nimages: [{name: k8s.gcr.io/far, newTag: '2'}]\n", "a/kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newTag: '1'}]\n"},
			map[string]string{"a/kustomization.yaml": "resources: ['https://example.com/x?ref=1']\nimages: [{name: k8s.gcr.io/far, newName: registry.k8s.io/far, newTag: '1'}]\n"}, k8s},
		{"remote: different values of a chart",
			map[string]string{"kustomization.yaml": "helmCharts: [{name: x, repo: 'https://charts.example', valuesInline: {image: {registry: k8s.gcr.io}, replicas: 1}}]\n"},
			map[string]string{"kustomization.yaml": "helmCharts: [{name: x, repo: 'https://charts.example', valuesInline: {image: {registry: registry.k8s.io}, replicas: 2}}]\n"}, k8s},
		{"remote: a chart's version",
			map[string]string{"kustomization.yaml": "helmCharts: [{name: x, repo: 'https://charts.example', version: 1.0.0, valuesInline: {image: {registry: k8s.gcr.io}}}]\n"},
			map[string]string{"kustomization.yaml": "helmCharts: [{name: x, repo: 'https://charts.example', version: 1.0.1, valuesInline: {image: {registry: registry.k8s.io}}}]\n"}, k8s},
		{"a different checksum",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml, x.yaml]\n", "pod.yaml": wrongPod, "x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {checksum/x: " + strings.Repeat("0a", 32) + "}}\n"},
			map[string]string{"pod.yaml": moved, "x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {checksum/x: " + strings.Repeat("0b", 32) + "}}\n"}, k8s},
		{"a name not moved",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\nimages: [{name: k8s.gcr.io/pause, newTag: '3.9'}]\n", "pod.yaml": wrongPod},
			map[string]string{"pod.yaml": moved}, k8s},
		{"an image field of configurations",
			map[string]string{"kustomization.yaml": "resources: [cr.yaml]\nconfigurations: [c.yaml]\nimages: [{name: k8s.gcr.io/x, newTag: '2'}]\n", "c.yaml": "images: [{path: spec/img, kind: My}]\n", "cr.yaml": "apiVersion: e.com/v1\nkind: My\nmetadata: {name: a}\nspec: {img: 'k8s.gcr.io/x:1'}\n"},
			map[string]string{"cr.yaml": "apiVersion: e.com/v1\nkind: My\nmetadata: {name: a}\nspec: {img: 'registry.k8s.io/x:1'}\n"}, k8s},
		{"another field in configurations",
			map[string]string{"kustomization.yaml": "resources: [cr.yaml]\nconfigurations: [c.yaml]\nimages: [{name: k8s.gcr.io/x, newTag: '2'}]\n", "c.yaml": "images: [{path: spec/img, kind: My}]\n", "cr.yaml": "apiVersion: e.com/v1\nkind: My\nmetadata: {name: a}\nspec: {img: 'k8s.gcr.io/x:1'}\n"},
			map[string]string{"kustomization.yaml": "resources: [cr.yaml]\nconfigurations: [c.yaml]\nimages: [{name: registry.k8s.io/x, newTag: '2'}]\n", "c.yaml": "images: [{path: spec/imgs, kind: My}]\n", "cr.yaml": "apiVersion: e.com/v1\nkind: My\nmetadata: {name: a}\nspec: {img: 'registry.k8s.io/x:1'}\n"}, k8s},
		{"generated: something else changed",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\nconfigMapGenerator: [{name: c, literals: [a=k8s.gcr.io/x:1, b=1]}]\n", "pod.yaml": wrongPod},
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\nconfigMapGenerator: [{name: c, literals: [a=registry.k8s.io/x:1, b=2]}]\n", "pod.yaml": moved}, k8s},
		{"a replacement cuts out something else",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml, cm.yaml]\nreplacements: [{source: {kind: ConfigMap, fieldPath: data.img, options: {delimiter: '/', index: 1}}, targets: [{select: {kind: Pod}, fieldPaths: [metadata.annotations.name], options: {create: true}}]}]\n", "pod.yaml": wrongPod, "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {img: k8s.gcr.io/pause}\n"},
			map[string]string{"pod.yaml": moved, "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {img: mirror.example/k8s/pause}\n"}, mirror},
		{"a variable",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\nvars: [{name: V, objref: {kind: Pod, name: a, apiVersion: v1}, fieldref: {fieldpath: 'spec.containers[0].image'}}]\n", "pod.yaml": wrongPod + "    command: ['$(V)']\n"},
			map[string]string{"pod.yaml": moved + "    command: ['$(V)x']\n"}, k8s},
		{"a patch in a file",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml}]\n", "pod.yaml": wrongPod, "p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'k8s.gcr.io/patched:1'}]}\n"},
			map[string]string{"pod.yaml": moved, "p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'registry.k8s.io/patched:2'}]}\n"}, k8s},
		{"a patch of another container",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml}]\n", "pod.yaml": wrongPod, "p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: 'k8s.gcr.io/patched:1'}]}\n"},
			map[string]string{"pod.yaml": moved, "p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: b, image: 'registry.k8s.io/patched:1'}]}\n"}, k8s},
		{"a key of a ConfigMap",
			map[string]string{"kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k8s.gcr.io/x: y, z: k8s.gcr.io/z}\n"},
			map[string]string{"cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {registry.k8s.io/x: y, z: registry.k8s.io/z}\n"}, k8s},
		{"the key of a label",
			map[string]string{"kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {k8s.gcr.io/owner: me}}\ndata: {z: k8s.gcr.io/z}\n"},
			map[string]string{"cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {registry.k8s.io/owner: me}}\ndata: {z: registry.k8s.io/z}\n"}, k8s},
		{"an apiVersion",
			map[string]string{"kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": "apiVersion: k8s.gcr.io/v1\nkind: My\nmetadata: {name: c}\ndata: {z: k8s.gcr.io/z}\n"},
			map[string]string{"cm.yaml": "apiVersion: registry.k8s.io/v1\nkind: My\nmetadata: {name: c}\ndata: {z: registry.k8s.io/z}\n"}, k8s},
		{"hub: a container's name",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {containers: [{name: nginx, image: 'nginx'}]}\n"},
			map[string]string{"pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {containers: [{name: mirror.example/hub/library/nginx, image: 'mirror.example/hub/library/nginx'}]}\n"}, hub},
		{"hub: a command",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {containers: [{name: nginx, image: 'nginx', command: [nginx]}]}\n"},
			map[string]string{"pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {containers: [{name: nginx, image: 'mirror.example/hub/library/nginx', command: [mirror.example/hub/library/nginx]}]}\n"}, hub},
		{"hub: a label",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx, labels: {app: nginx}}\nspec: {containers: [{name: nginx, image: 'nginx'}]}\n"},
			map[string]string{"pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx, labels: {app: mirror.example/hub/library/nginx}}\nspec: {containers: [{name: nginx, image: 'mirror.example/hub/library/nginx'}]}\n"}, hub},
		{"hub: a folder",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {containers: [{name: nginx, image: 'nginx', workingDir: a/b}]}\n"},
			map[string]string{"pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {containers: [{name: nginx, image: 'mirror.example/hub/library/nginx', workingDir: mirror.example/hub/a/b}]}\n"}, hub},
		{"hub: a host name",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {hostname: web, containers: [{name: nginx, image: 'nginx'}]}\n"},
			map[string]string{"pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\nspec: {hostname: mirror.example/hub/library/web, containers: [{name: nginx, image: 'mirror.example/hub/library/nginx'}]}\n"}, hub},
		{"a policy",
			map[string]string{"kustomization.yaml": "resources: [p.yaml, pod.yaml]\n", "pod.yaml": wrongPod, "p.yaml": "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: c}\nspec: {rules: [{name: a, validate: {pattern: {spec: {containers: [{image: '!k8s.gcr.io/pause'}]}}}}]}\n"},
			map[string]string{"pod.yaml": moved, "p.yaml": "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: c}\nspec: {rules: [{name: a, validate: {pattern: {spec: {containers: [{image: '!registry.k8s.io/pause'}]}}}}]}\n"}, k8s},
		{"two objects swapped",
			map[string]string{"kustomization.yaml": "resources: [x.yaml]\nsortOptions: {order: fifo}\n", "x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {z: k8s.gcr.io/z}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n"},
			map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {z: registry.k8s.io/z}\n"}, k8s},
		{"one name in two groups",
			map[string]string{"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": "apiVersion: a.com/v1\nkind: My\nmetadata: {name: c}\nspec: {img: 'k8s.gcr.io/a:1'}\n---\napiVersion: b.com/v1\nkind: My\nmetadata: {name: c}\nspec: {img: 'k8s.gcr.io/b:1'}\n"},
			map[string]string{"x.yaml": "apiVersion: a.com/v1\nkind: My\nmetadata: {name: c}\nspec: {img: 'registry.k8s.io/b:1'}\n---\napiVersion: b.com/v1\nkind: My\nmetadata: {name: c}\nspec: {img: 'registry.k8s.io/a:1'}\n"}, k8s},
		{"a different generated name",
			map[string]string{"kustomization.yaml": "configMapGenerator: [{name: c, literals: [a=k8s.gcr.io/x:1]}, {name: d, literals: [a=k8s.gcr.io/y:1]}]\nresources: [pod.yaml]\n", "pod.yaml": wrongPod + "    envFrom: [{configMapRef: {name: c}}]\n"},
			map[string]string{"kustomization.yaml": "configMapGenerator: [{name: c, literals: [a=registry.k8s.io/x:1]}, {name: d, literals: [a=registry.k8s.io/y:1]}]\nresources: [pod.yaml]\n", "pod.yaml": moved + "    envFrom: [{configMapRef: {name: d}}]\n"}, k8s},
		{"a name in the form of a generated name",
			map[string]string{"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c-2222222222}\ndata: {z: k8s.gcr.io/z}\n"},
			map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c-4444444444}\ndata: {z: registry.k8s.io/z}\n"}, k8s},
		{"a checksum of another length",
			map[string]string{"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {checksum/x: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}}\ndata: {z: k8s.gcr.io/z}\n"},
			map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {checksum/x: 03b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855f}}\ndata: {z: registry.k8s.io/z}\n"}, k8s},
		{"a URL",
			map[string]string{"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {u: 'https://k8s.gcr.io/v2', z: k8s.gcr.io/z}\n"},
			map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {u: 'https://registry.k8s.io/v2', z: registry.k8s.io/z}\n"}, k8s},
		{"credentials",
			map[string]string{"kustomization.yaml": "resources: [x.yaml, pod.yaml]\n", "pod.yaml": wrongPod, "x.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: c}\ntype: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{\"auths\":{\"k8s.gcr.io\":{\"auth\":\"eA==\"}}}'}\n"},
			map[string]string{"pod.yaml": moved, "x.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: c}\ntype: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{\"auths\":{\"registry.k8s.io\":{\"auth\":\"eA==\"}}}'}\n"}, k8s},
		{"a different newName",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\nimages: [{name: k8s.gcr.io/pause, newName: k8s.gcr.io/pause-amd64}]\n", "pod.yaml": wrongPod},
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\nimages: [{name: registry.k8s.io/pause, newName: registry.k8s.io/pause-arm64}]\n", "pod.yaml": moved}, k8s},
		{"a component skipped",
			map[string]string{"kustomization.yaml": "resources: [pod.yaml]\ncomponents: [c]\n", "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: [{name: k8s.gcr.io/pause, newTag: '3.9'}]\n", "pod.yaml": wrongPod},
			map[string]string{"pod.yaml": moved}, k8s},
		{"folded text",
			map[string]string{"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: \"" + strings.Repeat("k8s.gcr.io/z word ", 20) + " 1\"\n"},
			map[string]string{"x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: \"" + strings.Repeat("registry.k8s.io/z word ", 20) + " 2\"\n"}, k8s},
		{"a string becomes a number",
			map[string]string{"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": "apiVersion: v1\nkind: My\nmetadata: {name: c}\ndata:\n  b: '1'\n  a: k8s.gcr.io/z\n"},
			map[string]string{"x.yaml": "apiVersion: v1\nkind: My\nmetadata: {name: c}\ndata:\n  b: 1\n  a: registry.k8s.io/z\n"}, k8s},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after := maps.Clone(tt.before)
			maps.Copy(after, tt.after)
			got, err := Verify(t.Context(), r, ofTexts(tt.before), ofTexts(after), Options{Rewrite: tt.move, Dirs: []string{"."}})
			if err != nil || len(got) != 1 {
				t.Fatalf("%d verdicts: %v", len(got), err)
			}
			if v := got[0]; v.State != render.Failed {
				t.Errorf("%s: %s", v.State, v.Summary())
			}
		})
	}
}

func TestSampleNames(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"k8s.gcr.io/pause", "k8s.gcr.io/pause"},
		{`k8s\.gcr\.io/pause`, "k8s.gcr.io/pause"},
		{"k8s.gcr.io/(a|b)", "k8s.gcr.io/a k8s.gcr.io/b"},
		{"k8s.gcr.io/.*", "k8s.gcr.io/x"},
		{"(registry.)?k8s.gcr.io/[a-z]+", "registry.k8s.gcr.io/a k8s.gcr.io/a"},
		{"^nginx$", "nginx"},
		{"nginx:1", ""},
		{"(", ""},
		{"", ""},
		{"(a|b)(a|b)(a|b)(a|b)", "aaaa baaa abaa bbaa aaba baba abba bbba"},
	} {
		if got := strings.Join(sampleNames(tt.name), " "); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.name, got, tt.want)
		}
	}
}
