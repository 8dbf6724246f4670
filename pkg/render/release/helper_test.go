package release

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// TestMain lets the test program be its own child process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == render.ChildCommand {
		os.Exit(render.Child(os.Stdin, os.Stdout, render.Handlers{
			helm.RenderJob: helm.HandleRender, helm.TraceJob: helm.HandleTrace, helm.TemplateJob: helm.HandleTemplate, helm.SchemaJob: helm.HandleSchema, helm.ReadsJob: helm.HandleReads,
		}))
	}
	os.Exit(m.Run())
}

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

func testRules(t testing.TB) *rules.Set {
	t.Helper()
	var list []rules.Rule
	for _, text := range []string{"k8s.gcr.io=registry.k8s.io", "quay.io=mirror.example/quay"} {
		r, err := rules.ParseRuleFlag(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	set, err := rules.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// files returns the files of an archive of package txtar.
func files(archive string) map[string]string {
	out := map[string]string{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		out[f.Name] = string(f.Data)
	}
	return out
}

// treeOf returns a tree of files. A text that begins with "-> " is a symbolic link.
func treeOf(all map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range all {
		out[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			out[name] = &fstest.MapFile{Data: []byte(target), Mode: 0o777 | fs.ModeSymlink}
		}
	}
	return out
}

// moved returns the files as regmigrate would write them.
func moved(t testing.TB, all map[string]string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, text := range all {
		src, err := rewrite.EditText(testRules(t))(t.Context(), name, []byte(text))
		if err != nil || strings.HasPrefix(text, "-> ") {
			src = []byte(text)
		}
		out[name] = string(src)
	}
	return out
}

// verifyFiles returns the verdicts by object.
func verifyFiles(t testing.TB, r *render.Runner, before, after map[string]string) map[string]render.Verdict {
	t.Helper()
	set := testRules(t)
	verdicts, err := Verify(t.Context(), r, treeOf(before), treeOf(after), Options{
		Rewrite: render.ByRules(set), Plan: rewrite.EditText(set),
		Repository: Repository{URL: "git@git.example:team/repo.git", Branches: []string{"main"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]render.Verdict{}
	for _, v := range verdicts {
		if v.State == render.Proven && v.Moved == 0 { // as in package prove
			v.State, v.Reason = render.Unproven, "no changed reference is rendered"
		}
		if _, ok := out[v.Object]; ok {
			t.Errorf("two verdicts for %s", v.Object)
		}
		out[v.Object] = v
	}
	return out
}
