package chart_test

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
	"github.com/regmigrate/regmigrate/pkg/link"
	"github.com/regmigrate/regmigrate/pkg/link/chart"
)

// TestOverrides adds values to a values.yaml, or says why it cannot.
func TestOverrides(t *testing.T) {
	registry := chart.Override{Path: []string{"web", "image", "registry"}, Text: "m.example"}
	name := chart.Override{Path: []string{"web", "image", "repository"}, Text: "acme/web"}
	allow := chart.Override{Path: []string{"global", "security", "allowInsecureImages"}, Text: "", IsTrue: true}
	for _, x := range []struct {
		name, src string
		values    []chart.Override
		want, why string
	}{
		{"a new key", "a: 1\n", []chart.Override{registry}, "a: 1\nweb:\n  image:\n    registry: m.example\n", ""},
		{"two values share their keys", "a: 1\n", []chart.Override{registry, name}, "a: 1\nweb:\n  image:\n    registry: m.example\n    repository: acme/web\n", ""},
		{"below an existing key", "web:\n    port: 80 # text\na: 1\n", []chart.Override{registry}, "web:\n    port: 80 # text\n    image:\n      registry: m.example\na: 1\n", ""},
		{"two mappings", "web:\n  port: 80\na: 1\n", []chart.Override{allow, registry}, "web:\n  port: 80\n  image:\n    registry: m.example\na: 1\nglobal:\n  security:\n    allowInsecureImages: true\n", ""},
		{"CRLF", "a: 1\r\n", []chart.Override{registry}, "a: 1\r\nweb:\r\n  image:\r\n    registry: m.example\r\n", ""},
		{"no line end", "a: 1", []chart.Override{registry}, "a: 1\nweb:\n  image:\n    registry: m.example", ""},
		{"a text that is not plain", "a: 1\n", []chart.Override{{Path: []string{"tag"}, Text: "1.20"}}, "a: 1\ntag: \"1.20\"\n", ""},
		{"the key exists", "web: {image: {registry: x}}\n", []chart.Override{registry}, "", "values.yaml has the key registry"},
		{"a scalar in its place", "web: 1\n", []chart.Override{registry}, "", "values.yaml has no keys below web"},
		{"an empty mapping in its place", "web: {}\n", []chart.Override{registry}, "", "values.yaml has no keys below web"},
		{"an alias in its place", "a: &a {b: 1}\nweb: *a\n", []chart.Override{registry}, "", "values.yaml has no keys below web"},
		{"a shared mapping", "a: &a\n  b: 1\nc: *a\n", []chart.Override{{Path: []string{"a", "image"}, Text: "m.example/x"}}, "", "other values share the mapping a"},
		{"a merged key", "x: &x {image: a}\nweb:\n  <<: *x\n  b: 1\n", []chart.Override{{Path: []string{"web", "image"}, Text: "m.example/x"}}, "", "values.yaml has the key image"},
		{"empty", "", []chart.Override{registry}, "", "values.yaml has no keys"},
		{"a block scalar at the end", "a: |\n  text\n", []chart.Override{registry}, "", "values.yaml leaves no place for the values: add a key above and below, or set them by hand"},
	} {
		t.Run(x.name, func(t *testing.T) {
			tree := &link.Tree{Names: []string{"Chart.yaml", "values.yaml"}, Files: []*link.File{{Path: "Chart.yaml", Src: []byte("name: x\n")}, {Path: "values.yaml", Src: []byte(x.src)}}}
			list, why := chart.Overrides(tree, ".", x.values)
			if why != x.why {
				t.Fatalf("expected the reason %q, got %q", x.why, why)
			}
			if why != "" {
				return
			}
			var edits []edit.Edit
			for _, e := range list {
				edits = append(edits, e.Edit)
			}
			edit.Sort(edits)
			got, err := edit.Apply([]byte(x.src), edits)
			if err != nil || string(got) != x.want {
				t.Errorf("expected\n%s\ngot\n%s (%v)", x.want, got, err)
			}
		})
	}
}
