package render

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/image"
)

func TestLineDifference(t *testing.T) {
	k8s := k8s(t)
	hub := rewriteBy(t, "docker.io=mirror.example/hub")
	for _, tt := range []struct {
		name, before, after string
		rewrite             RewriteFunc
		why                 string // in the reason; "" for the same
	}{
		{"moved", "image: k8s.gcr.io/a:1", "image: registry.k8s.io/a:1", k8s, ""},
		{"twice", "k8s.gcr.io/a k8s.gcr.io/a", "registry.k8s.io/a registry.k8s.io/a", k8s, ""},
		{"the first of two", "k8s.gcr.io/a k8s.gcr.io/a", "registry.k8s.io/a k8s.gcr.io/a", k8s, ""},
		{"quoted", `"image":"k8s.gcr.io/a",`, `"image":"registry.k8s.io/a",`, k8s, ""},
		{"argument", "--x=k8s.gcr.io/a:1", "--x=registry.k8s.io/a:1", k8s, ""},
		{"comment", "# k8s.gcr.io/a:1", "# registry.k8s.io/a:1", k8s, ""},
		{"short form", "image: nginx:1", "image: mirror.example/hub/library/nginx:1", hub, ""},
		{"short form alone", "nginx", "mirror.example/hub/library/nginx", hub, ""},
		{"short form with a namespace", "a/b", "mirror.example/hub/a/b", hub, ""},
		{"organization", "- --docker-registry=kubedb", "- --docker-registry=mirror.example/hub/kubedb", hub, ""},
		{"organization in a key", `registry: "kubedb"`, `registry: "mirror.example/hub/kubedb"`, hub, ""},
		{"organization with its host", `{"hub":"docker.io/prom","image":"a"}`, `{"hub":"mirror.example/hub/prom","image":"a"}`, hub, ""},
		{"no organization with its host", "image: docker.io/prom", "image: mirror.example/hub/prom", hub, "the rules say"},
		{"no organization", "image: nginx", "image: mirror.example/hub/nginx", hub, "the rules say"},
		{"no organization in a flag", "--proxy-image=nginx", "--proxy-image=mirror.example/hub/nginx", hub, "the rules say"},
		{"another organization", "--docker-registry=a", "--docker-registry=mirror.example/hub/b", hub, "the rules say"},
		{"an organization's tag", "registry: a:1", "registry: mirror.example/hub/a:1", hub, "the rules say"},
		{"host", "registry: k8s.gcr.io", "registry: registry.k8s.io", k8s, ""},
		{"transport", "docker://k8s.gcr.io/a", "docker://registry.k8s.io/a", k8s, ""},
		{"registry with a path", "x: gcr.io/google_containers", "x: registry.k8s.io", k8s, ""},
		{"wrong host", "k8s.gcr.io/a", "registry.k8s.iox/a", k8s, "became"},
		{"wrong path", "k8s.gcr.io/a", "registry.k8s.io/b", k8s, "the rules say"},
		{"tag added", "k8s.gcr.io/a", "registry.k8s.io/a:1", k8s, "became"},
		{"more after it", "k8s.gcr.io/a", "registry.k8s.io/a x", k8s, "became"},
		{"less after it", "k8s.gcr.io/a x", "registry.k8s.io/a", k8s, "became"},
		{"white space", "a: k8s.gcr.io/a", "a:  registry.k8s.io/a", k8s, "became"},
		{"quotes", "a: k8s.gcr.io/a", `a: "registry.k8s.io/a"`, k8s, "became"},
		{"longer host", "x-k8s.gcr.io/a", "x-registry.k8s.io/a", k8s, "no rule matches"},
		{"behind another host", "harbor.example/k8s.gcr.io/a", "harbor.example/registry.k8s.io/a", k8s, "no rule matches"},
		{"URL", "https://k8s.gcr.io/v2", "https://registry.k8s.io/v2", k8s, "a URL"},
		{"path", "/cache/k8s.gcr.io/a", "/cache/registry.k8s.io/a", k8s, "a path"},
		{"pattern", "k8s.gcr.io/*", "registry.k8s.io/*", k8s, "a path or a pattern"},
		{"something else", "replicas: 1", "replicas: 2", k8s, "no rule matches"},
		{"key", "k8s.gcr.io/a: 1", "registry.k8s.io/b: 1", k8s, "became"},
		{"gone", "image: k8s.gcr.io/a", "image: ", k8s, "became"},
		{"a value more", "image:", "image: registry.k8s.io/a", k8s, "became"},
		{"a colon", ":", ":!", k8s, "became"},
		{"all gone", "k8s.gcr.io/a", "", k8s, "became nothing"},
		{"new", "", "registry.k8s.io/a", k8s, "nothing became"},
		{"the way back", "registry.k8s.io/a", "k8s.gcr.io/a", k8s, "no rule matches"},
		{"base64", "x: c2lkZWNhcjogazhzLmdjci5pby9iOjEK", "x: c2lkZWNhcjogcmVnaXN0cnkuazhzLmlvL2I6MQo=", k8s, ""},
		{"base64 of something else", "x: c2lkZWNhcjogazhzLmdjci5pby9iOjEK", "x: c2lkZWNhcjogcmVnaXN0cnkuazhzLmlvL2I6Mgo=", k8s, "no rule matches"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := lineDifference(tt.before, tt.after, tt.rewrite)
			if (got == "") != (tt.why == "") || !strings.Contains(got, tt.why) {
				t.Errorf("%q, want %q", got, tt.why)
			}
		})
	}
}

func TestIsChecksum(t *testing.T) {
	a, b := strings.Repeat("0a", 32), strings.Repeat("1b", 32)
	for _, tt := range []struct {
		before, after string
		want          bool
	}{
		{"  checksum/config: " + a, "  checksum/config: " + b, true},
		{`  "checksum/config": "` + a + `"`, `  "checksum/config": "` + b + `"`, true},
		{"checksum/config: " + a[:40], "checksum/config: " + b[:40], true},
		{"  configmap/checksum: " + a, "  configmap/checksum: " + b, true},
		{"  example.com/configHash: " + a, "  example.com/configHash: " + b, true},
		{"  check/values: " + a, "  check/values: " + b, true},
		{"  sha256: " + a, "  sha256: " + b, false},
		{"  - sha256:" + a, "  - sha256:" + b, false},
		{"  image: hash@sha256:" + a, "  image: hash@sha256:" + b, false},
		{"checksum/config: " + a[:40], "checksum/config: " + b, false},
		{"checksum/config: " + a, "checksum/other: " + b, false},
		{"config: " + a, "config: " + b, false},
		{"checksum/config: k8s.gcr.io/a", "checksum/config: registry.k8s.io/a", false},
		{"checksum/config: " + a, "checksum/config: " + b + " # x", false},
	} {
		if got := isChecksum(tt.before, tt.after); got != tt.want {
			t.Errorf("%q, %q: %v", tt.before, tt.after, got)
		}
	}
}

// FuzzLineDifference checks that a line with all references rewritten has no
// difference, and that the line with one more byte has one.
func FuzzLineDifference(f *testing.F) {
	f.Add("image: k8s.gcr.io/a:1")
	f.Add("k8s.gcr.io/a,k8s.gcr.io/b@sha256:0123456789abcdef0123456789abcdef, nginx")
	f.Add("docker://k8s.gcr.io/a https://k8s.gcr.io/ x-k8s.gcr.io/a gcr.io/google_containers/x")
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "\n") {
			t.Skip()
		}
		rewrite := RewriteFunc(func(ref string) (string, bool) {
			rest, ok := strings.CutPrefix(ref, "k8s.gcr.io/")
			if r, err := image.Parse(ref); !ok || err != nil || r.Domain == "" {
				return "", false
			}
			return "registry.k8s.io/" + rest, true
		})
		now := rewriteAll(line, rewrite)
		if why := lineDifference(line, now, rewrite); why != "" {
			t.Errorf("%q became %q: %s", line, now, why)
		}
		if why := lineDifference(line, now+"!", rewrite); why == "" {
			t.Errorf("%q became %q, and no difference was found", line, now+"!")
		}
	})
}
