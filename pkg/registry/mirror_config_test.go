package registry

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// sources are a registry that moves to another one, a path that does, a registry
// that keeps its paths, and a source that is on the mirror already.
var sources = []Source{
	{"docker.io/bitnami", "harbor.corp/k8s/bitnamilegacy"},
	{"docker.io/bitnamilegacy", "harbor.corp/k8s/bitnamilegacy"},
	{"gcr.io/google-containers", "harbor.corp/k8s"},
	{"harbor.corp/old", "harbor.corp/k8s"},
	{"k8s.gcr.io", "harbor.corp/k8s"},
	{"localhost:5000", "harbor.corp"},
	{"registry.k8s.io", "harbor.corp/k8s"},
}

func configFiles(t *testing.T, format string) map[string]string {
	t.Helper()
	files, _, err := MirrorConfig(format, sources)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		out[f.Path] = f.Text
	}
	return out
}

// hostsFile has the fields of a hosts.toml that containerd reads and MirrorConfig
// writes. Source: core/remotes/docker/config/hosts.go of containerd.
type hostsFile struct {
	Server string `toml:"server"`
	Host   map[string]struct {
		Capabilities []string `toml:"capabilities"`
		OverridePath bool     `toml:"override_path"`
	} `toml:"host"`
}

func TestContainerdConfig(t *testing.T) {
	got := configFiles(t, "containerd")
	want := map[string]struct {
		server, host string
		override     bool
	}{
		"docker.io/hosts.toml":       {"https://registry-1.docker.io", "https://harbor.corp/v2/k8s", true},
		"k8s.gcr.io/hosts.toml":      {"https://k8s.gcr.io", "https://harbor.corp/v2/k8s", true},
		"localhost:5000/hosts.toml":  {"https://localhost:5000", "https://harbor.corp", false},
		"registry.k8s.io/hosts.toml": {"https://registry.k8s.io", "https://harbor.corp/v2/k8s", true},
	}
	if len(got) != len(want) {
		t.Errorf("got %d files, want %d: %v", len(got), len(want), got)
	}
	for path, w := range want {
		var f hostsFile
		d := toml.NewDecoder(strings.NewReader(got[path]))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			t.Errorf("%s: %v\n%s", path, err, got[path])
			continue
		}
		h, ok := f.Host[w.host]
		if f.Server != w.server || !ok || len(f.Host) != 1 || h.OverridePath != w.override || len(h.Capabilities) != 2 {
			t.Errorf("%s: got %+v, want %+v", path, f, w)
		}
	}
	_, left, err := MirrorConfig("containerd", sources)
	if err != nil || strings.Join(left, " ") != "docker.io/bitnami gcr.io/google-containers" {
		t.Errorf("unsupported: %v, error %v", left, err)
	}
}

// k3sFile has the fields that k3s reads. Source: pkg/registries of rancher/wharfie,
// whose types k3s uses, and https://docs.k3s.io/installation/private-registry.
type k3sFile struct {
	Mirrors map[string]struct {
		Endpoint []string          `yaml:"endpoint"`
		Rewrite  map[string]string `yaml:"rewrite"`
	} `yaml:"mirrors"`
}

// TestK3sConfig reads the file strictly and resolves images as k3s does: the
// patterns replace the path of the image, without its host.
func TestK3sConfig(t *testing.T) {
	text := configFiles(t, "k3s")["registries.yaml"]
	var f k3sFile
	d := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, c := range []struct{ host, path, want string }{
		{"registry.k8s.io", "sig-storage/csi-attacher", "https://harbor.corp/k8s/sig-storage/csi-attacher"},
		{"k8s.gcr.io", "pause", "https://harbor.corp/k8s/pause"},
		{"gcr.io", "google-containers/pause", "https://harbor.corp/k8s/pause"},
		{"gcr.io", "google-containers-other/pause", "https://harbor.corp/google-containers-other/pause"},
		{"docker.io", "bitnami/redis", "https://harbor.corp/k8s/bitnamilegacy/redis"},
		{"docker.io", "bitnamilegacy/redis", "https://harbor.corp/k8s/bitnamilegacy/redis"},
		{"localhost:5000", "x/y", "https://harbor.corp/x/y"},
	} {
		m, ok := f.Mirrors[c.host]
		if !ok || len(m.Endpoint) != 1 {
			t.Errorf("%s: %+v", c.host, m)
			continue
		}
		got := c.path
		for from, to := range m.Rewrite {
			re, err := regexp.Compile(from)
			if err != nil {
				t.Fatal(err)
			}
			if r := re.ReplaceAllString(c.path, to); r != c.path {
				got = r
			}
		}
		if got = m.Endpoint[0] + "/" + got; got != c.want {
			t.Errorf("%s/%s is pulled from %s, want %s", c.host, c.path, got, c.want)
		}
	}
	if _, ok := f.Mirrors["harbor.corp"]; ok {
		t.Error("the mirror has a mirror")
	}
}

// mirrorSets is the part of the schemas of ImageDigestMirrorSet and
// ImageTagMirrorSet for mirrors. Unknown fields are invalid. Source: the custom
// resource definitions in config/v1 of https://github.com/openshift/api.
const mirrorSets = `{
  "type": "object", "required": ["apiVersion", "kind", "metadata", "spec"], "additionalProperties": false,
  "properties": {
    "apiVersion": {"const": "config.openshift.io/v1"},
    "kind": {"enum": ["ImageDigestMirrorSet", "ImageTagMirrorSet"]},
    "metadata": {"type": "object", "required": ["name"], "additionalProperties": false, "properties": {"name": {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}}},
    "spec": {
      "type": "object", "minProperties": 1, "additionalProperties": false,
      "properties": {"imageDigestMirrors": {"$ref": "#/$defs/mirrors"}, "imageTagMirrors": {"$ref": "#/$defs/mirrors"}}
    }
  },
  "$defs": {
    "location": {"type": "string", "pattern": "^((?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))+)?(?::[0-9]+)?)(?:(?:/[a-z0-9]+(?:(?:(?:[._]|__|[-]*)[a-z0-9]+)+)?)+)?$"},
    "mirrors": {"type": "array", "minItems": 1, "items": {
      "type": "object", "required": ["source"], "additionalProperties": false,
      "properties": {
        "source": {"$ref": "#/$defs/location"},
        "mirrors": {"type": "array", "uniqueItems": true, "items": {"$ref": "#/$defs/location"}},
        "mirrorSourcePolicy": {"enum": ["NeverContactSource", "AllowContactingSource"]}
      }
    }}
  }
}`

// TestOpenShiftConfig validates the two objects against the schema, and resolves
// images as OpenShift does: a mirror replaces the source at the start of a name.
func TestOpenShiftConfig(t *testing.T) {
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(mirrorSets))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sets.json", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sets.json")
	if err != nil {
		t.Fatal(err)
	}
	docs := strings.Split(configFiles(t, "openshift")["mirrors.yaml"], "---\n")
	if len(docs) != 2 {
		t.Fatalf("got %d documents", len(docs))
	}
	for i, key := range []string{"imageDigestMirrors", "imageTagMirrors"} {
		var v map[string]any
		if err := yaml.Unmarshal([]byte(docs[i]), &v); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%v\n%s", err, docs[i])
		}
		at := map[string]any{}
		spec, _ := v["spec"].(map[string]any)
		list, _ := spec[key].([]any)
		for _, x := range list {
			m, _ := x.(map[string]any)
			source, _ := m["source"].(string)
			at[source] = m["mirrors"]
		}
		for source, want := range map[string]string{
			"registry.k8s.io": "harbor.corp/k8s", "gcr.io/google-containers": "harbor.corp/k8s",
			"docker.io/bitnami": "harbor.corp/k8s/bitnamilegacy", "localhost:5000": "harbor.corp",
		} {
			if got, ok := at[source].([]any); !ok || len(got) != 1 || got[0] != want {
				t.Errorf("%s of %s: got %v, want %s", source, key, at[source], want)
			}
		}
		if len(at) != 6 {
			t.Errorf("got %d sources: %v", len(at), at)
		}
	}
}
