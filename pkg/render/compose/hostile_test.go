package compose

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/regmigrate/regmigrate/internal/repofile"
	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// A project that is too large or hostile is not proven to be changed, and ends.
func TestHostileProjects(t *testing.T) {
	bomb := "x-a: &a [b, b, b, b, b, b, b, b, b]\n"
	for i := range 12 {
		bomb += "x-" + string(rune('b'+i)) + ": &" + string(rune('b'+i)) + " [" + strings.Repeat("*"+string(rune('a'+i))+", ", 9) + "]\n"
	}
	many := fstest.MapFS{}
	include := "include:\n"
	for i := range maxFiles + 10 {
		name := fmt.Sprintf("f%d.yaml", i)
		many[name] = &fstest.MapFile{Data: []byte("services: {}\n"), Mode: 0o644}
		include += "- " + name + "\n"
	}
	many["compose.yaml"] = &fstest.MapFile{Data: []byte(include + "services: {a: {image: quay.io/a/b}}\n"), Mode: 0o644}
	const services = "services: {a: {image: quay.io/a/b}}\n"
	for name, tree := range map[string]fstest.MapFS{
		"alias bomb in files": files("-- compose.yaml --\n" + bomb + "include: *m\n" + services),
		"many files":          many,
		"large file":          files("-- compose.yaml --\n" + services + "#" + strings.Repeat("a", maxFileSize) + "\n"),
		"deep":                files("-- compose.yaml --\nservices: " + strings.Repeat("[", 100000) + "\n"),
		"many words":          files("-- compose.yaml --\nservices: {a: {image: a.example/b, command: '" + strings.Repeat("quay.io/a/b:1 ", 20000) + "'}}\n"),
		"alias to itself":     files("-- compose.yaml --\ninclude: &a [*a]\n" + services),
	} {
		t.Run(name, func(t *testing.T) {
			after := tree
			if strings.Contains(string(tree["compose.yaml"].Data), "quay.io/a/b") {
				after = replaced(t, tree, "compose.yaml", "quay.io/a/b", "mirror.example/quay/a/b")
			}
			v := verifyFiles(t, tree, after, "compose.yaml")
			if v[0].State != render.Unproven || v[0].Reason == "" || strings.Contains(v[0].Reason, "line 0") || strings.Contains(v[0].Reason, ":0") {
				t.Errorf("expected an unproven verdict, got %.300s", describe(&v[0]))
			}
		})
	}
	for name, text := range map[string]string{
		"include cycle": "include: [compose.yaml]\n" + services,
		"many services": "services:\n" + numbered("  s%d: {image: quay.io/a/b}\n", 3000),
		"many aliases":  "x-a: &a {image: quay.io/a/b}\nservices:\n" + numbered("  s%d: *a\n", 900),
		"alias bomb":    bomb + services,
	} {
		t.Run(name, func(t *testing.T) {
			tree := files("-- compose.yaml --\n" + text)
			v := verifyFiles(t, tree, replaced(t, tree, "compose.yaml", "quay.io/a/b", "mirror.example/quay/a/b"), "compose.yaml")
			if v[0].State != render.Proven {
				t.Errorf("expected a proven verdict, got %.300s", describe(&v[0]))
			}
		})
	}
}

func numbered(format string, n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, format, i)
	}
	return out.String()
}

// A file of the project that is new, gone or renamed is a change.
func TestFiles(t *testing.T) {
	const main = "-- compose.yaml --\nservices: {web: {image: quay.io/a/b}}\n"
	const moved = "-- compose.yaml --\nservices: {web: {image: mirror.example/quay/a/b}}\n"
	for _, tt := range []struct{ name, before, after, want string }{
		{"a new override", main, moved + "-- compose.override.yaml --\nservices: {web: {user: root}}\n", "unproven: compose.override.yaml:1: the file is new"},
		{"an override that is gone", main + "-- compose.override.yaml --\nservices: {web: {user: root}}\n", moved, "FAILED: compose.override.yaml:1: the file is gone"},
		{"a new environment", main, moved + "-- .env --\nA=1\n", "unproven: .env:1: the file is new"},
		{"an environment that is gone", main + "-- .env --\nA=1\n", moved, "FAILED: .env:1: the file is gone"},
		{"a renamed environment", main + "-- .env --\nA=1\n", moved + "-- .env.prod --\nA=1\n", "FAILED: .env:1: the file is gone"},
		{"a changed environment", main + "-- .env --\nA=1\n", moved + "-- .env --\nA=2\n", "FAILED: .env:1: the file changed, which no rule requires"},
		{"an environment that names files", main + "-- .env --\nCOMPOSE_FILE=../a.yaml\n", moved + "-- .env --\nCOMPOSE_FILE=../a.yaml\n", "unproven: .env:1: COMPOSE_FILE"},
		{"an environment with a byte order mark", main + "-- .env --\n\ufeffCOMPOSE_FILE=../a.yaml\n", moved + "-- .env --\n\ufeffCOMPOSE_FILE=../a.yaml\n", "unproven: .env:1: COMPOSE_FILE"},
		{"an environment with a comment", main + "-- .env --\n# COMPOSE_FILE=../a.yaml\n", moved + "-- .env --\n# COMPOSE_FILE=../a.yaml\n", "proven: "},
		{"a Compose file that is gone", main + "-- docker-compose.prod.yml --\nservices: {}\n", moved, "FAILED: docker-compose.prod.yml:1: the file is gone"},
		{"a new file", "-- a --\n", moved, "unproven: compose.yaml:1: the file is new"},
	} {
		v := verifyFiles(t, files(tt.before), files(tt.after), "compose.yaml")
		if got := describe(&v[0]); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: expected %s, got %s", tt.name, tt.want, got)
		}
	}
}

// No link leads out of the repository.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "repo")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"outside.yaml": "services: {secret: {image: quay.io/a/secret}}\n", "repo/compose.yaml": "include: [part.yaml]\nservices: {web: {image: a.example/b}}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../outside.yaml", filepath.Join(root, "part.yaml")); err != nil {
		t.Skip(err)
	}
	tree, err := repofile.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	v := verifyFiles(t, tree, tree, "compose.yaml")
	if v[0].State != render.Unproven || strings.Contains(fmt.Sprint(v[0]), "secret") {
		t.Errorf("expected an unproven verdict without the text of the file, got %s", describe(&v[0]))
	}
}

// An interruption ends the comparison.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tree := files("-- compose.yaml --\nservices: {web: {image: quay.io/a/b}}\n")
	plan := func(context.Context, string, []byte) ([]byte, error) {
		cancel()
		return nil, nil
	}
	after := replaced(t, tree, "compose.yaml", "quay.io", "mirror.example/quay")
	_, err := Verify(ctx, &render.Runner{}, tree, after, Options{Rewrite: render.ByRules(mirrorSet(t)), Plan: plan, Files: []string{"compose.yaml"}})
	if m := (*render.Incomplete)(nil); !errors.As(err, &m) || m.Missing != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("expected an Incomplete error, got %v", err)
	}
}

// FuzzOneByte changes one byte of a correct change. The project is not proven then, unless
// the byte is in a comment.
func FuzzOneByte(f *testing.F) {
	src := files(mutatedBefore)["compose.yaml"].Data
	for i := 0; i < len(src); i += 7 {
		f.Add(string(src), uint32(i), byte('x'))
		f.Add(string(src), uint32(i), byte(' '))
	}
	f.Add("services: {a: {image: &i quay.io/a, command: *i}}\n", uint32(9), byte('*'))
	f.Fuzz(func(t *testing.T, before string, at uint32, to byte) {
		if len(before) > 16<<10 || strings.Contains(before, "#") || to == '#' {
			return
		}
		tree := func(src string) fstest.MapFS { return fstest.MapFS{"compose.yaml": {Data: []byte(src), Mode: 0o644}} }
		if v := verifyFiles(t, tree(before), tree(before), "compose.yaml"); v[0].State == render.Failed {
			t.Errorf("the same text fails: %s", describe(&v[0]))
		}
		after, err := rewrite.EditText(mirrorSet(t))(t.Context(), "compose.yaml", []byte(before))
		if err != nil || len(after) == 0 {
			return
		}
		right := verifyFiles(t, tree(before), tree(string(after)), "compose.yaml")[0]
		wrong := []byte(string(after))
		wrong[int(at)%len(wrong)] = to
		if string(wrong) == string(after) {
			return
		}
		// A correct change that moves less is possible.
		v := verifyFiles(t, tree(before), tree(string(wrong)), "compose.yaml")[0]
		if v.State == render.Proven && right.State == render.Proven && v.Moved >= right.Moved {
			t.Errorf("a wrong byte is not found:\n%s\n%s", wrong, describe(&v))
		}
	})
}
