package format

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestManyVariables checks that no value is left out, however many a file has: it moves, or
// is a conflict.
func TestManyVariables(t *testing.T) {
	lines := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, strings.ReplaceAll(form, "%d", "%[1]d"), i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name, path, src string
		files           fstest.MapFS
		moves, keeps    int
	}{
		{"a matrix", ".github/workflows/a.yml", "jobs:\n  j:\n    strategy: {matrix: {image: [" + lines(100, "acme/a:%d, ") + "]}}\n    container: ${{ matrix.image }}\n", nil, 100, 0},
		{"jobs of one variable", ".gitlab-ci.yml", "variables: {IMG: 'acme/a:1'}\n" + lines(2000, "j%d: {image: $IMG}\n"), nil, 1, 0},
		{"a variable of each job", ".gitlab-ci.yml", lines(300, "j%d: {variables: {IMG: 'acme/a:%d'}, image: $IMG}\n"), nil, 300, 0},
		{"too many values and uses", ".gitlab-ci.yml", lines(400, "j%d: {variables: {IMG: 'acme/a:%d'}, image: $IMG}\n"), nil, 0, 400},
		{"too many in values of others", ".gitlab-ci.yml", lines(400, "j%d: {variables: {A: $B, B: 'acme/a:%d'}, image: $A}\n"), nil, 0, 400},
		{"too many, and no image", ".gitlab-ci.yml", lines(400, "j%d: {variables: {A: 'acme/a:%d'}, script: echo $A}\n"), nil, 0, 0},
		{"a long chain", ".gitlab-ci.yml", "j: {variables: {A: $B, B: $C, C: $D, D: $E, E: $F, F: $G, G: 'acme/a:1'}, image: $A}\n", nil, 0, 1},
		{"a text of many uses", ".gitlab-ci.yml", "j: {variables: {A: 'acme/a:1'}, image: $A, script: '" + strings.Repeat("$B", 5000) + " == $A'}\n", nil, 0, 1},
		{"after many aliases", ".gitlab-ci.yml", ".a: &a [" + strings.Repeat("x, ", 1000) + "]\n" + lines(200, "j%d: {script: *a}\n") + "k: {variables: {A: 'acme/a:1'}, image: $A}\n", nil, 1, 0},
		{"a folder of many environment files", ".env", "A=acme/a:1\n", manyEnvironments(), 0, 1},
		{"a script of more than 1 MiB", "a.sh", strings.Repeat("# comment\n", 120_000) + "docker pull acme/a:1\nhelm install x y --set image.repository=acme/b --set image.tag=1\n", nil, 2, 0},
		{"many here-documents", "a.sh", strings.Repeat("cat <<A\nA\n", 200) + "cat <<E | kubectl apply -f -\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'acme/a:1'}]}\nE\n", nil, 1, 0},
		{"an Earthfile of more than 1 MiB", "Earthfile", "VERSION 0.8\n" + strings.Repeat("# comment\n", 120_000) + "ARG A=acme/a:1\nt:\n  FROM $A\n", nil, 1, 0},
		{"a Dockerfile of many lines", "compose.yaml", "services: {a: {build: {context: ., args: {A: 'acme/a:1'}}}}\n",
			fstest.MapFS{"Dockerfile": {Data: []byte("ARG A\nFROM $A\n" + strings.Repeat("RUN echo $A\n", 100) + "RUN test x = x$A\n")}}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			moves, keeps := 0, 0
			seen := map[int]bool{}
			s, err := Detect(c.path, []byte(c.src)).Read(Input{Path: c.path, Src: []byte(c.src), Files: OtherFilesOf(c.files)})
			if err != nil {
				t.Fatal(err)
			}
			for i := range s.Occurrences {
				o := &s.Occurrences[i]
				if !strings.HasPrefix(o.Text(), "acme/") || !o.IsImage && !o.LikelyImage || seen[o.Pieces[0].Span.Start] {
					continue
				}
				seen[o.Pieces[0].Span.Start] = true
				if o.Keep == "" {
					moves++
				} else {
					keeps++
				}
			}
			if moves != c.moves || keeps != c.keeps {
				t.Errorf("%d values move and %d are kept, want %d and %d", moves, keeps, c.moves, c.keeps)
			}
		})
	}
}

// manyEnvironments returns a folder in which each of many environment files may be used by a
// large Compose file.
func manyEnvironments() fstest.MapFS {
	files := fstest.MapFS{"compose.yaml": {Data: []byte("services: {a: {image: $A}}\n" + strings.Repeat("# comment\n", 50_000))}}
	for i := range 100 {
		files[fmt.Sprintf("%d.env", i)] = &fstest.MapFile{Data: []byte("B=1\n")}
	}
	files[".env"] = &fstest.MapFile{Data: []byte("A=acme/a:1\n")}
	return files
}
