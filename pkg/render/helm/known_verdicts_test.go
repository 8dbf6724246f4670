package helm

import (
	"reflect"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// TestKnownVerdicts checks that a known verdict is taken without a rendering, and only if all
// that templates read is the same.
func TestKnownVerdicts(t *testing.T) {
	set, err := rules.New([]rules.Rule{{From: "k8s.gcr.io", To: "registry.k8s.io"}})
	if err != nil {
		t.Fatal(err)
	}
	chart := func(values, readme, template string) fstest.MapFS {
		return fstest.MapFS{
			"a/Chart.yaml":       {Data: []byte("apiVersion: v2\nname: a\nversion: 1.0.0\n")},
			"a/values.yaml":      {Data: []byte(values)},
			"a/README.md":        {Data: []byte(readme)},
			"a/templates/a.yaml": {Data: []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: {{ .Values.image }}" + template + "}]}\n")},
		}
	}
	const before, after, wrong = "image: k8s.gcr.io/a:1\n", "image: registry.k8s.io/a:1\n", "image: registry.k8s.io/b:1\n"
	readsFiles := `, args: ["{{ .Files.Get "README.md" }}"]`
	r := testRunner(t)
	none := &render.Runner{Self: []string{"no-such-program"}} // it renders nothing
	t.Cleanup(func() { none.Close() })
	for _, c := range []struct {
		name                 string
		before, first, after fstest.MapFS
		isKnown              bool
	}{
		{"the same", chart(before, "", ""), chart(after, "", ""), chart(after, "", ""), true},
		{"another README", chart(before, "", ""), chart(after, "", ""), chart(after, "x", ""), true},
		{"a README that is read", chart(before, "", readsFiles), chart(after, "", readsFiles), chart(after, "x", readsFiles), false},
		{"another value", chart(before, "", ""), chart(after, "", ""), chart(wrong, "", ""), false},
		{"another template", chart(before, "", ""), chart(after, "", ""), chart(after, "", ", tty: true"), false},
		{"nothing changed", chart(before, "", ""), chart(after, "", ""), chart(before, "", ""), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Rewrite: render.ByRules(set), Known: &KnownVerdicts{}}
			first, err := Verify(t.Context(), r, c.before, c.first, o)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Verify(t.Context(), none, c.before, c.after, o)
			if isKnown := err == nil && reflect.DeepEqual(first, again); isKnown != c.isKnown {
				t.Errorf("the verdict is known: %t, want %t (%v, %v)", isKnown, c.isKnown, again, err)
			}
		})
	}
}
