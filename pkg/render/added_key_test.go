package render_test

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A key that is added at its path, by itself, next to a reference that moved, is no
// difference. Everything else is one.
func TestWithoutAddedKeys(t *testing.T) {
	rewrite := func(text string) (string, bool) {
		rest, ok := strings.CutPrefix(text, "docker.io/bitnami/")
		return "harbor.example/bitnami/" + rest, ok
	}
	const key = "allowInsecureImages: true"
	tests := []struct {
		name, before, after string
		keys                int // that are removed
		proven              bool
	}{
		{"all three keys", "values:\n  a: docker.io/bitnami/x:1\n", "values:\n  a: harbor.example/bitnami/x:1\n  global:\n    security:\n      " + key + "\n", 1, true},
		{"below global", "global:\n  a: 1\nx: docker.io/bitnami/x:1\n", "global:\n  a: 1\n  security:\n    " + key + "\nx: harbor.example/bitnami/x:1\n", 1, true},
		{"below security", "global:\n  security:\n    b: 1\nx: docker.io/bitnami/x:1\n", "global:\n  security:\n    " + key + "\n    b: 1\nx: harbor.example/bitnami/x:1\n", 1, true},
		{"an item of a list", "- name: image\n  value: docker.io/bitnami/x:1\n", "- name: image\n  value: harbor.example/bitnami/x:1\n- name: global.security.allowInsecureImages\n  value: \"true\"\n", 1, true},
		{"no reference moved", "a: 1\n", "a: 1\nglobal:\n  security:\n    " + key + "\n", 0, false},
		{"a reference of another document moved", "a: docker.io/bitnami/x:1\n---\na: 1\n", "a: harbor.example/bitnami/x:1\n---\na: 1\nglobal:\n  security:\n    " + key + "\n", 0, false},
		{"global was empty", "global: {}\nx: docker.io/bitnami/x:1\n", "global:\n  security:\n    " + key + "\nx: harbor.example/bitnami/x:1\n", 1, true},
		{"security was empty", "v:\n  global:\n    a: 1\n    security: {}\n  x: docker.io/bitnami/x:1\n", "v:\n  global:\n    a: 1\n    security:\n      " + key + "\n  x: harbor.example/bitnami/x:1\n", 1, true},
		{"global was empty in a text", "v: |\n  global: {}\n  x: docker.io/bitnami/x:1\n", "v: |\n  global: {security: {" + key + "}}\n  x: harbor.example/bitnami/x:1\n", 1, true},
		{"global was empty, and gets another key", "global: {}\nx: docker.io/bitnami/x:1\n", "global:\n  security:\n    " + key + "\n  b: 1\nx: harbor.example/bitnami/x:1\n", 0, false},
		{"global was empty, and security gets another key", "global: {}\nx: docker.io/bitnami/x:1\n", "global:\n  security:\n    " + key + "\n    b: 1\nx: harbor.example/bitnami/x:1\n", 0, false},
		{"security of another key was empty", "a:\n  security: {}\nx: docker.io/bitnami/x:1\n", "a:\n  security:\n    " + key + "\nx: harbor.example/bitnami/x:1\n", 0, false},
		{"global was null", "global: null\nx: docker.io/bitnami/x:1\n", "global:\n  security:\n    " + key + "\nx: harbor.example/bitnami/x:1\n", 0, false},
		{"global was empty, and no reference moved", "global: {}\n", "global:\n  security:\n    " + key + "\n", 0, false},
		{"another path", "x: docker.io/bitnami/x:1\n", "x: harbor.example/bitnami/x:1\npodSecurity:\n  " + key + "\n", 0, false},
		{"security of another key", "x: docker.io/bitnami/x:1\na:\n  b: 1\n", "x: harbor.example/bitnami/x:1\na:\n  b: 1\n  security:\n    " + key + "\n", 0, false},
		{"another key comes with it", "x: docker.io/bitnami/x:1\n", "x: harbor.example/bitnami/x:1\nglobal:\n  security:\n    " + key + "\n    b: 1\n", 1, false},
		{"another key of global comes with it", "x: docker.io/bitnami/x:1\n", "x: harbor.example/bitnami/x:1\nglobal:\n  security:\n    " + key + "\n  b: 1\n", 1, false},
		{"false", "x: docker.io/bitnami/x:1\n", "x: harbor.example/bitnami/x:1\nglobal:\n  security:\n    allowInsecureImages: false\n", 0, false},
		{"an existing value changes", "x: docker.io/bitnami/x:1\nglobal:\n  security:\n    allowInsecureImages: false\n", "x: harbor.example/bitnami/x:1\nglobal:\n  security:\n    " + key + "\n", 1, false},
		{"the value of an item is no text", "x: docker.io/bitnami/x:1\nl:\n", "x: harbor.example/bitnami/x:1\nl:\n- name: global.security.allowInsecureImages\n  value: true\n", 0, false},
		{"another line changes, too", "x: docker.io/bitnami/x:1\nn: 1\n", "x: harbor.example/bitnami/x:1\nglobal:\n  security:\n    " + key + "\nn: 2\n", 1, false},
	}
	for _, tt := range tests {
		before := &render.Rendered{Texts: []render.Text{{Template: "a", Body: tt.before}}}
		after := &render.Rendered{Texts: []render.Text{{Template: "a", Body: tt.after}}}
		got, keys := render.WithoutAddedKeys(before, after, rewrite)
		if keys != tt.keys {
			t.Errorf("%s: expected %d keys, got %d", tt.name, tt.keys, keys)
		}
		if after.Texts[0].Body != tt.after {
			t.Errorf("%s: the argument changed", tt.name)
		}
		v := render.Compare([]*render.Rendered{before}, got, rewrite)
		if (v.State == render.Proven) != tt.proven {
			t.Errorf("%s: the verdict is %s: %s", tt.name, v.State, v.Reason)
		}
	}
}
