package compose

import (
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// A changed image that another file of the project builds is not proven.
func TestBuiltImages(t *testing.T) {
	const old, to = "acme/web:1", "mirror.example/hub/acme/web:1"
	for _, tt := range []struct{ name, files, file string }{
		{"a base", "-- compose.yaml --\nservices: {b: {build: ., image: acme/web:1}}\n-- docker-compose.prod.yml --\nservices: {b: {image: acme/web:1}}\n", "docker-compose.prod.yml"},
		{"an override", "-- compose.yaml --\nservices: {b: {image: acme/web:1}}\n-- compose.override.yaml --\nservices: {b: {build: .}}\n", "compose.yaml"},
		{"an included file", "-- compose.yaml --\ninclude: [lib/c.txt]\nservices: {a: {image: acme/web:1}}\n-- lib/c.txt --\nservices: {b: {build: ., image: 'docker.io/acme/web:2'}}\n", "compose.yaml"},
		{"an extended service", "-- compose.yaml --\nservices: {a: {image: acme/web:1, extends: {file: lib.yaml, service: b}}}\n-- lib.yaml --\nservices: {b: {build: .}}\n", "compose.yaml"},
		{"a merged build", "-- compose.yaml --\nservices: {a: {image: acme/web:1}}\n-- compose.dev.yaml --\nx-b: &b {build: .}\nservices: {a: {<<: [*b]}}\n", "compose.yaml"},
		{"merged services", "-- compose.yaml --\nservices: {a: {image: acme/web:1}}\n-- compose.dev.yaml --\nx-b: &b {services: {a: {build: .}}}\n<<: *b\n", "compose.yaml"},
		{"a default", "-- compose.yaml --\nservices: {a: {image: '${I:-acme/web:1}'}}\n-- compose.dev.yaml --\nservices: {b: {build: ., image: '${I:-acme/web}:${T}'}}\n", "compose.yaml"},
		{"a context", "-- compose.yaml --\nservices: {a: {build: {context: ., additional_contexts: ['n=docker-image://acme/web:1']}}}\n-- compose.dev.yaml --\nservices: {b: {build: ., image: acme/web}}\n", "compose.yaml"},
		{"a user in another file", "-- compose.yaml --\nservices: {b: {build: ., image: acme/web:1}, c: {image: acme/web:1}}\n-- compose.dev.yaml --\nservices: {c: {image: acme/web:1}}\n", "compose.dev.yaml"},
	} {
		before := files(tt.files)
		v := verifyFiles(t, before, replaced(t, before, tt.file, old, to), tt.file)
		if v[0].State == render.Proven {
			t.Errorf("%s: a built image is proven", tt.name)
		}
	}
	before := files("-- compose.yaml --\nservices: {b: {build: ., image: quay.io/acme/web:1}, c: {image: quay.io/acme/web:1}}\n")
	if v := verifyFiles(t, before, replaced(t, before, "compose.yaml", "quay.io", "mirror.example/quay"), "compose.yaml"); v[0].State != render.Proven {
		t.Errorf("one file: %s", describe(&v[0]))
	}
	before = files("-- compose.yaml --\nservices: {b: {build: ., image: acme/web:1}, a: {image: acme/db}}\n")
	if v := verifyFiles(t, before, replaced(t, before, "compose.yaml", "acme/db", "mirror.example/hub/acme/db"), "compose.yaml"); v[0].State != render.Proven {
		t.Errorf("another image: %s", describe(&v[0]))
	}
}

// A rule for a longer name may match a value of a variable.
func TestNarrowerRule(t *testing.T) {
	var list []rules.Rule
	for _, text := range []string{"quay.io=mirror.example/quay", "quay.io/a/b=other.example/b"} {
		r, err := rules.ParseRuleFlag(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	for image, want := range map[string]render.State{
		"quay.io/a/${X}:1":               render.Unproven,
		"quay.io/a/${X:-c}:1":            render.Unproven,
		"quay.io/${X}":                   render.Unproven,
		"quay.io/a/b${X}":                render.Unproven,
		"${I:-quay.io/a/${X}}":           render.Unproven,
		"${R:-quay.io}/a/${X}":           render.Unproven,
		"${R:-quay.io}/${N:-a}/${X:-b2}": render.Unproven,
		"quay.io/c/${X}:1":               render.Proven,
		"quay.io/c/d:${X}":               render.Proven,
		"quay.io/a/bc:${X:-1}":           render.Proven,
	} {
		before := files("-- compose.yaml --\nservices: {a: {image: '" + image + "'}}\n")
		after := replaced(t, before, "compose.yaml", "quay.io", "mirror.example/quay")
		o := Options{Rewrite: render.ByRules(set), Plan: rewrite.EditText(set), HasLonger: set.HasLonger, Files: []string{"compose.yaml"}}
		v, err := Verify(t.Context(), &render.Runner{}, before, after, o)
		if err != nil || v[0].State == render.Proven && want != render.Proven || v[0].State != want && want == render.Proven {
			t.Errorf("%s: expected %s, got %s, error %v", image, want, describe(&v[0]), err)
		}
	}
}
