package image

import (
	"bytes"
	"testing"
)

func TestMayHaveShortName(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"no word", "a: b\n", false},
		{"a short name", "image: nginx:1.27\n", true},
		{"a short name after a spelled-out one", "- image: quay.io/a/b:1\n- image: acme/app\n", true},
		{"another registry", "spec:\n  - image: \"quay.io/a/b:1@sha256:00\" # pinned\n", false},
		{"another registry in JSON", "  \"image\": \"quay.io/a/b\",\n", false},
		{"a local registry", "image: localhost:5000/a\n", false},
		{"Docker Hub spelled out", "image: docker.io/acme/app\n", true},
		{"Docker Hub after a transport", "repository: oci://docker.io/charts\n", true},
		{"Docker Hub after https", "repository: https://registry-1.docker.io/charts\n", true},
		{"a repository of charts", "repository: https://charts.example/a\n", false},
		{"a transport", "repository: oci://quay.io/charts\n", true},
		{"a registry without a path", "repository: quay.io\n", true},
		{"text after the reference", "image: quay.io/a nginx\n", true},
		{"a name before a short name", "images: \"exporter:acme/exporter:v1\"\n", true},
		{"a host before a short name", "image: a.example:acme/exporter:v1\n", true},
		{"a flow mapping", "- {name: a, image: quay.io/a/b}\n", true},
		{"containers", "containers:\n- name: a\n  image: quay.io/a/b\n  imagePullPolicy: Always\n", false},
		{"containers of names", "containers:\n- nginx\n", true},
		{"containers in flow style", "containers: [nginx]\n", true},
		{"a value from elsewhere", "- valueFrom:\n    fieldRef:\n      fieldPath: a\n", false},
		{"services of GitLab", "services:\n- postgres\n", true},
		{"an object", "kind: ServiceAccount\nmetadata:\n  name: my-service\n", false},
		{"a variable that names an image", "- name: AGENT_IMAGE\n  value: acme/agent\n", true},
		{"a comment", "# This container runs the service.\na: b\n", false},
		{"a comment that a tool reads", "# renovate: datasource=docker depName=nginx\n", true},
		{"a comment after a value", "image: quay.io/a/b # renovate: depName=docker\n", true},
		{"a command", "run: docker run nginx\n", true},
		{"an escape sequence", "\"image\": \"quay.io\\/a\"\n", true},
		{"an instruction", "FROM nginx\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := MayHaveShortName([]byte(c.text)); got != c.want {
				t.Errorf("%q: expected %v, got %v", c.text, c.want, got)
			}
		})
	}
}

// FuzzHasKeyword compares the machine with a search for one word after the other.
func FuzzHasKeyword(f *testing.F) {
	for _, seed := range []string{"", "an Image", "imagimage", "serviservice", "reporepo", "oci:/", "ocI:", "poddocker", "podman", "NERDCTL", "crictfinch", "containe\nr"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		end := -1
		for _, word := range keywordList {
			for i := 0; i+len(word) <= len(text); i++ {
				if isFold(text[i:i+len(word)], word) && (end < 0 || i+len(word) < end) {
					end = i + len(word)
				}
			}
		}
		if got := keywords().firstEnd(text); got != end {
			t.Errorf("%q: expected the first word to end at %d, got %d", text, end, got)
		}
	})
}

// isFold reports whether text is word in any case of ASCII letters.
func isFold(text []byte, word string) bool {
	return bytes.Equal(bytes.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, text), []byte(word))
}
