package engines

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/internal/testcluster"
	"github.com/regmigrate/regmigrate/pkg/policy"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// path returns the API path of a collection in the namespace default.
func path(r podspec.Resource) string {
	prefix := "/apis/" + r.Group + "/" + r.Version
	if r.Group == "" {
		prefix = "/api/" + r.Version
	}
	return prefix + "/namespaces/default/" + r.Resource
}

// A valid object of the kind; a Pod has at least one container.
func valid(r podspec.Resource, name string, lists map[string][]string, volumes ...string) map[string]any {
	if len(lists["containers"]) == 0 {
		lists = maps.Clone(lists)
		if lists == nil {
			lists = map[string][]string{}
		}
		lists["containers"] = []string{"registry.k8s.io/none"}
	}
	o := object(r, lists, volumes...)
	metadata := map[string]any{"name": name}
	o["metadata"] = metadata
	if r.Path == "/spec" {
		return o
	}
	steps := podspec.Steps(r.Path)
	at := o
	for _, s := range steps[:len(steps)-1] { // labels of the pod template
		at = at[s].(map[string]any)
	}
	at["metadata"] = map[string]any{"labels": map[string]any{"app": "x"}}
	podSpec := at["spec"].(map[string]any)
	spec, _ := o["spec"].(map[string]any)
	switch r.Kind {
	case "ReplicationController":
		spec["selector"] = map[string]any{"app": "x"}
	case "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet":
		spec["selector"] = map[string]any{"matchLabels": map[string]any{"app": "x"}}
	case "Job":
		podSpec["restartPolicy"] = "Never"
	case "CronJob":
		podSpec["restartPolicy"] = "Never"
		spec["schedule"] = "0 0 * * *"
	}
	return o
}

// createCustomKinds creates the kinds that are not part of Kubernetes.
func (c *cluster) createCustomKinds(t *testing.T, kinds []podspec.Resource) {
	t.Helper()
	for _, r := range kinds {
		if !strings.Contains(r.Group, ".") {
			continue
		}
		name := r.Resource + "." + r.Group
		kind := strings.ToUpper(r.Resource[:1]) + strings.TrimSuffix(r.Resource[1:], "s")
		crd := map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": map[string]any{"name": name},
			"spec": map[string]any{
				"group": r.Group, "scope": "Namespaced", "names": map[string]any{"plural": r.Resource, "kind": kind},
				"versions": []any{map[string]any{"name": r.Version, "served": true, "storage": true,
					"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}},
			},
		}
		if s := c.Do(t, "admin", "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd); s.Status != http.StatusCreated {
			t.Fatalf("creating %s: %s", name, s.Message())
		}
		testcluster.Eventually(t, "the kind "+name, func() bool { return c.Do(t, "admin", "GET", path(r), nil).Status == http.StatusOK })
	}
}

// The policies in a real API server: all kinds and places, 10,000 references for each
// engine, pods of 100 containers, subresources, and what was in the cluster before.
func TestRealPolicies(t *testing.T) {
	c := startCluster(t)
	thing, err := podspec.ParseResource("example.com/v1/things:/spec/images/*/ref")
	if err != nil {
		t.Fatal(err)
	}
	c.createCustomKinds(t, append(podspec.Workloads(), thing))

	// Before a policy, objects with old images come into the cluster.
	for _, kind := range []string{"Pod", "Deployment", "ReplicaSet", "CronJob"} {
		r := find(kind)
		c.create(t, "admin", r, valid(r, "before", map[string][]string{"containers": {oldImage}}), "")
	}

	set := ruleSet(t, ruleSets[2]...)
	t.Run("types", func(t *testing.T) { c.testTypes(t, set, thing) })
	moves := write(t, "map", policy.Options{Rules: set})
	c.apply(t, moves)
	probe := valid(pods, "probe", map[string][]string{"containers": {oldImage}})
	testcluster.Eventually(t, "a mutation", func() bool {
		r := c.Do(t, "admin", "POST", path(pods)+"?dryRun=All", probe)
		return r.Status == http.StatusCreated && pods.Images(r.Body)[0].Ref == newImage
	})
	t.Run("map", func(t *testing.T) { c.testMutation(t, set) })
	c.remove(t, moves)
	testcluster.Eventually(t, "no mutation", func() bool {
		r := c.Do(t, "admin", "POST", path(pods)+"?dryRun=All", probe)
		return r.Status == http.StatusCreated && pods.Images(r.Body)[0].Ref == oldImage
	})

	warns := write(t, "vap", policy.Options{Rules: set})
	c.apply(t, warns)
	testcluster.Eventually(t, "a warning", func() bool {
		r := c.Do(t, "admin", "POST", path(pods)+"?dryRun=All", probe)
		return r.Status == http.StatusCreated && strings.Contains(strings.Join(r.Warnings, ""), oldImage+" must be "+newImage)
	})
	c.remove(t, warns)

	denies := write(t, "vap", policy.Options{Rules: set, Actions: []string{"deny"}, Kinds: []podspec.Resource{thing}})
	c.apply(t, denies)
	testcluster.Eventually(t, "a denial", func() bool {
		return c.Do(t, "admin", "POST", path(pods)+"?dryRun=All", probe).Status >= 400
	})
	t.Run("vap", func(t *testing.T) { c.testDenials(t, set) })
	t.Run("places", func(t *testing.T) { c.testPlaces(t, thing) })
	t.Run("existing", c.testExisting)
	c.remove(t, denies)
}

// create creates an object, and fails unless the error contains want; "" means success.
func (c *cluster) create(t *testing.T, user string, r podspec.Resource, o map[string]any, want string) {
	t.Helper()
	c.check(t, c.Do(t, user, "POST", path(r), o), want)
}

func (c *cluster) check(t *testing.T, r response, want string) {
	t.Helper()
	switch {
	case want == "" && r.Status >= 300:
		t.Errorf("status %d: %s", r.Status, r.Message())
	case want != "" && (r.Status < 400 || !strings.Contains(r.Message(), want)):
		t.Errorf("status %d: %q, want an error with %q", r.Status, r.Message(), want)
	}
}

// testMutation compares 10,000 references with Match, in pods of 100 images.
func (c *cluster) testMutation(t *testing.T, set *rules.Set) {
	moved, total := 0, 0
	for chunk := range slices.Chunk(compared(set), 100) {
		o := valid(pods, "many", map[string][]string{"containers": chunk[:60], "initContainers": chunk[60:90]}, chunk[90:]...)
		before := pods.Images(o)
		r := c.Do(t, "admin", "POST", path(pods)+"?dryRun=All", o)
		if r.Status != http.StatusCreated {
			t.Fatalf("status %d: %s", r.Status, r.Message())
		}
		for i, after := range pods.Images(r.Body) {
			want := move(set, before[i].Ref)
			if want == "" {
				want = before[i].Ref
			} else {
				moved++
			}
			total++
			if after.Ref != want || after.Pointer != before[i].Pointer {
				t.Fatalf("%s: %q became %q, want %q", after.Pointer, before[i].Ref, after.Ref, want)
			}
		}
	}
	t.Logf("%d references in pods of 100 images, %d moved, 0 differences", total, moved)

	// kubectl debug: only the new container changes.
	r := c.Do(t, "admin", "PATCH", path(pods)+"/before/ephemeralcontainers", map[string]any{"spec": map[string]any{"ephemeralContainers": []any{map[string]any{"name": "debug", "image": oldImage}}}})
	c.check(t, r, "")
	var refs []string
	for _, i := range pods.Images(r.Body) {
		refs = append(refs, i.Field+" "+i.Ref)
	}
	if want := []string{`container "c0" ` + oldImage, `ephemeral container "debug" ` + newImage}; !slices.Equal(refs, want) {
		t.Errorf("kubectl debug: got %q, want %q", refs, want)
	}
	// Workloads do not change.
	d := find("Deployment")
	if r := c.Do(t, "admin", "POST", path(d)+"?dryRun=All", valid(d, "d", map[string][]string{"containers": {oldImage}})); r.Status != http.StatusCreated || d.Images(r.Body)[0].Ref != oldImage {
		t.Errorf("a Deployment: %d %v", r.Status, d.Images(r.Body))
	}
}

// testDenials compares 10,000 references with Match, in pods of 10 containers.
func (c *cluster) testDenials(t *testing.T, set *rules.Set) {
	denied, total := 0, 0
	for chunk := range slices.Chunk(compared(set), 10) {
		o := valid(pods, "some", map[string][]string{"containers": chunk})
		r := c.Do(t, "admin", "POST", path(pods)+"?dryRun=All", o)
		want := expected(set, pods, o)
		if (want == "") != (r.Status == http.StatusCreated) || !strings.Contains(r.Message(), want) {
			t.Fatalf("%q: status %d, %q, want %q", chunk, r.Status, r.Message(), want)
		}
		if want != "" {
			denied++
		}
		total += len(chunk)
	}
	t.Logf("%d references in pods of 10 containers, %d pods denied, 0 differences", total, denied)
	o := valid(pods, "hundred", map[string][]string{"containers": slices.Repeat([]string{oldImage}, 100)})
	c.check(t, c.Do(t, "admin", "POST", path(pods)+"?dryRun=All", o), `container "c0": `+oldImage+" must be "+newImage)
}

// testPlaces tries every kind and every place, by server-side dry run.
func (c *cluster) testPlaces(t *testing.T, thing podspec.Resource) {
	for _, r := range podspec.Workloads() {
		for _, list := range podspec.ContainerLists {
			if list.Key == "ephemeralContainers" {
				continue // only in a pod that exists
			}
			o := valid(r, "place", map[string][]string{list.Key: {newImage, oldImage}})
			c.check(t, c.Do(t, "admin", "POST", path(r)+"?dryRun=All", o), fmt.Sprintf(`%s "%s1": %s must be %s`, list.Item, list.Key[:1], oldImage, newImage))
		}
		c.check(t, c.Do(t, "admin", "POST", path(r)+"?dryRun=All", valid(r, "place", nil, oldImage)), `volume "v0": `+oldImage+" must be "+newImage)
		c.check(t, c.Do(t, "admin", "POST", path(r)+"?dryRun=All", valid(r, "place", map[string][]string{"containers": {newImage}})), "")
	}
	custom := map[string]any{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": map[string]any{"name": "x"},
		"spec": map[string]any{"images": []any{map[string]any{"ref": newImage}, map[string]any{"ref": oldImage}}}}
	c.check(t, c.Do(t, "admin", "POST", path(thing)+"?dryRun=All", custom), "/spec/images/*/ref: "+oldImage+" must be "+newImage)

	running := valid(pods, "running", map[string][]string{"containers": {newImage}})
	c.create(t, "admin", pods, running, "")
	debug := func(image string) response {
		return c.Do(t, "admin", "PATCH", path(pods)+"/running/ephemeralcontainers", map[string]any{"spec": map[string]any{"ephemeralContainers": []any{map[string]any{"name": "debug", "image": image}}}})
	}
	c.check(t, debug(oldImage), `ephemeral container "debug": `+oldImage+" must be "+newImage)
	c.check(t, debug(newImage), "")
	setImage := func(image string) response {
		return c.Do(t, "admin", "PATCH", path(pods)+"/running", map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "c0", "image": image}}}})
	}
	c.check(t, setImage(oldImage), `container "c0": `+oldImage+" must be "+newImage)
	c.check(t, setImage(newImage+".1"), "")
}

// testExisting tries what was in the cluster before the policy, and forgeries.
func (c *cluster) testExisting(t *testing.T) {
	deployment, replicaSet := find("Deployment"), find("ReplicaSet")
	scale := map[string]any{"spec": map[string]any{"replicas": 3, "template": map[string]any{"metadata": map[string]any{"annotations": map[string]any{"a": "b"}}}}}
	c.check(t, c.Do(t, "admin", "PATCH", path(deployment)+"/before", scale), "")
	image := map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "c0", "image": oldImage + ".1"}}}}}}
	c.check(t, c.Do(t, "admin", "PATCH", path(deployment)+"/before", image), oldImage+".1 must be "+newImage+".1")
	c.check(t, c.Do(t, "admin", "PATCH", path(find("CronJob"))+"/before", map[string]any{"spec": map[string]any{"suspend": true}}), "")

	owned := func(r podspec.Resource, name, kind string) map[string]any {
		o := valid(r, name, map[string][]string{"containers": {oldImage}})
		o["metadata"].(map[string]any)["ownerReferences"] = []any{map[string]any{"apiVersion": "apps/v1", "kind": kind, "name": "before", "uid": "0c5b0ff7-3a1c-4dd7-9d1c-3f0a4a4f4f4f", "controller": true}}
		return o
	}
	const account = "system:serviceaccount:kube-system:"
	// The rollout of an old Deployment: its controller makes a ReplicaSet, whose
	// controller makes pods.
	c.create(t, account+"deployment-controller", replicaSet, owned(replicaSet, "rollout", "Deployment"), "")
	c.create(t, account+"replicaset-controller", pods, owned(pods, "rollout", "ReplicaSet"), "")
	c.create(t, "mallory", pods, owned(pods, "forged", "ReplicaSet"), "must be")
	c.create(t, "mallory", replicaSet, owned(replicaSet, "forged", "Deployment"), "must be")
	c.create(t, account+"replicaset-controller", pods, owned(pods, "other", "StatefulSet"), "must be")

	mirror := func() map[string]any {
		o := valid(pods, "mirror", map[string][]string{"containers": {oldImage}})
		o["metadata"].(map[string]any)["annotations"] = map[string]any{"kubernetes.io/config.mirror": "1"}
		o["spec"].(map[string]any)["nodeName"] = "n"
		return o
	}
	c.create(t, "mallory", pods, mirror(), "must be")
	c.create(t, "system:node:n", pods, mirror(), "")
}
