package release

import "strings"

// moreAttacks are changes of other fields, other spellings, and files beside the release.
func moreAttacks() []attack {
	duplicate := "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: apps}\nspec: {suspend: true}\n"
	flux := func(spec string) string {
		return "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: b}\nspec: {path: ./, " + spec + "}\n"
	}
	app := func(source string) string {
		return "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a2}\nspec: {source: {path: ., " + source + "}}\n"
	}
	return []attack{
		{"tag becomes a list", webRelease, "web.yaml", "tag: v1.2.3", "tag: [v1.2.3]", false, ""},
		{"annotation", webRelease, "web.yaml", "namespace: apps}", "namespace: apps, annotations: {a: b}}", false, ""},
		{"dependsOn", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  dependsOn: [{name: rev}]", false, ""},
		{"cluster", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  kubeConfig: {secretRef: {name: x}}", false, ""},
		{"version of the chart", webRelease, "web.yaml", "chart: ./charts/web,", "chart: ./charts/web, version: '2',", false, ""},
		{"service account", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  serviceAccountName: root", false, ""},
		{"storage namespace", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  storageNamespace: x", false, ""},
		{"install without hooks", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  install: {disableHooks: true}", false, ""},
		{"CRDs of an install", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  install: {crds: Skip}", false, ""},
		{"drift detection", webRelease, "web.yaml", "  interval: 5m", "  interval: 5m\n  driftDetection: {mode: enabled}", false, ""},
		{"path of the chart with a slash", webRelease, "web.yaml", "./charts/web,", "./charts/web/,", false, ""},
		{"variable in values", webRelease, "web.yaml", "    sidecar:", "    replicas: ${N:-1}\n    sidecar:", true, ""},
		{"variable in a reference", webRelease, "web.yaml", "pause:3.3", "pause:${TAG:=3.3}", true, ""},
		{"carriage return", webRelease, "web.yaml", "    sidecar:", "    a: b\r    replicas: 3\n    sidecar:", false, ""},
		{"next line character", webRelease, "web.yaml", "    sidecar:", "    # x\u0085    replicas: 3\n    sidecar:", false, ""},
		{"line separator", webRelease, "web.yaml", "    sidecar:", "    # x\u2028    replicas: 3\n    sidecar:", false, ""},
		{"second of another version", webRelease, "other.yaml", "", strings.Replace(duplicate, "/v2", "/v2beta2", 1), true, "more than one"},
		{"second in a hidden folder", webRelease, ".hidden/other.yaml", "", duplicate, true, "more than one"},
		{"second in node_modules", webRelease, "node_modules/other.yaml", "", duplicate, true, "more than one"},
		{"second in vendor", webRelease, "vendor/other.yaml", "", duplicate, true, "more than one"},
		{"second with the extension yml", webRelease, "other.yml", "", duplicate, true, "more than one"},
		{"second with an extension of upper case", webRelease, "other.YAML", "", duplicate, true, "more than one"},
		{"second after a byte order mark", webRelease, "other.yaml", "", "\ufeff" + duplicate, true, "more than one"},
		{"second after CR", webRelease, "other.yaml", "", strings.ReplaceAll(duplicate, "\n", "\r"), true, "more than one"},
		{"second in a chart", webRelease, "charts/rev/templates/hr.yaml", "", strings.Replace(duplicate, "name: web", "name: '{{ \"web\" }}'", 1), true, ""},
		{"second in CRDs of a chart", webRelease, "charts/rev/crds/hr.yaml", "", duplicate, true, "more than one"},
		{"components of Flux", webRelease, "flux.yaml", "", flux("components: [c]"), true, ""},
		{"metadata of Flux", webRelease, "flux.yaml", "", flux("commonMetadata: {labels: {a: b}}"), true, ""},
		{"prefix of Flux", webRelease, "flux.yaml", "", flux("namePrefix: a-"), true, ""},
		{"strategic patches", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\npatchesStrategicMerge: [p.yaml]\n", true, ""},
		{"JSON patches", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\npatchesJson6902: [{path: p.yaml}]\n", true, ""},
		{"variables of kustomize", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\nvars: [{name: A}]\n", true, ""},
		{"transformers", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\ntransformers: [t.yaml]\n", true, ""},
		{"labels", webRelease, "kustomization.yml", "", "resources: [web.yaml]\ncommonLabels: {a: b}\n", true, ""},
		{"configurations", webRelease, "kustomization.yaml", "", "resources: [web.yaml]\nconfigurations: [c.yaml]\n", true, ""},
		{"suffix that makes the ConfigMap", webRelease, "x/kustomization.yaml", "", "nameSuffix: -values\nconfigMapGenerator: [{name: web, literals: [a=b]}]\n", true, ""},
		{"immutable ConfigMap", webRelease, "values.yaml", "\ndata:", "\nimmutable: true\ndata:", false, ""},
		{"sparse checkout", webRelease, "sources.yaml", "interval: 1m", "interval: 1m, sparseCheckout: [x]", true, ""},
		{"submodules", webRelease, "sources.yaml", "interval: 1m", "interval: 1m, recurseSubmodules: true", false, ""},
		{"ignored template", webRelease, "charts/web/.helmignore", "", "pod.yaml\n", false, ""},
		{"schema of the values", webRelease, "charts/web/values.schema.json", "", `{"required": ["x"]}`, false, ""},
		{"new CRD", revRelease, "charts/rev/crds/new.yaml", "", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n", false, ""},
		{"notes", revRelease, "charts/rev/templates/NOTES.txt", "", "{{ if .Release.IsUpgrade }}x{{ end }}\n", false, ""},
		{"glob of values files", webApp, "app.yaml", "/prod/values.yaml", "/prod/val*.yaml", true, ""},
		{"remote values file", webApp, "app.yaml", "/prod/values.yaml", "https://evil.example/values.yaml", true, ""},
		{"APIs of Argo CD", webApp, "app.yaml", "    helm:\n", "    helm:\n      apiVersions: [a/v1]\n", false, ""},
		{"namespace of helm", webApp, "app.yaml", "    helm:\n", "    helm:\n      namespace: other\n", false, ""},
		{"CRDs skipped", webApp, "app.yaml", "    helm:\n", "    helm:\n      skipCrds: true\n", false, ""},
		{"text forced", webApp, "app.yaml", `value: "v3.1"}`, `value: "v3.1", forceString: true}`, false, ""},
		{"braces in a parameter", webApp, "app.yaml", `"v3.1"`, `"{a}"`, true, ""},
		{"variable in a parameter", webApp, "app.yaml", `"v3.1"`, `"$ARGOCD_APP_REVISION"`, true, ""},
		{"backslash in a parameter", webApp, "app.yaml", `"v3.1"`, `'v3\.1'`, true, ""},
		{"finalizer", webApp, "app.yaml", "namespace: argocd}", "namespace: argocd, finalizers: [x]}", false, ""},
		{"sync policy", webApp, "app.yaml", "spec:\n", "spec:\n  syncPolicy: {automated: {prune: true}}\n", false, ""},
		{"ignored differences", webApp, "app.yaml", "spec:\n", "spec:\n  ignoreDifferences: [{kind: Pod}]\n", false, ""},
		{"jsonnet of an Application", webApp, "app2.yaml", "", app("directory: {jsonnet: {}}"), true, ""},
		{"file of Argo CD excluded", webApp, "app2.yaml", "", app("directory: {exclude: 'app.yaml'}"), true, ""},
	}
}
