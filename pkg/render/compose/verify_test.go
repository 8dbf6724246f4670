package compose

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

func TestVerify(t *testing.T) {
	tests := []struct {
		name    string
		before  string // an archive
		file    string // the file that changes; compose.yaml if empty
		old, to string // the change; nothing changes if both are empty
		want    string
	}{
		{
			name:   "an image moves",
			before: "-- compose.yaml --\nservices:\n  web: {image: nginx:1.25}\n  db: {image: 'k8s.gcr.io/etcd:3'}\n",
			old:    "nginx:1.25", to: "mirror.example/hub/library/nginx:1.25",
			want: "proven: 2 services, 1 reference moved, nothing else changed\nleft: k8s.gcr.io/etcd:3 in services.db.image",
		},
		{
			name:   "nothing changes",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b}}\n",
			want:   "proven: 1 service, no file of the project changed\nleft: quay.io/a/b in services.web.image",
		},
		{
			name:   "a default of a variable",
			before: "-- compose.yaml --\nservices: {web: {image: '${IMAGE:-quay.io/a/b:1}'}}\n",
			old:    "quay.io/a", to: "mirror.example/quay/a",
			want: "proven: 1 service, 1 reference moved, nothing else changed",
		},
		{
			name:   "a default without a colon",
			before: "-- compose.yaml --\nservices: {web: {image: '${IMAGE-quay.io/a/b:1}'}}\n",
			old:    "quay.io/a", to: "mirror.example/quay/a",
			want: "proven: 1 service, 1 reference moved, nothing else changed",
		},
		{
			name:   "version 1 of the format",
			before: "-- compose.yaml --\nweb: {image: quay.io/a/b}\n",
			old:    "quay.io/a", to: "mirror.example/quay/a",
			want: "unproven: compose.yaml:1: it has no services: version 1 of the format is not compared",
		},
		{
			name:   "a variable of the environment file",
			before: "-- compose.yaml --\nservices: {web: {image: '${REGISTRY}/a/b:${TAG:-1}'}}\n-- .env --\nREGISTRY=quay.io\n",
			file:   ".env", old: "quay.io", to: "mirror.example/quay",
			want: "unproven: .env:1: the file changed as the rules require, but its values may be used for something else than images: read it",
		},
		{
			name:   "a short name in the environment file",
			before: "-- compose.yaml --\nservices: {web: {image: '$NAME/b:1'}}\n-- .env --\nNAME=acme\n",
			file:   ".env", old: "acme", to: "mirror.example/hub/acme",
			want: "unproven: .env:1: the file changed as the uses of its variables in this folder require, but other programs may read it, too: read it",
		},
		{
			name:   "a short name in the environment file that another use needs",
			before: "-- compose.yaml --\nservices: {web: {image: '$NAME/b:1', command: '$NAME'}}\n-- .env --\nNAME=acme\n",
			file:   ".env", old: "acme", to: "mirror.example/hub/acme",
			want: "FAILED: .env:1: the file changed, which no rule requires",
		},
		{
			name:   "an argument of a build",
			before: "-- compose.yaml --\nservices: {web: {build: {context: ., args: {NAME: acme}}}}\n-- Dockerfile --\nARG NAME\nFROM $NAME/b:1\n",
			old:    "acme", to: "mirror.example/hub/acme",
			want: "unproven: compose.yaml:1, services.web.build.args.NAME: acme became mirror.example/hub/acme, and the Dockerfile is not read to see that it is a part of an image",
		},
		{
			name:   "an argument of a build that no Dockerfile uses",
			before: "-- compose.yaml --\nservices: {web: {build: {context: ., args: {NAME: acme}}}}\n-- Dockerfile --\nFROM a/b:1\n",
			old:    "acme", to: "mirror.example/hub/acme",
			want: "FAILED: compose.yaml:1, services.web.build.args.NAME: acme became mirror.example/hub/acme, which no rule requires here",
		},
		{
			name:   "a wrong value in another environment file",
			before: "-- compose.yaml --\nservices: {web: {image: '${REGISTRY:-ghcr.io}/a/b:1'}}\n-- .env.prod --\nREGISTRY=quay.io\n",
			file:   ".env.prod", old: "quay.io", to: "mirror.example/ghcr",
			want: "FAILED: .env.prod:1: the file changed, which no rule requires",
		},
		{
			name:   "an included file",
			before: "-- compose.yaml --\ninclude: [other/compose.yaml]\nservices: {web: {image: nginx}}\n-- other/compose.yaml --\nservices: {db: {image: 'quay.io/a/db:1'}}\n",
			file:   "other/compose.yaml", old: "quay.io/a/db:1", to: "mirror.example/quay/a/db:1",
			want: "proven: 2 services, 1 reference moved, nothing else changed\nleft: nginx in services.web.image",
		},
		{
			name:   "an extended file with a variable in its name",
			before: "-- compose.yaml --\nservices: {web: {extends: {file: '${NAME:-base}.yaml', service: a}}}\n-- base.yaml --\nservices: {a: {image: 'quay.io/a/b:1'}}\n",
			file:   "base.yaml", old: "a/b:1", to: "a/b:2",
			want: "unproven: compose.yaml:1, services.web.extends.file: the project needs \"${NAME:-base}.yaml\": its path has a variable",
		},
		{
			name:   "a profile",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b, profiles: [debug]}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/c",
			want: "FAILED: compose.yaml:1, services.web.image: quay.io/a/b became mirror.example/quay/a/c; the rules require mirror.example/quay/a/b",
		},
		{
			name:   "an override",
			before: "-- compose.yaml --\nservices: {web: {image: nginx}}\n-- compose.override.yaml --\nservices: {web: {command: [run, quay.io/a/b:1]}}\n",
			file:   "compose.override.yaml", old: "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "proven: 1 service, 1 reference moved, nothing else changed\nleft: nginx in services.web.image",
		},
		{
			name:   "an alternative that no environment selects",
			before: "-- compose.yaml --\nservices: {web: {image: '${X:+quay.io/a/b:1}', build: .}}\n",
			old:    "quay.io/a/b:1", to: "mirror.example/quay/a/b:2",
			want: "FAILED: compose.yaml:1, services.web.image: ${X:+quay.io/a/b:1} became ${X:+mirror.example/quay/a/b:2}, which no rule requires",
		},
		{
			name:   "a remote include",
			before: "-- compose.yaml --\ninclude: ['https://github.com/a/b.git']\nservices: {web: {image: quay.io/a/b}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: compose.yaml:1, include[]: the project needs \"https://github.com/a/b.git\": it is not in the repository, and nothing is fetched",
		},
		{
			name:   "a file outside of the repository",
			before: "-- compose.yaml --\nservices: {web: {extends: {file: /etc/passwd, service: a}}}\n",
			want:   "unproven: compose.yaml:1, services.web.extends.file: the project needs \"/etc/passwd\": files outside of the repository are not read",
		},
		{
			name:   "a path that leads out of the repository",
			before: "-- compose.yaml --\ninclude: ['../../../outside.yaml']\nservices: {web: {image: a}}\n",
			want:   "unproven: compose.yaml:1, include[]: the project needs \"../../../outside.yaml\": files outside of the repository are not read\nleft: a in services.web.image",
		},
		{
			name:   "a variable in env_file of include",
			before: "-- compose.yaml --\ninclude: [{path: a.yaml, env_file: '${X:-/etc/environment}'}]\nservices: {web: {image: a}}\n-- a.yaml --\nservices: {b: {image: b}}\n",
			want:   "unproven: compose.yaml:1, include[].env_file: the project needs \"${X:-/etc/environment}\": its path has a variable\nleft: b in services.b.image\nleft: a in services.web.image",
		},
		{
			name:   "an absolute env_file",
			before: "-- compose.yaml --\nservices: {web: {image: a, env_file: [/etc/environment]}}\n",
			want:   "unproven: compose.yaml:1, services.web.env_file[]: the project needs \"/etc/environment\": files outside of the repository are not read\nleft: a in services.web.image",
		},
		{
			name:   "an env_file that is not in the repository",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b, env_file: [web.env]}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: compose.yaml:1, services.web.env_file[]: the project needs \"web.env\", which does not exist",
		},
		{
			name:   "a value of an env_file",
			before: "-- compose.yaml --\nservices: {web: {image: a, env_file: [conf/web]}}\n-- conf/web --\nSIDECAR=quay.io/a/b:1\n",
			file:   "conf/web", old: "quay.io/a/b:1", to: "mirror.example/quay/a/b:2",
			want: "FAILED: conf/web:1: the file changed, which no rule requires\nleft: a in services.web.image",
		},
		{
			name:   "a required variable",
			before: "-- compose.yaml --\nservices: {web: {image: 'quay.io/a/b:${TAG:?set it}'}}\n",
			old:    "quay.io/a", to: "mirror.example/quay/a",
			want: "proven: 1 service, 1 reference moved, nothing else changed",
		},
		{
			name:   "not valid after the change",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b}}\n",
			old:    "image:", to: "imag:",
			want: "FAILED: ",
		},
		{
			name:   "an escaped key",
			before: "-- compose.yaml --\n\"incl\\u0075de\": [/etc/passwd]\nservices: {web: {image: quay.io/a/b}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: compose.yaml:1, include[]: the project needs \"/etc/passwd\": files outside of the repository are not read",
		},
		{
			name:   "the line of a key",
			before: "-- compose.yaml --\nservices:\n  web:\n    image: quay.io/a/b\n    env_file: /etc/passwd\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: compose.yaml:4, services.web.env_file: the project needs \"/etc/passwd\": files outside of the repository are not read",
		},
		{
			name:   "a merge key at the top",
			before: "-- compose.yaml --\nx-a: &a {include: [../../../etc/passwd]}\n<<: *a\nservices: {web: {image: quay.io/a/b}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: compose.yaml:1, x-a.include[]: the project needs \"../../../etc/passwd\": files outside of the repository are not read",
		},
		{
			name:   "an alias for a list of files",
			before: "-- compose.yaml --\nx-a: &a [/etc/passwd]\nservices: {web: {image: quay.io/a/b, env_file: *a}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: compose.yaml:1, services.web.env_file[]: the project needs \"/etc/passwd\": files outside of the repository are not read",
		},
		{
			name:   "an environment file that an alias names",
			before: "-- compose.yaml --\nx-a: &a [conf/web]\nservices: {web: {image: quay.io/a/b, env_file: *a}}\n-- conf/web --\nA=1\n",
			file:   "conf/web", old: "A=1", to: "A=2",
			want: "FAILED: conf/web:1: the file changed, which no rule requires\nleft: quay.io/a/b in services.web.image",
		},
		{
			name:   "an included file without a YAML name that includes more",
			before: "-- compose.yaml --\ninclude: [part]\nservices: {web: {image: quay.io/a/b}}\n-- part --\ninclude: [{path: [/etc/passwd]}]\nservices: {a: {image: a}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: part:1, include[].path[]: the project needs \"/etc/passwd\": files outside of the repository are not read\nleft: a in services.a.image",
		},
		{
			name:   "a label file and a secret",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b, label_file: labels}}\nsecrets: {s: {file: s.txt}}\n-- labels --\na=b\n-- s.txt --\nx\n",
			file:   "s.txt", old: "x", to: "y",
			want: "FAILED: s.txt:1: the file changed, which no rule requires\nleft: quay.io/a/b in services.web.image",
		},
		{
			name:   "a remote build context",
			before: "-- compose.yaml --\nservices: {web: {build: {context: 'https://example.com/a.git', additional_contexts: [n=docker-image://quay.io/a/b]}}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "proven: 1 service, 1 reference moved, nothing else changed",
		},
		{
			name:   "an inline Dockerfile",
			before: "-- compose.yaml --\nservices:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM quay.io/a/b AS x\n        FROM x\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "proven: 1 service, 1 reference moved, nothing else changed",
		},
		{
			name:   "a wrong change of an inline Dockerfile",
			before: "-- compose.yaml --\nservices:\n  web:\n    build:\n      dockerfile_inline: |\n        FROM quay.io/a/b AS x\n        FROM x\n",
			old:    "AS x", to: "AS y",
			want: "FAILED: compose.yaml:4, services.web.build.dockerfile_inline: compose.yaml (services.web.build.dockerfile_inline):1, FROM: \"x\" became \"y\", and this is not an image",
		},
		{
			name:   "a host and a port in a command",
			before: "-- compose.yaml --\nservices: {web: {image: x.example/a, command: [wait, 'redis:6379']}}\n",
			old:    "redis:6379", to: "mirror.example/hub/library/redis:6379",
			want: "FAILED: compose.yaml:1, services.web.command[]: redis:6379 became mirror.example/hub/library/redis:6379, which no rule requires here",
		},
		{
			name:   "a host and a port in an environment",
			before: "-- compose.yaml --\nservices: {web: {image: x.example/a, environment: {REDIS: 'redis:6379'}}}\n",
			old:    "redis:6379", to: "mirror.example/hub/library/redis:6379",
			want: "FAILED: compose.yaml:1, services.web.environment.REDIS: redis:6379 became mirror.example/hub/library/redis:6379, which no rule requires here",
		},
		{
			name:   "a source of a cache",
			before: "-- compose.yaml --\nservices: {web: {build: {context: ., cache_from: ['type=registry,ref=quay.io/a/b']}}}\n",
			old:    "ref=quay.io/a/b", to: "ref=mirror.example/quay/a/c",
			want: "FAILED: compose.yaml:1, services.web.build.cache_from[]: quay.io/a/b became mirror.example/quay/a/c, which no rule requires here",
		},
		{
			name:   "a tag of a list",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b, ports: !override ['80:80']}}\n",
			old:    "!override", to: "!reset",
			want: "FAILED: compose.yaml:1, services.web.ports: the kind of the value, its quotes, its tag or the number of its items changed\nleft: quay.io/a/b in services.web.image",
		},
		{
			name:   "a new tag of a mapping",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b, environment: {A: 1}}}\n",
			old:    "environment: {", to: "environment: !override {",
			want: "FAILED: compose.yaml:1, services.web.environment: the kind of the value, its quotes, its tag or the number of its items changed\nleft: quay.io/a/b in services.web.image",
		},
		{
			name:   "an image that an alias brings to a command",
			before: "-- compose.yaml --\nservices: {web: {image: &i quay.io/a/b, command: *i}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: compose.yaml:1, services.web.image: an alias brings the value to a field that is not of this kind",
		},
		{
			name:   "an image of an extension",
			before: "-- compose.yaml --\nx-web: &web {image: 'nginx:1', restart: always}\nservices: {web: {<<: *web}, other: {<<: [*web], command: a}}\n",
			old:    "nginx:1", to: "mirror.example/hub/library/nginx:1",
			want: "proven: 2 services, 1 reference moved, nothing else changed",
		},
		{
			name:   "a variable that may be empty",
			before: "-- compose.yaml --\nservices: {web: {image: 'docker.io/${ORG}nginx:1'}}\n",
			old:    "docker.io/", to: "mirror.example/hub/",
			want: "unproven: compose.yaml:1, services.web.image: docker.io/${ORG}nginx:1 became mirror.example/hub/${ORG}nginx:1, and regmigrate would not make this change",
		},
		{
			name:   "an image that the project builds",
			before: "-- compose.yaml --\nservices: {web: {image: web, build: .}}\n",
			old:    "image: web", to: "image: mirror.example/hub/library/web",
			want: "unproven: compose.yaml:1, services.web.image: web became mirror.example/hub/library/web, and regmigrate would not make this change",
		},
		{
			name:   "a wrong override",
			before: "-- compose.yaml --\nservices: {web: {image: x.example/a}}\n-- compose.override.yaml --\nservices: {web: {user: a}}\n-- .env --\nA=1\n",
			file:   "compose.override.yaml", old: "user: a", to: "user: b",
			want: "FAILED: compose.override.yaml:1, services.web.user: \"a\" became \"b\", and this is not an image",
		},
		{
			name:   "a changed comment",
			before: "-- compose.yaml --\nservices: # quay.io/a/b\n  web: {image: quay.io/a/b} # b\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "proven: 1 service, 1 reference moved, nothing else changed",
		},
		{
			name:   "two documents",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b}}\n---\nservices: {}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "unproven: compose.yaml:1: it has not exactly one document",
		},
		{
			name:   "no Compose file",
			before: "-- compose.yaml --\n[a, b\n",
			want:   "unproven: compose.yaml:1: it is not compared: line 2: did not find expected ',' or ']'",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := files(tt.before)
			after := before
			file := tt.file
			if file == "" {
				file = "compose.yaml"
			}
			if tt.old != "" {
				after = replaced(t, before, file, tt.old, tt.to)
			}
			name := "compose.yaml"
			if strings.Contains(file, "override") {
				name = file
			}
			v := verifyFiles(t, before, after, name)
			if len(v) != 1 {
				t.Fatalf("expected one verdict, got %d", len(v))
			}
			if got := describe(&v[0]); got != tt.want && !(strings.HasSuffix(tt.want, ": ") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("expected\n%s\ngot\n%s", tt.want, got)
			}
		})
	}
}

// Verify skips projects without a changed file if Changed is set.
func TestVerifyChanged(t *testing.T) {
	before := files("-- a/compose.yaml --\nservices: {a: {image: quay.io/a/b}}\n-- b/compose.yaml --\nservices: {a: {image: quay.io/a/b}}\n-- c/compose.yaml --\ninclude: [../a/compose.yaml]\n")
	after := replaced(t, before, "a/compose.yaml", "quay.io", "mirror.example/quay")
	verdicts, err := Verify(t.Context(), &render.Runner{}, before, after, Options{Rewrite: render.ByRules(mirrorSet(t)), Plan: rewrite.EditText(mirrorSet(t)), Files: []string{"a/compose.yaml", "b/compose.yaml", "c/compose.yaml"}, Changed: true})
	var got []string
	for _, v := range verdicts {
		got = append(got, v.Dir+" "+v.State.String())
	}
	if want := "a/compose.yaml proven, c/compose.yaml proven"; err != nil || strings.Join(got, ", ") != want {
		t.Errorf("expected %q, got %q, error %v", want, got, err)
	}
}
