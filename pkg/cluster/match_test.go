package cluster

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/regmigrate/regmigrate/pkg/inventory"
)

func TestRenderedNames(t *testing.T) {
	for _, c := range []struct {
		name, release string
		want          []renderedName
	}{
		{"shop-web", "shop", []renderedName{{"release-name-web", ""}, {"release-name-shop-web", "shop"}}},
		{"redis", "redis", []renderedName{{"release-name", ""}, {"release-name-redis", "redis"}}},
		{"my-redis-master", "my-redis", []renderedName{{"release-name-master", ""}, {"release-name-my-master", "my"}, {"release-name-my-redis-master", "my-redis"}, {"release-name-redis-master", "redis"}}},
		{"shopping", "shop", nil},
		{"web", "shop", nil},
	} {
		if diff := cmp.Diff(c.want, renderedNames(c.name, c.release), cmp.AllowUnexported(renderedName{})); diff != "" {
			t.Errorf("%s in %s: %s", c.name, c.release, diff)
		}
	}
}

// An image belongs to the container of the same name, also if the name has that of the
// release of a chart. Without names, the list decides.
func TestSameContainer(t *testing.T) {
	shop := []Manager{{HelmRelease, "default/shop"}}
	for _, c := range []struct {
		name, chart, container, field string // of the place
		use                           Use
		want                          bool
	}{
		{"same name", "", `container "app"`, ".spec.containers[0].image", Use{Field: `container "app"`}, true},
		{"other name", "", `container "app"`, ".spec.containers[0].image", Use{Field: `container "proxy"`}, false},
		{"other list", "", `init container "app"`, ".spec.initContainers[0].image", Use{Field: `container "app"`}, false},
		{"name of the release", "shop", `container "release-name-shop"`, ".spec.containers[0].image", Use{Field: `container "shop"`, Managers: shop}, true},
		{"name of the release and a word", "web", `container "release-name-web"`, ".spec.containers[0].image", Use{Field: `container "shop-web"`, Managers: shop}, true},
		{"name of another release", "web", `container "release-name-web"`, ".spec.containers[0].image", Use{Field: `container "other-web"`, Managers: shop}, false},
		{"no chart", "", `container "release-name-web"`, ".spec.containers[0].image", Use{Field: `container "shop-web"`, Managers: shop}, false},
		{"unnamed", "", "", ".spec.containers[0].image", Use{Field: `container "app"`}, true},
		{"unnamed, other list", "", "", ".spec.initContainers[0].image", Use{Field: `container "app"`}, false},
		{"a value", "", "", ".image", Use{Field: ".spec.image"}, true},
	} {
		p := place{use: &inventory.Use{Field: c.field, Container: c.container}, chart: c.chart}
		if got := sameContainer(p, &c.use); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func mustRead(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
