package rules

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPresets(t *testing.T) {
	infos := Presets()
	if len(infos) != len(presetNames()) || len(infos) == 0 {
		t.Fatalf("got %d of %d presets", len(infos), len(presetNames()))
	}
	for i, info := range infos {
		want := info.Name
		if arg := strings.ToUpper(info.Argument); arg != "" {
			want += ":" + arg + "[," + arg + "]"
		}
		if got := PresetUsages()[i]; got != want {
			t.Errorf("usage: got %q, want %q", got, want)
		}
		if info.Doc == "" || !strings.HasPrefix(info.Source, "https://") {
			t.Errorf("%+v: no doc or no source", info)
		}
		name := info.Name
		if info.Argument != "" {
			name += ":some-project"
		}
		rules, err := Preset(name)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		for _, r := range rules {
			if _, err := time.Parse(time.DateOnly, r.Date); err != nil || r.Name != "preset "+info.Name || r.Doc == "" || !strings.HasPrefix(r.Source, "https://") {
				t.Errorf("%+v: name, doc, source or date is missing", r)
			}
			if strings.ContainsAny(r.From+r.To, "{}") {
				t.Errorf("%+v contains a placeholder", r)
			}
		}
	}
}

func TestPresetK8s(t *testing.T) {
	rules, err := Preset("k8s")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(s.Rules()), 26; got != want {
		t.Errorf("%d rules, want %d: 1 + 2 + 3 names and 20 regions", got, want)
	}
	for _, from := range []string{
		"k8s.gcr.io", "gcr.io/google_containers", "gcr.io/google-containers", "us.gcr.io/k8s-artifacts-prod", "eu.gcr.io/k8s-artifacts-prod",
		"asia.gcr.io/k8s-artifacts-prod", "us-central1-docker.pkg.dev/k8s-artifacts-prod/images", "europe-west9-docker.pkg.dev/k8s-artifacts-prod/images",
	} {
		text := from + "/pause:3.9"
		m, ok := s.Match(text, Reference)
		if got := m.New + text[m.Len:]; !ok || got != "registry.k8s.io/pause:3.9" {
			t.Errorf("%s became %s", text, got)
		}
		if !slices.Contains(s.OldPrefixes(), from) {
			t.Errorf("OldPrefixes does not contain %s", from)
		}
	}
	for _, text := range []string{"registry.k8s.io/pause:3.9", "gcr.io/k8s-staging-test-infra/x", "gcr.io/distroless/static", "us-docker.pkg.dev/k8s-artifacts-prod/x"} {
		if m, ok := s.Match(text, Reference); ok {
			t.Errorf("%s matches %+v", text, m)
		}
	}
}

func TestPresetUnknown(t *testing.T) {
	_, err := Preset("k8z")
	if want := `unknown preset "k8z"; available presets: bitnami, gcr, istio, k8s, k8s-staging, kube-rbac-proxy (did you mean "k8s"?)`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Preset("../presets/k8s"); err == nil {
		t.Error("a path is accepted as a name")
	}
}

func TestReadPresetErrors(t *testing.T) {
	const rule = "- {from: [a.io], to: b.io, doc: d, source: s, date: \"2020-01-01\"}\n"
	for _, c := range []struct{ name, src, want string }{
		{"empty", "", "presets/p.yaml: empty"},
		{"no source", "doc: d\nrules:\n" + rule, "presets/p.yaml: expected doc, source and rules"},
		{"no date", "doc: d\nsource: s\nrules:\n- {from: [a.io], to: b.io, doc: d, source: s}\n", "presets/p.yaml:4:3: rules[0]: expected from, to, doc, source and date"},
		{"unknown key", "docs: d\n", `presets/p.yaml:1:1: unknown key "docs"`},
		{"invalid prefix", "doc: d\nsource: s\nrules:\n" + strings.Replace(rule, "a.io", "a.io/X", 1), `presets/p.yaml: rule a.io/X -> b.io (preset p): from "a.io/X" has a capital letter`},
		{"cycle", "doc: d\nsource: s\nrules:\n" + rule + strings.NewReplacer("a.io", "b.io", "b.io", "a.io").Replace(rule), "presets/p.yaml: the rules form a cycle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := readPreset("presets/p.yaml", "p", []byte(c.src))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error %v\nwant %s…", err, c.want)
			}
		})
	}
}

// For each preset: references that it moves, and similar ones that it does not.
func TestPresetMoves(t *testing.T) {
	for _, c := range []struct{ preset, old, want string }{
		{"bitnami", "docker.io/bitnami/redis:7", "docker.io/bitnamilegacy/redis:7"},
		{"bitnami", "bitnami/redis:7", "bitnamilegacy/redis:7"},
		{"bitnami", "docker.io/bitnami/minideb:bookworm", ""},
		{"bitnami", "docker.io/bitnamicharts/redis:1", ""},
		{"bitnami", "docker.io/bitnamisecure/redis:latest", ""},
		{"bitnami", "docker.io/bitnamiprem/redis:1", ""},
		{"bitnami", "docker.io/bitnamilegacy/redis:7", ""},
		{"gcr:my-project", "gcr.io/my-project/app:1", "us-docker.pkg.dev/my-project/gcr.io/app:1"},
		{"gcr:my-project", "us.gcr.io/my-project/a/b", "us-docker.pkg.dev/my-project/us.gcr.io/a/b"},
		{"gcr:my-project", "eu.gcr.io/my-project/app:1", "europe-docker.pkg.dev/my-project/eu.gcr.io/app:1"},
		{"gcr:my-project", "asia.gcr.io/my-project/app:1", "asia-docker.pkg.dev/my-project/asia.gcr.io/app:1"},
		{"gcr:my-project", "gcr.io/my-project2/app:1", ""},
		{"gcr:my-project", "gcr.io/distroless/static", ""},
		{"gcr:my-project", "gcr.io/example.com/my-project/app:1", ""},
		{"gcr:my-project,example.com/other-project", "gcr.io/example.com/other-project/app:1", "us-docker.pkg.dev/example.com/other-project/gcr.io/app:1"},
		{"gcr:example.com:other-project", "eu.gcr.io/example.com/other-project/app:1", "europe-docker.pkg.dev/example.com/other-project/eu.gcr.io/app:1"},
		{"istio", "gcr.io/istio-release/proxyv2:1.29.0", "docker.io/istio/proxyv2:1.29.0"},
		{"istio", "registry.istio.io/release/pilot:1.30.0", "docker.io/istio/pilot:1.30.0"},
		{"istio", "gcr.io/istio-release/charts/istiod:1.29.0", "ghcr.io/istio/release/charts/istiod:1.29.0"},
		{"istio", "registry.istio.io/release/charts/istiod:1.30.0", "ghcr.io/istio/release/charts/istiod:1.30.0"},
		{"istio", "docker.io/istio/proxyv2:1.31.0", ""},
		{"istio", "registry.istio.io/testing/proxyv2:latest", ""},
		{"istio", "gcr.io/istio-testing/proxyv2:latest", ""},
		{"kube-rbac-proxy", "gcr.io/kubebuilder/kube-rbac-proxy:v0.13.1", "quay.io/brancz/kube-rbac-proxy:v0.13.1"},
		{"kube-rbac-proxy", "gcr.io/kubebuilder/pause:1", ""},
		{"k8s-staging", "gcr.io/k8s-staging-ingress-nginx/controller:v1", "registry.k8s.io/ingress-nginx/controller:v1"},
		{"k8s-staging", "gcr.io/k8s-staging-npd/node-problem-detector:v1", "registry.k8s.io/node-problem-detector/node-problem-detector:v1"},
		{"k8s-staging", "gcr.io/k8s-staging-sp-operator/selinuxd:v1", "registry.k8s.io/security-profiles-operator/selinuxd:v1"},
		{"k8s-staging", "gcr.io/k8s-staging-kubernetes/pause:3.10", "registry.k8s.io/pause:3.10"},
		{"k8s-staging", "gcr.io/k8s-staging-etcd/etcd:3.5.0", "registry.k8s.io/etcd:3.5.0"},
		{"k8s-staging", "gcr.io/k8s-staging-releng/x:1", ""},
		{"k8s-staging", "gcr.io/kubernetes-e2e-test-images/agnhost:2", "registry.k8s.io/e2e-test-images/agnhost:2"},
		{"k8s", "gcr.io/k8s-staging-ingress-nginx/controller:v1", ""},
	} {
		list, err := Preset(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(list)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if m, ok := s.Match(c.old, ShortForm); ok && m.Keep == "" {
			got = m.New + c.old[m.Len:]
		}
		if got != c.want {
			t.Errorf("%s: %s becomes %q, want %q", c.preset, c.old, got, c.want)
		}
	}
}

// All presets can be used together.
func TestPresetsTogether(t *testing.T) {
	var all []Rule
	for _, name := range []string{"k8s", "k8s-staging", "bitnami", "gcr:my-project", "istio", "kube-rbac-proxy"} {
		list, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	if _, err := New(all); err != nil {
		t.Error(err)
	}
}

func TestPresetProjects(t *testing.T) {
	for name, want := range map[string]string{
		"gcr":                      `preset "gcr" moves the images of your own projects: expected gcr:PROJECT[,PROJECT]`,
		"gcr:":                     `preset "gcr" moves the images of your own projects`,
		"gcr:ab":                   `preset "gcr": "ab" is not a project ID`,
		"gcr:my-project,":          `preset "gcr": "" is not a project ID`,
		"gcr:My-Project":           `preset "gcr": "My-Project" is not a project ID`,
		"gcr:gcr.io/my-project/x":  `preset "gcr": "gcr.io/my-project/x" is not a project ID`,
		"k8s:my-project":           `preset "k8s" has no projects; expected "k8s", got "k8s:my-project"`,
		"gcp:my-project":           `unknown preset "gcp"`,
		"gcr:my-project;other-one": `preset "gcr": "my-project;other-one" is not a project ID`,
	} {
		if _, err := Preset(name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v\nwant %s…", name, err, want)
		}
	}
}
