//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/regmigrate/regmigrate/internal/testcluster"
)

// The size of the cluster, and what one list of it may cost.
const (
	manyPods        = 50_000
	manyWorkloads   = 5_000
	maxListMemory   = 120 << 20 // bytes, of the whole process
	maxListCPU      = 10        // seconds
	realParallelism = 16
)

// A large cluster in a real API server: every pod is counted, within the limits.
func TestRealClusterSize(t *testing.T) {
	c := testcluster.Start(t)
	program := buildProgram(t)
	fillCluster(t, c, manyPods, manyWorkloads)

	cmd := exec.Command(program, "cluster", "--kubeconfig", c.Kubeconfig(t, testcluster.Admin.Name, "real"), "-o", "json")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	use := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	var got struct {
		Counts struct{ Uses, GatingUses, MovingPods, PodsRead, ObjectsRead int }
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects, %d of them pods: %v CPU, %d MB", got.Counts.ObjectsRead, got.Counts.PodsRead, cpu, use.Maxrss>>10)
	if got.Counts.PodsRead != manyPods || got.Counts.MovingPods != manyPods || got.Counts.GatingUses != manyWorkloads {
		t.Errorf("got %+v", got.Counts)
	}
	if cpu.Seconds() > maxListCPU || use.Maxrss<<10 > maxListMemory {
		t.Errorf("%v CPU and %d MB, want at most %d s and %d MB", cpu, use.Maxrss>>10, maxListCPU, maxListMemory>>20)
	}
}

// buildProgram builds the program as a release has it.
func buildProgram(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "regmigrate")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// fillCluster creates Deployments with their ReplicaSets, and pods, the same
// number for each Deployment. The first pod of each has the status that a kubelet writes.
func fillCluster(t *testing.T, c *testcluster.Cluster, pods, workloads int) {
	t.Helper()
	const namespaces = 50
	each(t, namespaces, func(i int) {
		c.Do(t, "admin", "POST", "/api/v1/namespaces", map[string]any{"metadata": map[string]any{"name": fmt.Sprintf("team-%02d", i)}})
	})
	each(t, workloads, func(i int) {
		name, namespace := fmt.Sprintf("web-%05d", i), fmt.Sprintf("team-%02d", i%namespaces)
		spec := realPodSpec(i)
		template := map[string]any{"metadata": map[string]any{"labels": map[string]any{"app": name}}, "spec": spec}
		selector := map[string]any{"matchLabels": map[string]any{"app": name}}
		d := create(t, c, "/apis/apps/v1/namespaces/"+namespace+"/deployments", map[string]any{
			"metadata": map[string]any{"name": name, "labels": map[string]any{"team": namespace}, "annotations": map[string]any{"meta.helm.sh/release-name": name}},
			"spec":     map[string]any{"replicas": pods / workloads, "selector": selector, "template": template}})
		r := create(t, c, "/apis/apps/v1/namespaces/"+namespace+"/replicasets", map[string]any{
			"metadata": map[string]any{"name": name + "-5d8f", "ownerReferences": []any{ownerReference("Deployment", d)}},
			"spec":     map[string]any{"replicas": pods / workloads, "selector": selector, "template": template}})
		for k := range pods / workloads {
			p := create(t, c, "/api/v1/namespaces/"+namespace+"/pods", map[string]any{
				"metadata": map[string]any{"name": fmt.Sprintf("%s-5d8f-%03d", name, k), "labels": map[string]any{"app": name}, "ownerReferences": []any{ownerReference("ReplicaSet", r)},
					"annotations": map[string]any{"example.com/padding": strings.Repeat("s", 800)}}, // the size of a status
				"spec": spec})
			if k > 0 {
				continue // a second request for each pod would double the time of this test
			}
			p["status"] = map[string]any{"phase": "Running", "podIP": "10.0.0.1", "hostIP": "10.1.0.1", "qosClass": "Burstable",
				"conditions": []any{map[string]any{"type": "Ready", "status": "True"}, map[string]any{"type": "PodScheduled", "status": "True"}, map[string]any{"type": "Initialized", "status": "True"}},
				"containerStatuses": []any{map[string]any{"name": "app", "ready": true, "restartCount": 0, "image": "x", "containerID": "containerd://" + strings.Repeat("a", 64),
					"imageID": "k8s.gcr.io/app@sha256:" + strings.Repeat("b", 64), "state": map[string]any{"running": map[string]any{}}}}}
			name := p["metadata"].(map[string]any)["name"].(string)
			if r := c.Do(t, "admin", "PUT", "/api/v1/namespaces/"+namespace+"/pods/"+name+"/status", p); r.Status != http.StatusOK {
				t.Errorf("%d %s", r.Status, r.Message())
			}
		}
	})
}

func ownerReference(kind string, o map[string]any) map[string]any {
	meta := o["metadata"].(map[string]any)
	return map[string]any{"apiVersion": "apps/v1", "kind": kind, "name": meta["name"], "uid": meta["uid"], "controller": true}
}

// realPodSpec returns a pod spec of the usual size.
func realPodSpec(i int) map[string]any {
	var env []any
	for k := range 15 {
		env = append(env, map[string]any{"name": fmt.Sprintf("SETTING_%02d", k), "value": strings.Repeat("v", 40)})
	}
	probe := map[string]any{"httpGet": map[string]any{"path": "/healthz", "port": 8080}, "periodSeconds": 10}
	return map[string]any{
		"nodeName": fmt.Sprintf("n%d", i%100), "automountServiceAccountToken": false,
		"containers": []any{map[string]any{"name": "app", "image": fmt.Sprintf("k8s.gcr.io/app-%d:1.%d", i%300, i%7), "env": env, "livenessProbe": probe, "readinessProbe": probe,
			"resources": map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "64Mi"}}, "volumeMounts": []any{map[string]any{"name": "config", "mountPath": "/etc/app"}}}},
		"volumes": []any{map[string]any{"name": "config", "configMap": map[string]any{"name": "app"}}},
	}
}

func create(t *testing.T, c *testcluster.Cluster, path string, o map[string]any) map[string]any {
	t.Helper()
	r := c.Do(t, "admin", "POST", path, o)
	if r.Status != http.StatusCreated {
		t.Errorf("%s: %d %s", path, r.Status, r.Message())
	}
	return r.Body
}

// each calls f for 0 to n-1, in parallel.
func each(t *testing.T, n int, f func(i int)) {
	t.Helper()
	next := make(chan int)
	var wg sync.WaitGroup
	for range realParallelism {
		wg.Go(func() {
			for i := range next {
				if !t.Failed() {
					f(i)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
