package webhook

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/regmigrate/regmigrate/internal/podspec"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// ruleSet returns the rules of presets and of rules FROM=TO; a further =PREFIX keeps.
func ruleSet(t testing.TB, args ...string) *rules.Set {
	t.Helper()
	var list []rules.Rule
	for _, a := range args {
		parts := strings.Split(a, "=")
		if len(parts) > 1 {
			list = append(list, rules.Rule{From: parts[0], To: parts[1], Keep: parts[2:]})
			continue
		}
		preset, err := rules.Preset(a)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, preset...)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// A pod with images in all places.
func fullPod(images ...string) map[string]any {
	spec := map[string]any{}
	for i, image := range images {
		if i%4 == 3 {
			volumes, _ := spec["volumes"].([]any)
			spec["volumes"] = append(volumes, map[string]any{"name": fmt.Sprint("v", i), "image": map[string]any{"reference": image}})
			continue
		}
		key := podspec.ContainerLists[i%4].Key
		list, _ := spec[key].([]any)
		spec[key] = append(list, map[string]any{"name": fmt.Sprint("c", i), "image": image, "args": []any{image}})
	}
	return map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "web", "annotations": map[string]any{"note": "k8s.gcr.io/pause"}}, "spec": spec}
}

// reviewOf returns a review of the creation of the object; change may change the request.
func reviewOf(t testing.TB, object any, change map[string]any) []byte {
	t.Helper()
	request := map[string]any{
		"uid": "u1", "operation": "CREATE", "namespace": "default", "name": "web",
		"kind":     map[string]any{"group": "", "version": "v1", "kind": "Pod"},
		"resource": map[string]any{"group": "", "version": "v1", "resource": "pods"},
		"object":   object,
	}
	maps.Copy(request, change)
	text, err := json.Marshal(map[string]any{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// checkDecision compares the decision about a pod with the rules, applies the patch with
// another program's library, and decides about the result again.
func checkDecision(t *testing.T, set *rules.Set, object map[string]any) Decision {
	t.Helper()
	d, err := Decide(set, reviewOf(t, object, nil))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any // the object with moved images
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	pods := podspec.Workloads()[0]
	moved := 0
	for _, i := range pods.Images(object) {
		m, ok := set.Match(i.Ref, rules.ShortForm)
		if !ok || m.Keep != "" || m.New+i.Ref[m.Len:] == i.Ref {
			continue
		}
		moved++
		steps := podspec.Steps(i.Pointer)
		var at any = want
		for _, s := range steps[:len(steps)-1] {
			switch v := at.(type) {
			case map[string]any:
				at = v[s]
			case []any:
				var n int
				if _, err := fmt.Sscan(s, &n); err != nil {
					t.Fatal(err)
				}
				at = v[n]
			}
		}
		at.(map[string]any)[steps[len(steps)-1]] = m.New + i.Ref[m.Len:]
	}
	if len(d.Moves) != moved {
		t.Fatalf("got %d moves, want %d: %+v", len(d.Moves), moved, d.Moves)
	}
	patch, err := d.Patch()
	if err != nil {
		t.Fatal(err)
	}
	if patch == nil {
		return d
	}
	p, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		t.Fatal(err)
	}
	after, err := p.Apply(text)
	if err != nil {
		t.Fatalf("applying %s: %v", patch, err)
	}
	var got map[string]any
	if err := json.Unmarshal(after, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("after the patch: %s", diff)
	}
	again, err := Decide(set, reviewOf(t, got, nil))
	if err != nil || len(again.Moves) != 0 {
		t.Fatalf("a second pass: %+v, %v", again.Moves, err)
	}
	return d
}

const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestDecide(t *testing.T) {
	k8s := []string{"k8s"}
	hub := []string{"docker.io=harbor.example.com/hub=docker.io/library/busybox=docker.io/myorg"}
	for _, c := range []struct {
		rules []string
		image string
		want  string // "" if it stays
	}{
		{k8s, "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9"},
		{k8s, "k8s.gcr.io/pause:3.9" + digest, "registry.k8s.io/pause:3.9" + digest},
		{k8s, "gcr.io/google-containers/pause", "registry.k8s.io/pause"},
		{k8s, "k8s.gcr.io.example.com/pause:3.9", ""},
		{k8s, "harbor.example.com/k8s.gcr.io/pause:3.9", ""},
		{k8s, "gcr.io/google-containers-mirror/pause", ""},
		{k8s, "registry.k8s.io/pause:3.9", ""},
		{k8s, "nginx", ""},
		{hub, "nginx", "harbor.example.com/hub/library/nginx"},
		{hub, "nginx:1.27" + digest, "harbor.example.com/hub/library/nginx:1.27" + digest},
		{hub, "bitnami/redis:7", "harbor.example.com/hub/bitnami/redis:7"},
		{hub, "index.docker.io/bitnami/redis:7", "harbor.example.com/hub/bitnami/redis:7"},
		{hub, "busybox:1", ""},
		{hub, "docker.io/library/busybox:1", ""},
		{hub, "myorg/app", ""},
		{hub, "quay.io/prometheus/prometheus", ""},
		{hub, "localhost/app", ""},
		{[]string{"docker.io/bitnami=docker.io/bitnamilegacy"}, "bitnami/redis", "bitnamilegacy/redis"},
		{[]string{"docker.io/bitnami=docker.io/bitnamilegacy"}, "bitnami-labs/redis", ""},
	} {
		set := ruleSet(t, c.rules...)
		for i := range 4 { // the places of an image
			images := []string{"registry.example.com/a", "registry.example.com/b", "registry.example.com/c", "registry.example.com/d"}
			images[i] = c.image
			d := checkDecision(t, set, fullPod(images...))
			switch {
			case c.want == "" && len(d.Moves) != 0:
				t.Errorf("%v: %s moved to %s", c.rules, c.image, d.Moves[0].New)
			case c.want != "" && (len(d.Moves) != 1 || d.Moves[0].New != c.want):
				t.Errorf("%v: %s: got %+v, want %s", c.rules, c.image, d.Moves, c.want)
			}
		}
	}
}

func TestDecideDescribesTheObject(t *testing.T) {
	set := ruleSet(t, "k8s")
	p := fullPod("k8s.gcr.io/pause")
	p["metadata"] = map[string]any{"generateName": "web-5d4-", "ownerReferences": []any{
		map[string]any{"apiVersion": "v1", "kind": "Node", "name": "n"},
		map[string]any{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d4", "controller": true},
	}}
	d, err := Decide(set, reviewOf(t, p, map[string]any{"name": ""}))
	if err != nil || d.Object != "Pod default/web-5d4-*" || d.Owner != "ReplicaSet web-5d4" || d.UID != "u1" {
		t.Errorf("got %+v, %v", d, err)
	}
}

// Mirror pods never change: the node would delete a pod that differs from its file.
func TestDecideMirrorPod(t *testing.T) {
	set := ruleSet(t, "k8s")
	for annotation, want := range map[string]int{"kubernetes.io/config.mirror": 0, "kubernetes.io/config.source": 1, "example.com/kubernetes.io/config.mirror": 1} {
		p := fullPod("k8s.gcr.io/pause")
		p["metadata"] = map[string]any{"name": "static", "annotations": map[string]any{annotation: ""}}
		d, err := Decide(set, reviewOf(t, p, nil))
		if err != nil || len(d.Moves) != want || d.Mirror != (want == 0) {
			t.Errorf("%s: got %+v, %v", annotation, d, err)
		}
	}
}

// Only ephemeral containers that are added may change.
func TestDecideEphemeralContainers(t *testing.T) {
	const image = "k8s.gcr.io/debug"
	container := func(name string) any { return map[string]any{"name": name, "image": image} }
	object := func(debug ...any) any {
		return map[string]any{"spec": map[string]any{"containers": []any{container("app")}, "ephemeralContainers": debug,
			"volumes": []any{map[string]any{"name": "v", "image": map[string]any{"reference": image}}}}}
	}
	update := map[string]any{"operation": "UPDATE", "subResource": "ephemeralcontainers", "oldObject": object(container("d1"))}
	d, err := Decide(ruleSet(t, "k8s"), reviewOf(t, object(container("d1"), container("d2")), update))
	if err != nil || len(d.Moves) != 1 || d.Moves[0].Pointer != "/spec/ephemeralContainers/1/image" || d.Moves[0].New != "registry.k8s.io/debug" {
		t.Errorf("got %+v, %v", d, err)
	}
	d, err = Decide(ruleSet(t, "k8s"), reviewOf(t, object(container("d1")), update))
	if err != nil || len(d.Moves) != 0 {
		t.Errorf("no new container: got %+v, %v", d, err)
	}
}

// A review in which no rule can match is decided without its object.
func TestDecideWithoutTheObject(t *testing.T) {
	set := ruleSet(t, "k8s")
	for image, decoded := range map[string]bool{"quay.io/a/b": false, "k8s.gcr.io.example.com/a": true} {
		p := fullPod(image)
		delete(p, "metadata")
		d, err := Decide(set, reviewOf(t, p, nil))
		if err != nil || d.UID != "u1" || len(d.Moves) > 0 || (d.Object != "") != decoded {
			t.Errorf("%s: got %+v, %v", image, d, err)
		}
	}
	// An escape sequence hides the name in the bytes, and not in the text.
	body := strings.ReplaceAll(string(reviewOf(t, fullPod("k8s.gcr.io/pause"), nil)), "k8s.gcr.io", `k8s.gcr\u002eio`)
	if d, err := Decide(set, []byte(body)); err != nil || len(d.Moves) != 1 {
		t.Errorf("escapes: got %+v, %v", d, err)
	}
	body = strings.ReplaceAll(string(reviewOf(t, fullPod("gcr.io/google-containers/pause"), nil)), "gcr.io/", `gcr.io\/`)
	if d, err := Decide(set, []byte(body)); err != nil || len(d.Moves) != 1 {
		t.Errorf("escapes: got %+v, %v", d, err)
	}
}

func TestDecideErrors(t *testing.T) {
	good := string(reviewOf(t, fullPod("k8s.gcr.io/pause"), nil))
	other := string(reviewOf(t, fullPod("quay.io/a/b"), nil)) // no rule can match
	for name, c := range map[string]struct{ from, to, want string }{
		"version":     {"admission.k8s.io/v1", "admission.k8s.io/v1beta1", `apiVersion: expected admission.k8s.io/v1, got "admission.k8s.io/v1beta1"`},
		"kind":        {`"kind":"AdmissionReview"`, `"kind":"Review"`, `kind: expected AdmissionReview, got "Review"`},
		"no request":  {`"request":`, `"Request":`, "request: expected an object"},
		"no uid":      {`"uid":"u1"`, `"uid":""`, "request.uid: expected a text"},
		"resource":    {`"resource":"pods"`, `"resource":"deployments"`, `got CREATE of "deployments" in version "v1"`},
		"operation":   {"CREATE", "UPDATE", `got UPDATE of "pods"`},
		"not JSON":    {`{`, `[`, "not an AdmissionReview"},
		"wrong type":  {`"uid":"u1"`, `"uid":1`, "not an AdmissionReview"},
		"trailing":    {`"uid":"u1"`, `"uid":"u1"}`, "not an AdmissionReview"},
		"wrong value": {`"operation":"CREATE"`, `"operation":{}`, "not an AdmissionReview"},
	} {
		for _, body := range []string{good, other} {
			changed := strings.Replace(body, c.from, c.to, 1)
			if changed == body {
				t.Fatalf("%s: nothing to replace", name)
			}
			if d, err := Decide(ruleSet(t, "k8s"), []byte(changed)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %+v, %v; want %q", name, d, err, c.want)
			}
		}
	}
	for _, body := range []string{good, other} {
		for n := range len(body) {
			if _, err := Decide(ruleSet(t, "k8s"), []byte(body[:n])); err == nil {
				t.Fatalf("cut to %d bytes: no error", n)
			}
		}
	}
}

func TestWarnings(t *testing.T) {
	set := ruleSet(t, "k8s")
	d := checkDecision(t, set, fullPod("k8s.gcr.io/pause:3.9"))
	want := `Pod default/web: init container "c0": regmigrate replaced the image k8s.gcr.io/pause:3.9 with registry.k8s.io/pause:3.9; change the manifest`
	if got := d.Warnings(false); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := d.Warnings(true); len(got) != 1 || !strings.Contains(got[0], "would replace the image k8s.gcr.io/pause:3.9 with registry.k8s.io/pause:3.9") {
		t.Errorf("got %q", got)
	}
	long := "k8s.gcr.io/" + strings.Repeat("a/", 60) + "pause:3.9"
	for _, images := range [][]string{
		{long}, {"k8s.gcr.io/" + strings.Repeat("x", 250)}, {"k8s.gcr.io/a\nb\x00c"},
		strings.Split(strings.Repeat("k8s.gcr.io/pause:3.9 ", 100), " ")[:100],
		strings.Split(strings.Repeat(long+" ", 100), " ")[:100],
	} {
		d := checkDecision(t, set, fullPod(images...))
		total := 0
		warnings := d.Warnings(false)
		for _, w := range warnings {
			n := utf8.RuneCountInString(w)
			total += n
			if n > maxWarning || strings.ContainsAny(w, "\n\x00") || !strings.Contains(w, "Pod default/web") {
				t.Errorf("%d code points: %q", n, w)
			}
			if !strings.Contains(w, "registry.k8s.io/") && !strings.Contains(w, "more images") {
				t.Errorf("no new reference in %q", w)
			}
		}
		if total > maxWarnings || len(warnings) == 0 {
			t.Errorf("%d warnings with %d code points", len(warnings), total)
		}
		if len(warnings) < len(images) && !strings.Contains(warnings[len(warnings)-1], fmt.Sprint(len(images)-len(warnings)+1, " more images")) {
			t.Errorf("the last of %d warnings: %q", len(warnings), warnings[len(warnings)-1])
		}
	}
}

func TestResponse(t *testing.T) {
	d := checkDecision(t, ruleSet(t, "k8s"), fullPod("k8s.gcr.io/pause:3.9"))
	for _, dryRun := range []bool{false, true} {
		text, err := d.Response(dryRun)
		if err != nil {
			t.Fatal(err)
		}
		var r response
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		if r.Kind != reviewKind || r.APIVersion != reviewVersion || r.Response.UID != "u1" || !r.Response.Allowed || len(r.Response.Warnings) != 1 {
			t.Errorf("got %s", text)
		}
		if hasPatch := r.Response.Patch != nil; hasPatch == dryRun || hasPatch != (r.Response.PatchType == "JSONPatch") {
			t.Errorf("dry run %v: got %s", dryRun, text)
		}
		if a := r.Response.Audit[auditKey]; !strings.Contains(a, "k8s.gcr.io/pause:3.9 -> registry.k8s.io/pause:3.9") || strings.HasPrefix(a, "dry run: ") != dryRun {
			t.Errorf("audit annotation %q", a)
		}
	}
	none := Decision{UID: "u2"}
	if text, err := none.Response(false); err != nil || string(text) != `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u2","allowed":true}}` {
		t.Errorf("got %s, %v", text, err)
	}
}

// For any text as an image, the decision is that of Match, and the patch does nothing else.
func FuzzDecide(f *testing.F) {
	sets := []*rules.Set{
		ruleSet(f, "k8s"),
		ruleSet(f, "docker.io=harbor.example.com/hub=docker.io/library/busybox", "k8s"),
		ruleSet(f, "docker.io/bitnami=docker.io/bitnamilegacy", "quay.io/coreos=mirror.example/coreos"),
	}
	for _, image := range []string{"k8s.gcr.io/pause:3.9", "nginx", "bitnami/redis:7" + digest, "quay.io/coreos/etcd", `k8s.gcr.io/"\u0000`, "", "docker.io/library/busybox"} {
		f.Add(image, "registry.example.com/a", byte(0))
	}
	f.Fuzz(func(t *testing.T, one, two string, n byte) {
		one, two = strings.ToValidUTF8(one, "?"), strings.ToValidUTF8(two, "?") // as JSON
		checkDecision(t, sets[int(n)%len(sets)], fullPod(one, two, one, two, two+one))
	})
}

// Whatever the body is, there is no patch for a body that is not a review.
func FuzzDecideBody(f *testing.F) {
	set := ruleSet(f, "k8s")
	f.Add(reviewOf(f, fullPod("k8s.gcr.io/pause"), nil))
	f.Add([]byte(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","operation":"CREATE","resource":{"version":"v1","resource":"pods"},"object":null}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := Decide(set, body)
		if !json.Valid(body) && err == nil || err != nil && len(d.Moves) > 0 {
			t.Fatalf("got %+v, %v", d, err)
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	for name, image := range map[string]string{"moved": "k8s.gcr.io/pause:3.9", "unrelated": "quay.io/prometheus/prometheus:v3"} {
		p := fullPod(image, "quay.io/a/b", "quay.io/a/c")
		delete(p["metadata"].(map[string]any), "annotations")
		p["status"] = map[string]any{"filler": strings.Split(strings.Repeat("reviews have five kilobytes,", 170), ",")}
		body := reviewOf(b, p, nil)
		set := ruleSet(b, "k8s")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				d, err := Decide(set, body)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := d.Response(false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The API server validates a pod after webhooks.
func TestDecideLimit(t *testing.T) {
	pod := func(n int) map[string]any {
		list := make([]any, n)
		for i := range list {
			list[i] = map[string]any{"name": "c", "image": "k8s.gcr.io/a"}
		}
		return map[string]any{"spec": map[string]any{"containers": list}}
	}
	set := ruleSet(t, "k8s.gcr.io=registry.k8s.io")
	if d, err := Decide(set, reviewOf(t, pod(maxImages), nil)); err != nil || len(d.Moves) != maxImages {
		t.Errorf("%d images: %d moves, %v", maxImages, len(d.Moves), err)
	}
	if _, err := Decide(set, reviewOf(t, pod(maxImages+1), nil)); err == nil {
		t.Errorf("%d images: expected an error", maxImages+1)
	}
}
