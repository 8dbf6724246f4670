package report

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

func TestTextSources(t *testing.T) {
	hub := func(t *testing.T) *rewrite.Plan {
		return &rewrite.Plan{
			Rules: ruleSet(t, "docker.io/bitnami docker.io/bitnamilegacy", "k8s.gcr.io registry.k8s.io", "quay.io/coreos mirror.example/coreos"),
		}
	}
	tests := []struct {
		name     string
		findings []rewrite.Finding
		want     string
	}{
		{"Docker Hub short name", []rewrite.Finding{movedImplicit(1, "bitnami/redis:7", "bitnamilegacy/redis:7")}, lines(
			"1 reference in 1 file moved to docker.io/bitnamilegacy",
			"    1 implicit (Docker Hub short name)",
		)},
		{"two targets", []rewrite.Finding{
			moved(1, "docker.io/bitnami/redis", "docker.io/bitnamilegacy/redis"),
			moved(2, "k8s.gcr.io/a", "registry.k8s.io/a"), moved(3, "k8s.gcr.io/b", "registry.k8s.io/b"),
			movedImplicit(4, "k8s.gcr.io/c", "registry.k8s.io/c"),
			movedImplicit(5, "index.docker.io/bitnami/c", "docker.io/bitnamilegacy/c"),
		}, lines(
			"5 references in 1 file moved to registry.k8s.io and docker.io/bitnamilegacy",
			"    2 from k8s.gcr.io to registry.k8s.io",
			"    1 from docker.io/bitnami to docker.io/bitnamilegacy",
			"    2 implicit (1 split across keys, 1 Docker Hub short name)",
		)},
		{"three targets", []rewrite.Finding{
			moved(1, "quay.io/coreos/etcd", "mirror.example/coreos/etcd"),
			moved(2, "k8s.gcr.io/a", "registry.k8s.io/a"),
			moved(3, "docker.io/bitnami/redis", "docker.io/bitnamilegacy/redis"),
		}, lines(
			"3 references in 1 file moved",
			"    1 from docker.io/bitnami to docker.io/bitnamilegacy",
			"    1 from k8s.gcr.io to registry.k8s.io",
			"    1 from quay.io/coreos to mirror.example/coreos",
		)},
		{"unknown rule", []rewrite.Finding{
			{Status: rewrite.Rewritten, Old: "a.example:5000/x/y:1", New: "b.example/y:1", Rule: "?"},
		}, lines(
			"1 reference in 1 file moved to b.example",
			"    1 from a.example:5000",
		)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := hub(t)
			p.Files = []rewrite.File{changedFile("a.yaml", tt.findings...)}
			got := write(t, "text", p, Options{})
			if want := tt.want + "0 files scanned\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
