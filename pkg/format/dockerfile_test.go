package format

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestIsDockerfile(t *testing.T) {
	const from = "FROM x\n"
	tests := []struct {
		path, src string
		want      bool
	}{
		{"Dockerfile", from, true},
		{"a/b/dockerfile", from, true},
		{"Containerfile", from, true},
		{"Dockerfile.prod", from, true},
		{"DOCKERFILE-arm64", from, true},
		{"Dockerfile_x", from, true},
		{"web.Dockerfile", from, true},
		{"web.containerfile", from, true},
		{"base-dockerfile", from, true},
		{"Dockerfile.j2", "FROM {{ base }}\n", true},
		{"Dockerfile.j2", "{% if x %}\nFROM x\n{% endif %}\n", true},
		{"Dockerfile.in", "FROM x\nENV @A@\n", true}, // does not parse, scanned as text
		{"Dockerfile", "FROM x\nRUN <<EOF\n", true},  // the report must list the error
		{"Dockerfile", "ARG A=1\n", true},
		{"Dockerfile", "", false},
		{"Dockerfile", "RUN x\n", false},
		{"Dockerfile", "some words\nFROM x\n", false},
		{"Dockerfile.notes", "ENV A\nFROM x\n", false}, // does not parse
		{"Dockerfile.dockerignore", from, false},
		{"Dockerfile.md", from, false},
		{"dockerfile.go", from, false},
		{"Dockerfiles", from, false},
		{"mydockerfile", from, false},
		{"x.txt", from, false},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.src, func(t *testing.T) {
			if got := isDockerfile(tt.path, []byte(tt.src)); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestDockerfilePieces checks the pieces of the image of each FROM and --from.
// Each piece is in brackets, with its separator after it.
func TestDockerfilePieces(t *testing.T) {
	tests := []struct {
		name, src string
		want      []string
	}{
		{"one word", "FROM a.b/c:1", []string{"[a.b/c:1]"}},
		{"no domain", "FROM c:1 AS x\nFROM x\nFROM X\nFROM scratch\nFROM 0", []string{"[c:1]"}},
		{"ARG is a host", "ARG R=a.b\nFROM $R/c:1", []string{"[a.b]/[c:1]"}},
		{"ARG is a host with a slash", "ARG R=a.b/\nFROM ${R}c", []string{"[a.b/][c]"}},
		{"quotes", "ARG R=\"a.b\"'/'\nFROM \"$R\"c\"/d\"", []string{"[a.b/][c/d]"}},
		{"ARG is a host and a path", "ARG R=a.b/c\nFROM $R/d", []string{"[a.b/c]/[d]"}},
		{"ARG before a tag", "ARG B=a.b/c\nFROM $B:1\nFROM ${B}@sha256:" + strings.Repeat("0", 64), []string{"[a.b/c]"}},
		{"ARG is a tag", "ARG T=1\nFROM a.b/c:$T\nFROM c:${T}", []string{"[a.b/c:$T]", "[c:${T}]"}},
		{"ARG of a port is not used", "ARG P=80\nARG N=c\nFROM a.b:80/$N", []string{"[a.b:80/][c]"}},
		{"ARG is a path component", "ARG N=c\nFROM a.b/$N/d", []string{"[a.b/][c]/[d]"}},
		{"ARG at the end of a name", "ARG A=x\nFROM a.b/c-$A:1", []string{"[a.b/c-$A:1]"}},
		{"variable in the first component", "FROM a$A/c\nFROM a-$A\nFROM a-$A:1", []string{"[a-$A]", "[a-$A:1]"}},
		{"ARG at the end of a host", "ARG A=b\nFROM a.$A/c", []string{"[a.][b][/c] conflict"}},
		{"ARG at the start of a host", "ARG A=a\nFROM $A.b/c", []string{"[a][.b/c] conflict"}},
		{"ARG in a namespace", "ARG A=a\nFROM ${A}b/c:1", []string{"[a][b/c:1] conflict"}},
		{"ARG in a name of one word", "ARG A=a\nFROM ${A}b:1", nil},
		{"ARG without a default at the start of a host", "ARG A\nFROM $A.b/c", nil},
		{"ARG before the rest of a component", "ARG R=a.b\nARG F=$R/c\nFROM $F-d", []string{"[a.b]/[c][-d]"}},
		{"ARG of ARGs", "ARG R=a.b\nARG N=c\nARG F=${R}/${N}\nFROM ${F}:1", []string{"[a.b]/[c]"}},
		{"ARG after its use", "ARG F=$R/c\nARG R=a.b\nFROM $F", nil},
		{"two ARGs of one name", "ARG R=x.y\nARG R=a.b\nFROM $R/c", []string{"[a.b]/[c]"}},
		{"ARG after a FROM", "FROM x:1\nARG R=a.b\nFROM $R/c", []string{"[x:1]"}},
		{"default", "FROM ${R:-a.b}/c\nFROM ${S-a.b/d}", []string{"[a.b]/[c]", "[a.b/d]"}},
		{"two defaults", "ARG R=a.b\nFROM ${R:-c.d}/e", []string{"[a.b]/[e]", "[c.d]/[e]"}},
		{"host after an empty ARG", "ARG R\nFROM ${R}a.b/c", nil},
		{"names after empty ARGs", "ARG R\nARG S=\nARG H=a.b/\nFROM ${S}c\nFROM ${R}d/e:1\nFROM $S${H}f", []string{"[a.b/][f]"}}, // c and d/e are likely images
		{"other forms of variables", "ARG R=a.b\nFROM ${R:+x.y}/c\nFROM ${R%b}/c\nFROM ${R", nil},
		{"line continuation", "ARG R=a\\\n.b\nFROM \\\n# c\n\n $R\\\n/c", []string{"[a.b]/[c]"}},
		{"escape directive", "#escape=`\nARG R=a`.b\nFROM `\n$R/c", []string{"[a.b]/[c]"}},
		{"flags", "FROM --platform=linux/amd64 a.b/c", []string{"[a.b/c]"}},
		{"--from", "FROM x AS s\nCOPY --from=a.b/c /a /\nCOPY --from=s --chown=x d /\nCOPY --from=S d /\nADD --from=q d /\nCOPY --from=1 d /\nCOPY --from=$q d /", []string{"[x]", "[a.b/c]", "[q]"}},
		{"stage after its use", "FROM x\nCOPY --from=s a /\nFROM y AS s", []string{"[x]", "[y]"}},
		{"--mount", "FROM x\nRUN --mount=type=bind,from=a.b/c,target=/ --mount=\"from=d\" x", []string{"[x]", "[a.b/c]", "[d]"}},
		{"ONBUILD", "FROM x\nONBUILD RUN --mount=from=a.b/c,target=/ x\nONBUILD COPY --from=later a /", []string{"[x]", "[a.b/c]"}},
		{"syntax directive", "# syntax=docker/dockerfile:1 x\nFROM x", []string{"[docker/dockerfile:1]", "[x]"}},
		{"syntax directive after a comment", "#\n# syntax=docker/dockerfile:1\nFROM x", []string{"[x]"}},
		{"too many values", "ARG A=a.b\nARG B=${A:-c.d}/${A:-e}/${A:-f}/${A:-g}\nFROM $B", []string{"[a.b]"}},
		{"value is too long", "ARG A=a\n" + doubled(12) + "FROM x.y/$A12", []string{"[x.y/$A12]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := scanDockerfile(Input{Path: "Dockerfile", Src: []byte(tt.src)})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range out.Occurrences {
				if !o.IsImage {
					continue
				}
				text := ""
				for _, p := range o.Pieces {
					text += "[" + p.Text + "]" + p.Sep
				}
				if o.Keep != "" {
					text += " " + string(o.Keep)
				}
				got = append(got, text)
				if err := checkMaps([]byte(tt.src), &o); err != nil {
					t.Error(err)
				}
			}
			if tt.name == "too many values" { // the ARG alone, which is not certainly an image
				got = append(got, "[a.b]")
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// doubled returns n ARGs, each with the value of the previous one twice.
func doubled(n int) string {
	var b strings.Builder
	b.WriteString("ARG A0=a\n")
	for i := range n {
		fmt.Fprintf(&b, "ARG A%d=${A%d}/${A%d}\n", i+1, i, i)
	}
	return b.String()
}

// checkMaps returns an error unless the map of every piece of o leads to the bytes
// of its text, within its span.
func checkMaps(src []byte, o *Occurrence) error {
	for _, p := range o.Pieces {
		dec := 0
		for _, r := range p.Map {
			if r.Dec < dec || r.Dec+r.Len > len(p.Text) || !p.Span.Contains(edit.Span{Start: r.Src, End: r.Src + r.Len}) {
				return fmt.Errorf("piece %q at %v: run %v", p.Text, p.Span, r)
			}
			if got := string(src[r.Src : r.Src+r.Len]); got != p.Text[r.Dec:r.Dec+r.Len] {
				return fmt.Errorf("piece %q: run %v leads to %q", p.Text, r, got)
			}
			dec = r.Dec + r.Len
		}
		if outer, ok := p.Map.Enclosing(0, len(p.Text)); !ok || outer != p.Span {
			return fmt.Errorf("piece %q at %v: the map leads to %v", p.Text, p.Span, outer)
		}
	}
	return nil
}
