package kustomize

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render/helm"
)

// chartFiles is a chart that prints its values and capabilities.
var chartFiles = map[string]string{
	"Chart.yaml":  "apiVersion: v2\nname: web\nversion: 1.2.3\nkubeVersion: '>=1.20.0-0'\n",
	"values.yaml": "image: {repository: k8s.gcr.io/pause, tag: '3.1'}\nports: [80, 443]\nreplicas: 12345678\nnested: {a: 1, b: {c: x}}\n",
	"templates/deploy.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
  namespace: {{ .Release.Namespace }}
  labels: {helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
      - name: web
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        args: [{{ .Values.nested | toJson | quote }}, {{ .Capabilities.KubeVersion.Version | quote }}]
        ports:
        {{- range .Values.ports }}
        - containerPort: {{ . }}
        {{- end }}
`,
	"templates/a.yaml":     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-cm}\ndata:\n  has: {{ .Capabilities.APIVersions.Has \"example.com/v1\" | quote }}\n  install: {{ .Release.IsInstall | quote }}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: {{ .Release.Name }}}\n",
	"templates/empty.yaml": "{{ if .Values.never }}\nkind: X\n{{ end }}\n",
	"templates/hook.yaml":  "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations: {helm.sh/hook: pre-install}\nspec: {containers: [{name: a, image: k8s.gcr.io/hook:1}]}\n",
	"templates/test.yaml":  "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}-test\n  annotations: {helm.sh/hook: test}\nspec: {containers: [{name: a, image: k8s.gcr.io/test:1}]}\n",
	"templates/NOTES.txt":  "Welcome to {{ .Release.Name }}\n",
	"templates/_x.tpl":     "{{ define \"x\" }}{{ end }}",
	"crds/crd.yaml":        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: webs.example.com}\nspec: {group: example.com}\n",
}

// chartUses are kustomizations that use the chart, each in a different way.
var chartUses = map[string]string{
	"plain":      "helmCharts:\n- {name: web, releaseName: r}\n",
	"inline":     "helmCharts:\n- name: web\n  releaseName: r\n  valuesInline: {image: {tag: '3.9'}, ports: [8080], replicas: 23456789, nested: {b: {d: 1.5}}}\n",
	"merge":      "helmCharts:\n- name: web\n  releaseName: r\n  valuesMerge: merge\n  valuesInline: {image: {tag: '3.9'}, ports: [8080], more: [1], nested: {b: {d: true, c: null}}}\n",
	"replace":    "helmCharts:\n- name: web\n  releaseName: r\n  valuesMerge: replace\n  valuesInline: {image: {tag: '3.9'}, nested: null}\n",
	"files":      "helmCharts:\n- name: web\n  releaseName: r\n  valuesFile: one.yaml\n  additionalValuesFiles: [two.yaml]\n",
	"both":       "helmCharts:\n- name: web\n  releaseName: r\n  valuesFile: one.yaml\n  additionalValuesFiles: [two.yaml]\n  valuesInline: {ports: [1, 2], nested: {a: inline}}\n",
	"namespaces": "namespace: ours\nhelmCharts:\n- {name: web, releaseName: r}\n- {name: web, releaseName: q, namespace: theirs}\n",
	"crds":       "helmCharts:\n- {name: web, releaseName: r, includeCRDs: true, skipHooks: true}\n",
	"tests":      "helmCharts:\n- {name: web, releaseName: r, skipTests: true}\n",
	"versions":   "helmCharts:\n- {name: web, releaseName: r, kubeVersion: 1.25.3, apiVersions: [example.com/v1]}\n",
	"home":       "helmGlobals: {chartHome: ../shared}\nhelmCharts:\n- {name: web, releaseName: r}\n",
	"repo":       "helmCharts:\n- {name: web, releaseName: r, repo: 'https://charts.example', version: 9.9.9}\n",
	"old":        "helmChartInflationGenerator:\n- {chartName: web, releaseName: r, valuesLocal: {replicas: 1}}\n",
	"more":       "resources: [cm.yaml]\nnamePrefix: p-\ncommonLabels: {a: b}\nconfigMapGenerator: [{name: g, literals: [a=k8s.gcr.io/x:1]}]\nimages: [{name: k8s.gcr.io/pause, newTag: '3.7'}]\npatches:\n- patch: '[{\"op\": \"add\", \"path\": \"/spec/template/spec/hostNetwork\", \"value\": true}]'\n  target: {kind: Deployment}\nhelmCharts:\n- {name: web, releaseName: r}\n",
	"over":       "resources: [../inline, ../more]\nnamespace: above\nnameSuffix: -s\nimages: [{name: k8s.gcr.io/pause, newTag: '3.6'}]\n",
}

// chartUsesTree returns the files of all chartUses, each with the chart.
func chartUsesTree() map[string]string {
	files := map[string]string{
		"files/one.yaml": "image: {repository: k8s.gcr.io/one, tag: one}\n", "files/two.yaml": "image: {tag: two}\nnested: {z: 1}\n",
		"both/one.yaml": "ports: [9]\nnested: {b: {e: 2}}\n", "both/two.yaml": "nested: {a: two}\n",
		"more/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n",
	}
	for dir, text := range chartUses {
		files[dir+"/kustomization.yaml"] = text
		at := dir + "/charts/web/"
		switch dir {
		case "home":
			at = "shared/web/"
		case "repo":
			at = "repo/charts/web-9.9.9/web/"
		case "over":
			continue
		}
		for name, src := range chartFiles {
			files[at+name] = src
		}
	}
	return files
}

// TestRealChartEntries compares builds with charts with the output of the programs
// kustomize and helm.
func TestRealChartEntries(t *testing.T) {
	kustomize, err1 := exec.LookPath("kustomize")
	helmPath, err2 := exec.LookPath("helm")
	if err1 != nil || err2 != nil {
		t.Skip("kustomize and helm are not on PATH; make test-real builds them")
	}
	root := t.TempDir()
	for name, src := range chartUsesTree() {
		at := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(src), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := testRunner(t)
	k := OpenTree(os.DirFS(root))
	for dir := range chartUses {
		t.Run(dir, func(t *testing.T) {
			got, left, err := Build(context.Background(), r, k, dir)
			if err != nil || len(left) > 0 {
				t.Fatalf("left %v, error %v", left, err)
			}
			cmd := exec.Command(kustomize, "build", "--load-restrictor", "LoadRestrictionsNone", "--enable-helm", "--helm-command", helmPath, "--helm-kube-version", helm.DefaultKubeVersion, filepath.Join(root, dir))
			cmd.Env = append(os.Environ(), "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1")
			var stderr strings.Builder
			cmd.Stderr = &stderr
			want, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, &stderr)
			}
			if joinedText(got) != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", joinedText(got), want)
			}
		})
	}
}
