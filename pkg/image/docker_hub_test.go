package image

import "testing"

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ domain, path, registry, repository string }{
		{"", "nginx", "docker.io", "library/nginx"},
		{"", "bitnami/redis", "docker.io", "bitnami/redis"},
		{"index.docker.io", "nginx", "docker.io", "library/nginx"},
		{"registry-1.docker.io", "library/nginx", "docker.io", "library/nginx"},
		{"quay.io", "nginx", "quay.io", "nginx"},
		{"docker.io:443", "nginx", "docker.io:443", "nginx"},
	} {
		if registry, repository := Normalize(c.domain, c.path); registry != c.registry || repository != c.repository {
			t.Errorf("%q, %q: got %q and %q, want %q and %q", c.domain, c.path, registry, repository, c.registry, c.repository)
		}
	}
}
