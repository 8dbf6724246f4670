package absentchart

import (
	"fmt"
	"testing"
)

// Each document that can have a release is read, and most others are not.
func TestMayHaveRelease(t *testing.T) {
	type part struct {
		file, text string
		want       bool
	}
	parts := []part{
		{"a.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {image: \"a\\nb\"}\n", false},
		{"a.yaml", "apiVersion: config.projectsveltos.io/v1beta1\nkind: ClusterProfile\n", true},
		{"a.yaml", "apiVersion: helm.cattle.io/v1\nkind: HelmChart\n", true},
		{"a.yaml", "helmRepos: {}\napps: {}\n", true},
		{"a.yaml", `apiVersion: "helm\x2ecattle.io/v1"`, true},
	}
	for kind := range objectCharts {
		parts = append(parts, part{"b.yml", fmt.Sprintf("apiVersion: %s/v1\nkind: %s\n", kind.group, kind.kind), true})
	}
	for _, p := range parts {
		if got := mayHaveRelease(p.file)([]byte(p.text)); got != p.want {
			t.Errorf("%s: got %v, want %v:\n%s", p.file, got, p.want, p.text)
		}
	}
	for _, file := range []string{"fleet.yaml", "a/fleet.yaml", "prod.helmsman.yaml"} {
		if mayHaveRelease(file) != nil {
			t.Errorf("%s: not all parts are read", file)
		}
	}
}
