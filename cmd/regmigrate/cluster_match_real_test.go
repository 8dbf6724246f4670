//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// Three repositories that a real helm, kustomize and the API server deploy.
const realRepositories = `
-- chart/Chart.yaml --
apiVersion: v2
name: shop
version: 1.0.0
appVersion: "3.1"
-- chart/values.yaml --
image:
  registry: k8s.gcr.io
  repository: pause
init:
  image: k8s.gcr.io/busybox:1
-- chart/templates/_helpers.tpl --
{{- define "fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name }}{{ end }}
{{- end -}}
-- chart/templates/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ include "fullname" . }}-web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: init, image: "{{ .Values.init.image }}"}]
      containers: [{name: app, image: "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Chart.AppVersion }}"}]
-- chart/templates/hook.yaml --
apiVersion: batch/v1
kind: Job
metadata: {name: {{ include "fullname" . }}-migrate, annotations: {helm.sh/hook: pre-upgrade}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: k8s.gcr.io/migrate:1}]}}}
-- kustomize/base/kustomization.yaml --
resources: [night.yaml]
-- kustomize/base/night.yaml --
apiVersion: batch/v1
kind: CronJob
metadata: {name: night}
spec:
  schedule: "0 0 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: job
            image: k8s.gcr.io/cron:1
          - name: other
            image: placeholder
-- kustomize/overlay/kustomization.yaml --
resources: [../base]
namespace: default
namePrefix: prod-
images:
- name: placeholder
  newName: k8s.gcr.io/other
  newTag: "2"
-- plain/all.yaml --
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: default}
spec:
  replicas: 0
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: db
        image: k8s.gcr.io/db:1
`

// Every image that three repositories deploy is traced to its line.
func TestRealCluster(t *testing.T) {
	c := &realCluster{testcluster.Start(t, testcluster.User{Name: "reader", Groups: []string{"system:authenticated"}})}
	c.StartKwok(t)
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(realRepositories)).Files {
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	admin := c.Kubeconfig(t, testcluster.Admin.Name, "real")
	runReal(t, "helm", "--kubeconfig", admin, "install", "my", filepath.Join(dir, "chart"))
	runReal(t, "helm", "--kubeconfig", admin, "install", "shop", filepath.Join(dir, "chart"))
	c.apply(t, runReal(t, "kustomize", "build", filepath.Join(dir, "kustomize", "overlay")))
	c.apply(t, mustReadFile(t, filepath.Join(dir, "plain", "all.yaml")))
	create(t, c.Cluster, "/api/v1/nodes", map[string]any{"metadata": map[string]any{"name": "n1"}})
	for _, name := range []string{"my-shop-web", "shop-web"} {
		c.startPods(t, name)
	}

	args := []string{"--kubeconfig", admin, "--helm", "--check-operators", "--match", filepath.Join(dir, "chart"), "--match", filepath.Join(dir, "kustomize"), "--match", filepath.Join(dir, "plain")}
	out, errs, code := runCluster(t, session.Streams{}, append(args, "-o", "json")...)
	if code != 0 || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	got := realUses(t, out, dir)
	want := []string{
		`k8s.gcr.io/busybox:1 Deployment my-shop-web init container "init" running 1: chart/values.yaml:5`,
		`k8s.gcr.io/busybox:1 Deployment shop-web init container "init" running 1: chart/values.yaml:5`,
		`k8s.gcr.io/cron:1 CronJob prod-night container "job" declared 0: kustomize/base/night.yaml:13`,
		`k8s.gcr.io/db:1 StatefulSet db container "db" scaled to zero 0: plain/all.yaml:12`,
		`k8s.gcr.io/migrate:1 Job my-shop-migrate container "m" hook 0: chart/templates/hook.yaml:4`,
		`k8s.gcr.io/migrate:1 Job shop-migrate container "m" hook 0: chart/templates/hook.yaml:4`,
		`k8s.gcr.io/other:2 CronJob prod-night container "other" declared 0: kustomize/overlay/kustomization.yaml:6`,
		`k8s.gcr.io/pause:3.1 Deployment my-shop-web container "app" running 1: chart/values.yaml:3`,
		`k8s.gcr.io/pause:3.1 Deployment shop-web container "app" running 1: chart/values.yaml:3`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	t.Run("kubectl", func(t *testing.T) { compareKubectl(t, admin, got) })
	t.Run("role", func(t *testing.T) { c.testRole(t) })
}

// compareKubectl says what the usual command of kubectl misses.
func compareKubectl(t *testing.T, kubeconfig string, got []string) {
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skip("there is no kubectl")
	}
	// Source: https://kubernetes.io/docs/tasks/access-application-cluster/list-all-running-container-images/
	text := runReal(t, "kubectl", "--kubeconfig", kubeconfig, "get", "pods", "--all-namespaces", "-o", "jsonpath={.items[*].spec['initContainers', 'containers'][*].image}")
	images := strings.Fields(string(text))
	missed := 0
	for _, use := range got {
		ref, _, _ := strings.Cut(use, " ")
		if !slices.Contains(images, ref) {
			missed++
			t.Logf("kubectl get pods misses %s", use)
		}
	}
	for _, ref := range images {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, ref+" ") }) {
			t.Errorf("kubectl lists %s, regmigrate does not", ref)
		}
	}
	if missed != 5 {
		t.Errorf("kubectl misses %d uses, want 5", missed)
	}
}

// testRole compares the role that --rbac prints with what the lists need.
func (c *realCluster) testRole(t *testing.T) {
	config := c.Kubeconfig(t, "reader", "real")
	args := []string{"--kubeconfig", config, "--nodes", "--helm"}
	out, _, code := runCluster(t, session.Streams{}, args...)
	if code != 3 || !strings.Contains(out, "real/pods: not listed: the user may not list it") {
		t.Errorf("without a role: exit %d, %s", code, out)
	}
	role, _, _ := runCluster(t, session.Streams{}, append(args, "--rbac")...)
	c.apply(t, []byte(role))
	create(t, c.Cluster, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", map[string]any{"metadata": map[string]any{"name": "reader"},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "regmigrate-cluster"},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}}})
	testcluster.Eventually(t, "the role", func() bool {
		_, _, code := runCluster(t, session.Streams{}, args...)
		return code == 0
	})
}

// A realCluster is a cluster that creates what controllers would.
type realCluster struct{ *testcluster.Cluster }

// startPods creates a ReplicaSet of a Deployment and a pod of it, and waits until kwok
// runs the pod.
func (c *realCluster) startPods(t *testing.T, name string) {
	t.Helper()
	d := c.Do(t, "admin", "GET", "/apis/apps/v1/namespaces/default/deployments/"+name, nil).Body
	spec := d["spec"].(map[string]any)
	r := create(t, c.Cluster, "/apis/apps/v1/namespaces/default/replicasets", map[string]any{
		"metadata": map[string]any{"name": name + "-1", "ownerReferences": []any{ownerReference("Deployment", d)}},
		"spec":     map[string]any{"selector": spec["selector"], "template": spec["template"]}})
	template := spec["template"].(map[string]any)
	podSpec := template["spec"].(map[string]any)
	podSpec["nodeName"] = "n1"
	create(t, c.Cluster, "/api/v1/namespaces/default/pods", map[string]any{
		"metadata": map[string]any{"name": name + "-1-x", "labels": template["metadata"].(map[string]any)["labels"], "ownerReferences": []any{ownerReference("ReplicaSet", r)}}, "spec": podSpec})
	testcluster.Eventually(t, "a running pod", func() bool {
		status, _ := c.Do(t, "admin", "GET", "/api/v1/namespaces/default/pods/"+name+"-1-x", nil).Body["status"].(map[string]any)
		return status["phase"] == "Running"
	})
}

// apply applies the objects of a stream of YAML.
func (c *realCluster) apply(t *testing.T, stream []byte) {
	t.Helper()
	for _, doc := range strings.Split(string(stream), "\n---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatal(err)
		}
		path := "/apis/" + o["apiVersion"].(string)
		if o["kind"] != "ClusterRole" {
			path += "/namespaces/default"
		}
		path += "/" + strings.ToLower(o["kind"].(string)) + "s/" + o["metadata"].(map[string]any)["name"].(string) + "?fieldManager=test"
		if r := c.Do(t, "admin", "APPLY", path, o); r.Status >= http.StatusMultipleChoices {
			t.Fatalf("%s: %d %s", path, r.Status, r.Message())
		}
	}
}

// realUses returns a line for each use.
func realUses(t *testing.T, text, dir string) []string {
	t.Helper()
	var report struct {
		Images []struct {
			Reference string
			Uses      []struct {
				Owner        struct{ Kind, Name string }
				Field, State string
				Pods         int
				Sources      []struct {
					Repository, Path string
					Line             int
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range report.Images {
		for _, u := range m.Uses {
			line := fmt.Sprintf("%s %s %s %s %s %d:", m.Reference, u.Owner.Kind, u.Owner.Name, u.Field, u.State, u.Pods)
			for _, s := range u.Sources {
				line += fmt.Sprintf(" %s/%s:%d", strings.TrimPrefix(s.Repository, dir+"/"), s.Path, s.Line)
			}
			out = append(out, line)
		}
	}
	return out
}

func runReal(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v", program, args, err)
	}
	return out
}

func mustReadFile(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
