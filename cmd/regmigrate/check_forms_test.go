package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/internal/app/session"
)

// TestCheckForms runs --check for each field of the tables that holds an image, before and
// after the move: the exit codes are 1 and 0. testdata/forms.txtar has the forms of tools
// that the tables do not describe by the paths of fields. The first two folders of a form are
// its tool and its name; the comment has the scopes of a tool.
func TestCheckForms(t *testing.T) {
	forms, tools := 0, map[string]bool{}
	for _, file := range []string{"../../pkg/format/testdata/forms.txtar", "testdata/forms.txtar"} {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		scopes := map[string]string{}
		for line := range strings.Lines(string(archive.Comment)) {
			if tool, scope, ok := strings.Cut(strings.TrimSpace(line), " has the scope "); ok {
				scopes[tool] = scope
			}
		}
		for _, f := range archive.Files {
			parts := strings.SplitN(f.Name, "/", 3)
			forms++
			tools[parts[0]] = true
			checkForm(t, f.Name, parts[2], f.Data, scopes[parts[0]])
		}
	}
	if forms < 300 || len(tools) < 70 {
		t.Errorf("expected at least 300 forms of 70 tools, got %d of %d", forms, len(tools))
	}
}

// checkForm runs --check for the file name with the content src, before and after the move.
func checkForm(t *testing.T, form, name string, src []byte, scope string) {
	t.Helper()
	root := t.TempDir()
	at := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, src, 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"--rule", "docker.io=m.corp/hub", root}
	if scope != "" {
		args = append(args, "--scope", "manifests,"+scope)
	}
	for _, step := range []struct {
		args []string
		want int
	}{{append([]string{"--check"}, args...), 1}, {args, 0}, {append([]string{"--check"}, args...), 0}} {
		var out bytes.Buffer
		if got := Main(context.Background(), step.args, session.Streams{In: strings.NewReader(""), Out: &out, Err: &out}); got != step.want {
			t.Errorf("%s: %s: expected exit code %d, got %d\n%s\n%s", form, strings.Join(step.args, " "), step.want, got, src, &out)
			return
		}
	}
}
