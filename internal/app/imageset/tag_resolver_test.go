package imageset

import (
	"errors"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/inventory"
)

// TestTagResolver completes the name k8s.gcr.io/pause of a file by what its chart
// or kustomization renders.
func TestTagResolver(t *testing.T) {
	name := inventory.Image{Ref: "k8s.gcr.io/pause", Registry: "k8s.gcr.io", Repository: "pause"}
	rendered := func(tag, path string) inventory.Image {
		return inventory.Image{
			Ref: name.Ref + ":" + tag, Registry: name.Registry, Repository: name.Repository, Tag: tag,
			Uses: []inventory.Use{{Origin: inventory.InRendering, Path: path}},
		}
	}
	roots := Roots{charts: []string{"web", "web/charts/db"}, kustomizations: []string{"base", "overlay"}}
	for _, c := range []struct {
		what     string
		file     string
		rendered []inventory.Image
		failed   []inventory.Failure
		want     string // the tags, or a part of the reason
	}{
		{"the chart renders the name", "web/values.yaml", []inventory.Image{rendered("1", "web/templates/a.yaml")}, nil, "1"},
		{"the innermost chart decides", "web/charts/db/values.yaml", []inventory.Image{rendered("1", "web/templates/a.yaml"), rendered("2", "web/charts/db/templates/a.yaml")}, nil, "2"},
		{"the chart does not render the name", "web/values.yaml", nil, nil, "does not render it with its default values"},
		{"the chart fails", "web/values.yaml", nil, []inventory.Failure{{Path: "web", Err: errors.New("no such value")}}, "not fully rendered: no such value"},
		{"the kustomization renders the name", "base/kustomization.yaml", []inventory.Image{rendered("3", "base")}, nil, "3"},
		{"an overlay renders what a component names", "base/kustomization.yaml", []inventory.Image{rendered("4", "overlay")}, nil, "4"},
		{"no overlay renders the name", "base/kustomization.yaml", nil, nil, "no kustomization that uses this one renders it"},
		{"the file is not rendered at all", "ci/images.txt", []inventory.Image{rendered("1", "web/templates/a.yaml")}, nil, "belongs to no chart or kustomization"},
	} {
		r := &tagResolver{roots: roots}
		r.setRendered(c.rendered, c.failed)
		found, unknown := r.complete(&name, c.file)
		if len(found) > 0 {
			var tags []string
			for _, m := range found {
				tags = append(tags, m.Tag)
			}
			if got := strings.Join(tags, " "); got != c.want || unknown != "" {
				t.Errorf("%s: got tags %q and reason %q, want tags %q", c.what, got, unknown, c.want)
			}
			continue
		}
		if !strings.HasPrefix(unknown, tagUnknown) || !strings.Contains(unknown, c.want) {
			t.Errorf("%s: got reason %q, want one that contains %q", c.what, unknown, c.want)
		}
	}
}

// TestTagResolverVariables: a rendered reference with a variable completes nothing.
func TestTagResolverVariables(t *testing.T) {
	r := &tagResolver{roots: Roots{charts: []string{"."}}}
	r.setRendered([]inventory.Image{{
		Ref: "k8s.gcr.io/pause:$TAG", Registry: "k8s.gcr.io", Repository: "pause", Tag: "$TAG", HasVariable: true,
		Uses: []inventory.Use{{Origin: inventory.InRendering, Path: "templates/a.yaml"}},
	}}, nil)
	if found, unknown := r.complete(&inventory.Image{Registry: "k8s.gcr.io", Repository: "pause"}, "values.yaml"); len(found) > 0 || unknown == "" {
		t.Errorf("got %v and %q, want a reason", found, unknown)
	}
}
