package compose

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
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
			want: "unproven: the project does not load: ",
		},
		{
			name:   "a variable of the environment file",
			before: "-- compose.yaml --\nservices: {web: {image: '${REGISTRY}/a/b:${TAG:-1}'}}\n-- .env --\nREGISTRY=quay.io\n",
			file:   ".env", old: "quay.io", to: "mirror.example/quay",
			want: "proven: 2 environments, 1 service, 1 reference moved, nothing else changed",
		},
		{
			name:   "a wrong value in another environment file",
			before: "-- compose.yaml --\nservices: {web: {image: '${REGISTRY:-ghcr.io}/a/b:1'}}\n-- .env.prod --\nREGISTRY=quay.io\n",
			file:   ".env.prod", old: "quay.io", to: "mirror.example/ghcr",
			want: "FAILED: services.web.image: it changed as no rule says: quay.io/a/b:1 became mirror.example/ghcr/a/b:1; the rules say mirror.example/quay/a/b:1 (and 1 more difference)\nleft: ghcr.io/a/b:1 in services.web.image",
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
			want: "FAILED: services.web.image: it changed as no rule says: quay.io/a/b:1 became quay.io/a/b:2; the rules say mirror.example/quay/a/b:1 (and 1 more difference)\nleft: quay.io/a/b:2 in services.web.image",
		},
		{
			name:   "a profile",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b, profiles: [debug]}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/c",
			want: "FAILED: services.web.image: it changed as no rule says: quay.io/a/b became mirror.example/quay/a/c; the rules say mirror.example/quay/a/b",
		},
		{
			name:   "an override",
			before: "-- compose.yaml --\nservices: {web: {image: nginx}}\n-- compose.override.yaml --\nservices: {web: {command: [run, quay.io/a/b]}}\n",
			file:   "compose.override.yaml", old: "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "proven: 1 service, 1 reference moved, nothing else changed\nleft: nginx in services.web.image",
		},
		{
			name:   "an alternative that no environment selects",
			before: "-- compose.yaml --\nservices: {web: {image: '${X:+quay.io/a/b:1}', build: .}}\n",
			old:    "quay.io/a/b:1", to: "mirror.example/quay/a/b:2",
			want: "FAILED: services.web.image: it changed as no rule says: ${X:+quay.io/a/b:1} became ${X:+mirror.example/quay/a/b:2}",
		},
		{
			name:   "a remote include",
			before: "-- compose.yaml --\ninclude: ['https://github.com/a/b.git']\nservices: {web: {image: quay.io/a/b}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: `unproven: the project does not load: it needs "https://github.com/a/b.git", and nothing is fetched`,
		},
		{
			name:   "a file outside of the repository",
			before: "-- compose.yaml --\nservices: {web: {extends: {file: /etc/passwd, service: a}}}\n",
			want:   `unproven: the project does not load: it needs "/etc/passwd", and files outside of the repository are not read`,
		},
		{
			name:   "a path that leads out of the repository",
			before: "-- compose.yaml --\ninclude: ['../../../outside.yaml']\nservices: {web: {image: a}}\n",
			want:   `unproven: the project does not load: it needs "../../../outside.yaml", and files outside of the repository are not read`,
		},
		{
			name:   "a variable in env_file of include",
			before: "-- compose.yaml --\ninclude: [{path: a.yaml, env_file: '${X:-/etc/environment}'}]\nservices: {web: {image: a}}\n-- a.yaml --\nservices: {b: {image: b}}\n",
			want:   `unproven: the project does not load: compose.yaml: it needs "${X:-/etc/environment}", and files outside of the repository are not read`,
		},
		{
			name:   "an absolute env_file",
			before: "-- compose.yaml --\nservices: {web: {image: a, env_file: [/etc/environment]}}\n",
			want:   `unproven: the project does not load: it needs "/etc/environment", and files outside of the repository are not read`,
		},
		{
			name:   "an env_file that is not in the repository",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b, env_file: [web.env]}}\n",
			old:    "quay.io/a/b", to: "mirror.example/quay/a/b",
			want: "proven: 1 service, 1 reference moved, nothing else changed\nnot read, because it is not in the repository: web.env",
		},
		{
			name:   "a value of an env_file",
			before: "-- compose.yaml --\nservices: {web: {image: a, env_file: [conf/web]}}\n-- conf/web --\nSIDECAR=quay.io/a/b:1\n",
			file:   "conf/web", old: "quay.io/a/b:1", to: "mirror.example/quay/a/b:2",
			want: "FAILED: services.web.environment.SIDECAR: it changed as no rule says: quay.io/a/b:1 became mirror.example/quay/a/b:2; the rules say mirror.example/quay/a/b:1 (and 1 more difference)\nleft: a in services.web.image",
		},
		{
			name:   "a required variable",
			before: "-- compose.yaml --\nservices: {web: {image: 'quay.io/a/b:${TAG:?set it}'}}\n",
			old:    "quay.io/a", to: "mirror.example/quay/a",
			want: `unproven: the project does not load: error while interpolating services.web.image: required variable TAG is missing a value: set it`,
		},
		{
			name:   "not valid after the change",
			before: "-- compose.yaml --\nservices: {web: {image: quay.io/a/b}}\n",
			old:    "image:", to: "imag:",
			want: "FAILED: ",
		},
		{
			name:   "no Compose file",
			before: "-- compose.yaml --\n[a, b\n",
			want:   "unproven: the project does not load: ",
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

// A commit has no environment files that git ignores: those of the work tree count for
// both sides.
func TestVerifyIgnoredEnvironment(t *testing.T) {
	before := files("-- compose.yaml --\nservices: {web: {image: 'quay.io/a/b:${TAG:?}', env_file: [web.env]}}\n")
	after := replaced(t, before, "compose.yaml", "quay.io", "mirror.example/quay")
	after[".env"] = &fstest.MapFile{Data: []byte("TAG=1\n"), Mode: 0o644}
	after["web.env"] = &fstest.MapFile{Data: []byte("A=1\n"), Mode: 0o644}
	v := verifyFiles(t, before, after, "compose.yaml")
	if len(v) != 1 || v[0].State != render.Proven || v[0].Moved != 1 {
		t.Errorf("expected a proven verdict with one reference, got %+v", v)
	}
}

// Verify skips projects without a changed file if Changed is set.
func TestVerifyChanged(t *testing.T) {
	before := files("-- a/compose.yaml --\nservices: {a: {image: quay.io/a/b}}\n-- b/compose.yaml --\nservices: {a: {image: quay.io/a/b}}\n-- c/compose.yaml --\ninclude: [../a/compose.yaml]\n")
	after := replaced(t, before, "a/compose.yaml", "quay.io", "mirror.example/quay")
	verdicts, err := Verify(t.Context(), testRunner(t), before, after, Options{Rewrite: render.ByRules(mirrorSet(t)), Files: []string{"a/compose.yaml", "b/compose.yaml", "c/compose.yaml"}, Changed: true})
	var got []string
	for _, v := range verdicts {
		got = append(got, v.Dir+" "+v.State.String())
	}
	if want := "a/compose.yaml proven, c/compose.yaml proven"; err != nil || strings.Join(got, ", ") != want {
		t.Errorf("expected %q, got %q, error %v", want, got, err)
	}
}

// A project that is too large or hostile is unproven, and ends no other project.
func TestHostileProjects(t *testing.T) {
	bomb := "x-a: &a [b, b, b, b, b, b, b, b, b]\n"
	for i := range 12 {
		bomb += "x-" + string(rune('b'+i)) + ": &" + string(rune('b'+i)) + " [" + strings.Repeat("*"+string(rune('a'+i))+", ", 9) + "]\n"
	}
	many := fstest.MapFS{}
	include := "include:\n"
	for i := range maxFiles + 10 {
		name := "f" + strings.Repeat("0", i%7) + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + ".yaml"
		many[name] = &fstest.MapFile{Data: []byte("services: {}\n"), Mode: 0o644}
		include += "- " + name + "\n"
	}
	many["compose.yaml"] = &fstest.MapFile{Data: []byte(include + "services: {a: {image: b}}\n"), Mode: 0o644}
	for name, tree := range map[string]fstest.MapFS{
		"alias bomb":      files("-- compose.yaml --\n" + bomb + "services: {a: {image: b, x-y: *m}}\n"),
		"many files":      many,
		"include cycle":   files("-- compose.yaml --\ninclude: [a.yaml]\nservices: {a: {image: b}}\n-- a.yaml --\ninclude: [compose.yaml]\n"),
		"extends cycle":   files("-- compose.yaml --\nservices: {a: {extends: b}, b: {extends: a}}\n"),
		"variable cycle":  files("-- compose.yaml --\nservices: {a: {image: '${A}${A'}}\n"),
		"large file":      files("-- compose.yaml --\n#" + strings.Repeat("a", maxFileSize) + "\n"),
		"deep":            files("-- compose.yaml --\nservices: " + strings.Repeat("[", 100000) + "\n"),
		"many directions": files("-- compose.yaml --\ninclude: [{path: a.yaml, project_directory: " + strings.Repeat("../", 40) + "}]\nservices: {}\n-- a.yaml --\nservices: {b: {image: c}}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			v := verifyFiles(t, tree, tree, "compose.yaml")
			if len(v) != 1 || v[0].State != render.Unproven || v[0].Reason == "" {
				t.Errorf("expected an unproven verdict, got %+v", v)
			}
		})
	}
}
