package rules

import "testing"

func TestMatch(t *testing.T) {
	const (
		k8s     = "k8s.gcr.io -> registry.k8s.io\ngcr.io/google_containers -> registry.k8s.io\ngcr.io/google-containers -> registry.k8s.io"
		bitnami = "docker.io/bitnami -> docker.io/bitnamilegacy keep docker.io/bitnami/minideb"
		mirror  = "docker.io -> mirror.example"
	)
	// want is the resulting text, "" for no match, or "keep X" if the keep
	// entry X prevents the move.
	for _, c := range []struct {
		name, rules string
		kind        Kind
		text, want  string
	}{
		{"host", k8s, Reference, "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9"},
		{"digest", k8s, Reference, "k8s.gcr.io/pause:3.9@sha256:ab", "registry.k8s.io/pause:3.9@sha256:ab"},
		{"variables after the prefix", k8s, Reference, "k8s.gcr.io/{{ .Values.a }}/${B:-x/y}:$(TAG)", "registry.k8s.io/{{ .Values.a }}/${B:-x/y}:$(TAG)"},
		{"host with path", k8s, Reference, "gcr.io/google_containers/pause:3.1", "registry.k8s.io/pause:3.1"},
		{"short kind, domain spelled", k8s, ShortForm, "k8s.gcr.io/pause", "registry.k8s.io/pause"},
		{"registry host only", k8s, Reference, "k8s.gcr.io", ""},
		{"registry host with a tag", k8s, ShortForm, "k8s.gcr.io:3", ""},
		{"port", k8s, Reference, "k8s.gcr.io:443/pause", ""},
		{"longer host", k8s, Reference, "k8s.gcr.io.corp/pause", ""},
		{"longer host, at its start", k8s, Reference, "staging-k8s.gcr.io/pause", ""},
		{"host in a path", k8s, Reference, "harbor.corp/k8s.gcr.io/pause", ""},
		{"longer component", k8s, Reference, "gcr.io/google-containers-other/x", ""},
		{"variable at the boundary", k8s, Reference, "gcr.io/google_containers{{ .x }}/y", ""},
		{"variable in the host", k8s, Reference, "k8s.gcr.io${PORT}/pause", ""},
		{"variable before the host", k8s, Reference, "${R}k8s.gcr.io/pause", ""},
		{"variable for the registry", k8s, Reference, "{{ .R }}/k8s.gcr.io/pause", ""},
		{"the last component would be removed", k8s, Reference, "gcr.io/google_containers:1", ""},
		{"the last component would be removed, no tag", k8s, ShortForm, "gcr.io/google_containers", ""},
		{"the last component is replaced", "a.io/x -> b.io/y", Reference, "a.io/x:1", "b.io/y:1"},
		{"the last component, digest", "a.io/x -> b.io/y", Reference, "a.io/x@sha256:1", "b.io/y@sha256:1"},
		{"the last component, no tag", "a.io/x -> b.io/y", Reference, "a.io/x", "b.io/y"},
		{"falls back to the host's rule", "a.io/x -> b.io\na.io -> c.io", Reference, "a.io/x:1", "c.io/x:1"},
		{"most specific first", "a.io -> b.io\na.io/x/y -> c.io/z", Reference, "a.io/x/y/w", "c.io/z/w"},
		{"less specific", "a.io -> b.io\na.io/x/y -> c.io/z", Reference, "a.io/x/yy/w", "b.io/x/yy/w"},
		{"named port", "a.io:443 -> b.io", Reference, "a.io:443/x:1", "b.io/x:1"},
		{"named port, text without", "a.io:443 -> b.io", Reference, "a.io/x:1", ""},
		{"localhost", "localhost:5000/x -> b.io/x", Reference, "localhost:5000/x/y", "b.io/x/y"},
		{"IPv6", "[::1]:5000 -> b.io", Reference, "[::1]:5000/x", "b.io/x"},
		{"Docker Hub needs its own rule", k8s, ShortForm, "pause:3.9", ""},
		{"empty", k8s, ShortForm, "", ""},

		{"registry", k8s, Registry, "k8s.gcr.io", "registry.k8s.io"},
		{"registry, slash", k8s, Registry, "k8s.gcr.io/", "registry.k8s.io/"},
		{"registry with path", k8s, Registry, "gcr.io/google_containers", "registry.k8s.io"},
		{"registry with path, slash", k8s, Registry, "gcr.io/google_containers/", "registry.k8s.io/"},
		{"registry with more path", k8s, Registry, "k8s.gcr.io/sig-storage", "registry.k8s.io/sig-storage"},
		{"registry above the rule", k8s, Registry, "gcr.io", ""},
		{"registry with port", k8s, Registry, "k8s.gcr.io:443", ""},
		{"registry with a tag", k8s, Registry, "gcr.io/google_containers:1", ""},
		{"registry with a variable", k8s, Registry, "k8s.gcr.io{{ .x }}", ""},

		{"keep", "a.io -> b.io keep a.io/x", Reference, "a.io/x/y:1", "keep a.io/x"},
		{"keep ends at a component boundary", "a.io -> b.io keep a.io/x", Reference, "a.io/xx:1", "b.io/xx:1"},
		{"keep overrides a chain", "a.io -> b.io keep a.io/x\nb.io -> c.io", Reference, "a.io/x:1", "keep a.io/x"},
		{"keep of the second rule", "a.io -> b.io\nb.io -> c.io keep b.io/x", Reference, "a.io/x:1", "b.io/x:1"},
		{"keep overrides a less specific rule", "a.io/x -> b.io\na.io -> c.io keep a.io/x/y", Reference, "a.io/x/y/z", "keep a.io/x/y"},
		{"a more specific rule overrides keep", "a.io -> b.io keep a.io/x\na.io/x/y -> c.io/y", Reference, "a.io/x/y:1", "c.io/y:1"},
		{"a rule on the kept prefix overrides keep", "a.io -> b.io keep a.io/x\na.io/x -> c.io/x", Reference, "a.io/x:1", "c.io/x:1"},
		{"chain", "k8s.gcr.io -> registry.k8s.io\nregistry.k8s.io -> m.io/k8s", Reference, "k8s.gcr.io/pause", "m.io/k8s/pause"},
		{"derived", "k8s.gcr.io -> registry.k8s.io\nregistry.k8s.io/foo -> m.io/foo", Reference, "k8s.gcr.io/foo/x:1", "m.io/foo/x:1"},
		{"next to a derived rule", "k8s.gcr.io -> registry.k8s.io\nregistry.k8s.io/foo -> m.io/foo", Reference, "k8s.gcr.io/fo:1", "registry.k8s.io/fo:1"},

		{"namespace, short", bitnami, ShortForm, "bitnami/redis:7", "bitnamilegacy/redis:7"},
		{"namespace, spelled", bitnami, ShortForm, "docker.io/bitnami/redis:7", "docker.io/bitnamilegacy/redis:7"},
		{"namespace, index", bitnami, Reference, "index.docker.io/bitnami/redis", "index.docker.io/bitnamilegacy/redis"},
		{"namespace, registry-1", bitnami, Reference, "registry-1.docker.io/bitnami/redis", "registry-1.docker.io/bitnamilegacy/redis"},
		{"namespace, short, not known to be an image", bitnami, Reference, "bitnami/redis:7", ""},
		{"namespace, longer name", bitnami, ShortForm, "bitnamicharts/redis", ""},
		{"namespace, second run", bitnami, ShortForm, "bitnamilegacy/redis", ""},
		{"namespace on another registry", bitnami, ShortForm, "ghcr.io/bitnami/redis", ""},
		{"namespace under another", bitnami, ShortForm, "docker.io/x/bitnami/redis", ""},
		{"namespace, kept", bitnami, ShortForm, "bitnami/minideb:latest", "keep docker.io/bitnami/minideb"},
		{"namespace, variable for a name", bitnami, ShortForm, "bitnami/{{ .Values.name }}:{{ .Values.tag }}", "bitnamilegacy/{{ .Values.name }}:{{ .Values.tag }}"},
		{"namespace as a registry", bitnami, Registry, "docker.io/bitnami", "docker.io/bitnamilegacy"},
		{"namespace to another registry, short", "docker.io/bitnami -> m.io/b", ShortForm, "bitnami/redis", "m.io/b/redis"},
		{"namespace from another registry", "quay.io/x -> docker.io/y", ShortForm, "quay.io/x/z:1", "docker.io/y/z:1"},
		{"namespace that looks like a host", "docker.io/x -> docker.io/y.z", ShortForm, "x/i", "docker.io/y.z/i"},
		{"rule on another host of Docker Hub", "index.docker.io/bitnami -> m.io/b", ShortForm, "bitnami/redis", "m.io/b/redis"},

		{"all of Docker Hub, name", mirror, ShortForm, "nginx", "mirror.example/library/nginx"},
		{"all of Docker Hub, name and tag", mirror, ShortForm, "nginx:1.25@sha256:ab", "mirror.example/library/nginx:1.25@sha256:ab"},
		{"all of Docker Hub, tag is a variable", mirror, ShortForm, "nginx:${TAG:-a/b}", "mirror.example/library/nginx:${TAG:-a/b}"},
		{"all of Docker Hub, spelled name", mirror, Reference, "docker.io/nginx:1", "mirror.example/library/nginx:1"},
		{"all of Docker Hub, index name", mirror, Reference, "index.docker.io/nginx:1", "mirror.example/library/nginx:1"},
		{"all of Docker Hub, library", mirror, Reference, "docker.io/library/nginx", "mirror.example/library/nginx"},
		{"all of Docker Hub, short library", mirror, ShortForm, "library/nginx", "mirror.example/library/nginx"},
		{"all of Docker Hub, namespace", mirror, ShortForm, "bitnami/x", "mirror.example/bitnami/x"},
		{"all of Docker Hub, spelled namespace", mirror, Reference, "docker.io/bitnami/x:1", "mirror.example/bitnami/x:1"},
		{"all of Docker Hub, path", "docker.io -> m.io/hub", ShortForm, "nginx", "m.io/hub/library/nginx"},
		{"all of Docker Hub, registry", mirror, Registry, "docker.io", "mirror.example"},
		{"all of Docker Hub, registry with slash", mirror, Registry, "docker.io/", "mirror.example/"},
		{"all of Docker Hub, registry with namespace", mirror, Registry, "docker.io/bitnami", "mirror.example/bitnami"},
		{"all of Docker Hub, the address of docker login", mirror, Registry, "index.docker.io/v1/", ""},
		{"all of Docker Hub, namespace is a variable", mirror, Reference, "docker.io/${ORG}/x", "mirror.example/${ORG}/x"},
		{"all of Docker Hub, variable with or without namespace", mirror, Reference, "docker.io/{{ .Values.repository }}:1", ""},
		{"all of Docker Hub, name with variable", mirror, ShortForm, "nginx{{ .Suffix }}", ""},
		{"all of Docker Hub, starts with a variable", mirror, ShortForm, "{{ .R }}/nginx", ""},
		{"all of Docker Hub, other domain", mirror, ShortForm, "quay.io/x", ""},
		{"all of Docker Hub, localhost", mirror, ShortForm, "localhost/x", ""},
		{"all of Docker Hub, port", mirror, ShortForm, "registry:5000/x", ""},
		{"all of Docker Hub, variable port", mirror, ShortForm, "registry:${PORT}/x", ""},
		{"all of Docker Hub, capitals", mirror, ShortForm, "Registry/x", ""},
		{"all of Docker Hub, host without an image", mirror, ShortForm, "quay.io", ""},
		{"all of Docker Hub, image ID", mirror, ShortForm, "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", ""},
		{"all of Docker Hub, no name", mirror, ShortForm, ":latest", ""},
		{"all of Docker Hub, no path", mirror, Reference, "docker.io/", ""},
		{"all of Docker Hub, port given", mirror, Reference, "docker.io:443/nginx", ""},

		{"URL", "https://a.io/x -> https://b.io/y", ChartRepository, "https://a.io/x", "https://b.io/y"},
		{"URL, slash", "https://a.io/x -> https://b.io/y", ChartRepository, "https://a.io/x/", "https://b.io/y/"},
		{"URL, more path", "https://a.io/x -> https://b.io", ChartRepository, "https://a.io/x/Y~1", "https://b.io/Y~1"},
		{"URL, longer component", "https://a.io/x -> https://b.io/y", ChartRepository, "https://a.io/x-y", ""},
		{"URL, other scheme", "https://a.io/x -> https://b.io/y", ChartRepository, "http://a.io/x", ""},
		{"URL, most specific first", "https://a.io -> https://b.io\nhttps://a.io/x -> https://c.io", ChartRepository, "https://a.io/x", "https://c.io"},
		{"URL, chain", "https://a.io -> https://b.io\nhttps://b.io/x -> https://c.io", ChartRepository, "https://a.io/x", "https://c.io"},
		{"URL, keep", "https://a.io -> https://b.io keep https://a.io/x", ChartRepository, "https://a.io/x/y", "keep https://a.io/x"},
		{"URL, Docker Hub", "https://docker.io -> https://b.io", ChartRepository, "https://index.docker.io", ""},
		{"an image under the rule of a URL", "https://a.io/x -> https://b.io/y", Reference, "a.io/x/i:1", ""},
		{"a registry under the rule of a URL", "https://a.io/x -> https://b.io/y", Registry, "a.io/x", ""},
		{"a URL under the rule of a registry", "a.io/x -> b.io/y", ChartRepository, "https://a.io/x", ""},

		{"library", "docker.io/library -> m.io/l", ShortForm, "nginx:1", "m.io/l/nginx:1"},
		{"library, spelled", "docker.io/library -> m.io/l", Reference, "docker.io/nginx:1", "m.io/l/nginx:1"},
		{"library, in full", "docker.io/library -> m.io/l", Reference, "docker.io/library/nginx:1", "m.io/l/nginx:1"},
		{"library to a host", "docker.io/library -> m.io", ShortForm, "nginx:1", "m.io/nginx:1"},
		{"library to Docker Hub, short", "docker.io/library -> docker.io/x", ShortForm, "nginx:1", "x/nginx:1"},
		{"library to Docker Hub, spelled", "docker.io/library -> docker.io/x", Reference, "docker.io/nginx:1", "docker.io/x/nginx:1"},
		{"library, namespace", "docker.io/library -> m.io/l", ShortForm, "bitnami/nginx:1", ""},
		{"official image", "docker.io/library/nginx -> m.io/n", ShortForm, "nginx:1", "m.io/n:1"},
		{"official image, its short name as a rule", "docker.io/nginx -> m.io/n", ShortForm, "nginx:1", "m.io/n:1"},
		{"official image, spelled out", "docker.io/nginx -> m.io/n", Reference, "docker.io/library/nginx:1", "m.io/n:1"},
		{"official image, other image", "docker.io/nginx -> m.io/n", ShortForm, "nginx-x:1", ""},
		{"official image, namespace of its name", "docker.io/nginx -> m.io/n", ShortForm, "nginx/ingress:1", "m.io/n/ingress:1"},
		{"official image before library", "docker.io/nginx -> m.io/n\ndocker.io/library -> m.io/l", ShortForm, "nginx", "m.io/n"},
		{"official image, kept", "docker.io -> m.io keep docker.io/nginx", ShortForm, "nginx", "keep docker.io/nginx"},
		{"official image to a host", "docker.io/nginx -> m.io", ShortForm, "nginx", ""},
		{"chain through Docker Hub", "g.io -> docker.io\ndocker.io/library -> m.io/l", Reference, "g.io/nginx:1", "m.io/l/nginx:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := setOf(t, c.rules)
			got := ""
			m, ok := s.Match(c.text, c.kind)
			switch {
			case ok && m.Keep != "":
				got = "keep " + m.Keep
				if m.Rule == nil || m.New == "" {
					t.Errorf("%q: kept without a rule: %+v", c.text, m)
				}
			case ok:
				got = m.New + c.text[m.Len:]
			}
			if got != c.want {
				t.Errorf("%q became %q, want %q", c.text, got, c.want)
			}
			if ok && m.Keep == "" {
				if again, ok := s.Match(got, c.kind); ok && again.Keep == "" {
					t.Errorf("%q became %q, and on a second run %+v", c.text, got, again)
				}
			}
		})
	}
}

func TestMatchFields(t *testing.T) {
	for _, c := range []struct {
		rules string
		kind  Kind
		text  string
		len   int
		new   string
		rule  string
	}{
		{"docker.io -> m.io", ShortForm, "nginx", 0, "m.io/library/", "r1"},
		{"docker.io -> m.io", ShortForm, "bitnami/x", 0, "m.io/", "r1"},
		{"docker.io -> m.io", Reference, "docker.io/nginx", 10, "m.io/library/", "r1"},
		{"docker.io -> m.io", Registry, "docker.io", 9, "m.io", "r1"},
		{"k8s.gcr.io -> r.io", Registry, "k8s.gcr.io/", 10, "r.io", "r1"},
		{"k8s.gcr.io -> r.io\nr.io/x -> m.io", Reference, "k8s.gcr.io/x/y", 12, "m.io", "r1 + r2"},
		{"docker.io/a -> docker.io/b", ShortForm, "a/x", 1, "b", "r1"},
		{"a.io -> b.io keep a.io/x", Reference, "a.io/x", 4, "b.io", "r1"},
	} {
		m, ok := setOf(t, c.rules).Match(c.text, c.kind)
		if !ok || m.Len != c.len || m.New != c.new || m.Rule.Name != c.rule {
			t.Errorf("%s: %q: %v %+v, want [:%d] to become %q by %s", c.rules, c.text, ok, m, c.len, c.new, c.rule)
		}
	}
}
