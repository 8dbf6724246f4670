package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/regmigrate/regmigrate/internal/app/session"
	"github.com/regmigrate/regmigrate/internal/testcluster"
)

const clusterObjects = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a, labels: {team: red}, annotations: {meta.helm.sh/release-name: shop, meta.helm.sh/release-namespace: a}}
spec: {template: {spec: {containers: [{name: app, image: "k8s.gcr.io/pause:3.1"}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-x, namespace: a, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: Deployment/a/web, controller: true}]}
spec: {containers: [{name: app, image: "k8s.gcr.io/pause:3.1"}]}
status: {phase: Running, containerStatuses: [{name: app, image: "k8s.gcr.io/pause:3.1", imageID: "k8s.gcr.io/pause@sha256:aaa"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: b}
spec: {schedule: "0 0 * * *", jobTemplate: {spec: {template: {spec: {containers: [{name: job, image: "nginx:1"}]}}}}}
`

// runCluster runs the command, and returns its output and exit code.
func runCluster(t *testing.T, s session.Streams, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	s.In, s.Out, s.Err = strings.NewReader(""), &out, &errs
	code = Main(context.Background(), append([]string{"cluster"}, args...), s)
	return out.String(), errs.String(), code
}

func TestClusterTable(t *testing.T) {
	f := testcluster.StartFake(t, clusterObjects)
	config := testcluster.Kubeconfig(t, map[string]*testcluster.Fake{"east": f}, "east")
	out, errs, code := runCluster(t, session.Streams{}, "--kubeconfig", config)
	want := `docker.io  1 image, 1 use
  nginx:1  1 use, 0 pods

k8s.gcr.io  1 image, 1 use, to move
  pause:3.1  -> registry.k8s.io/pause:3.1
    Deployment a/web  container "app"  1 pod  Helm release a/shop

2 images, 2 uses, 2 registries in 3 objects (1 pod) of east
1 image to move (1 use, 1 container running)
`
	if out != want || errs != "" || code != 0 {
		t.Errorf("exit %d, %s, got\n%s\nwant\n%s", code, errs, out, want)
	}
}

// The sources of an image: a manifest, a chart, and a place that is ahead of the cluster.
func TestClusterMatch(t *testing.T) {
	manifest := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: IMAGE\n"
	chart := map[string]string{
		"charts/web/Chart.yaml":          "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"charts/web/values.yaml":         "image:\n  repository: k8s.gcr.io/pause\n  tag: \"3.1\"\n",
		"charts/web/templates/web.yaml":  strings.ReplaceAll(strings.Replace(manifest, "IMAGE", `"{{ .Values.image.repository }}:{{ .Values.image.tag }}"`, 1), "name: web}", `name: {{ printf "%s-web" .Release.Name }} }`),
		"charts/web/templates/other.yml": "",
	}
	objects := strings.Replace(clusterObjects, "kind: Deployment\nmetadata: {name: web,", "kind: Deployment\nmetadata: {name: shop-web,", 1)
	for name, c := range map[string]struct {
		files   map[string]string
		objects string
		want    string
	}{
		"manifest": {map[string]string{"web.yaml": strings.Replace(manifest, "IMAGE", "k8s.gcr.io/pause:3.1", 1)}, clusterObjects, "/web.yaml:9\n"},
		"ahead":    {map[string]string{"web.yaml": strings.Replace(manifest, "IMAGE", "registry.k8s.io/pause:3.2", 1)}, clusterObjects, "/web.yaml:9 has registry.k8s.io/pause:3.2, differs\n"},
		"other":    {map[string]string{"job.yaml": strings.Replace(strings.Replace(manifest, "IMAGE", "k8s.gcr.io/pause:3.1", 1), "name: web", "name: x", 1)}, clusterObjects, "/job.yaml:9, only by reference\n"},
		"nowhere":  {map[string]string{"web.yaml": strings.Replace(manifest, "IMAGE", "k8s.gcr.io/etcd:3.1", 1)}, clusterObjects, "        nowhere here\n"},
		"chart":    {chart, objects, "/charts/web/values.yaml:2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			config := testcluster.Kubeconfig(t, map[string]*testcluster.Fake{"east": testcluster.StartFake(t, c.objects)}, "east")
			out, errs, code := runCluster(t, session.Streams{}, "--kubeconfig", config, "--old-only", "--match", dir)
			if !strings.Contains(out, c.want) || errs != "" || code != 0 {
				t.Errorf("exit %d, %s, want %q in\n%s", code, errs, c.want, out)
			}
		})
	}
}

func TestClusterExitCodes(t *testing.T) {
	f := testcluster.StartFake(t, clusterObjects)
	config := testcluster.Kubeconfig(t, map[string]*testcluster.Fake{"east": f}, "east")
	for _, c := range []struct {
		args []string
		code int
		want string // in standard error
	}{
		{[]string{"--check", "-q"}, 1, ""},
		{[]string{"--check", "-q", "-n", "b"}, 0, ""},
		{[]string{"--check", "-q", "--rule", "quay.io/x=quay.io/y"}, 0, ""},
		{[]string{"--context", "west"}, 2, `context "west" does not exist`},
		{[]string{"-o", "yaml"}, 2, `--output: "yaml": expected table,`},
		{[]string{"PATH"}, 2, `expected no argument, got "PATH"`},
	} {
		_, errs, code := runCluster(t, session.Streams{}, append([]string{"--kubeconfig", config}, c.args...)...)
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit %d, %q; want %d, %q", c.args, code, errs, c.code, c.want)
		}
	}
	f.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/apis/batch/v1/cronjobs" {
			return false
		}
		testcluster.Status(w, http.StatusForbidden, "Forbidden", "cronjobs.batch is forbidden", "")
		return true
	}
	out, _, code := runCluster(t, session.Streams{}, "--kubeconfig", config, "--check")
	if code != 3 || !strings.Contains(out, "east/cronjobs.batch: not listed: the user may not list it: cronjobs.batch is forbidden\n") || !strings.Contains(out, "Deployment a/web") {
		t.Errorf("exit %d,\n%s", code, out)
	}
}

// The formats for programs, of two clusters; registry check reads the JSON.
func TestClusterFormats(t *testing.T) {
	config := testcluster.Kubeconfig(t, map[string]*testcluster.Fake{"east": testcluster.StartFake(t, clusterObjects), "west": testcluster.StartFake(t, clusterObjects)}, "east")
	both := []string{"--kubeconfig", config, "--context", "east", "--context", "west"}
	text, errs, code := runCluster(t, session.Streams{}, append(both, "-o", "json")...)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "schema", "cluster.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Error(err)
	}
	for _, want := range []string{`"runningDigest": "sha256:aaa"`, `"context": "west"`, `"team": "red"`, `"gatingUses": 2`} {
		if !strings.Contains(text, want) {
			t.Errorf("the JSON does not have %s:\n%s", want, text)
		}
	}
	if out, _, _ := runCluster(t, session.Streams{}, append(both, "-o", "plain", "--old-only")...); out != "k8s.gcr.io/pause:3.1\n" {
		t.Errorf("plain: got %q", out)
	}
	want := "k8s.gcr.io/pause:3.1,k8s.gcr.io,pause,3.1,,registry.k8s.io/pause:3.1,preset k8s,,west,a,Deployment,web,Deployment a/web (apps/v1),\"container \"\"app\"\"\",running,true,1,0,sha256:aaa,Helm release a/shop,,,team=red\n"
	if out, _, _ := runCluster(t, session.Streams{}, append(both, "-o", "csv", "--old-only")...); !strings.HasSuffix(out, want) {
		t.Errorf("csv: got %q", out)
	}

	var out, failed bytes.Buffer
	s := session.Streams{In: strings.NewReader(text), Out: &out, Err: &failed}
	Main(t.Context(), []string{"registry", "check", "--offline", "-"}, s)
	if !strings.Contains(out.String(), "registry.k8s.io/pause:3.1") {
		t.Errorf("registry check: %s%s", out.String(), failed.String())
	}
}

// As a plugin of kubectl, the command shows the name that the user types.
func TestClusterPlugin(t *testing.T) {
	out, _, code := runCluster(t, session.Streams{Plugin: true}, "--help")
	if code != 0 || !strings.Contains(out, "kubectl regmigrate cluster [flags]") || !strings.Contains(out, "  kubectl regmigrate cluster --old-only") {
		t.Errorf("exit %d,\n%s", code, out)
	}
}

// The state of several runs, as lines and as a page with a chart and without scripts.
func TestClusterHistory(t *testing.T) {
	f := testcluster.StartFake(t, clusterObjects)
	config := testcluster.Kubeconfig(t, map[string]*testcluster.Fake{"east": f}, "east")
	file := filepath.Join(t.TempDir(), "state.jsonl")
	args := []string{"--kubeconfig", config, "--history", file}
	if out, errs, code := runCluster(t, session.Streams{}, append(args, "-q")...); code != 0 || out != "" {
		t.Fatalf("exit %d, %q, %s", code, out, errs)
	}
	f.Add(map[string]any{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": map[string]any{"name": "<script>", "namespace": "c"},
		"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "c", "image": "registry.k8s.io/done:1"}, map[string]any{"name": "d", "image": "k8s.gcr.io/old:1"}}}}}})
	page, errs, code := runCluster(t, session.Streams{}, append(args, "-o", "html")...)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{"<title>2 uses to move in east</title>", "<polyline points=", "By namespace", "By team", "<td>red</td>", "DaemonSet c/&lt;script&gt;", "Helm release a/shop", "33 %"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "http://") {
		t.Error("the page has a script, or loads something")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n != 2 || !strings.Contains(string(text), `"toMove":2,"moved":1`) {
		t.Errorf("got %s", text)
	}
	// A list that is not complete is no state.
	f.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		testcluster.Status(w, http.StatusForbidden, "Forbidden", "no", "")
		return true
	}
	if _, _, code := runCluster(t, session.Streams{}, append(args, "-q")...); code != 3 {
		t.Errorf("exit %d", code)
	}
	if again, err := os.ReadFile(file); err != nil || string(again) != string(text) {
		t.Errorf("%v, got %s", err, again)
	}
	if err := os.WriteFile(file, []byte("hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := runCluster(t, session.Streams{}, args...); code != 2 || !strings.Contains(errs, "line 1: expected a JSON object that --history wrote") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// --watch ends when nothing to move would run, and says what changed.
func TestClusterWatch(t *testing.T) {
	f := testcluster.StartFake(t, clusterObjects)
	config := testcluster.Kubeconfig(t, map[string]*testcluster.Fake{"east": f}, "east")
	lists := 0
	f.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/api/v1/pods" {
			lists++
		}
		if lists < 3 || r.URL.Path == "/apis" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		kind := map[string]string{"deployments": "DeploymentList", "pods": "PodList"}[filepath.Base(r.URL.Path)]
		if kind == "" {
			return false
		}
		_, _ = w.Write([]byte(`{"apiVersion":"` + strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(filepath.Dir(r.URL.Path)), "/apis/"), "/api/") + `","kind":"` + kind + `","metadata":{"resourceVersion":"1"},"items":[]}`))
		return true
	}
	out, errs, code := runCluster(t, session.Streams{}, "--kubeconfig", config, "--watch", "--interval", "1ms", "--check")
	if lines := strings.Split(strings.TrimSpace(errs), "\n"); code != 0 || len(lines) < 2 || !strings.HasSuffix(lines[0], "  1 use to move, 1 container running, 0 moved") ||
		!strings.HasSuffix(lines[len(lines)-1], "  0 uses to move, 0 containers running, 0 moved (-1)") || !strings.Contains(out, "no image to move") {
		t.Errorf("exit %d\n%s\n%s", code, errs, out)
	}
}

func TestClusterRole(t *testing.T) {
	out, errs, code := runCluster(t, session.Streams{}, "--rbac", "--kubeconfig", "nowhere", "-n", "a")
	if code != 0 || errs != "" || !strings.HasPrefix(out, "# The permissions of: regmigrate cluster --rbac --kubeconfig nowhere -n a\n") || strings.Contains(out, "secrets") || strings.Contains(out, "nodes") || !strings.Contains(out, "RoleBinding in each of these namespaces: a\n") {
		t.Errorf("exit %d, %s%s", code, errs, out)
	}
	if !strings.Contains(out, "  resources: [namespaces]\n  resourceNames: [\"a\"]\n  verbs: [get]\n") {
		t.Errorf("no get on the namespace:\n%s", out)
	}
	out, _, _ = runCluster(t, session.Streams{}, "--rbac", "--helm", "--nodes", "--crds")
	if strings.Contains(out, "[namespaces]") {
		t.Errorf("get on namespaces, which no request needs:\n%s", out)
	}
	for _, want := range []string{"nodes, secrets]", "resources: [\"*\"]"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s\nwithout %s", out, want)
		}
	}
}

// The file of --history may be in a repository, where others may have put a symbolic link
// or a pipe.
func TestClusterHistoryFile(t *testing.T) {
	config := testcluster.Kubeconfig(t, map[string]*testcluster.Fake{"east": testcluster.StartFake(t, clusterObjects)}, "east")
	dir := t.TempDir()
	repository, outside := filepath.Join(dir, "repository"), filepath.Join(dir, "outside.jsonl")
	for _, name := range []string{filepath.Join(repository, ".git"), filepath.Join(repository, "folder")} {
		if err := os.MkdirAll(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{filepath.Join(repository, "link"): outside, filepath.Join(dir, "own-link"): outside} {
		if err := os.Symlink(target, name); err != nil {
			t.Skip(err)
		}
	}
	large, err := os.Create(filepath.Join(repository, "large"))
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	if err := large.Truncate(64<<20 + 1); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		name, want string
		code       int
	}{
		{"repository/link", "is a symbolic link in", 2},
		{"repository/folder", "not a regular file", 2},
		{"repository/large", "--history: the file is larger than 64 MiB", 2},
		{"repository/state.jsonl", "", 0},
		{"repository/state.jsonl", "", 0}, // again
		{"own-link", "", 0},
	} {
		_, errs, code := runCluster(t, session.Streams{}, "--kubeconfig", config, "-q", "--history", filepath.Join(dir, c.name))
		if code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit %d, %q; want %d, %q", c.name, code, errs, c.code, c.want)
		}
		if _, err := os.Lstat(outside); (err == nil) != (c.name == "own-link") {
			t.Errorf("%s: the file outside: %v", c.name, err)
		}
	}
}
