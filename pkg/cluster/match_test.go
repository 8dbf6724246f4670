package cluster

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
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

func mustRead(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
