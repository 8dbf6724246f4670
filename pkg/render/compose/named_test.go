package compose

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// A wrong change of a file that a Compose file names is found, wherever the key is.
func TestNamedFiles(t *testing.T) {
	const web = "services: {a: {image: quay.io/a/b:1"
	for _, tt := range []struct{ name, compose string }{
		{"extends in a fragment of a service", web + ", x-frag: &m {extends: {file: lib/f, service: s}}}, b: {<<: *m}}"},
		{"env_file in a fragment of a service", web + ", x-frag: &m {env_file: lib/f}}, b: {<<: *m}}"},
		{"env_file in a network", web + "}, b: {image: quay.io/a/c, <<: *m}}\nnetworks: {n: {x-frag: &m {env_file: lib/f}}}"},
		{"label_file in develop", web + ", develop: {watch: [&m {path: ., action: sync, label_file: lib/f}]}}, b: {<<: [*m]}}"},
		{"include in develop", web + ", develop: {watch: [&m {include: [lib/f]}]}}}\n<<: *m"},
		{"an alias as a mapping of a service", web + ", x-r: &r {env_file: [lib/f]}}, c: *r}"},
		{"a key by an alias", "x-k: &k env_file\n" + web + "}, b: {image: quay.io/a/c, *k : lib/f}}"},
		{"a key at the top by an alias", "x-s: &s include\n*s : [lib/f]\n" + web + "}}"},
		{"a key with a tag", web + ", !!binary ZW52X2ZpbGU=: lib/f}}"},
		{"a merge at the top", "x-t: &t {configs: {c: {file: lib/f}}}\n<<: *t\n" + web + "}}"},
		{"a credential", web + ", credential_spec: {file: lib/f}}}"},
		{"a service with the name of a key", "services: {include: {image: quay.io/a/b:1, env_file: lib/f}}"},
		{"an environment that is a fragment", web + ", environment: &m {label_file: lib/f}}, b: {<<: *m}}"},
		{"optional by a merge", "x-m: &m {path: lib/f, required: false}\n" + web + ", env_file: [{<<: *m, required: true}]}}"},
	} {
		before := files("-- compose.yaml --\n" + tt.compose + "\n-- lib/f --\nA: 1\n")
		after := replaced(t, before, "compose.yaml", "quay.io", "mirror.example/quay")
		wrong := replaced(t, after, "lib/f", "A: 1", "A: 2")
		if v := verifyFiles(t, before, wrong, "compose.yaml"); v[0].State == render.Proven {
			t.Errorf("%s: a wrong change is proven", tt.name)
		}
		delete(before, "lib/f")
		delete(after, "lib/f")
		if v := verifyFiles(t, before, after, "compose.yaml"); v[0].State != render.Unproven {
			t.Errorf("%s: without the file, expected an unproven verdict, got %s", tt.name, describe(&v[0]))
		}
	}
}

// A file that does not exist is not proven, unless Compose does not need it. Names are no
// files.
func TestAbsentFiles(t *testing.T) {
	const web = "services: {a: {image: quay.io/a/b:1"
	for _, tt := range []struct{ compose, want string }{
		{web + ", env_file: conf/f}}", `unproven: compose.yaml:1, services.a.env_file: the project needs "conf/f", which does not exist`},
		{web + ", env_file: [{path: conf/f, required: true}]}}", `unproven: compose.yaml:1, services.a.env_file[].path: the project needs "conf/f", which does not exist`},
		{web + "}}\nsecrets: {s: {file: conf/f}}", `unproven: compose.yaml:2, secrets.s.file: the project needs "conf/f", which does not exist`},
		{web + ", env_file: [{path: conf/f, required: false}]}}", "proven: "},
		{web + ", environment: {file: a, include: b}, labels: {file: a}}, b: {build: {context: ., args: {file: a}}}}", "proven: "},
		{"services: {include: {image: quay.io/a/b:1}, file: {image: a.example/b}}", "proven: "},
		{web + ", develop: {watch: [{path: src, action: sync, target: /src, include: ['*.go']}]}}}", "proven: "},
	} {
		before := files("-- compose.yaml --\n" + tt.compose + "\n")
		v := verifyFiles(t, before, replaced(t, before, "compose.yaml", "quay.io", "mirror.example/quay"), "compose.yaml")
		if got := describe(&v[0]); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: expected %s, got %s", tt.compose, tt.want, got)
		}
	}
}

// Environment files count, too, in the limit of the files of a project.
func TestManyEnvironmentFiles(t *testing.T) {
	tree := files("-- compose.yaml --\nservices: {a: {image: quay.io/a/b:1, env_file: [" + numbered("e/f%d, ", maxFiles+10) + "]}}\n")
	v := verifyFiles(t, tree, replaced(t, tree, "compose.yaml", "quay.io", "mirror.example/quay"), "compose.yaml")
	if want := fmt.Sprintf("unproven: compose.yaml:1: the project has more than %d files", maxFiles); !strings.HasPrefix(describe(&v[0]), want) {
		t.Errorf("expected %s, got %s", want, describe(&v[0]))
	}
}

// A Dockerfile with another name has no proof of its own.
func TestDockerfileWithAnotherName(t *testing.T) {
	before := files("-- compose.yaml --\nx-b: &b {context: build}\nx-c: &c {dockerfile: c.txt}\nservices: {a: {build: {dockerfile: build/app.txt}}, b: {build: {<<: *b, dockerfile: b.txt}}, c: {build: {<<: *c, context: build}}}\n-- build/app.txt --\nFROM quay.io/a/b\n-- build/c.txt --\nFROM quay.io/a/b\n-- build/b.txt --\nFROM quay.io/a/b\n")
	for _, name := range []string{"build/app.txt", "build/b.txt", "build/c.txt"} {
		v := verifyFiles(t, before, replaced(t, before, name, "quay.io", "evil.example"), "compose.yaml")
		if want := "unproven: " + name + ":1: the file changed and has no proof: a build uses it as a Dockerfile"; describe(&v[0]) != want {
			t.Errorf("expected %s, got %s", want, describe(&v[0]))
		}
	}
}

// A Compose file in a folder called workflows is compared.
func TestWorkflows(t *testing.T) {
	before := files("-- workflows/compose.yaml --\nservices: {a: {image: quay.io/a/b}}\n-- .github/workflows/compose.yaml --\non: push\n")
	o := Options{Rewrite: render.ByRules(mirrorSet(t)), Files: []string{"workflows/compose.yaml", ".github/workflows/compose.yaml"}}
	v, err := Verify(t.Context(), &render.Runner{}, before, replaced(t, before, "workflows/compose.yaml", "quay.io", "evil.example"), o)
	if err != nil || len(v) != 1 || v[0].State != render.Failed {
		t.Errorf("expected one failed verdict, got %v, error %v", v, err)
	}
}

// A value that is doubtful is no change of the text outside of values.
func TestDoubtfulValue(t *testing.T) {
	before := files("-- compose.yaml --\nservices: {a: {image: a.example/b, hostname: &h quay.io/a/b, x-a: {b: *h}}, c: {image: a.example/c}}\n")
	plan := func(_ context.Context, _ string, src []byte) ([]byte, error) {
		return bytes.ReplaceAll(src, []byte("quay.io"), []byte("mirror.example/quay")), nil
	}
	o := Options{Rewrite: render.ByRules(mirrorSet(t)), Plan: plan, Files: []string{"compose.yaml"}}
	v, err := Verify(t.Context(), &render.Runner{}, before, replaced(t, before, "compose.yaml", "quay.io", "mirror.example/quay"), o)
	if err != nil || v[0].State != render.Unproven || strings.Contains(v[0].Reason, "more)") || !strings.Contains(v[0].Reason, "nothing shows that it is an image") {
		t.Errorf("expected one reason, got %s, error %v", v[0].Reason, err)
	}
}
