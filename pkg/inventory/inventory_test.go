package inventory

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

// options returns options with the preset k8s and a rule for docker.io/bitnami.
func options(t *testing.T) Options {
	t.Helper()
	list, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	list = append(list, rules.Rule{Name: "hub", From: "docker.io/bitnami", To: "docker.io/bitnamilegacy", Keep: []string{"docker.io/bitnami/minideb"}})
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Rules: set}
}

// formatUses returns one line per use.
func formatUses(v *Inventory) []string {
	out := []string{}
	for _, m := range v.Images() {
		for _, u := range m.Uses {
			s := m.Ref
			if m.Kind != format.Image {
				s = m.Kind.String() + " " + s
			}
			if m.IsSource {
				s = "source " + s
			}
			if m.New != "" {
				s += " -> " + m.New
			}
			if m.Keep != "" {
				s += " keep " + m.Keep
			}
			if m.HasVariable {
				s += " has variable"
			}
			at := u.Path
			if u.Line > 0 {
				at += fmt.Sprintf(":%d:%d", u.Line, u.Column)
			}
			s += fmt.Sprintf(" | %s %s", at, u.Field)
			if u.Object != "" {
				s += " in " + u.Object
			}
			if u.RunningDigest != "" {
				s += " runs " + u.RunningDigest
			}
			out = append(out, s)
		}
	}
	return out
}

// inventoryFiles returns the inventory of the files of a txtar archive.
func inventoryFiles(t *testing.T, o Options, archive string) *Inventory {
	t.Helper()
	root := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o.Walk = walk.Options{Root: root}
	v := New(o)
	if err := v.AddFiles(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(v.Failures) > 0 {
		t.Fatalf("expected no failures, got %v", v.Failures)
	}
	return v
}

const sha = "sha256:5516d103a9c2ecc4f026efbd4b40662ce22dc1f824fb129ed121460aaa5c47f8"

func TestAddFiles(t *testing.T) {
	for _, c := range []struct {
		name, archive string
		want          []string
	}{
		{"a workload", `-- a.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
  - image: nginx
  containers:
  - image: k8s.gcr.io/pause:3.9
    env:
    - {name: SIDECAR, value: "quay.io/x/y:1"}
    - {name: HOME, value: /nginx}
  ephemeralContainers:
  - image: bitnami/redis:7
  - image: bitnami/minideb:1
  volumes:
  - name: v
    image: {reference: bitnami/data:2}
`, []string{
			"bitnami/data:2 -> bitnamilegacy/data:2 | a.yaml:17:24 .spec.volumes[0].image.reference in Pod web (v1)",
			"bitnami/minideb:1 keep docker.io/bitnami/minideb | a.yaml:14:12 .spec.ephemeralContainers[1].image in Pod web (v1)",
			"bitnami/redis:7 -> bitnamilegacy/redis:7 | a.yaml:13:12 .spec.ephemeralContainers[0].image in Pod web (v1)",
			"nginx | a.yaml:6:12 .spec.initContainers[0].image in Pod web (v1)",
			"k8s.gcr.io/pause:3.9 -> registry.k8s.io/pause:3.9 | a.yaml:8:12 .spec.containers[0].image in Pod web (v1)",
			"quay.io/x/y:1 | a.yaml:10:31 .spec.containers[0].env[0].value in Pod web (v1)",
		}},
		{"a name after a whole repository is not pulled", `-- vector.yaml --
images:
- {name: pause-container, repository: k8s.gcr.io/pause, tag: "3.1"}
- {name: cni, registry: quay.io, repository: calico/cni, tag: v1}
- {name: etcd, registry: quay.io, tag: v1}
image: {name: worker, repository: gcr.io/datadoghq, tag: "1"}
`, []string{
			"gcr.io/datadoghq/worker:1 | vector.yaml:5:15 .image.name",
			"k8s.gcr.io/pause:3.1 -> registry.k8s.io/pause:3.1 | vector.yaml:2:39 .images[0].repository",
			"quay.io/calico/cni:v1 | vector.yaml:3:46 .images[1].repository",
			"quay.io/etcd:v1 | vector.yaml:4:10 .images[2].name",
		}},
		{"a null is no part of a reference", `-- a.yaml --
a: {registry: null, repository: k8s.gcr.io/pause, tag: ~}
b: {registry: ~, repository: grafana/tempo, tag: "1"}
-- b.json --
{"c": {"registry": null, "repository": "quay.io/x/y", "tag": null, "digest": null, "pullPolicy": "Always"}}
`, []string{
			"grafana/tempo:1 | a.yaml:2:30 .b.repository",
			"k8s.gcr.io/pause -> registry.k8s.io/pause | a.yaml:1:33 .a.repository",
			"quay.io/x/y | b.json:1:41 .c.repository",
		}},
		{"split references and sibling keys", `-- values.yaml --
a: {registry: k8s.gcr.io, repository: pause, tag: 3.9}
b: {repository: gcr.io/google-containers/pause, tag: "", digest: ` + sha + `}
c: {repository: corp.example/app, tag: null, pullPolicy: Always}
d: {repository: bitnami/redis, tag: "7"}
e: {image: k8s.gcr.io/dns/node, tag: v1}
sidecarImage: corp.example/sidecar
sidecarTag: v2
f: {image: "corp.example/own:1", tag: other}
g: {repository: github.com/corp/app, url: x}
h: {registry: corp.example}
i: {repository: https://charts.example/x}
`, []string{
			"corp.example/app | values.yaml:3:17 .c.repository",
			"corp.example/own:1 | values.yaml:8:13 .f.image",
			"corp.example/sidecar:v2 | values.yaml:6:15 .sidecarImage",
			"bitnami/redis:7 -> bitnamilegacy/redis:7 | values.yaml:4:17 .d.repository",
			"gcr.io/google-containers/pause@" + sha + " -> registry.k8s.io/pause@" + sha + " | values.yaml:2:17 .b.repository",
			"k8s.gcr.io/dns/node:v1 -> registry.k8s.io/dns/node:v1 | values.yaml:5:12 .e.image",
			"k8s.gcr.io/pause:3.9 -> registry.k8s.io/pause:3.9 | values.yaml:1:39 .a.repository",
		}},
		{"a registry in an outer mapping", `-- values.yaml --
global: {image: {registry: registry.k8s.io}}
controller: {image: {image: ingress-nginx/controller, tag: v1, digest: ` + sha + `}}
`, []string{"registry.k8s.io/ingress-nginx/controller:v1@" + sha + " | values.yaml:2:29 .controller.image.image"}},
		{"a kustomization", `-- kustomization.yaml --
images:
- {name: k8s.gcr.io/pause, newTag: "3.9"}
- {name: k8s.gcr.io/a, newName: corp.example/a, newTag: "1"}
- {name: nginx, newName: corp.example/nginx, digest: ` + sha + `}
- {name: busybox, newTag: "1.36"}
`, []string{
			"corp.example/a:1 | kustomization.yaml:3:33 .images[1].newName",
			"corp.example/nginx@" + sha + " | kustomization.yaml:4:26 .images[2].newName",
			"busybox:1.36 | kustomization.yaml:5:10 .images[3].name",
			"k8s.gcr.io/pause:3.9 -> registry.k8s.io/pause:3.9 | kustomization.yaml:2:10 .images[0].name",
		}},
		{"Dockerfile, Compose and GitHub Actions", `-- Dockerfile --
# syntax=docker/dockerfile:1
ARG BASE=k8s.gcr.io/debian-base:v1
FROM golang:1.26 AS build
FROM build AS test
FROM scratch
FROM $BASE
COPY --from=build /a /a
-- compose.yaml --
services:
  a: {image: redis}
  b: {image: "corp/b:1", build: .}
-- .github/workflows/x.yaml --
jobs: {a: {container: alpine, steps: [{uses: "docker://quay.io/x/act:1"}, {uses: actions/checkout@v4}]}}
`, []string{
			"docker/dockerfile:1 | Dockerfile:1:10 syntax",
			"alpine | .github/workflows/x.yaml:1:23 .jobs.a.container",
			"golang:1.26 | Dockerfile:3:6 FROM in stage build",
			"redis | compose.yaml:2:14 .services.a.image",
			"k8s.gcr.io/debian-base:v1 -> registry.k8s.io/debian-base:v1 | Dockerfile:2:10 FROM",
			"quay.io/x/act:1 | .github/workflows/x.yaml:1:56 .jobs.a.steps[0].uses",
		}},
		{"an object of an unknown kind", `-- a.yaml --
apiVersion: example.com/v1
kind: Thing
metadata: {name: x}
spec:
  image: nginx
  baseImage: corp.example/base
  sidecarImage: busybox:1
  logoImage: logo.png
  template: {spec: {containers: [{image: bitnami/redis}]}}
  other: nginx:1
  mirror: {image: a, from: b}
`, []string{
			"corp.example/base | a.yaml:6:14 .spec.baseImage in Thing x (example.com/v1)",
			"bitnami/redis -> bitnamilegacy/redis | a.yaml:9:42 .spec.template.spec.containers[0].image in Thing x (example.com/v1)",
			"busybox:1 | a.yaml:7:17 .spec.sidecarImage in Thing x (example.com/v1)",
		}},
		{"texts that are not images", `-- a.yaml --
image: header
cover: {image: static/cover.png}
host: gcr.io
url: https://quay.io/x/y:1
module: github.com/x/y:v1
api: k8s.io/api
site: www.example.com/a/b
chart: ghcr.io-charts/y
email: a@quay.io/x
description: Runs quay.io/x/y:1 in a pod.
# quay.io/x/comment:1
-- b.yaml --
apiVersion: kyverno.io/v1
kind: ClusterPolicy
spec: {rules: [{validate: {pattern: {image: "k8s.gcr.io/x:1"}}}]}
-- README.md --
Run quay.io/x/docs:1.
-- run.sh --
docker run quay.io/x/script:1
-- main.go --
var image = "quay.io/x/code:1"
`, []string{}},
		{"references within texts", `-- a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: c, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"image":"k8s.gcr.io/copy:1"}'}}
data:
  pod.yaml: |
    apiVersion: v1
    kind: Pod
    spec: {containers: [{image: nginx:1}]}
  args: "--a=quay.io/x/y:1 --b=gcr.io/p/q --c=www.example.com/z --d=corp.example/e:1,corp.example/f@` + sha + `"
`, []string{
			"corp.example/e:1 | a.yaml:9:69 .data.args in ConfigMap c (v1)",
			"corp.example/f@" + sha + " | a.yaml:9:86 .data.args in ConfigMap c (v1)",
			"nginx:1 | a.yaml:8:33 .data[\"pod.yaml\"]|.spec.containers[0].image in Pod (v1)",
			"gcr.io/p/q | a.yaml:9:32 .data.args in ConfigMap c (v1)",
			"quay.io/x/y:1 | a.yaml:9:14 .data.args in ConfigMap c (v1)",
		}},
		{"charts and artifacts", `-- chart/Chart.yaml --
dependencies:
- {name: redis, version: 18.1.0+1, repository: "oci://k8s.gcr.io/charts"}
- {name: lib, version: 1.x.x, repository: "oci://k8s.gcr.io/charts/"}
- {name: web, version: 1.0.0, repository: "https://k8s.gcr.io/charts"}
- {name: own, version: 1.0.0, repository: "file://../own"}
-- flux/repository.yaml --
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts, namespace: flux-system}
spec: {type: oci, url: "oci://k8s.gcr.io/flux"}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: app}
spec: {url: "oci://docker.io/app", ref: {tag: v1}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: chart}
spec: {url: "oci://ghcr.io/x/chart", ref: {tag: 1.0.0}, layerSelector: {mediaType: application/vnd.cncf.helm.chart.content.v1.tar+gzip}}
-- flux/release.yaml --
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: a, namespace: apps}
spec: {chart: {spec: {chart: db, version: 2.0.0, sourceRef: {kind: HelmRepository, name: charts, namespace: flux-system}}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: elsewhere, namespace: apps}
spec: {chart: {spec: {chart: db, version: 2.0.0, sourceRef: {kind: HelmRepository, name: charts}}}}
-- helmfile.yaml --
repositories: [{name: b, url: k8s.gcr.io/hf, oci: true}]
releases: [{name: x, chart: b/y, version: 1.0.0}, {name: z, chart: c/y, version: 1.0.0}]
-- crossplane.yaml --
apiVersion: pkg.crossplane.io/v1
kind: Provider
metadata: {name: a}
spec: {package: "ghcr.io/x/provider:v1"}
`, []string{
			"artifact docker.io/app:v1 | flux/repository.yaml:9:20 .spec.url in OCIRepository app (source.toolkit.fluxcd.io/v1)",
			"chart ghcr.io/x/chart:1.0.0 | flux/repository.yaml:14:20 .spec.url in OCIRepository chart (source.toolkit.fluxcd.io/v1)",
			"package ghcr.io/x/provider:v1 | crossplane.yaml:4:18 .spec.package in Provider a (pkg.crossplane.io/v1)",
			"chart-repository https://k8s.gcr.io/charts | chart/Chart.yaml:4:44 .dependencies[2].repository",
			"chart k8s.gcr.io/charts/lib -> registry.k8s.io/charts/lib | chart/Chart.yaml:3:50 .dependencies[1].repository",
			"chart k8s.gcr.io/charts/redis:18.1.0_1 -> registry.k8s.io/charts/redis:18.1.0_1 | chart/Chart.yaml:2:55 .dependencies[0].repository",
			"source chart k8s.gcr.io/flux -> registry.k8s.io/flux | flux/repository.yaml:4:31 .spec.url in HelmRepository charts (source.toolkit.fluxcd.io/v1)",
			"chart k8s.gcr.io/flux/db:2.0.0 -> registry.k8s.io/flux/db:2.0.0 | flux/release.yaml:4:30 .spec.chart.spec.chart in HelmRelease a (helm.toolkit.fluxcd.io/v2)",
			"source chart k8s.gcr.io/hf -> registry.k8s.io/hf | helmfile.yaml:1:31 .repositories[0].url",
			"chart k8s.gcr.io/hf/y:1.0.0 -> registry.k8s.io/hf/y:1.0.0 | helmfile.yaml:2:29 .releases[0].chart",
		}},
		{"templates", `-- chart/templates/a.yaml --
apiVersion: v1
kind: Pod
spec:
  containers:
  - image: {{ .Values.image }}
  - image: "{{ .Values.registry }}/x:1"
  - image: k8s.gcr.io/pause:{{ .Values.tag }}
  - image: quay.io/x/y:1
{{- if .Values.more }}
  - image: {{ .Values.other | default "quay.io/x/z:1" }}
{{- end }}
-- broken.yaml --
a: [
  image: quay.io/x/broken:1
`, []string{
			"k8s.gcr.io/pause:{{ .Values.tag }} -> registry.k8s.io/pause:{{ .Values.tag }} has variable | chart/templates/a.yaml:7:12 .spec.containers[2].image in Pod (v1)",
			"quay.io/x/broken:1 | broken.yaml:2:10 ",
			"quay.io/x/y:1 | chart/templates/a.yaml:8:12 .spec.containers[3].image in Pod (v1)",
			"quay.io/x/z:1 | chart/templates/a.yaml:10:40 .spec.containers[4].image in Pod (v1)",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := inventoryFiles(t, options(t), c.archive)
			if d := diff(c.want, formatUses(v)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestImagesNormalizesDockerHub(t *testing.T) {
	v := inventoryFiles(t, options(t), "-- Dockerfile --\nFROM nginx\nFROM docker.io/nginx\nFROM index.docker.io/x/y\nFROM localhost:5000/z\n")
	var got []string
	for _, m := range v.Images() {
		got = append(got, strings.Join([]string{m.Domain, m.Path, m.Registry, m.Repository}, " "))
	}
	want := []string{"docker.io nginx docker.io library/nginx", " nginx docker.io library/nginx", "index.docker.io x/y docker.io x/y", "localhost:5000 z localhost:5000 z"}
	if d := diff(want, got); d != "" {
		t.Error(d)
	}
}

// diff returns a description of the difference between two lists of lines, "" if
// they are equal.
func diff(want, got []string) string {
	w, g := strings.Join(want, "\n"), strings.Join(got, "\n")
	if w == g {
		return ""
	}
	return "expected\n" + w + "\ngot\n" + g
}

// A file that a Compose file includes or extends is read as a Compose file, also if a
// file between the two names it. Its uses are listed once.
func TestComposeFiles(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"compose.yaml":     "include: [parts/a.yml]\nservices:\n  x: {extends: {file: parts/b.yml, service: x}}\n",
		"parts/a.yml":      "services:\n  a: {image: acme/a}\n",
		"parts/b.yml":      "services:\n  x: {extends: {file: c.yml, service: x}, image: \"acme/b:1\"}\n",
		"parts/c.yml":      "services:\n  x: {image: acme/c, build: .}\n  y: {image: acme/d}\n",
		"parts/other.yml":  "services:\n  x: {image: acme/other}\n",
		"parts/absent.yml": "a: b\n",
	} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := options(t)
	o.Walk = walk.Options{Root: root}
	v := New(o)
	if err := v.AddFiles(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"acme/a | parts/a.yml:2:14 .services.a.image",
		"acme/b:1 | parts/b.yml:2:51 .services.x.image",
		"acme/d | parts/c.yml:3:14 .services.y.image",
	}, "\n")
	if got := strings.Join(formatUses(v), "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if v.ScannedFiles != 6 {
		t.Errorf("%d files scanned, want 6", v.ScannedFiles)
	}
}
