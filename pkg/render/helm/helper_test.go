package helm

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

var update = flag.Bool("update", false, "rewrite the want files")

// TestMain lets the test program be its own child process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == render.ChildCommand {
		os.Exit(render.Child(os.Stdin, os.Stdout, render.Handlers{
			RenderJob: HandleRender, TraceJob: HandleTrace, TemplateJob: HandleTemplate, SchemaJob: HandleSchema, ReadsJob: HandleReads,
		}))
	}
	os.Exit(m.Run())
}

// testRunner returns a Runner whose child processes are this test program. Its limit
// of time is generous, for busy machines.
func testRunner(t testing.TB) *render.Runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &render.Runner{Self: []string{self, render.ChildCommand}, Timeout: 10 * time.Minute}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("closing the runner: %v", err)
		}
	})
	return r
}

// cases returns the paths of the archives in testdata/folder.
func cases(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/%s: %v", folder, err)
	}
	return files
}

// tree returns the files of a in the folder dir.
func tree(a *txtar.Archive, dir string) fstest.MapFS {
	out := fstest.MapFS{}
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, dir); ok && f.Name != "want" {
			out[name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return out
}

// checkWant compares got with the file want of the archive.
func checkWant(t *testing.T, file string, a *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
	if *update {
		if i < 0 {
			i = len(a.Files)
			a.Files = append(a.Files, txtar.File{Name: "want"})
		}
		a.Files[i].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(a), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if i < 0 {
		t.Fatalf("%s has no file want", file)
	}
	if want := string(a.Files[i].Data); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// rewriteOf returns the RewriteFunc of the rules in lines `rule: FROM=TO` of
// comment, or of the preset k8s when comment has none.
func rewriteOf(t testing.TB, comment []byte) render.RewriteFunc {
	t.Helper()
	var list []rules.Rule
	for line := range strings.Lines(string(comment)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "rule: "); ok {
			from, to, _ := strings.Cut(text, "=")
			list = append(list, rules.Rule{From: from, To: to})
		}
	}
	if list == nil {
		var err error
		if list, err = rules.Preset("k8s"); err != nil {
			t.Fatal(err)
		}
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return render.ByRules(set)
}

func contents(m fstest.MapFS) map[string][]byte {
	out := map[string][]byte{}
	for name, f := range m {
		out[name] = f.Data
	}
	return out
}
