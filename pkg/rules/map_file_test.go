package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestReadMap(t *testing.T) {
	for _, x := range []struct {
		name, file, src, registry string
		want                      []string // rules, or the start of the error
	}{
		{"lines", "m.txt", "# comment\r\n\na.io/x:1   b.io/x:v1\r\na.io/y\tb.io/y\n", "", []string{"a.io/x:1 -> b.io/x:v1 (m.txt:3)", "a.io/y -> b.io/y (m.txt:4)"}},
		{"CSV with a heading", "d/m.csv", "old,new\n\"a.io/x\", b.io/x\n", "", []string{"a.io/x -> b.io/x (m.csv:2)"}},
		{"the tag is kept", "m", "a.io/x:1 b.io/x\n", "", []string{"a.io/x:1 -> b.io/x (m:1)"}},
		{"the same tag", "m", "a.io/x:1 b.io/x:1\n", "", []string{"a.io/x:1 -> b.io/x (m:1)"}},
		{"short names", "m", "redis:7 bitnami/redis\n", "", []string{"docker.io/redis:7 -> docker.io/bitnami/redis (m:1)"}},
		{"YAML", "m.yaml", "a.io/x: b.io/x\n\"a.io/y:1\": b.io/y:2\n", "", []string{"a.io/x -> b.io/x (m.yaml:1)", "a.io/y:1 -> b.io/y:2 (m.yaml:2)"}},
		{"dfc", "m.yml", "images:\n  node: node\n  alpine: base:latest\n  x: r.io/x\npackages: {debian: {a: [b]}}\n", "cgr.dev/o/", []string{"docker.io/node -> cgr.dev/o/node (m.yml:2)", "docker.io/alpine -> cgr.dev/o/base:latest (m.yml:3)", "docker.io/x -> r.io/x (m.yml:4)"}},
		{"inventory", "m.json", `{"images": [{"reference": "a.io/x:1", "new": "b.io/x:1"}, {"reference": "c.io/x"}, {"reference": "a.io/c", "kind": "chart", "new": "b.io/c"}]}`, "", []string{"a.io/x:1 -> b.io/x (m.json:1)"}},

		{"comments", "m", "a.io/x b.io/x # why\n\t# more\na.io/y,b.io/y\t#c\n", "", []string{"a.io/x -> b.io/x (m:1)", "a.io/y -> b.io/y (m:3)"}},
		{"an inventory with digests and variables", "m.json", `{"images": [{"reference": "a.io/x:1", "new": "b.io/x:1"}, {"reference": "a.io/y@sha256:73ca82b4ce829766d4f1f10947c3a338888f876fbed0540dc849c89ff256e90c", "new": "b.io/y@sha256:73ca82b4ce829766d4f1f10947c3a338888f876fbed0540dc849c89ff256e90c"}, {"reference": "a.io/z:$TAG", "new": "b.io/z:$TAG"}, {"reference": "a.io/x:1", "new": "b.io/x:1"}]}`, "", []string{"a.io/x:1 -> b.io/x (m.json:1)", "skipped 1 with a digest and 1 with a variable"}},

		{"an inventory with digests only", "m.json", `{"images": [{"reference": "a.io/y@sha256:73ca82b4ce829766d4f1f10947c3a338888f876fbed0540dc849c89ff256e90c", "new": "b.io/y@sha256:73ca82b4ce829766d4f1f10947c3a338888f876fbed0540dc849c89ff256e90c"}]}`, "", []string{"m.json: no image of which a rule can be made: skipped 1 with a digest"}},
		{"a registry", "m", "k8s.gcr.io registry.k8s.io\n", "", []string{`m:1: "k8s.gcr.io" is a registry`}},
		{"a registry with a port", "m", "a.io/x localhost:5000\n", "", []string{`m:1: "localhost:5000" is a registry`}},
		{"empty", "m.txt", "# nothing\n", "", []string{"m.txt: no pair of images"}},
		{"one name", "m.txt", "a.io/x\n", "", []string{"m.txt:1: "}},
		{"three names", "m.txt", "\na b c\n", "", []string{"m.txt:2: "}},
		{"invalid CSV", "m.txt", "\"a,b\n", "", []string{"m.txt:1: invalid CSV"}},
		{"no image", "m.txt", "a.io/x b.io/X\n", "", []string{`m.txt:1: "b.io/X" is not the name of an image`}},
		{"digest", "m.txt", "a.io/x@sha256:73ca82b4ce829766d4f1f10947c3a338888f876fbed0540dc849c89ff256e90c b.io/x\n", "", []string{"m.txt:1: "}},
		{"variable", "m.txt", "a.io/x:$TAG b.io/x\n", "", []string{`m.txt:1: "a.io/x:$TAG" contains a variable`}},
		{"wildcard", "m.yaml", "images:\n  golang*: go\n", "cgr.dev/o", []string{`m.yaml:2:3: "golang*" contains a wildcard`}},
		{"twice", "m.txt", "redis a.io/r\n\ndocker.io/library/redis a.io/r\n", "", []string{"m.txt:3: docker.io/library/redis has a line already, m.txt:1"}},
		{"to itself", "m.txt", "redis:7 docker.io/library/redis:7\n", "", []string{"m.txt:1: from and to are the same"}},
		{"dfc without a registry", "m.yaml", "images: {node: node}\n", "", []string{`m.yaml:1:16: "node" has no registry`}},
		{"a list", "m.yaml", "- a\n", "", []string{"m.yaml:1:1: the file is a list"}},
		{"no string", "m.yaml", "a.io/x: 7\n", "", []string{"m.yaml:1:9: "}},
		{"not YAML", "m.json", "{", "", []string{"m.json"}},
		{"no reference", "m.json", `{"images": [1]}`, "", []string{"m.json:1:13: "}},
		{"too large", "m.txt", strings.Repeat(" ", MaxMap+1), "", []string{"m.txt: 8388609 bytes"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			list, skipped, err := ReadMap(x.file, []byte(x.src), x.registry)
			if err != nil {
				if len(x.want) != 1 || !strings.HasPrefix(err.Error(), x.want[0]) {
					t.Errorf("error %v, want %q", err, x.want)
				}
				return
			}
			var got []string
			for _, r := range list {
				got = append(got, describe(r))
			}
			if text := skipped.String(); text != "" {
				got = append(got, text)
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

func TestReadMapLimit(t *testing.T) {
	var b strings.Builder
	for i := range maxMapLine + 1 {
		fmt.Fprintf(&b, "a.io/x%d b.io/x%d\n", i, i)
	}
	if _, _, err := ReadMap("m.txt", []byte(b.String()), ""); err == nil || !strings.Contains(err.Error(), "the limit is 100000") {
		t.Errorf("got %v", err)
	}
}
