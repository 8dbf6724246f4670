package engines

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/policy"
)

// The policy decides as Match does, for 12 sets of rules and 10,000 references each.
func TestVAPEqualsMatch(t *testing.T) {
	t.Parallel()
	total := 0
	for _, args := range ruleSets {
		set := ruleSet(t, args...)
		j := newVAP(t, policy.Options{Rules: set}, 30)
		refs := compared(set)
		moved := 0
		for chunk := range slices.Chunk(refs, 10) {
			o := object(pods, map[string][]string{"containers": chunk})
			got, _ := j.denial(t, request{resource: pods, operation: admission.Create, object: o})
			if want := expected(set, pods, o); cut(got) != cut(want) {
				t.Fatalf("%v: %q: got %q, want %q", args, chunk, got, want)
			}
			moved += strings.Count(got, " must be ")
			total += len(chunk)
		}
		t.Logf("%v: %d references, %d move", args, len(refs), moved)
		if moved < len(refs)/20 {
			t.Errorf("%v: only %d of %d references move", args, moved, len(refs))
		}
	}
	t.Logf("%d references, 0 differences", total)
}

// cut returns the beginning of a message that the policy does not cut.
func cut(message string) string { return message[:min(len(message), 4000)] }

var pods = podspec.Workloads()[0]

func find(kind string) podspec.Resource {
	i := slices.IndexFunc(podspec.Workloads(), func(r podspec.Resource) bool { return r.Kind == kind && r.Group != "serving.knative.dev" })
	return podspec.Workloads()[i]
}

const (
	oldImage = "k8s.gcr.io/pause:3.9"
	newImage = "registry.k8s.io/pause:3.9"
)

// All images of all kinds are judged, when an object is made and when it changes.
func TestVAPJudgesAllPlaces(t *testing.T) {
	set := ruleSet(t, "k8s")
	j := newVAP(t, policy.Options{Rules: set}, 30)
	for _, r := range podspec.Workloads() {
		for _, operation := range []admission.Operation{admission.Create, admission.Update} {
			var old map[string]any
			if operation == admission.Update {
				old = object(r, map[string][]string{"containers": {newImage}})
			}
			for _, list := range podspec.ContainerLists {
				o := object(r, map[string][]string{list.Key: {newImage, oldImage}})
				want := fmt.Sprintf(`%s "%s1": %s must be %s`, list.Item, list.Key[:1], oldImage, newImage)
				if got, _ := j.denial(t, request{resource: r, operation: operation, object: o, old: old}); got != want {
					t.Errorf("%s, %s: got %q, want %q", r.Kind, list.Key, got, want)
				}
			}
			o := object(r, nil, newImage, oldImage)
			want := fmt.Sprintf(`volume "v1": %s must be %s`, oldImage, newImage)
			if got, _ := j.denial(t, request{resource: r, operation: operation, object: o, old: old}); got != want {
				t.Errorf("%s, volumes: got %q, want %q", r.Kind, got, want)
			}
			for _, passes := range []map[string]any{object(r, nil), object(r, map[string][]string{"containers": {newImage, "harbor.corp/k8s.gcr.io/x", ""}})} {
				if got, _ := j.denial(t, request{resource: r, operation: operation, object: passes, old: old}); got != "" {
					t.Errorf("%s: %v: got %q", r.Kind, passes, got)
				}
			}
		}
	}
}

// A container without an image, which custom kinds may have, is not an image of Docker
// Hub.
func TestVAPWithoutAnImage(t *testing.T) {
	j := newVAP(t, policy.Options{Rules: ruleSet(t, "docker.io=h.example/hub")}, 30)
	o := object(find("Rollout"), map[string][]string{"containers": {""}})
	if got, _ := j.denial(t, request{resource: find("Rollout"), operation: admission.Create, object: o}); got != "" {
		t.Errorf("got %q", got)
	}
}

// usersKinds returns kinds that a user names.
func usersKinds(t testing.TB) []podspec.Resource {
	t.Helper()
	var kinds []podspec.Resource
	for _, text := range []string{
		"monitoring.coreos.com/v1/prometheuses:/spec/image",
		"monitoring.coreos.com/v1/prometheuses:/spec/sidecars/*/image",
		"ray.io/v1/rayclusters:/spec/headGroupSpec/template/spec",
		"ray.io/v1/rayclusters:/spec/workerGroupSpecs/*/template/spec",
		"v1/configmaps:/data/a~1b",
	} {
		r, err := podspec.ParseResource(text)
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, r)
	}
	return kinds
}

// usersSituations returns requests about the kinds of usersKinds; wantUsers are the
// fields whose images move.
func usersSituations(kinds []podspec.Resource) []request {
	spec := map[string]any{"containers": []any{map[string]any{"name": "c", "image": oldImage}}}
	var out []request
	for _, c := range []struct {
		kind   podspec.Resource
		object map[string]any
	}{
		{kinds[0], map[string]any{"spec": map[string]any{"image": oldImage}}},
		{kinds[0], map[string]any{"spec": map[string]any{"sidecars": []any{map[string]any{"image": newImage}, map[string]any{"image": oldImage}}}}},
		{kinds[2], map[string]any{"spec": map[string]any{"headGroupSpec": map[string]any{"template": map[string]any{"spec": spec}}}}},
		{kinds[2], map[string]any{"spec": map[string]any{"workerGroupSpecs": []any{map[string]any{}, map[string]any{"template": map[string]any{"spec": spec}}}}}},
		{kinds[4], map[string]any{"data": map[string]any{"a/b": oldImage}}},
		{kinds[0], map[string]any{"spec": map[string]any{}}},
		{kinds[0], map[string]any{"spec": map[string]any{"image": newImage, "other": oldImage}}},
		{kinds[2], map[string]any{"spec": map[string]any{"image": oldImage}}},
	} {
		c.object["metadata"] = map[string]any{"name": "x"}
		out = append(out, request{resource: c.kind, operation: admission.Create, object: c.object})
	}
	return out
}

var wantUsers = []string{"/spec/image: ", "/spec/sidecars/*/image: ", `container "c": `, `container "c": `, "/data/a~1b: ", "", "", ""}

func TestVAPOfUsersKinds(t *testing.T) {
	kinds := usersKinds(t)
	j := newVAP(t, policy.Options{Rules: ruleSet(t, "k8s"), Kinds: kinds}, 30)
	for i, r := range usersSituations(kinds) {
		want := wantUsers[i]
		if want != "" {
			want += oldImage + " must be " + newImage
		}
		if got, _ := j.denial(t, r); got != want {
			t.Errorf("%d: got %q, want %q", i, got, want)
		}
	}
}

// What was in the cluster before passes with --existing allow, and only that.
func TestVAPExisting(t *testing.T) {
	set := ruleSet(t, "k8s")
	deployment := find("Deployment")
	containers := func(images ...string) map[string]any {
		return object(deployment, map[string][]string{"containers": images})
	}
	judges := map[bool]judge{false: newVAP(t, policy.Options{Rules: set}, 30), true: newVAP(t, policy.Options{Rules: set, DenyExisting: true}, 30)}
	const account = "system:serviceaccount:kube-system:"
	for _, c := range []struct {
		name        string
		r           request
		allow, deny bool // whether it passes with --existing allow and deny
	}{
		{"the same image", request{resource: deployment, operation: admission.Update, object: containers(oldImage), old: containers(oldImage)}, true, false},
		{"another tag", request{resource: deployment, operation: admission.Update, object: containers(oldImage + "1"), old: containers(oldImage)}, false, false},
		{"the same image in another container", request{resource: deployment, operation: admission.Update, object: containers("x", oldImage), old: containers(oldImage, "x")}, false, false},
		{"the same image in an init container", request{resource: deployment, operation: admission.Update,
			object: object(deployment, map[string][]string{"initContainers": {oldImage}}), old: containers(oldImage)}, false, false},
		{"the same image, and a new one", request{resource: deployment, operation: admission.Update, object: containers(oldImage, oldImage), old: containers(oldImage)}, false, false},
		{"made by its controller", request{resource: pods, operation: admission.Create, object: owned(pods, "apps/ReplicaSet", true), user: account + "replicaset-controller"}, true, false},
		{"made by the controller manager", request{resource: pods, operation: admission.Create, object: owned(pods, "apps/ReplicaSet", true), user: "system:kube-controller-manager"}, true, false},
		{"a replica set of a deployment", request{resource: find("ReplicaSet"), operation: admission.Create, object: owned(find("ReplicaSet"), "apps/Deployment", true), user: account + "deployment-controller"}, true, false},
		{"a job of a cron job", request{resource: find("Job"), operation: admission.Create, object: owned(find("Job"), "batch/CronJob", true), user: account + "cronjob-controller"}, true, false},
		{"a pod of a replication controller", request{resource: pods, operation: admission.Create, object: owned(pods, "/ReplicationController", true), user: account + "replication-controller"}, true, false},
		{"a forged owner", request{resource: pods, operation: admission.Create, object: owned(pods, "apps/ReplicaSet", true), user: "mallory"}, false, false},
		{"the controller of another kind", request{resource: pods, operation: admission.Create, object: owned(pods, "apps/ReplicaSet", true), user: account + "job-controller"}, false, false},
		{"an owner that does not control", request{resource: pods, operation: admission.Create, object: owned(pods, "apps/ReplicaSet", false), user: account + "replicaset-controller"}, false, false},
		{"an owner of another group", request{resource: pods, operation: admission.Create, object: owned(pods, "evil.example/ReplicaSet", true), user: account + "replicaset-controller"}, false, false},
		{"an operator", request{resource: pods, operation: admission.Create, object: owned(pods, "example.com/Database", true), user: "system:serviceaccount:db:operator"}, false, false},
		{"a controller without an owner", request{resource: pods, operation: admission.Create, object: object(pods, map[string][]string{"containers": {oldImage}}), user: account + "replicaset-controller"}, false, false},
	} {
		for denyExisting, j := range judges {
			want := c.allow
			if denyExisting {
				want = c.deny
			}
			if got, _ := j.denial(t, c.r); (got == "") != want {
				t.Errorf("%s, deny existing %v: got %q, want passing %v", c.name, denyExisting, got, want)
			}
		}
	}
	j := newVAP(t, policy.Options{Rules: set, ExceptOwners: []policy.Kind{{Group: "example.com", Kind: "Database"}}, Controllers: []policy.Controller{{Kind: policy.Kind{Group: "apps", Kind: "Deployment"}, User: "me"}}}, 30)
	for _, c := range []struct {
		r    request
		want bool
	}{
		{request{resource: pods, operation: admission.Create, object: owned(pods, "example.com/Database", true)}, true},
		{request{resource: pods, operation: admission.Create, object: owned(pods, "example.com/Data", true)}, false},
		{request{resource: find("ReplicaSet"), operation: admission.Create, object: owned(find("ReplicaSet"), "apps/Deployment", true), user: "me"}, true},
	} {
		if got, _ := j.denial(t, c.r); (got == "") != c.want {
			t.Errorf("%v: got %q", c.r.object["metadata"], got)
		}
	}
}

// owned returns an object of the kind with an old image and an owner GROUP/KIND.
func owned(r podspec.Resource, owner string, controller bool) map[string]any {
	o := object(r, map[string][]string{"containers": {oldImage}})
	group, kind, _ := strings.Cut(owner, "/")
	o["metadata"] = map[string]any{"name": "x", "ownerReferences": []any{map[string]any{"apiVersion": strings.TrimPrefix(group+"/v1", "/"), "kind": kind, "name": "o", "controller": controller}}}
	return o
}

// situations returns requests about all kinds, places, owners and users.
func situations() []request {
	const account = "system:serviceaccount:kube-system:"
	var out []request
	for _, r := range podspec.Workloads() {
		for _, list := range podspec.ContainerLists {
			o := object(r, map[string][]string{list.Key: {newImage, oldImage}})
			out = append(out, request{resource: r, operation: admission.Create, object: o},
				request{resource: r, operation: admission.Update, object: o, old: object(r, map[string][]string{"containers": {newImage, oldImage}})},
				request{resource: r, operation: admission.Update, object: o, old: object(r, map[string][]string{list.Key: {oldImage, newImage}})})
		}
		out = append(out, request{resource: r, operation: admission.Create, object: object(r, nil, newImage, oldImage)},
			request{resource: r, operation: admission.Create, object: object(r, nil)},
			request{resource: r, operation: admission.Create, object: object(r, map[string][]string{"containers": {newImage, "harbor.corp/k8s.gcr.io/x", ""}})})
		for _, owner := range []string{"apps/ReplicaSet", "apps/Deployment", "/ReplicationController", "batch/CronJob", "evil.example/ReplicaSet"} {
			for _, user := range []string{account + "replicaset-controller", account + "deployment-controller", "system:kube-controller-manager", "mallory"} {
				out = append(out, request{resource: r, operation: admission.Create, object: owned(r, owner, true), user: user},
					request{resource: r, operation: admission.Create, object: owned(r, owner, false), user: user})
			}
		}
	}
	mirror := object(pods, map[string][]string{"containers": {oldImage}})
	mirror["metadata"] = map[string]any{"name": "x", "annotations": map[string]any{"kubernetes.io/config.mirror": "1"}}
	for _, group := range []string{"system:nodes", "system:authenticated"} {
		out = append(out, request{resource: pods, operation: admission.Create, object: mirror, groups: []string{group}},
			request{resource: pods, operation: admission.Create, object: object(pods, map[string][]string{"containers": {oldImage}}), groups: []string{group}})
	}
	debug := object(pods, map[string][]string{"containers": {oldImage}, "ephemeralContainers": {oldImage}})
	return append(out, request{resource: pods, sub: "ephemeralcontainers", operation: admission.Update, object: debug, old: object(pods, map[string][]string{"containers": {oldImage}})})
}

// A mirror pod passes if a node makes it, and is not a way around the policy.
func TestMirrorPods(t *testing.T) {
	set := ruleSet(t, "k8s")
	o := object(pods, map[string][]string{"containers": {oldImage}})
	o["metadata"] = map[string]any{"name": "x", "annotations": map[string]any{"kubernetes.io/config.mirror": "1"}}
	plain := object(pods, map[string][]string{"containers": {oldImage}})
	for _, deny := range []bool{false, true} {
		j := newVAP(t, policy.Options{Rules: set, DenyExisting: deny}, 30)
		m := newMAP(t, policy.Options{Rules: set})
		for _, c := range []struct {
			object map[string]any
			group  string
			passes bool
		}{{o, "system:nodes", true}, {o, "system:authenticated", false}, {plain, "system:nodes", false}} {
			r := request{resource: pods, operation: admission.Create, object: c.object, groups: []string{c.group}}
			if got, _ := j.denial(t, r); (got == "") != c.passes {
				t.Errorf("%s: got %q", c.group, got)
			}
			if patches, _ := m.patches(t, r); (len(patches) == 0) != c.passes {
				t.Errorf("%s: got patches %v", c.group, patches)
			}
		}
	}
}

// A pod of 100 containers costs less than a tenth of what Kubernetes allows, and the
// estimate of the generator is not lower.
func TestCost(t *testing.T) {
	t.Parallel()
	for _, args := range append(ruleSets, []string{"k8s-staging", "k8s", "bitnami", "istio"}) {
		set := ruleSet(t, args...)
		refs := references(set, 5_000)
		most := int64(0)
		j, m := newVAP(t, policy.Options{Rules: set}, 30), newMAP(t, policy.Options{Rules: set})
		for _, ref := range append(refs[:20:20], refs[len(refs)-20:]...) {
			images := slices.Repeat([]string{ref}, 100)
			o := object(pods, map[string][]string{"containers": images})
			r := request{resource: pods, operation: admission.Update, object: o, old: object(pods, map[string][]string{"containers": slices.Repeat([]string{"x"}, 100)})}
			_, cost := j.denial(t, r)
			_, mutation := m.patches(t, request{resource: pods, operation: admission.Create, object: o})
			most = max(most, cost, mutation)
		}
		t.Logf("%v: %d rules: cost %d", args, len(set.Rules()), most)
		if most > 100_000 {
			t.Errorf("%v: cost %d of 100 containers, want at most 100,000", args, most)
		}
		if estimate := policy.EstimateCost(set.Table()); int64(estimate) < most {
			t.Errorf("%v: the estimate %d is lower than the cost %d", args, estimate, most)
		}
	}
}

// A fault is a change of a policy.
type fault struct{ old, replacement string }

// celFaults are faults of the generator of expressions.
var celFaults = []fault{
	{`i[4].startsWith(r[0])`, `i[4].contains(r[0])`},
	{`"library/"`, `""`},
	{`"registry-1.docker.io"]`, `"registry-2.docker.io"]`},
	{`split("@", 2)[0].split(":", 2)[0]`, `split(":", 2)[0]`},
	{`i[3].contains(".") ||`, ``},
	{`r[1] == "" ? i[1] :`, ``},
	{`size(r[0]) - 1, size`, `size(r[0]), size`},
	{` + i[3]]))`, `]))`},
	{`i[2] == "localhost"`, `false`},
	{`.filter(i, i[2] in variables.table)`, `.filter(i, i[2] in variables.table && i[2] != "index.docker.io")`},
	{`r[2] == "=" && i[4] == r[0]`, `r[2] == "="`},
	{`== size(i[4]) - 1`, `< size(i[4])`},
	{` + variables.table[i[2]][?""].orValue([])`, ``},
}

// A judgeFunc returns the message of a denial, or "" if the object passes.
type judgeFunc func(testing.TB, request) (string, error)

// plantFaults plants faults in the policy of an engine, and fails if the comparison with
// Match does not find one.
func plantFaults(t *testing.T, engine string, faults []fault, compile func(src []byte) judgeFunc) {
	t.Helper()
	for _, f := range faults {
		found, planted := false, false
		for _, args := range [][]string{ruleSets[2], ruleSets[5]} {
			o := policy.Options{Rules: ruleSet(t, args...)}
			src := write(t, engine, o)
			changed := strings.ReplaceAll(string(src), f.old, f.replacement)
			if changed == string(src) || found {
				continue
			}
			planted = true
			judge := compile([]byte(changed))
			for chunk := range slices.Chunk(compared(o.Rules), 10) {
				object := object(pods, map[string][]string{"containers": chunk})
				got, err := judge(t, request{resource: pods, operation: admission.Create, object: object})
				if found = err != nil || cut(got) != cut(expected(o.Rules, pods, object)); found {
					break
				}
			}
		}
		if !planted || !found {
			t.Errorf("%s: %s -> %s: planted %v, found %v", engine, f.old, f.replacement, planted, found)
		}
	}
}

func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	plantFaults(t, "vap", celFaults, func(src []byte) judgeFunc {
		p, _ := documents[admissionregistration.ValidatingAdmissionPolicy, admissionregistration.ValidatingAdmissionPolicyBinding](t, src)
		return compile(t, &p, 30).tryDenial
	})
}
