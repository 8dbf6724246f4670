package render

import (
	"strings"
	"testing"
)

// TestIsSplitMove checks which changes of two lines are those of one split reference.
func TestIsSplitMove(t *testing.T) {
	rewrite := rewriteBy(t, "docker.io/bitnami=h.example/m/bitnami")
	for _, tt := range []struct {
		name, before, after string
		want                bool
	}{
		{"both", "registry: docker.io\nrepository: bitnami/redis", "registry: h.example\nrepository: m/bitnami/redis", true},
		{"lines between", "a:\n  registry: docker.io\n  x:\n    y: 1\n  repository: bitnami/redis", "a:\n  registry: h.example\n  x:\n    y: 1\n  repository: m/bitnami/redis", true},
		{"an item", "- registry: docker.io\n  repository: bitnami/redis\n- a: 1", "- registry: h.example\n  repository: m/bitnami/redis\n- a: 1", true},
		{"prefix of keys", "imageRegistry: docker.io\nimageRepository: \"bitnami/redis\"", "imageRegistry: h.example\nimageRepository: \"m/bitnami/redis\"", true},
		{"only the registry", "registry: docker.io\nrepository: bitnami/redis", "registry: h.example\nrepository: bitnami/redis", false},
		{"only the repository", "registry: docker.io\nrepository: bitnami/redis", "registry: docker.io\nrepository: m/bitnami/redis", false},
		{"another target", "registry: docker.io\nrepository: bitnami/redis", "registry: h.example\nrepository: m/bitnami/mysql", false},
		{"quotes change", "registry: docker.io\nrepository: bitnami/redis", "registry: h.example\nrepository: \"m/bitnami/redis\"", false},
		{"another mapping", "a:\n  registry: docker.io\nb:\n  repository: bitnami/redis", "a:\n  registry: h.example\nb:\n  repository: m/bitnami/redis", false},
		{"another item", "- registry: docker.io\n- repository: bitnami/redis", "- registry: h.example\n- repository: m/bitnami/redis", false},
		{"deeper", "registry: docker.io\na:\n  repository: bitnami/redis", "registry: h.example\na:\n  repository: m/bitnami/redis", false},
		{"twice", "registry: docker.io\nrepository: bitnami/redis\nrepository: bitnami/redis", "registry: h.example\nrepository: m/bitnami/redis\nrepository: m/bitnami/redis", false},
		{"other keys", "imageRegistry: docker.io\nrepository: bitnami/redis", "imageRegistry: h.example\nrepository: m/bitnami/redis", false},
		{"a tag", "registry: docker.io\nrepository: bitnami/redis:7", "registry: h.example\nrepository: m/bitnami/redis:7", false},
		{"another document", "registry: docker.io\n---\nrepository: bitnami/redis", "registry: h.example\n---\nrepository: m/bitnami/redis", false},
		{"another document in a text", "v: |\n  registry: docker.io\n  --- # next\n  repository: bitnami/redis", "v: |\n  registry: h.example\n  --- # next\n  repository: m/bitnami/redis", false},
		{"no host", "registry: corp\nrepository: bitnami/redis", "registry: h.example\nrepository: m/bitnami/redis", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, after := strings.Split(tt.before, "\n"), strings.Split(tt.after, "\n")
			all := true
			for i := range before {
				if before[i] != after[i] {
					all = all && isSplitMove(before, after, i, rewrite)
				}
			}
			if all != tt.want {
				t.Errorf("%q to %q: got %v, want %v", tt.before, tt.after, all, tt.want)
			}
		})
	}
}
