package dockerfile

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// hostileFiles are files that need much time or memory if something is not linear.
func hostileFiles() map[string]string {
	var chain, reached strings.Builder
	for i := range 900 {
		chain.WriteString("ARG a" + strings.Repeat("b", i) + "=$a" + strings.Repeat("b", max(0, i-1)) + "\n")
	}
	for range 20000 {
		reached.WriteString("ARG x=$a" + strings.Repeat("b", 899) + "\n")
		if reached.Len() > 500<<10 {
			break
		}
	}
	return map[string]string{
		"many stages":       strings.Repeat("FROM quay.io/a/b\n", 8000),
		"many copies":       "FROM quay.io/a/b AS x\n" + strings.Repeat("COPY --from=x / /\n", 10000),
		"many arguments":    "ARG a=b c=d\n" + strings.Repeat("ARG a=$a\n", 15000) + "FROM $a\n",
		"reached arguments": chain.String() + reached.String() + "FROM $x\n",
		"a long value":      "ARG a=" + strings.Repeat("b", 500<<10) + "\n" + strings.Repeat("FROM x$a\n", 20000),
		"many variables":    "ARG a=b\nFROM " + strings.Repeat("$a", 400<<10) + "\n",
		"a long line":       "FROM quay.io/a/b\nRUN " + strings.Repeat("quay.io/a/b ", 10000) + "\n",
		"a long word":       "FROM quay.io/a/b\nRUN " + strings.Repeat("quay.io/", 100000) + "\n",
		"many labels":       "FROM quay.io/a/b\nLABEL " + strings.Repeat("a=quay.io/a/b ", 8000) + "\n",
		"many lines":        "FROM quay.io/a/b\nRUN a " + strings.Repeat("\\\n quay.io/a/b", 8000) + "\n",
		"a here-document":   "FROM quay.io/a/b\nRUN <<E\n" + strings.Repeat("quay.io/a/b\n", 8000) + "E\n",
		"many directives":   strings.Repeat("# a\n", 200000) + "FROM quay.io/a/b\n",
		"nested ONBUILD":    "FROM quay.io/a/b\n" + strings.Repeat("ONBUILD ", 100000) + "RUN a\n",
	}
}

// A hostile file has a verdict other than a failure, and the test ends.
func TestHostileFiles(t *testing.T) {
	for name, src := range hostileFiles() {
		t.Run(name, func(t *testing.T) {
			after := strings.ReplaceAll(src, "quay.io/a/b", "mirror.example/quay/a/b")
			tree := func(src string) fstest.MapFS {
				return fstest.MapFS{"Dockerfile": {Data: []byte(src), Mode: 0o644}}
			}
			v, err := Verify(t.Context(), &render.Runner{}, tree(src), tree(after), Options{Rewrite: render.ByRules(mirrorSet(t)), Files: []string{"Dockerfile"}})
			if err != nil || len(v) != 1 || v[0].State == render.Failed || strings.Contains(v[0].Reason, "line 0") {
				t.Errorf("expected a verdict that did not fail, got %.300v, error %v", v, err)
			}
		})
	}
}

// No plan is made of a file that does not parse, such as one with a long line.
func TestNoPlanOfBrokenFile(t *testing.T) {
	tree := func(src string) fstest.MapFS {
		return fstest.MapFS{"Dockerfile": {Data: []byte(src), Mode: 0o644}}
	}
	src := "FROM quay.io/a/b\nRUN " + strings.Repeat("quay.io/a/b ", 10000) + "\n"
	plan := func(context.Context, string, []byte) ([]byte, error) {
		t.Error("a plan was made")
		return nil, nil
	}
	v, err := Verify(t.Context(), &render.Runner{}, tree(src), tree("FROM a\n"), Options{Rewrite: render.ByRules(mirrorSet(t)), Plan: plan, Files: []string{"Dockerfile"}})
	if err != nil || len(v) != 1 || v[0].State != render.Unproven {
		t.Errorf("expected an unproven file, got %v, error %v", v, err)
	}
}

// An interruption ends the comparison of a file.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	src := []byte(strings.Repeat("FROM quay.io/a/b\n", 1000))
	tree := fstest.MapFS{"Dockerfile": {Data: src, Mode: 0o644}}
	other := fstest.MapFS{"Dockerfile": {Data: []byte("FROM a\n"), Mode: 0o644}}
	plan := func(context.Context, string, []byte) ([]byte, error) {
		cancel()
		return nil, nil
	}
	_, err := Verify(ctx, &render.Runner{}, tree, other, Options{Rewrite: render.ByRules(mirrorSet(t)), Plan: plan, Files: []string{"Dockerfile"}})
	if m := (*render.Incomplete)(nil); !errors.As(err, &m) || m.Missing != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("expected an Incomplete error, got %v", err)
	}
}

// A file that is new, deleted, a link or too large is not proven.
func TestFiles(t *testing.T) {
	file := func(src string) fstest.MapFS {
		return fstest.MapFS{"Dockerfile": {Data: []byte(src), Mode: 0o644}}
	}
	link := func(src string) fstest.MapFS {
		return fstest.MapFS{"Dockerfile": {Data: []byte("a"), Mode: fs.ModeSymlink | 0o777}, "a": {Data: []byte(src), Mode: 0o644}}
	}
	const src = "FROM quay.io/a/b\n"
	for _, tt := range []struct {
		name          string
		before, after fstest.MapFS
		want          string
	}{
		{"new", fstest.MapFS{}, file(src), "unproven: the file is new, so that nothing can be compared: read it"},
		{"deleted", file(src), fstest.MapFS{}, "FAILED: the file is gone after the change: restore it, or delete it in another commit"},
		{"in neither tree", fstest.MapFS{}, fstest.MapFS{}, "unproven: the file is in neither tree"},
		{"too large", file("#" + strings.Repeat("a", maxSize)), file(src), "unproven: reading the file: the file is larger than 1 MiB"},
		{"a link", file(src), link(src), "FAILED: the file is a symbolic link after the change: restore it"},
		{"a link that is gone", link(src), file(src), "FAILED: the file was a symbolic link before the change: restore it"},
		{"a link to a changed file", link(src), link("FROM mirror.example/quay/a/b\n"), "unproven: the file is a symbolic link, and the link or the file that it leads to changed: read it"},
		{"a folder", file(src), fstest.MapFS{"Dockerfile/a": {}}, "FAILED: reading the file after the change: not a regular file"},
	} {
		v, err := Verify(t.Context(), &render.Runner{}, tt.before, tt.after, Options{Rewrite: render.ByRules(mirrorSet(t)), Files: []string{"Dockerfile"}})
		if err != nil || len(v) != 1 || describe(&v[0]) != tt.want {
			t.Errorf("%s: expected %s, got %v, error %v", tt.name, tt.want, v, err)
		}
	}
}
