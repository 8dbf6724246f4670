package inventory

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

// liveObjects are objects as a cluster prints them.
var liveObjects = map[string]string{
	"pod": `
apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"k8s.gcr.io/a:1","name":"a"}]}}
    example.com/image: k8s.gcr.io/annotation:1
  name: a
  namespace: team
spec:
  containers:
  - {name: a, image: "k8s.gcr.io/a:1", args: [--image=quay.io/coreos/etcd:v3], env: [{name: AGENT_IMAGE, value: "acme/agent:1"}]}
  - {name: b, image: nginx}
  initContainers: [{name: i, image: "busybox:1"}]
  ephemeralContainers: [{name: e, image: "docker.io/library/debug:1"}]
status:
  containerStatuses:
  - {name: b, image: "docker.io/library/nginx:latest", imageID: "docker.io/library/nginx@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
  - {name: a, image: "k8s.gcr.io/a:1", imageID: "k8s.gcr.io/a@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}
  initContainerStatuses: [{name: i, imageID: "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"}]
  ephemeralContainerStatuses: [{name: e, imageID: "docker.io/library/debug@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"}]
  conditions: [{type: Ready, message: "Back-off pulling image k8s.gcr.io/a:1"}]
`,
	"cron job": `
apiVersion: batch/v1
kind: CronJob
metadata: {name: c, namespace: team}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: "k8s.gcr.io/c:1"}]}}}}}
status: {lastScheduleTime: "2026-01-01T00:00:00Z"}
`,
	"custom resource with a status": `
apiVersion: example.com/v1
kind: Cluster
metadata: {name: x, namespace: null}
spec: {image: {repository: k8s.gcr.io/x, tag: "1"}, status: {image: "k8s.gcr.io/y:1"}}
status: {image: "k8s.gcr.io/old:1"}
`,
	"config map with a manifest and comments": `
apiVersion: v1
kind: ConfigMap
metadata: {name: m, namespace: team}
data:
  status: k8s.gcr.io/status:1
  pod.yaml: |
    # k8s.gcr.io/comment:1
    apiVersion: v1
    kind: Pod
    metadata: {name: inner}
    spec: {containers: [{name: a, image: "k8s.gcr.io/inner:1"}]}
    status: {containerStatuses: [{image: "k8s.gcr.io/inner:1"}]}
`,
	"no object": "image: k8s.gcr.io/a:1\nstatus: {image: k8s.gcr.io/b:1}\n",
}

// What is not read of an object of a cluster has no reference that the general reader
// lists, and the head of the tree is that of the decoders of JSON and YAML.
func TestLiveObjects(t *testing.T) {
	list, err := rules.Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	for name, object := range liveObjects {
		var value any
		if err := yaml.Unmarshal([]byte(object), &value); err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.MarshalIndent(value, "", "    ")
		if err != nil {
			t.Fatal(err)
		}
		item := "- " + strings.ReplaceAll(strings.TrimSpace(object), "\n", "\n  ") + "\n"
		for file, src := range map[string]string{"stream.yaml": object, "stream.json": string(asJSON), "item/stream.yaml": item} {
			v := New(Options{Rules: set})
			file = file[strings.LastIndex(file, "/")+1:]
			want := v.scan(file, []byte(src), Use{Line: 1})
			got, docs := v.scanObject(file, []byte(src), Use{Line: 1})
			if len(want.refs) == 0 || want.err != nil {
				t.Fatalf("%s, %s: %+v", name, file, want)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s:\nexpected %s\n     got %s", name, file, showRefs(want), showRefs(got))
			}
			if len(docs) != 1 {
				t.Fatalf("%s, %s: %d documents", name, file, len(docs))
			}
			var head, wantHead objectHead
			head.readTree(docs[0].Root)
			if file == "stream.json" {
				err = json.Unmarshal([]byte(src), &wantHead)
			} else {
				err = yaml.Unmarshal([]byte(object), &wantHead)
			}
			if err != nil {
				t.Fatal(err)
			}
			short, long := head.titles()
			wantShort, wantLong := wantHead.titles()
			if short != wantShort || long != wantLong || !reflect.DeepEqual(head.runningDigests(), wantHead.runningDigests()) {
				t.Errorf("%s, %s: expected the head %+v, got %+v", name, file, wantHead, head)
			}
		}
	}
}

func showRefs(s scanResult) string {
	var b strings.Builder
	for _, r := range s.refs {
		fmt.Fprintf(&b, "%s %s; ", r.image.Ref, r.use.Field)
	}
	return b.String()
}
