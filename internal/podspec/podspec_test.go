package podspec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const podSpec = `
initContainers: [{name: init, image: a}]
containers: [{name: app, image: b}, {name: none}, {name: side, image: c}]
ephemeralContainers: [{name: debug, image: d}]
volumes:
- {name: plain, emptyDir: {}}
- {name: model, image: {reference: e}}
`

// All kinds hold their pod spec at Path, and every image of it is found.
func TestWorkloads(t *testing.T) {
	for _, r := range Workloads() {
		text := podSpec
		steps := Steps(r.Path)
		for i := len(steps) - 1; i >= 0; i-- {
			text = steps[i] + ":\n  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
		}
		want := []Image{
			{r.Path + "/initContainers/0/image", `init container "init"`, "a"},
			{r.Path + "/containers/0/image", `container "app"`, "b"},
			{r.Path + "/containers/2/image", `container "side"`, "c"},
			{r.Path + "/ephemeralContainers/0/image", `ephemeral container "debug"`, "d"},
			{r.Path + "/volumes/1/image/reference", `volume "model"`, "e"},
		}
		if diff := cmp.Diff(want, r.Images(decode(t, text))); diff != "" {
			t.Errorf("%s: %s", r.Kind, diff)
		}
	}
}

func TestImagesOfUsersPaths(t *testing.T) {
	for _, c := range []struct {
		path, object string
		want         []Image
	}{
		{"/spec/image", "spec: {image: a}", []Image{{"/spec/image", "/spec/image", "a"}}},
		{"/spec/images/*/ref", "spec: {images: [{ref: a}, {}, {ref: b}]}", []Image{{"/spec/images/0/ref", "/spec/images/*/ref", "a"}, {"/spec/images/2/ref", "/spec/images/*/ref", "b"}}},
		{"/spec/pods/*/template", "spec: {pods: [{template: {containers: [{name: x, image: a}]}}]}", []Image{{"/spec/pods/0/template/containers/0/image", `container "x"`, "a"}}},
		{"/data/a~1b~0c", "data: {a/b~c: x}", []Image{{"/data/a~1b~0c", "/data/a~1b~0c", "x"}}},
		{"/spec/image", "spec: {image: 1}", nil},
		{"/spec/image", "spec: [image]", nil},
		{"/spec/image/x", "spec: {image: x}", nil},
		{"/spec/*/image", "spec: {'*': {image: x}}", nil},
		{"/spec", "spec: {containers: {name: x, image: a}, volumes: null}", nil},
		{"/spec", "spec: {containers: [null, x, {name: 1, image: a}], volumes: [{image: x}, {image: {reference: 1}}]}", []Image{{"/spec/containers/2/image", `container ""`, "a"}}},
	} {
		r, err := ParseResource("example.com/v1/things:" + c.path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, r.Images(decode(t, c.object))); diff != "" {
			t.Errorf("%s in %s: %s", c.path, c.object, diff)
		}
	}
}

func TestParseResource(t *testing.T) {
	for text, want := range map[string]Resource{
		"monitoring.coreos.com/v1/prometheuses:/spec/image": {Group: "monitoring.coreos.com", Version: "v1", Resource: "prometheuses", Path: "/spec/image"},
		"v1/configmaps:/data/image":                         {Version: "v1", Resource: "configmaps", Path: "/data/image"},
	} {
		if got, err := ParseResource(text); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"":                                   "expected GROUP/VERSION/RESOURCE:/path",
		"prometheuses:/spec/image":           "expected GROUP/VERSION/RESOURCE:/path",
		"a/b/c/d:/x":                         "expected GROUP/VERSION/RESOURCE:/path",
		"example.com/v1/things":              "expected GROUP/VERSION/RESOURCE:/path",
		"example.com/v1/things:":             `"" is not a JSON pointer`,
		"example.com/v1/things:/":            `"/" is not a JSON pointer`,
		"example.com/v1/things:spec.image":   `"spec.image" is not a JSON pointer`,
		"example.com/v1/things:/spec//image": `"" is not the name of a field`,
		"example.com/v1/things:/spec/é":      `"é" is not the name of a field`,
		"example.com//things:/x":             `"" is not a group`,
		"/v1/things:/x":                      `"" is not a group`,
		"example.com/v1/Things:/x":           `"Things" is not a group`,
		"apps/v1/deployments:/spec":          "the images of Deployment are already known, at /spec/template/spec",
	} {
		if _, err := ParseResource(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out
}

// A Spec has the same images as the same pod spec in a map.
func TestSpecEqualsResource(t *testing.T) {
	pods := Workloads()[0]
	for _, spec := range []string{
		podSpec,
		"{}",
		"containers: []",
		"containers: [{name: a}, {image: b}, {name: c, image: ''}, null]\nvolumes: null",
		"volumes: [{name: a, image: {}}, {name: b, image: {reference: ''}}, {image: {reference: c, pullPolicy: Always}}]",
		"initContainers: [{name: a, image: b, restartPolicy: Always, env: [{name: image, value: x}]}]",
	} {
		object := decode(t, "spec:\n  "+strings.ReplaceAll(strings.TrimSpace(spec), "\n", "\n  "))
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		var typed struct{ Spec Spec }
		if err := json.Unmarshal(text, &typed); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(pods.Images(object), typed.Spec.Images("/spec")); diff != "" {
			t.Errorf("%s: %s", spec, diff)
		}
	}
}
