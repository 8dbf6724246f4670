package release

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// More releases than are rendered have one verdict together.
func TestManyReleases(t *testing.T) {
	t.Parallel()
	before := files(fixture)
	var b strings.Builder
	for i := range maxReleases + 700 {
		fmt.Fprintf(&b, "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: many-%d, namespace: many}\nspec:\n  chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}}}\n  values: {sidecar: 'k8s.gcr.io/pause:3.%d'}\n", i, i)
	}
	before["many.yaml"] = b.String()
	after := maps.Clone(before)
	after["many.yaml"] = strings.ReplaceAll(b.String(), "k8s.gcr.io", "registry.k8s.io")
	got := verifyFiles(t, testRunner(t), before, after)
	if len(got) != maxReleases+1 {
		t.Fatalf("got %d verdicts", len(got))
	}
	rest := 0
	for name, v := range got {
		if strings.Contains(name, " more") {
			rest++
			if v.State != render.Unproven || !strings.HasSuffix(name, "and 699 more") || !strings.Contains(v.Reason, "more than 500 releases") {
				t.Errorf("%s: got %v %s", name, v.State, v.Reason)
			}
		}
	}
	if rest != 1 {
		t.Errorf("got %d verdicts for the rest", rest)
	}
}

// Files that need much work for a small size have verdicts in a short time, and no proof.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	head := "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: bad, namespace: apps}\nspec:\n  chart: {spec: {chart: charts/web, sourceRef: {kind: GitRepository, name: repo, namespace: flux-system}}}\n"
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i)
		}
		return b.String()
	}
	for name, extra := range map[string]map[string]string{
		"deep values":        {"bad.yaml": head + "  values: {image: k8s.gcr.io/a:1, a: " + strings.Repeat("{a: ", 3000) + strings.Repeat("}", 3001) + "\n"},
		"deep list":          {"bad.yaml": head + "  values: {image: k8s.gcr.io/a:1, a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}\n"},
		"aliases":            {"bad.yaml": head + "  values:\n    image: k8s.gcr.io/a:1\n    a0: &a0 [x]\n" + repeat(30, "    b%d: [1]\n    # %d\n") + strings.Join(aliasBomb(30), "")},
		"merge of itself":    {"bad.yaml": head + "  values: &v {image: 'k8s.gcr.io/a:1', <<: *v}\n"},
		"metadata of itself": {"bad.yaml": "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: &m {name: bad, namespace: apps, <<: *m}\nspec: {values: {image: 'k8s.gcr.io/a:1'}}\n"},
		"many namespaces":    {"bad.yaml": head + "  values: {sidecar: 'k8s.gcr.io/a:1'}\n", "many.yaml": repeat(20000, "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: bad, namespace: n%d}\nspec: {interval: %dm}\n")},
		"many variables":     {"bad.yaml": head + "  values: {sidecar: 'k8s.gcr.io/a:1'}\n", "many.yaml": repeat(20000, "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: '${A%d}', namespace: apps}\nspec: {interval: %dm}\n")},
		"many objects":       {"bad.yaml": head + "  values: {sidecar: 'k8s.gcr.io/a:1'}\n", "many.yaml": repeat(10, "---\nkind: HelmRelease\napiVersion: fluxcd.io\nmetadata: {name: a%d, namespace: n%d}\n"), "more.yaml": repeat(50010, "---\nkind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\nmetadata: {name: a%d, namespace: n%d}\n"), "zz.yaml": "kind: HelmRelease\napiVersion: helm.toolkit.fluxcd.io/v2\nmetadata: {}\n"},
		"many parameters":    {"bad.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: bad, namespace: apps}\nspec:\n  source:\n    repoURL: https://git.example/team/repo\n    path: charts/web\n    helm:\n      parameters:\n      - {name: sidecar, value: 'k8s.gcr.io/a:1'}\n" + repeat(20000, "      - {name: a%d, value: b%d}\n")},
	} {
		before := files(fixture)
		maps.Copy(before, extra)
		after := maps.Clone(before)
		after["bad.yaml"] = strings.ReplaceAll(before["bad.yaml"], "k8s.gcr.io", "registry.k8s.io")
		for object, v := range verifyFiles(t, testRunner(t), before, after) {
			if strings.Contains(object, "bad") && v.State != render.Unproven && name != "many namespaces" {
				t.Errorf("%s: %s: got %v %s", name, object, v.State, v.Reason)
			}
			if v.State == render.Proven {
				t.Errorf("%s: %s is proven", name, object)
			}
		}
	}
}

// aliasBomb returns lines whose aliases double n times.
func aliasBomb(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("    a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i))
	}
	return out
}
