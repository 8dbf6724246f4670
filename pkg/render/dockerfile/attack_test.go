package dockerfile

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// Changes that a reviewer tried to get a proof for.
func TestAttacks(t *testing.T) {
	for _, tt := range []struct{ name, before, after string }{
		{"swapped images", "FROM quay.io/a/b\nFROM quay.io/c/d\n", "FROM mirror.example/quay/c/d\nFROM mirror.example/quay/a/b\n"},
		{"case of a stage", "FROM quay.io/a/b AS X\nFROM x\n", "FROM mirror.example/quay/a/b AS y\nFROM x\n"},
		{"an image with the name of a stage", "FROM quay.io/a/b AS x\nFROM quay.io/x\n", "FROM mirror.example/quay/a/b AS x\nFROM x\n"},
		{"an argument that hides a platform", "FROM --platform=$BUILDPLATFORM quay.io/a/b\n", "ARG BUILDPLATFORM=linux/s390x\nFROM --platform=$BUILDPLATFORM mirror.example/quay/a/b\n"},
		{"an argument in another scope", "ARG A=1\nFROM quay.io/a/b\nARG A\n", "FROM mirror.example/quay/a/b\nARG A=1\n"},
		{"an argument of a stage with a default", "ARG A=quay.io/a/b\nFROM $A\nARG A=1\n", "ARG A=mirror.example/quay/a/b\nFROM $A\nARG A=2\n"},
		{"quotes of an argument", "ARG B=x\nARG A=\"quay.io/a/$B\"\nFROM $A\n", "ARG B=x\nARG A='mirror.example/quay/a/$B'\nFROM $A\n"},
		{"an argument that reads another one", "ARG A=quay.io\nARG B=nginx\nFROM $A/$B\n", "ARG A=mirror.example/quay\nARG B=httpd\nFROM $A/$B\n"},
		{"an operator", "ARG A=x\nFROM quay.io/a/b${A:+:1}\n", "ARG A=x\nFROM mirror.example/quay/a/b${A:-:1}\n"},
		{"an alternative", "ARG A=\nFROM quay.io/a/b${A:+:1}\n", "ARG A=\nFROM mirror.example/quay/a/b${A:+:2}\n"},
		{"an argument that only an alternative reads", "ARG A=x\nFROM ${A:+quay.io/a/b}\n", "ARG A=y\nFROM ${A:+mirror.example/quay/a/b}\n"},
		{"a continuation", "FROM quay.io/a/b\nRUN a \\\n b\n", "FROM mirror.example/quay/a/b\nRUN a\nRUN b\n"},
		{"a comment in a command", "FROM quay.io/a/b\nRUN a; \\\n b\n", "FROM mirror.example/quay/a/b\nRUN a; \\\n # b\n"},
		{"a comment in a here-document", "FROM quay.io/a/b\nRUN <<E\n# a\nE\n", "FROM mirror.example/quay/a/b\nRUN <<E\n# b\nE\n"},
		{"a directive that becomes a comment", "# escape=`\nFROM quay.io/a/b\n", "#\n# escape=`\nFROM mirror.example/quay/a/b\n"},
		{"a comment that becomes a directive", "# a\n# syntax=quay.io/docker/dockerfile:1\nFROM quay.io/a/b\n", "# syntax=quay.io/docker/dockerfile:1\n# a\nFROM mirror.example/quay/a/b\n"},
		{"a new syntax", "FROM quay.io/a/b\n", "# syntax=evil.example/docker/dockerfile:1\nFROM mirror.example/quay/a/b\n"},
		{"quotes of a here-document", "FROM quay.io/a/b\nCOPY <<E /a\n$A\nE\n", "FROM mirror.example/quay/a/b\nCOPY <<\"E\" /a\n$A\nE\n"},
		{"tabs of a here-document", "FROM quay.io/a/b\nRUN <<E\n\ta\nE\n", "FROM mirror.example/quay/a/b\nRUN <<-E\n\ta\nE\n"},
		{"the order of mounts", "FROM quay.io/a/b\nRUN --mount=type=bind,from=quay.io/a/b,target=/a --mount=type=tmpfs,target=/b c\n", "FROM mirror.example/quay/a/b\nRUN --mount=type=tmpfs,target=/b --mount=type=bind,from=mirror.example/quay/a/b,target=/a c\n"},
		{"a second from of a mount", "FROM quay.io/a/b\nRUN --mount=type=bind,from=quay.io/a/b,target=/a c\n", "FROM mirror.example/quay/a/b\nRUN --mount=type=bind,from=mirror.example/quay/a/b,target=/a,from=x c\n"},
		{"the network of a command", "FROM quay.io/a/b\nRUN --network=none c\n", "FROM mirror.example/quay/a/b\nRUN --network=host c\n"},
		{"the checksum of a file", "FROM quay.io/a/b\nADD --checksum=sha256:0123456789012345678901234567890123456789012345678901234567890123 https://a.example/b /c\n", "FROM mirror.example/quay/a/b\nADD https://a.example/b /c\n"},
		{"a link of a copy", "FROM quay.io/a/b AS x\nCOPY --link --from=x / /\n", "FROM mirror.example/quay/a/b AS x\nCOPY --from=x / /\n"},
		{"ENV with a space", "FROM quay.io/a/b\nENV A quay.io/a/b c\n", "FROM mirror.example/quay/a/b\nENV A=mirror.example/quay/a/b c=\n"},
		{"a second ENV with the key", "FROM quay.io/a/b\nENV A=quay.io/a/b B=c\n", "FROM mirror.example/quay/a/b\nENV A=mirror.example/quay/a/b A=c\n"},
		{"ENV that a path reads", "FROM quay.io/a/b\nENV A=quay.io/a/b:1\nCOPY a /x/${A}\n", "FROM mirror.example/quay/a/b\nENV A=mirror.example/quay/a/b:1\nCOPY a /x/${A}\n"},
		{"ENV that another ENV reads", "FROM quay.io/a/b\nENV A=quay.io/a/b:1\nENV PATH=/x:$A\n", "FROM mirror.example/quay/a/b\nENV A=mirror.example/quay/a/b:1\nENV PATH=/x:$A\n"},
		{"an argument that a command reads", "FROM quay.io/a/b\nARG A=quay.io/a/b:1\nRUN rm -r ${A%:1}\n", "FROM mirror.example/quay/a/b\nARG A=mirror.example/quay/a/b:1\nRUN rm -r ${A%:1}\n"},
		{"a path", "FROM scratch\nRUN cat /quay.io/a/b\n", "FROM scratch\nRUN cat /mirror.example/quay/a/b\n"},
		{"the source of a copy", "FROM scratch\nCOPY quay.io/a/b /a\n", "FROM scratch\nCOPY mirror.example/quay/a/b /a\n"},
		{"a directory", "FROM scratch\nWORKDIR quay.io/a/b\n", "FROM scratch\nWORKDIR mirror.example/quay/a/b\n"},
		{"an argument without a default", "FROM scratch\nARG quay.io/a/b\n", "FROM scratch\nARG mirror.example/quay/a/b\n"},
		{"a trigger in a trigger", "FROM quay.io/a/b\nONBUILD ENV quay.io/a/b=1\n", "FROM mirror.example/quay/a/b\nONBUILD ENV mirror.example/quay/a/b=1\n"},
		{"scratch", "FROM scratch\n", "FROM mirror.example/hub/library/scratch\n"},
		{"copy from scratch", "FROM quay.io/a/b\nCOPY --from=scratch / /\n", "FROM mirror.example/quay/a/b\nCOPY --from=mirror.example/hub/library/scratch / /\n"},
		{"a number of a stage that does not exist", "FROM quay.io/a/b\nCOPY --from=7 / /\n", "FROM mirror.example/quay/a/b\nCOPY --from=mirror.example/hub/library/7 / /\n"},
		{"a lost digest", "FROM quay.io/a/b:1@sha256:0123456789012345678901234567890123456789012345678901234567890123\n", "FROM mirror.example/quay/a/b:1\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if v := verifyText(t, tt.before, tt.after); v.State == render.Proven {
				t.Errorf("a wrong change is proven: %s", describe(&v))
			}
		})
	}
}

// A word that moved as the rules require is an image only if it has a tag or a digest, or if
// a command reads an image there.
func TestWordsThatMayBeNoImage(t *testing.T) {
	for _, tt := range []struct{ text, state string }{
		{"RUN git clone quay.io/a/b", "unproven"},
		{"RUN rm -rf quay.io/a", "unproven"},
		{"RUN wget quay.io/a/b.tgz", "unproven"},
		{"RUN go get quay.io/a/b", "unproven"},
		{"RUN go get quay.io/a/b && docker pull quay.io/a/b", "unproven"},
		{"RUN docker pull quay.io/a/b && rm -r quay.io/a/b", "unproven"},
		{"RUN docker pull \"quay.io/a/b\"x", "unproven"},
		{"RUN docker run --cidfile quay.io/a/b x", "unproven"},
		{"RUN <<E\ngo get quay.io/a/b\nE", "unproven"},
		{"CMD [\"go\", \"get\", \"quay.io/a/b\"]", "unproven"},
		{"ENTRYPOINT go get quay.io/a/b", "unproven"},
		{"ENV GOPRIVATE=quay.io/a", "unproven"},
		{"LABEL org.opencontainers.image.source=quay.io/a/b", "unproven"},
		{"ARG X=quay.io/a/b", "unproven"},
		{"RUN docker pull quay.io/a/b", "proven"},
		{"RUN true && docker pull -q quay.io/a/b; echo", "proven"},
		{"RUN crane copy quay.io/a/b quay.io/a/c", "proven"},
		{"RUN <<E\ndocker pull quay.io/a/b\ndocker run --rm quay.io/a/c\nE", "proven"},
		{"RUN any quay.io/a/b:1 quay.io/a/b:$TAG", "proven"},
		{"CMD [\"any\", \"quay.io/a/b:1\"]", "proven"},
	} {
		before := "FROM quay.io/a/b:1\n" + tt.text + "\n"
		after, err := rewrite.EditText(mirrorSet(t))(t.Context(), "Dockerfile", []byte(before))
		if err != nil {
			t.Fatal(err)
		}
		if v := verifyText(t, before, string(after)); v.State.String() != tt.state || tt.state == "proven" && v.Moved < 2 {
			t.Errorf("%s: expected %s, got %s", tt.text, tt.state, describe(&v))
		}
	}
}

// An instruction can read a changed variable in any form.
func TestVariableForms(t *testing.T) {
	for _, use := range []string{"printenv IMG", "echo ${!IMG}", "echo ${#IMG}", "echo %IMG%", "echo %img%", "echo $Env:IMG", "echo ${env:Img}", "echo $IMG"} {
		for _, set := range []string{"ENV", "ARG"} {
			before := "FROM quay.io/a/b:1\n" + set + " IMG=quay.io/a/b:1\nRUN " + use + "\n"
			if v := verifyText(t, before, strings.ReplaceAll(before, "quay.io/", "mirror.example/quay/")); v.State != render.Unproven {
				t.Errorf("%s: expected unproven, got %s", use, describe(&v))
			}
		}
	}
}
