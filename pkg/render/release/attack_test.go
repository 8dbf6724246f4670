package release

import (
	"maps"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

const fixture = `
-- charts/web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- charts/web/values.yaml --
enabled: false
replicas: 1
image:
  registry: docker.io
  repository: web
  tag: latest
sidecar: docker.io/library/busybox:1
-- charts/web/templates/pod.yaml --
{{- if .Values.enabled }}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
  annotations: {replicas: "{{ .Values.replicas }}"}
spec:
  containers:
  - name: web
    image: {{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}
  - name: sidecar
    image: {{ .Values.sidecar }}
{{- end }}
{{- if eq .Release.Name "evil" }}
# evil
{{- end }}
-- charts/rev/Chart.yaml --
apiVersion: v2
name: rev
version: 1.0.0
-- charts/rev/values.yaml --
image: k8s.gcr.io/pause:3.1
-- charts/rev/templates/pod.yaml --
apiVersion: v1
kind: Pod
metadata: {name: rev}
spec:
  containers:
  - name: web
    image: {{ .Values.image }}
{{- if .Capabilities.APIVersions.Has "evil.example/v1" }}
  - name: hidden
    image: docker.io/hidden:1
{{- end }}
-- sources.yaml --
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: repo, namespace: flux-system}
spec: {url: "ssh://git@git.example/team/repo", ref: {branch: main}, interval: 1m}
-- web.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: apps}
spec:
  interval: 5m
  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}}}
  valuesFrom: [{kind: ConfigMap, name: web-values}]
  values:
    image: {tag: v1.2.3, registry: k8s.gcr.io}
    sidecar: k8s.gcr.io/pause:3.3
-- values.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: web-values, namespace: apps}
data:
  values.yaml: |
    enabled: true
    image:
      repository: pause
    unused: k8s.gcr.io/unused:1
-- rev.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: rev, namespace: apps}
spec:
  chartRef: {kind: HelmChart, name: rev, namespace: flux-system}
-- chart.yaml --
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmChart
metadata: {name: rev, namespace: flux-system}
spec: {chart: charts/rev, reconcileStrategy: Revision, sourceRef: {kind: GitRepository, name: repo}}
-- app.yaml --
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  project: default
  destination: {namespace: web}
  source:
    repoURL: https://git.example/team/repo
    path: charts/web
    targetRevision: HEAD
    helm:
      valueFiles: [/prod/values.yaml]
      parameters:
      - {name: image.tag, value: "v3.1"}
      - {name: sidecar, value: "k8s.gcr.io/pause:3.3"}
-- inline.yaml --
# A comment.
---
apiVersion: v1
kind: Service
metadata: {name: a}
---
# k8s.gcr.io/comment:1
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: inline, namespace: argocd}
spec:
  source:
    repoURL: git@git.example:team/repo.git
    path: ./charts/web/
    targetRevision: main
    helm:
      releaseName: inline
      values: |
        enabled: true
        # k8s.gcr.io/comment:1
        image: {registry: quay.io, repository: team/app, tag: "1"}
        sidecar: k8s.gcr.io/pause:3.3
---
apiVersion: v1
kind: Service
metadata: {name: b}
-- clusters/kustomization.yaml --
resources: [../web.yaml, ../values.yaml]
namespace: apps
-- prod/values.yaml --
enabled: true
image:
  registry: k8s.gcr.io
  repository: pause
-- prod/kustomization.yaml --
resources: [nothing.yaml]
-- prod/nothing.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: nothing}
`

const (
	webRelease = "HelmRelease apps/web"
	revRelease = "HelmRelease apps/rev"
	webApp     = "Application argocd/web"
)

func TestProven(t *testing.T) {
	before := files(fixture)
	got := verifyFiles(t, testRunner(t), before, moved(t, before))
	for _, name := range []string{webRelease, revRelease, webApp} {
		if v := got[name]; v.State != render.Proven || v.Moved == 0 {
			t.Errorf("%s: got %v %s %v", name, v.State, v.Reason, v.Notes)
		}
	}
	if v := got["Application argocd/inline"]; v.State != render.Proven || v.Moved != 2 {
		t.Errorf("inline: got %v %s %d", v.State, v.Reason, v.Moved)
	}
	if len(got) != 4 {
		t.Errorf("got %d verdicts", len(got))
	}
	if got := verifyFiles(t, testRunner(t), before, before); len(got) != 0 {
		t.Errorf("verdicts without a change: %v", got)
	}
}

// An attack changes the files before, after, or both. The release must not be proven.
type attack struct {
	name, object   string
	file, old, new string // in file old becomes new; without old, new is appended; without both, the file is removed
	both           bool   // also before the change
	want           string // a part of the reason; "" for any
}

// noVerdict is for a release of which only the chart changes, if its chart is not known.
const noVerdict = "no verdict"

func (a *attack) apply(t *testing.T, all map[string]string) {
	t.Helper()
	text, ok := all[a.file]
	switch {
	case a.old == "" && a.new == "":
		delete(all, a.file)
	case a.old == "":
		all[a.file] = text + a.new
	case !ok || !strings.Contains(text, a.old):
		t.Fatalf("%s: %s does not contain %q:\n%s", a.name, a.file, a.old, text)
	default:
		all[a.file] = strings.Replace(text, a.old, a.new, 1)
	}
}

func attacks() []attack {
	const gitURL = `"ssh://git@git.example/team/repo"`
	duplicate := "\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: apps}\nspec: {suspend: true}\n"
	return []attack{
		// Changes of the object.
		{"lost tag", webRelease, "web.yaml", "tag: v1.2.3", "tags: v1.2.3", false, ""},
		{"other tag", webRelease, "web.yaml", "tag: v1.2.3", "tag: v1.2.4", false, ""},
		{"tag of another type", webRelease, "web.yaml", "tag: v1.2.3", "tag: 1.2", false, ""},
		{"other registry", webRelease, "web.yaml", "registry: registry.k8s.io", "registry: evil.example", false, ""},
		{"registry not moved by a key", webRelease, "web.yaml", "registry: registry.k8s.io", "registries: registry.k8s.io", false, ""},
		{"new value", webRelease, "web.yaml", "    sidecar:", "    replicas: 3\n    sidecar:", false, ""},
		{"key for insecure images", webRelease, "web.yaml", "    sidecar:", "    global: {security: {allowInsecureImages: true}}\n    sidecar:", false, "allowInsecureImages"},
		{"value gone", webRelease, "web.yaml", "    sidecar: registry.k8s.io/pause:3.3\n", "", false, ""},
		{"hidden value", webRelease, "web.yaml", "    sidecar:", "    hidden: x\n    sidecar:", false, ""},
		{"namespace", webRelease, "web.yaml", "namespace: apps", "namespace: apps2", false, ""},
		{"name", webRelease, "web.yaml", "name: web,", "name: web2,", false, ""},
		{"target namespace", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  targetNamespace: other", false, ""},
		{"release name", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  releaseName: evil", false, ""},
		{"interval", webRelease, "web.yaml", "interval: 5m", "interval: 6m", false, ""},
		{"suspend", webRelease, "web.yaml", "interval: 5m", "interval: 5m\n  suspend: true", false, ""},
		{"label", webRelease, "web.yaml", "namespace: apps}", "namespace: apps, labels: {a: b}}", false, ""},
		{"status", webRelease, "web.yaml", "spec:\n", "status: {}\nspec:\n", true, "status"},
		{"API version", webRelease, "web.yaml", "io/v2", "io/v2beta1", false, ""},
		{"other chart", webRelease, "web.yaml", "./charts/web", "./charts/rev", false, ""},
		{"chart outside", webRelease, "web.yaml", "./charts/web", "../charts/web", true, "path"},
		{"other ConfigMap", webRelease, "web.yaml", "name: web-values", "name: web-values2", false, ""},
		{"values key", webRelease, "web.yaml", "name: web-values}", "name: web-values, valuesKey: other}", false, ""},
		{"values key in both", webRelease, "web.yaml", "name: web-values}", "name: web-values, valuesKey: other}", true, "has no text other"},
		{"target path", webRelease, "web.yaml", "name: web-values}", "name: web-values, targetPath: a.b}", true, "targetPath"},
		{"optional", webRelease, "web.yaml", "name: web-values}", "name: web-values, optional: true}", true, "optional"},
		{"Secret", webRelease, "web.yaml", "kind: ConfigMap", "kind: Secret", true, "Secret"},
		{"no valuesFrom", webRelease, "web.yaml", "  valuesFrom: [{kind: ConfigMap, name: web-values}]\n", "", false, ""},
		{"post-renderers", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  postRenderers: [{kustomize: {patches: []}}]", true, "postRenderers"},
		{"new post-renderers", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  postRenderers: [{kustomize: {images: [{name: a, newName: b}]}}]", false, ""},
		{"common metadata", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  commonMetadata: {labels: {a: b}}", true, "commonMetadata"},
		{"unknown field", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  newField: a", true, "newField"},
		{"preserved values", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  upgrade: {preserveValues: true}", true, "preserveValues"},
		{"values files", webRelease, "web.yaml", "chart: ./charts/web,", "chart: ./charts/web, valuesFiles: [a.yaml],", true, "valuesFiles"},
		{"chart and chartRef", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  chartRef: {kind: HelmChart, name: rev, namespace: flux-system}", true, "both"},
		{"OCIRepository", webRelease, "web.yaml", "  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}}}", "  chartRef: {kind: OCIRepository, name: web}", true, "OCIRepository"},
		{"HelmRepository", webRelease, "web.yaml", "kind: GitRepository", "kind: HelmRepository", true, "HelmRepository"},
		{"no chart", webRelease, "web.yaml", "  chart: {spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}}}\n", "", true, "neither"},
		{"chart is a text", webRelease, "web.yaml", "{spec: {chart: ./charts/web, sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}}}", "web", true, "not a mapping"},
		{"spec is a list", webRelease, "web.yaml", "spec:\n", "spec: []\nrest:\n", true, "rest"},
		{"variable", webRelease, "web.yaml", "tag: v1.2.3", `tag: "${TAG}"`, true, "variables"},
		{"escaped variable", webRelease, "web.yaml", "tag: v1.2.3", `tag: "\x24{TAG}"`, true, "variables"},
		// YAML.
		{"duplicate key", webRelease, "web.yaml", "    sidecar:", "    image: {tag: v9}\n    sidecar:", true, "twice"},
		{"duplicate key after", webRelease, "web.yaml", "    sidecar:", "    image: {tag: v9}\n    sidecar:", false, ""},
		{"duplicate spec", webRelease, "web.yaml", "spec:\n", "spec: {values: {enabled: false}}\nspec:\n", true, "twice"},
		{"anchor", webRelease, "web.yaml", "tag: v1.2.3", "tag: &t v1.2.3", true, "anchor"},
		{"alias", webRelease, "web.yaml", "    sidecar:", "    a: &t v1\n    b: *t\n    sidecar:", true, "anchor"},
		{"merge key", webRelease, "web.yaml", "    sidecar:", "    <<: {enabled: false}\n    sidecar:", true, "key"},
		{"merge key after", webRelease, "web.yaml", "    sidecar:", "    <<: {enabled: false}\n    sidecar:", false, ""},
		{"boolean of YAML 1.1", webRelease, "web.yaml", "    sidecar:", "    replicas: yes\n    sidecar:", true, "agree"},
		{"key of YAML 1.1", webRelease, "web.yaml", "    sidecar:", "    on: 1\n    sidecar:", true, "agree"},
		{"sexagesimal number", webRelease, "web.yaml", "    sidecar:", "    replicas: 12:30:45\n    sidecar:", false, ""},
		{"binary", webRelease, "web.yaml", "    sidecar:", "    b: !!binary aGk=\n    sidecar:", true, "tag"},
		{"own tag", webRelease, "web.yaml", "tag: v1.2.3", "tag: !x v1.2.3", true, "tag"},
		{"tag string", webRelease, "web.yaml", "tag: v1.2.3", "tag: !!str 12", false, ""},
		// Other documents.
		{"second document", webRelease, "web.yaml", "", duplicate, true, "more than one"},
		{"second document after", webRelease, "web.yaml", "", duplicate, false, ""},
		{"second file", webRelease, "other.yaml", "", duplicate, true, "more than one"},
		{"second file without a namespace", webRelease, "other.yaml", "", strings.Replace(duplicate, ", namespace: apps", "", 1), true, "more than one"},
		{"second file with a variable", webRelease, "other.yaml", "", strings.Replace(duplicate, "name: web,", "name: '${NAME}',", 1), true, "more than one"},
		{"second file as JSON", webRelease, "other.json", "", `{"apiVersion":"helm.toolkit.fluxcd.io/v2","kind":"HelmRelease","metadata":{"name":"web","namespace":"apps"},"spec":{}}`, true, "more than one"},
		{"second file with escapes", webRelease, "other.yaml", "", `{"apiVersion":"helm.toolkit.fluxcd\u002eio/v2","kind":"Helm\u0052elease","metadata":{"name":"we\u0062","namespace":"apps"},"spec":{}}`, true, "more than one"},
		{"second in a List", webRelease, "other.yaml", "", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: helm.toolkit.fluxcd.io/v2\n  kind: HelmRelease\n  metadata: {name: web, namespace: apps}\n", true, "more than one"},
		{"second by an anchor", webRelease, "other.yaml", "", "x: &k HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: *k\nmetadata: {name: web, namespace: apps}\n", true, "more than one"},
		{"second is not YAML", webRelease, "other.yaml", "", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web\n  a: b: c\n", true, "not YAML"},
		{"second is not YAML after", webRelease, "other.yaml", "", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web\n  a: b: c\n", false, "not YAML"},
		{"object in a List", webRelease, "web.yaml", "apiVersion:", "items:\n- {}\napiVersion:", true, "items"},
		{"moved to another file", webRelease, "web.yaml", "", "", false, ""},
		// The source.
		{"URL after", webRelease, "sources.yaml", gitURL, `"ssh://git@git.example/evil/repo"`, false, ""},
		{"other URL", webRelease, "sources.yaml", gitURL, `"ssh://git@git.example/evil/repo"`, true, "another repository"},
		{"other host", webRelease, "sources.yaml", gitURL, `"https://evil.example/team/repo"`, true, "another repository"},
		{"other port", webRelease, "sources.yaml", gitURL, `"https://git.example:8443/team/repo"`, true, "another repository"},
		{"longer path", webRelease, "sources.yaml", gitURL, `"https://git.example/x/team/repo"`, true, "another repository"},
		{"URL of another case", webRelease, "sources.yaml", gitURL, `"https://git.example/Team/repo"`, true, "another repository"},
		{"local URL", webRelease, "sources.yaml", gitURL, `"file:///team/repo"`, true, "not understood"},
		{"tag", webRelease, "sources.yaml", "branch: main", "tag: v1", true, "tag"},
		{"commit", webRelease, "sources.yaml", "branch: main", "branch: main, commit: abc", true, "commit"},
		{"other branch", webRelease, "sources.yaml", "branch: main", "branch: release", true, "release"},
		{"default branch", webRelease, "sources.yaml", "ref: {branch: main}, ", "", true, "master"},
		{"branch after", webRelease, "sources.yaml", "branch: main", "branch: release", false, ""},
		{"ignore", webRelease, "sources.yaml", "interval: 1m", "ignore: /charts", true, "ignore"},
		{"include", webRelease, "sources.yaml", "interval: 1m", "include: [{repository: {name: a}}]", true, "include"},
		{"interval of the source", webRelease, "sources.yaml", "interval: 1m", "interval: 2m", false, ""},
		{"source gone", webRelease, "sources.yaml", "", "", false, ""},
		{"no source", webRelease, "sources.yaml", "", "", true, "not in this repository"},
		{"source in another namespace", webRelease, "sources.yaml", "namespace: flux-system", "namespace: other", true, "not in this repository"},
		{"second source", webRelease, "s2.yaml", "", "apiVersion: source.toolkit.fluxcd.io/v1beta2\nkind: GitRepository\nmetadata: {name: repo, namespace: flux-system}\nspec: {url: 'https://evil.example/x/y'}\n", true, "more than one"},
		{".sourceignore", webRelease, ".sourceignore", "", "charts/web/templates\n", true, ".sourceignore"},
		{".sourceignore of the chart", webRelease, "charts/web/.sourceignore", "", "templates\n", true, ".sourceignore"},
		// The ConfigMap.
		{"data after", webRelease, "values.yaml", "repository: pause", "repository: pause2", false, ""},
		{"data disabled", webRelease, "values.yaml", "enabled: true", "enabled: false", false, ""},
		{"data of another image", webRelease, "values.yaml", "unused:", "extra: docker.io/x:1\n    unused:", false, ""},
		{"half of the data", webRelease, "values.yaml", "registry.k8s.io/unused:1", "registry.k8s.io/unused:2", false, ""},
		{"ConfigMap in another namespace", webRelease, "values.yaml", "namespace: apps", "namespace: other", true, "not in this repository"},
		{"ConfigMap without a namespace", webRelease, "values.yaml", ", namespace: apps", "", true, "no namespace"},
		{"second ConfigMap", webRelease, "cm2.yaml", "", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-values, namespace: apps}\ndata: {values.yaml: 'enabled: false'}\n", true, "more than one"},
		{"second ConfigMap after", webRelease, "cm2.yaml", "", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-values, namespace: apps}\ndata: {values.yaml: 'enabled: false'}\n", false, ""},
		{"ConfigMap gone", webRelease, "values.yaml", "", "", false, ""},
		{"binary data", webRelease, "values.yaml", "\ndata:", "\nbinaryData: {a: aGk=}\ndata:", true, "binaryData"},
		{"duplicate key in the data", webRelease, "values.yaml", "    image:", "    image: {repository: a}\n    image:", true, "twice"},
		{"merge key in the data", webRelease, "values.yaml", "    image:", "    <<: {enabled: false}\n    image:", true, "key"},
		{"documents in the data", webRelease, "values.yaml", "    image:", "    ---\n    image:", true, "documents"},
		{"encrypted", webRelease, "values.yaml", "\ndata:", "\nsops: {mac: a}\ndata:", true, "sops"},
		// Layers.
		{"patches", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\npatches: [{path: p.yaml}]\n", true, "patches"},
		{"patches on the source", webRelease, "kustomization.yaml", "", "resources: [sources.yaml]\npatches: [{path: p.yaml}]\n", true, "patches"},
		{"patches on the ConfigMap", webRelease, "kustomization.yaml", "", "resources: [./values.yaml]\nimages: [{name: a, newTag: b}]\n", true, "images"},
		{"patches above", webRelease, "over/lay/kustomization.yaml", "", "resources: [../../x/../base]\npatches: [{path: p.yaml}]\n", true, ""},
		{"new kustomization", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\n", false, "kustomization"},
		{"patches of a twin", webRelease, "twin/web.yaml", "", strings.Replace(duplicate, "namespace: apps", "namespace: other", 1), true, "name of"},
		{"components", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\ncomponents: [c]\n", true, "components"},
		{"prefix of names", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\nnamePrefix: a-\n", true, "namePrefix"},
		{"namespace of a kustomization", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\nnamespace: other\n", true, "namespace"},
		{"kustomization with an anchor", webRelease, "x/kustomization.yaml", "", "resources: &a [../web.yaml]\n", true, "anchor"},
		{"kustomization of another name", webRelease, "x/Kustomization", "", "resources: [../web.yaml]\nreplacements: []\n", true, "replacements"},
		{"remote kustomization", webRelease, "x/kustomization.yaml", "", "resources: ['https://git.example/team/repo//.']\npatches: []\n", true, "patches"},
		{"Kustomization of Flux", webRelease, "flux.yaml", "", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\nspec: {path: ./, patches: []}\n", true, "patches"},
		{"Kustomization of Flux without a path", webRelease, "flux.yaml", "", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\nspec: {images: []}\n", true, "images"},
		{"target namespace of Flux", webRelease, "flux.yaml", "", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\nspec: {path: ./, targetNamespace: other}\n", true, "namespace"},
		{"Application with a plugin", webRelease, "app2.yaml", "", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a2}\nspec: {source: {path: ., plugin: {name: x}}}\n", true, "plugin"},
		{"path that leaves the repository", webRelease, "x/kustomization.yaml", "", "resources: [../../here/web.yaml]\npatches: []\n", true, "patches"},
		{"generated ConfigMap", webRelease, "x/kustomization.yaml", "", "configMapGenerator: [{name: web-values, literals: [a=b]}]\n", true, "makes a ConfigMap"},
		{"prefix that makes the name", webRelease, "x/kustomization.yaml", "", "resources: [r.yaml]\nnamePrefix: we\n", true, "name of"},
		{"symbolic link", webRelease, "link.yaml", "", "-> web.yaml", true, "link"},
		// Argo CD.
		{"several sources", webApp, "app.yaml", "  source:\n", "  sources: []\n  source:\n", true, "sources"},
		{"sourceHydrator", webApp, "app.yaml", "  source:\n", "  sourceHydrator: {}\n  source:\n", true, ""},
		{"directory", webApp, "app.yaml", "    helm:\n", "    directory: {recurse: true}\n    helm:\n", true, "directory"},
		{"plugin", webApp, "app.yaml", "    helm:\n", "    plugin: {name: a}\n    helm:\n", true, "plugin"},
		{"kustomize", webApp, "app.yaml", "    helm:\n", "    kustomize: {images: [a=b]}\n    helm:\n", true, "kustomize"},
		{"kustomize after", webApp, "app.yaml", "    helm:\n", "    kustomize: {images: [a=b]}\n    helm:\n", false, ""},
		{"revision", webApp, "app.yaml", "targetRevision: HEAD", "targetRevision: v1", true, "v1"},
		{"revision after", webApp, "app.yaml", "targetRevision: HEAD", "targetRevision: main", false, ""},
		{"repository", webApp, "app.yaml", "/team/repo", "/evil/repo", true, "another repository"},
		{"destination", webApp, "app.yaml", "{namespace: web}", "{namespace: web2}", false, ""},
		{"project", webApp, "app.yaml", "project: default", "project: other", false, ""},
		{"path", webApp, "app.yaml", "path: charts/web", "path: charts/rev", false, ""},
		{"parameter", webApp, "app.yaml", `"v3.1"`, `"v3.2"`, false, ""},
		{"name of a parameter", webApp, "app.yaml", "image.tag", "image.tags", false, ""},
		{"second parameter", webApp, "app.yaml", "parameters:\n", "parameters:\n      - {name: image.tag, value: v9}\n", true, "two parameters"},
		{"parameter of a list", webApp, "app.yaml", "name: sidecar", `name: "sidecar[0]"`, true, "not supported"},
		{"parameter with a comma", webApp, "app.yaml", `"v3.1"`, `"v3.1,a=b"`, true, "not supported"},
		{"file parameters", webApp, "app.yaml", "    helm:\n", "    helm:\n      fileParameters: []\n", true, "fileParameters"},
		{"missing values files", webApp, "app.yaml", "    helm:\n", "    helm:\n      ignoreMissingValueFiles: true\n", true, "ignoreMissing"},
		{"values file with a variable", webApp, "app.yaml", "/prod/values.yaml", "$values/values.yaml", true, "variables"},
		{"values file outside", webApp, "app.yaml", "/prod/values.yaml", "../../../prod/values.yaml", true, "outside"},
		{"values file gone", webApp, "prod/values.yaml", "", "", false, ""},
		{"values file changed", webApp, "prod/values.yaml", "repository: pause", "repository: pause2", false, ""},
		{"values file with a new value", webApp, "prod/values.yaml", "enabled: true", "enabled: true\nreplicas: 7", false, ""},
		{"values file disabled", webApp, "prod/values.yaml", "enabled: true", "enabled: false", false, ""},
		{"values and valuesObject", webApp, "app.yaml", "    helm:\n", "    helm:\n      values: 'a: b'\n      valuesObject: {a: b}\n", true, "both"},
		{".argocd-source", webApp, "charts/web/.argocd-source.yaml", "", "helm: {}\n", true, ".argocd-source"},
		{".argocd-source of the name", webApp, "charts/web/.argocd-source-web.yaml", "", "helm: {}\n", true, ".argocd-source"},
		{"kustomization in the chart", webApp, "charts/web/kustomization.yaml", "", "resources: []\n", true, "kustomization"},
		{"ApplicationSet of the name", webApp, "set.yaml", "", "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s, namespace: argocd}\nspec: {generators: [{list: {elements: [{name: b}]}}], template: {metadata: {name: 'we{{name}}'}, spec: {}}}\n", true, "ApplicationSet"},
		{"second Application", webApp, "app2.yaml", "", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec: {}\n", true, "more than one"},
		{"operation", webApp, "app.yaml", "spec:\n", "operation: {sync: {}}\nspec:\n", true, "operation"},
		// The chart.
		{"tag of the chart", revRelease, "charts/rev/values.yaml", ":3.1", ":3.2", false, ""},
		{"hidden branch", revRelease, "charts/rev/templates/pod.yaml", "docker.io/hidden:1", "evil.example/hidden:1", false, "otherwise"},
		{"new template", revRelease, "charts/rev/templates/new.yaml", "", "{{ if .Capabilities.APIVersions.Has \"evil.example/v1\" }}\na: b\n{{ end }}\n", false, "new"},
		{"comment of the chart", revRelease, "charts/rev/values.yaml", "image:", "# comment\nimage:", false, ""},
		{"Chart.yaml", revRelease, "charts/rev/Chart.yaml", "1.0.0", "1.0.1", false, ""},
		{"strategy", revRelease, "chart.yaml", "reconcileStrategy: Revision, ", "", true, "version"},
		{"strategy after", revRelease, "chart.yaml", "reconcileStrategy: Revision, ", "", false, ""},
		{"HelmChart in another namespace", revRelease, "chart.yaml", "namespace: flux-system", "namespace: other", true, noVerdict},
		{"HelmChart without a namespace", revRelease, "chart.yaml", ", namespace: flux-system", "", true, noVerdict},
		{"second HelmChart", revRelease, "chart2.yaml", "", "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {name: rev, namespace: flux-system}\nspec: {}\n", true, noVerdict},
		{"values files of the HelmChart", revRelease, "chart.yaml", "spec: {", "spec: {valuesFiles: [a], ", true, "valuesFiles"},
		{"chart does not render", revRelease, "charts/rev/templates/pod.yaml", "{{ .Values.image }}", "{{ fail .Values.image }}", true, ""},
		{"remote dependency", revRelease, "charts/rev/Chart.yaml", "version: 1.0.0\n", "version: 1.0.0\ndependencies: [{name: web, version: 1.0.0, repository: 'https://charts.example'}]\n", true, "web"},
	}
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	r := testRunner(t)
	states := map[render.State]int{}
	for _, a := range append(attacks(), moreAttacks()...) {
		before := files(fixture)
		if a.both {
			a.apply(t, before)
		}
		after := moved(t, before)
		if !a.both {
			a.apply(t, after)
		}
		if a.name == "moved to another file" {
			after["moved.yaml"] = moved(t, before)["web.yaml"]
		}
		if a.name == "patches of a twin" {
			for _, all := range []map[string]string{before, after} {
				all["twin/kustomization.yaml"] = "resources: [web.yaml]\nnamespace: apps\n"
			}
		}
		if a.name == "patches above" {
			for _, all := range []map[string]string{before, after} {
				all["base/kustomization.yaml"] = "resources: [../web.yaml]\n"
			}
		}
		v, ok := verifyFiles(t, r, before, after)[a.object]
		if !ok {
			if a.want != noVerdict {
				t.Errorf("%s: no verdict", a.name)
			}
			continue
		}
		states[v.State]++
		text := v.Reason + " " + strings.Join(v.Notes, " ")
		if v.State == render.Proven || !strings.Contains(text, a.want) {
			t.Errorf("%s: got %v %s, expected the reason %q", a.name, v.State, text, a.want)
		}
		if v.State == render.Failed && a.both {
			t.Errorf("%s: failed although nothing else changed: %s", a.name, text)
		}
		if testing.Verbose() {
			t.Logf("%-40s %-8v %s", a.name, v.State, text)
		}
	}
	t.Logf("%d attacks: %v", len(attacks())+len(moreAttacks()), maps.Collect(maps.All(states)))
}
