package dockerfile

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
)

func TestVerify(t *testing.T) {
	tests := []struct{ name, before, after, want string }{
		{"an image moves", "FROM nginx:1\n", "FROM mirror.example/hub/library/nginx:1\n", "proven: 1 stage, 1 reference moved, nothing else changed"},
		{"nothing changes", "FROM quay.io/a/b AS x\nFROM x\n", "FROM quay.io/a/b AS x\nFROM x\n", "proven: 2 stages, no file of the build changed\nleft: quay.io/a/b in FROM in line 1"},
		{"a registry in an argument", "ARG REG=quay.io\nFROM ${REG}/a/b\n", "ARG REG=mirror.example/quay\nFROM ${REG}/a/b\n", "proven: 1 stage, 1 reference moved, nothing else changed"},
		{"an argument that is a short name", "ARG BASE=nginx\nARG B=$BASE:1\nFROM $B\n", "ARG BASE=mirror.example/hub/library/nginx\nARG B=$BASE:1\nFROM $B\n", "proven: 1 stage, 1 reference moved, nothing else changed"},
		{"an argument that is no image", "ARG MODE=nginx\nFROM scratch\nARG MODE\nRUN echo $MODE\n", "ARG MODE=mirror.example/hub/library/nginx\nFROM scratch\nARG MODE\nRUN echo $MODE\n",
			"FAILED: Dockerfile:1, ARG MODE: nginx became mirror.example/hub/library/nginx, which no rule requires here"},
		{"an argument with a wrong result", "ARG REG=quay.io\nFROM ${REG}hub/a\n", "ARG REG=mirror.example/quay\nFROM ${REG}hub/a\n", "FAILED: Dockerfile:2, FROM: quay.iohub/a became mirror.example/quayhub/a, and no rule matches"},
		{"an argument without a default", "ARG BASE\nFROM $BASE\nRUN docker pull quay.io/a/b\n", "ARG BASE\nFROM $BASE\nRUN docker pull mirror.example/quay/a/b\n", "unproven: Dockerfile:2, FROM: $BASE needs a build argument that has no default"},
		{"copies and mounts", "FROM scratch\nCOPY --from=quay.io/a/b /a /a\nRUN --mount=type=bind,from=quay.io/a/c,target=/c true\n",
			"FROM scratch\nCOPY --from=mirror.example/quay/a/b /a /a\nRUN --mount=type=bind,from=mirror.example/quay/a/c,target=/c true\n", "proven: 1 stage, 2 references moved, nothing else changed"},
		{"a stage with the name of an image", "FROM quay.io/a/b AS nginx\nFROM nginx\n", "FROM mirror.example/quay/a/b AS nginx\nFROM mirror.example/hub/library/nginx\n", "FAILED: Dockerfile:2, FROM: the stage nginx became mirror.example/hub/library/nginx"},
		{"a stage after its use", "FROM nginx\nFROM quay.io/a/b AS nginx\n", "FROM mirror.example/hub/library/nginx\nFROM mirror.example/quay/a/b AS nginx\n", "proven: 2 stages, 2 references moved, nothing else changed"},
		{"comments and spaces", "# quay.io/a/b\nFROM   quay.io/a/b\n", "# mirror.example/quay/a/b\nFROM   mirror.example/quay/a/b\n", "proven: 1 stage, 1 reference moved, nothing else changed"},
		{"the syntax", "# syntax=docker.io/docker/dockerfile:1\nFROM scratch\n", "# syntax=mirror.example/hub/docker/dockerfile:1\nFROM scratch\n", "proven: 1 stage, 1 reference moved, nothing else changed"},
		{"a here-document", "FROM scratch\nRUN <<EOF\ndocker pull quay.io/a/b:1\nEOF\n", "FROM scratch\nRUN <<EOF\ndocker pull mirror.example/quay/a/b:2\nEOF\n", "FAILED: Dockerfile:2, RUN here-document: quay.io/a/b:1 became mirror.example/quay/a/b:2, which no rule requires here"},
		{"an argument that a stage takes over", "ARG BASE=quay.io/a/b:1\nFROM $BASE\nARG BASE\nRUN curl https://$BASE\n", "ARG BASE=mirror.example/quay/a/b:1\nFROM $BASE\nARG BASE\nRUN curl https://$BASE\n",
			"unproven: Dockerfile:3, ARG BASE: the value changes for the commands of this stage, too"},
		{"an argument that another one takes over", "ARG A=quay.io\nARG B=$A\nFROM $A/a/b\nARG B\n", "ARG A=mirror.example/quay\nARG B=$A\nFROM $A/a/b\nARG B\n",
			"unproven: Dockerfile:4, ARG B: the value changes for the commands of this stage, too"},
		{"an argument with two definitions", "ARG A=quay.io\nARG A=ghcr.io\nFROM $A/a/b\n", "ARG A=mirror.example/quay\nARG A=mirror.example/ghcr\nFROM $A/a/b\n", "proven: 1 stage, 1 reference moved, nothing else changed"},
		{"the second definition of an argument", "ARG A=quay.io\nARG A=ghcr.io\nFROM $A/a/b\n", "ARG A=mirror.example/quay\nARG A=mirror.example/quay\nFROM $A/a/b\n",
			"FAILED: Dockerfile:2, ARG A: \"ghcr.io\" became \"mirror.example/quay\", which no rule requires"},
		{"a definition after its use", "ARG A=x\nFROM quay.io/a/b:$A\nARG A=quay.io/c/d\n", "ARG A=x\nFROM mirror.example/quay/a/b:$A\nARG A=mirror.example/quay/c/e\n",
			"FAILED: Dockerfile:3, ARG A: quay.io/c/d became mirror.example/quay/c/e, which no rule requires here"},
		{"a platform", "ARG P=quay.io/a/b\nFROM --platform=$P quay.io/a/b\n", "ARG P=mirror.example/quay/a/b\nFROM --platform=$P mirror.example/quay/a/b\n",
			"FAILED: Dockerfile:2, FROM: the platform changed: \"quay.io/a/b\" became \"mirror.example/quay/a/b\""},
		{"a default that an argument hides", "ARG X=1\nFROM ${X:-quay.io/a/b:1}\n", "ARG X=1\nFROM ${X:-quay.io/a/b:2}\n", "FAILED: Dockerfile:2, FROM: \"${X:-quay.io/a/b:1}\" became \"${X:-quay.io/a/b:2}\", which no rule requires"},
		{"a variable that is gone", "ARG T=1\nFROM quay.io/a/b:$T\n", "ARG T=1\nFROM mirror.example/quay/a/b:1\n", "FAILED: Dockerfile:2, FROM: \"quay.io/a/b:$T\" became \"mirror.example/quay/a/b:1\": the variables changed"},
		{"a variable with a pattern", "ARG T=1-x\nFROM quay.io/a/b:${T%-x}\n", "ARG T=1-x\nFROM mirror.example/quay/a/b:${T%-x}\n", "unproven: Dockerfile:2, FROM: \"quay.io/a/b:${T%-x}\" became \"mirror.example/quay/a/b:${T%-x}\": a variable with a pattern is not compared"},
		{"two changes that cancel each other out", "ARG R=quay.io\nFROM $R/a/b\n", "ARG R=mirror.example/quay/a\nFROM $R/b\n", "FAILED: "},
		{"a copy from a later stage", "FROM scratch\nCOPY --from=nginx / /\nFROM quay.io/a/b AS nginx\n", "FROM scratch\nCOPY --from=mirror.example/hub/library/nginx / /\nFROM quay.io/a/b AS nginx\n",
			"FAILED: Dockerfile:2, COPY --from: the stage nginx became mirror.example/hub/library/nginx"},
		{"a mount from a later stage", "FROM scratch\nRUN --mount=from=nginx,target=/a b\nFROM quay.io/a/b AS Nginx\n", "FROM scratch\nRUN --mount=from=mirror.example/hub/library/nginx,target=/a b\nFROM quay.io/a/b AS Nginx\n",
			"FAILED: Dockerfile:2, RUN --mount from: the stage nginx became mirror.example/hub/library/nginx"},
		{"ONBUILD with a stage of another file", "FROM quay.io/a/b\nONBUILD COPY --from=nginx / /\n", "FROM mirror.example/quay/a/b\nONBUILD COPY --from=mirror.example/hub/library/nginx / /\n",
			"unproven: Dockerfile:2, ONBUILD COPY --from: nginx became mirror.example/hub/library/nginx: it may be a stage of another Dockerfile"},
		{"ONBUILD with an image", "FROM quay.io/a/b\nONBUILD COPY --from=quay.io/c/d / /\n", "FROM mirror.example/quay/a/b\nONBUILD COPY --from=mirror.example/quay/c/d / /\n", "proven: 1 stage, 2 references moved, nothing else changed"},
		{"a key of ENV", "FROM scratch\nENV quay.io/a/b=1\n", "FROM scratch\nENV mirror.example/quay/a/b=1\n", "FAILED: Dockerfile:2, ENV: \"quay.io/a/b\" became \"mirror.example/quay/a/b\", and this is not an image"},
		{"a key of LABEL", "FROM scratch\nLABEL a=b quay.io/a/b=1\n", "FROM scratch\nLABEL a=b mirror.example/quay/a/b=1\n", "FAILED: Dockerfile:2, LABEL: \"quay.io/a/b\" became \"mirror.example/quay/a/b\", and this is not an image"},
		{"a variable that another instruction reads", "FROM scratch\nENV A=quay.io/a/b:1\nWORKDIR /$A\n", "FROM scratch\nENV A=mirror.example/quay/a/b:1\nWORKDIR /$A\n",
			"unproven: Dockerfile:3, $A: this instruction reads the variable that changed in line 2"},
		{"a host and a port", "FROM scratch\nENV REDIS=redis:6379\n", "FROM scratch\nENV REDIS=mirror.example/hub/library/redis:6379\n", "FAILED: Dockerfile:2, ENV: redis:6379 became mirror.example/hub/library/redis:6379, which no rule requires here"},
		{"a host and a port in a command", "FROM scratch\nCMD wait redis:6379\n", "FROM scratch\nCMD wait mirror.example/hub/library/redis:6379\n", "FAILED: Dockerfile:2, CMD: redis:6379 became mirror.example/hub/library/redis:6379, which no rule requires here"},
		{"a URL", "FROM scratch\nRUN curl https://quay.io/a/b\n", "FROM scratch\nRUN curl https://mirror.example/quay/a/b\n", "FAILED: Dockerfile:2, RUN: https://quay.io/a/b became https://mirror.example/quay/a/b, which no rule requires here"},
		{"another frontend", "# syntax=example.com/frontend:1\nFROM quay.io/a/b\n", "# syntax=example.com/frontend:1\nFROM mirror.example/quay/a/b\n", "unproven: Dockerfile:1, # syntax: it is not known how this frontend reads the file"},
		{"a frontend with a known end of its name", "# syntax=evil.io/x/docker/dockerfile:1\nFROM quay.io/a/b\n", "# syntax=evil.io/x/docker/dockerfile:1\nFROM mirror.example/quay/a/b\n", "unproven: Dockerfile:1, # syntax: it is not known how this frontend reads the file"},
		{"the frontend in the mirror", "# syntax=mirror.example/hub/docker/dockerfile:1\nFROM quay.io/a/b\n", "# syntax=mirror.example/hub/docker/dockerfile:1\nFROM mirror.example/quay/a/b\n", "proven: 1 stage, 1 reference moved, nothing else changed"},
		{"spaces", "FROM scratch\nRUN a  b\n", "FROM scratch\nRUN a b\n", "FAILED: Dockerfile:2, RUN: spaces or line ends changed, which no rule requires here"},
		{"line ends of a here-document", "FROM scratch\nRUN <<E\na\nE\n", "FROM scratch\nRUN <<E\na\r\nE\n", "FAILED: Dockerfile:2, RUN here-document: spaces or line ends changed, which no rule requires here"},
		{"the command line of the frontend", "# syntax=docker.io/docker/dockerfile:1 a\nFROM scratch\n", "# syntax=mirror.example/hub/docker/dockerfile:1 b\nFROM scratch\n", "FAILED: Dockerfile:1, # syntax: docker.io/docker/dockerfile:1 became mirror.example/hub/docker/dockerfile:1, which no rule requires"},
		{"an escape that appears", "FROM scratch\n", "# escape=`\nFROM scratch\n", "FAILED: Dockerfile:1, # escape: the directive changed"},
		{"a here-document that is a file", "FROM scratch\nCOPY <<E /a\nimage: quay.io/a/b:1\nE\n", "FROM scratch\nCOPY <<E /a\nimage: mirror.example/quay/a/b:2\nE\n", "FAILED: Dockerfile:2, COPY here-document: quay.io/a/b:1 became mirror.example/quay/a/b:2, which no rule requires here"},
		{"a continued line", "FROM \\\n  quay.io/a/b \\\n  AS x\n", "FROM \\\n  mirror.example/quay/a/b \\\n  AS y\n", "FAILED: Dockerfile:1, FROM: \"x\" became \"y\", and this is not an image"},
		{"a template", "FROM {{ .Base }}\nFOO\n", "FROM {{ .Base }}\nFOO\n", "unproven: "},
		{"no stage", "ARG A=1\n", "ARG A=1\n", "unproven: the file has no FROM"},
		{"empty", "", "", "unproven: "},
		{"broken by the change", "FROM quay.io/a/b\n", "FROM\n", "FAILED: after the change: "},
		{"doubled values", "ARG A=0123456789\n" + strings.Repeat("ARG A=$A$A\n", 40) + "FROM $A\n", "ARG A=0123456789\n" + strings.Repeat("ARG A=$A$A\n", 40) + "FROM $A\n",
			"unproven: Dockerfile:1, ARG: the words with the values of their arguments are too long to be compared"},
		{"deep words", "FROM " + strings.Repeat("${A:-", 5000) + "\n", "FROM " + strings.Repeat("${A:-", 5000) + "\n", "unproven: Dockerfile:1, FROM: the words with the values of their arguments are too long to be compared"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := verifyText(t, tt.before, tt.after)
			if got := describe(&v); got != tt.want && !(strings.HasSuffix(tt.want, ": ") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("expected\n%s\ngot\n%s", tt.want, got)
			}
		})
	}
}

// mutatedBefore is a file with many instructions; mutatedAfter is a correct change of it.
const mutatedBefore = `# syntax=docker.io/docker/dockerfile:1
# escape=\
ARG REG=quay.io
ARG BASE=alpine:3
ARG MODE=redis
FROM --platform=$BUILDPLATFORM golang:1.22 AS build
ARG MODE
ENV SIDECAR=quay.io/acme/sidecar:1 NAME=nginx
LABEL base=quay.io/acme/base:1 host=quay.io
WORKDIR /src
COPY --chown=0:0 . .
RUN --mount=type=cache,target=/root --mount=type=bind,from=quay.io/acme/tools:1,source=/t,target=/t go build ./...
RUN <<SCRIPT
crane pull quay.io/acme/image:1
echo nginx
SCRIPT
FROM ${REG}/acme/assets:2 AS assets
FROM $BASE AS nginx
FROM nginx
COPY --from=build /src/app /app
COPY --from=1 /assets /assets
COPY --from=quay.io/acme/certs:3 --chmod=644 /certs /certs
ADD https://quay.io/a.tgz /a.tgz
USER 1000
EXPOSE 80
VOLUME /data
STOPSIGNAL SIGTERM
SHELL ["/bin/sh", "-c"]
HEALTHCHECK --interval=1m CMD probe quay.io/acme/probe:1
ONBUILD RUN docker pull quay.io/acme/onbuild:1
ENTRYPOINT ["/app", "--image", "quay.io/acme/job:1"]
CMD ["serve", "nginx"]
`

func mutatedAfter() string {
	return strings.NewReplacer("docker.io/docker/", "mirror.example/hub/docker/", "REG=quay.io", "REG=mirror.example/quay", "BASE=alpine", "BASE=mirror.example/hub/library/alpine",
		" golang:1.22", " mirror.example/hub/library/golang:1.22", "quay.io/acme", "mirror.example/quay/acme").Replace(mutatedBefore)
}

func TestMutationsCorrect(t *testing.T) {
	if v := verifyText(t, mutatedBefore, mutatedAfter()); v.State != render.Proven || v.Moved != 12 || len(v.Leftovers) > 0 {
		t.Errorf("the correct change is not proven: %s", describe(&v))
	}
}

// Each wrong change is found.
func TestMutations(t *testing.T) {
	const m = "mirror.example/quay/acme"
	mutations := []struct{ name, old, to string }{
		{"tag", "golang:1.22", "golang:1.23"},
		{"lost tag", "golang:1.22", "golang"},
		{"other image", "library/golang", "library/go"},
		{"lost namespace", "hub/library/golang", "hub/golang"},
		{"other registry", "mirror.example/hub/library/golang", "mirror.evil/hub/library/golang"},
		{"digest added", "golang:1.22", "golang:1.22@sha256:0123456789012345678901234567890123456789012345678901234567890123"},
		{"platform", "$BUILDPLATFORM", "$TARGETPLATFORM"},
		{"platform gone", "--platform=$BUILDPLATFORM ", ""},
		{"name of a stage", "AS build", "AS builder"},
		{"stage that becomes an image", "FROM nginx\n", "FROM mirror.example/hub/library/nginx\n"},
		{"image that becomes a stage", "FROM $BASE AS nginx", "FROM build AS nginx"},
		{"default of a registry", "REG=mirror.example/quay", "REG=mirror.example"},
		{"default of an image", "BASE=mirror.example/hub/library/alpine:3", "BASE=mirror.example/hub/library/alpine:4"},
		{"default of an argument that is no image", "MODE=redis", "MODE=mirror.example/hub/library/redis"},
		{"name of an argument", "ARG MODE=redis", "ARG MODES=redis"},
		{"argument gone", "ARG MODE=redis\n", ""},
		{"argument of a stage gone", "AS build\nARG MODE\n", "AS build\n"},
		{"argument of a stage with a value", "AS build\nARG MODE\n", "AS build\nARG MODE=x\n"},
		{"variable of FROM", "FROM ${REG}/", "FROM ${BASE}/"},
		{"image after a variable", "/acme/assets:2", "/acme/assets:3"},
		{"syntax", "docker/dockerfile:1", "docker/dockerfile:2"},
		{"syntax gone", "# syntax=mirror.example/hub/docker/dockerfile:1\n", ""},
		{"escape", "# escape=\\", "# escape=`"},
		{"value of ENV", m + "/sidecar:1", m + "/sidecar:2"},
		{"short name in ENV", "NAME=nginx", "NAME=mirror.example/hub/library/nginx"},
		{"key of ENV", "SIDECAR=", "SIDECARS="},
		{"ENV added", " NAME=nginx", " NAME=nginx NEW=1"},
		{"label", "base=" + m + "/base:1", "base=" + m + "/base:2"},
		{"host in a label", "host=quay.io", "host=mirror.example/quay"},
		{"key of a label", "host=", "hosts="},
		{"working directory", "WORKDIR /src", "WORKDIR /srv"},
		{"owner of a copy", "--chown=0:0", "--chown=0:1"},
		{"paths of a copy", "COPY --chown=0:0 . .", "COPY --chown=0:0 . /"},
		{"mount gone", "--mount=type=cache,target=/root ", ""},
		{"image of a mount", m + "/tools:1", m + "/tools:2"},
		{"source of a mount", "source=/t,", "source=/u,"},
		{"type of a mount", "type=bind,from", "type=cache,from"},
		{"command", "go build ./...", "go build ."},
		{"command in a here-document", "crane pull", "crane push"},
		{"image in a here-document", m + "/image:1", m + "/image"},
		{"short name in a here-document", "echo nginx", "echo mirror.example/hub/library/nginx"},
		{"end of a here-document", "SCRIPT", "SCRIPTS"},
		{"stage of a copy", "--from=build", "--from=assets"},
		{"number of a stage", "--from=1", "--from=0"},
		{"image of a copy", m + "/certs:3", m + "/certs:33"},
		{"image of a copy gone", "--from=" + m + "/certs:3 ", ""},
		{"mode of a copy", "--chmod=644", "--chmod=777"},
		{"URL", "https://quay.io/a.tgz", "https://mirror.example/quay/a.tgz"},
		{"user", "USER 1000", "USER 0"},
		{"port", "EXPOSE 80", "EXPOSE 81"},
		{"volume", "VOLUME /data", "VOLUME /"},
		{"signal", "SIGTERM", "SIGKILL"},
		{"shell", `"/bin/sh"`, `"/bin/bash"`},
		{"interval", "--interval=1m", "--interval=2m"},
		{"image of a health check", m + "/probe:1", m + "/prob:1"},
		{"ONBUILD", m + "/onbuild:1", m + "/onbuild:2"},
		{"instruction of ONBUILD", "ONBUILD RUN docker", "ONBUILD CMD docker"},
		{"entrypoint", m + "/job:1", m + "/job:"},
		{"form of the entrypoint", `ENTRYPOINT ["/app", "--image", "` + m + `/job:1"]`, "ENTRYPOINT /app --image " + m + "/job:1"},
		{"short name in CMD", `"serve", "nginx"`, `"serve", "mirror.example/hub/library/nginx"`},
		{"argument of CMD added", `"serve", `, `"serve", "-v", `},
		{"order of stages", "FROM $BASE AS nginx\nFROM nginx\n", "FROM nginx\nFROM $BASE AS nginx\n"},
		{"instruction added", "USER 1000\n", "USER 1000\nUSER 0\n"},
	}
	if len(mutations) < 50 {
		t.Errorf("expected at least 50 mutations, got %d", len(mutations))
	}
	after := mutatedAfter()
	for _, x := range mutations {
		t.Run(x.name, func(t *testing.T) {
			if !strings.Contains(after, x.old) {
				t.Fatalf("the file does not contain %q", x.old)
			}
			if v := verifyText(t, mutatedBefore, strings.ReplaceAll(after, x.old, x.to)); v.State != render.Failed {
				t.Errorf("the wrong change is not found: %s", describe(&v))
			}
		})
	}
}
