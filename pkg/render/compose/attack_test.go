package compose

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// Changes that a reviewer tried to get a proof for.
func TestAttacks(t *testing.T) {
	for _, tt := range []struct{ name, before, after string }{
		{"case of a key", "services: {web: {image: quay.io/a/b, user: a}}", "services: {web: {image: mirror.example/quay/a/b, User: a}}"},
		{"order of keys", "services: {web: {image: quay.io/a/b, command: a}}", "services: {web: {command: a, image: mirror.example/quay/a/b}}"},
		{"order of a list", "services: {web: {image: quay.io/a/b, command: [a, b]}}", "services: {web: {image: mirror.example/quay/a/b, command: [b, a]}}"},
		{"swapped images", "services: {a: {image: quay.io/a/b}, c: {image: quay.io/c/d}}", "services: {a: {image: mirror.example/quay/c/d}, c: {image: mirror.example/quay/a/b}}"},
		{"anchor on another node", "services: {a: &x {image: quay.io/a/b}, c: {image: quay.io/c/d}, e: *x}", "services: {a: {image: mirror.example/quay/a/b}, c: &x {image: mirror.example/quay/c/d}, e: *x}"},
		{"another alias", "x-a: &a {user: a}\nx-b: &b {user: b}\nservices: {web: {<<: *a, image: quay.io/a/b}}", "x-a: &a {user: a}\nx-b: &b {user: b}\nservices: {web: {<<: *b, image: mirror.example/quay/a/b}}"},
		{"redefined anchor", "x-a: &a {user: a}\nx-b: &b {user: b}\nservices: {web: {<<: *a, image: quay.io/a/b}}", "x-a: &a {user: a}\nx-b: &a {user: b}\nservices: {web: {<<: *a, image: mirror.example/quay/a/b}}"},
		{"merge key in quotes", "x-a: &a {user: a}\nservices: {web: {<<: *a, image: quay.io/a/b}}", "x-a: &a {user: a}\nservices: {web: {\"<<\": *a, image: mirror.example/quay/a/b}}"},
		{"comment that swallows a key", "services:\n  web:\n    image: quay.io/a/b\n    user: a\n", "services:\n  web:\n    image: mirror.example/quay/a/b\n    # user: a\n"},
		{"comment after a value", "services:\n  web:\n    image: quay.io/a/b\n    command: a b\n", "services:\n  web:\n    image: mirror.example/quay/a/b\n    command: a #b\n"},
		{"comment that becomes a key", "services:\n  web:\n    image: quay.io/a/b\n    # user: a\n", "services:\n  web:\n    image: mirror.example/quay/a/b\n    user: a\n"},
		{"hash in a block scalar", "services:\n  web:\n    image: quay.io/a/b\n    command: |\n      a # b\n", "services:\n  web:\n    image: mirror.example/quay/a/b\n    command: |\n      a # c\n"},
		{"chomping", "services:\n  web:\n    image: quay.io/a/b\n    command: |\n      a\n", "services:\n  web:\n    image: mirror.example/quay/a/b\n    command: |-\n      a\n"},
		{"folding", "services:\n  web:\n    image: quay.io/a/b\n    command: |\n      a\n", "services:\n  web:\n    image: mirror.example/quay/a/b\n    command: >\n      a\n"},
		{"type of a value", "services: {web: {image: quay.io/a/b, environment: {A: 1}}}", "services: {web: {image: mirror.example/quay/a/b, environment: {A: '1'}}}"},
		{"octal", "services: {web: {image: quay.io/a/b, environment: {A: 010}}}", "services: {web: {image: mirror.example/quay/a/b, environment: {A: 0o10}}}"},
		{"null", "services: {web: {image: quay.io/a/b, environment: {A: }}}", "services: {web: {image: mirror.example/quay/a/b, environment: {A: ''}}}"},
		{"tag of a scalar", "services: {web: {image: quay.io/a/b, user: a}}", "services: {web: {image: mirror.example/quay/a/b, user: !reset a}}"},
		{"tag of the image", "services: {web: {image: quay.io/a/b}}", "services: {web: {image: !reset mirror.example/quay/a/b}}"},
		{"tag directive", "%TAG ! tag:a,2000:\n---\nservices: {web: {image: quay.io/a/b, ports: !override [a]}}", "%TAG ! tag:b,2000:\n---\nservices: {web: {image: mirror.example/quay/a/b, ports: !override [a]}}"},
		{"second image key", "services: {web: {image: quay.io/a/b}}", "services: {web: {image: mirror.example/quay/a/b, image: quay.io/c}}"},
		{"escaped dollar", "services: {web: {image: 'quay.io/a/b:$T'}}", "services: {web: {image: 'mirror.example/quay/a/b:$$T'}}"},
		{"braces", "services: {web: {image: 'quay.io/a/b:$TX'}}", "services: {web: {image: 'mirror.example/quay/a/b:${T}X'}}"},
		{"error message of a variable", "services: {web: {image: 'quay.io/a/b:${T:?x}'}}", "services: {web: {image: 'mirror.example/quay/a/b:${T?x}'}}"},
		{"tag in a default", "services: {web: {image: '${I:-quay.io/a/b:${T:-1}}'}}", "services: {web: {image: '${I:-mirror.example/quay/a/b:${T:-2}}'}}"},
		{"upper case tag", "services: {web: {image: 'quay.io/a/b:v1'}}", "services: {web: {image: 'mirror.example/quay/a/b:V1'}}"},
		{"transport", "services: {web: {image: quay.io/a/b}}", "services: {web: {image: 'docker://mirror.example/quay/a/b'}}"},
		{"space in an image", "services: {web: {image: quay.io/a/b}}", "services: {web: {image: 'mirror.example/quay/a/b '}}"},
		{"image of a model", "services: {web: {image: quay.io/a/b}}\nmodels: {m: {model: quay.io/m/a}}", "services: {web: {image: mirror.example/quay/a/b}}\nmodels: {m: {model: mirror.example/quay/m/b}}"},
		{"volume of another type", "services: {web: {image: a.example/a, volumes: [{type: bind, source: quay.io/a/b, target: /a}]}}", "services: {web: {image: a.example/a, volumes: [{type: bind, source: mirror.example/quay/a/b, target: /a}]}}"},
		{"alias to a source of another type", "services: {web: {image: a.example/a, volumes: [{type: image, source: &s quay.io/a/b, target: /a}, {type: bind, source: *s, target: /b}]}}", "services: {web: {image: a.example/a, volumes: [{type: image, source: &s mirror.example/quay/a/b, target: /a}, {type: bind, source: *s, target: /b}]}}"},
		{"path in a command", "services: {web: {image: a.example/a, command: cat /quay.io/a/b}}", "services: {web: {image: a.example/a, command: cat /mirror.example/quay/a/b}}"},
		{"URL in a command", "services: {web: {image: a.example/a, command: curl https://quay.io/a/b}}", "services: {web: {image: a.example/a, command: curl https://mirror.example/quay/a/b}}"},
		{"key of a label", "services: {web: {image: a.example/a, labels: {quay.io/a/b: c}}}", "services: {web: {image: a.example/a, labels: {mirror.example/quay/a/b: c}}}"},
		{"variable in a list", "services: {web: {image: a.example/a, environment: [quay.io/a/b=c]}}", "services: {web: {image: a.example/a, environment: [mirror.example/quay/a/b=c]}}"},
		{"inline Dockerfile with a stage", "services:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM quay.io/a/b AS nginx\n        FROM nginx\n", "services:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM mirror.example/quay/a/b AS nginx\n        FROM mirror.example/hub/library/nginx\n"},
		{"tabs", "services:\n  web:\n    image: quay.io/a/b\n    command: \"a\tb\"\n", "services:\n  web:\n    image: mirror.example/quay/a/b\n    command: \"a b\"\n"},
		{"no-break space", "services:\n  web:\n    image: quay.io/a/b\n    command: a b\n", "services:\n  web:\n    image: mirror.example/quay/a/b\n    command: a\u00a0b\n"},
		{"a word of a command that may be no image", "services: {web: {image: quay.io/a/b, command: git clone quay.io/a/b}}", "services: {web: {image: mirror.example/quay/a/b, command: git clone mirror.example/quay/a/b}}"},
		{"name of the project", "name: a\nservices: {web: {image: quay.io/a/b}}", "name: b\nservices: {web: {image: mirror.example/quay/a/b}}"},
		{"extension that two kinds of fields use", "x-a: &a quay.io/a/b\nservices: {web: {image: *a, hostname: *a}}", "x-a: &a mirror.example/quay/a/b\nservices: {web: {image: *a, hostname: *a}}"},
		{"alias in an alias", "x-i: &i quay.io/a/b\nx-s: &s {hostname: *i}\nservices: {web: {<<: *s, image: *i}}", "x-i: &i mirror.example/quay/a/b\nx-s: &s {hostname: *i}\nservices: {web: {<<: *s, image: *i}}"},
		{"label in a list", "services: {web: {image: a.example/a, labels: [quay.io/a/b]}}", "services: {web: {image: a.example/a, labels: [mirror.example/quay/a/b]}}"},
		{"argument in a list", "services: {web: {build: {context: ., args: [quay.io/a/b]}}}", "services: {web: {build: {context: ., args: [mirror.example/quay/a/b]}}}"},
		{"name of a context", "services: {web: {build: {context: ., additional_contexts: [quay.io/a/b=docker-image://c.example/d]}}}", "services: {web: {build: {context: ., additional_contexts: [mirror.example/quay/a/b=docker-image://c.example/d]}}}"},
		{"environment in an extension", "x-e: &e [quay.io/a/b=c]\nservices: {web: {image: a.example/a, environment: *e}}", "x-e: &e [mirror.example/quay/a/b=c]\nservices: {web: {image: a.example/a, environment: *e}}"},
		{"a key that an alias gives", "x-i: &i quay.io/a/b\nservices: {web: {image: a.example/a, labels: {*i : a}}}", "x-i: &i mirror.example/quay/a/b\nservices: {web: {image: a.example/a, labels: {*i : a}}}"},
		{"a key by an alias", "x-h: &image hostname\nservices: {web: {image: &i quay.io/a/b, *image : *i}}", "x-h: &image hostname\nservices: {web: {image: &i mirror.example/quay/a/b, *image : *i}}"},
		{"an ignored context", "services:\n  web:\n    build:\n      context: .\n      additional_contexts:\n        a: docker-image://quay.io/a/b # regmigrate:ignore\n", "services:\n  web:\n    build:\n      context: .\n      additional_contexts:\n        a: docker-image://mirror.example/quay/a/b # regmigrate:ignore\n"},
		{"a context that the file builds", "services: {b: {build: ., image: acme/b}, web: {build: {context: ., additional_contexts: {a: 'docker-image://acme/b'}}}}", "services: {b: {build: ., image: acme/b}, web: {build: {context: ., additional_contexts: {a: 'docker-image://mirror.example/hub/acme/b'}}}}"},
		{"a context of another transport", "services: {web: {build: {context: ., additional_contexts: {a: 'oci-docker-image://quay.io/a/b'}}}}", "services: {web: {build: {context: ., additional_contexts: {a: 'oci-docker-image://mirror.example/quay/a/b'}}}}"},
		{"a context in a list of another transport", "services: {web: {build: {context: ., additional_contexts: ['a=x=docker-image://quay.io/a/b']}}}", "services: {web: {build: {context: ., additional_contexts: ['a=x=docker-image://mirror.example/quay/a/b']}}}"},
		{"a list as a key", "services: {web: {image: quay.io/a/b, labels: {? [a] : b}}}", "services: {web: {image: mirror.example/quay/a/b, labels: {? [a] : b}}}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := verifyFiles(t, files("-- compose.yaml --\n"+tt.before+"\n"), files("-- compose.yaml --\n"+tt.after+"\n"), "compose.yaml")
			if v[0].State == render.Proven {
				t.Errorf("a wrong change is proven")
			}
			if strings.Contains(v[0].Reason, "line 0") {
				t.Errorf("the reason has no line: %s", v[0].Reason)
			}
		})
	}
}
