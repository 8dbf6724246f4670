package kustomize

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/render"
	"github.com/regmigrate/regmigrate/pkg/render/helm"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

var update = flag.Bool("update", false, "rewrite the want files")

// TestMain lets the test program be its own child process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == render.ChildCommand {
		os.Exit(render.Child(os.Stdin, os.Stdout, render.Handlers{
			BuildJob: HandleBuild(), MergeValuesJob: HandleMergeValues,
			helm.TemplateJob: helm.HandleTemplate,
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

// show formats verdicts. It leaves out the number of random lines, which depends on
// chance: two random letters can be equal.
func show(verdicts []render.Verdict) string {
	var b strings.Builder
	for _, v := range verdicts {
		fmt.Fprintf(&b, "%s %s: %s\n", v.State, v.Dir, v.Summary())
		for _, d := range v.Diffs {
			fmt.Fprintf(&b, "  differs (%s): %s\n", d.Values, d)
		}
		for _, l := range v.Leftovers {
			fmt.Fprintf(&b, "  left: %s %s %s %s\n", l.Template, l.Object, l.Field, l.Ref)
		}
		for _, n := range v.NotRendered {
			fmt.Fprintf(&b, "  not rendered: %s: %s\n", n.Values, n.Why)
		}
		if v.RandomLines > 0 {
			fmt.Fprintf(&b, "  masked\n")
		}
		for _, c := range []struct {
			what string
			n    int
		}{{"checksums", v.Checksums}, {"folded", v.Refolded}, {"versions", v.VersionChanges}} {
			if c.n > 0 {
				fmt.Fprintf(&b, "  %s: %d\n", c.what, c.n)
			}
		}
		if len(v.Missing) > 0 {
			fmt.Fprintf(&b, "  missing: %v\n", v.Missing)
		}
		if len(v.DependencyDirs) > 0 {
			fmt.Fprintf(&b, "  borrowed: %v\n", v.DependencyDirs)
		}
		if v.KubeVersion != helm.DefaultKubeVersion && v.KubeVersion != "" {
			fmt.Fprintf(&b, "  Kubernetes: %s\n", v.KubeVersion)
		}
	}
	return b.String()
}

type counts map[string]int

func (n counts) log(t *testing.T, d time.Duration) {
	var keys []string
	for k := range n {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.Logf("%6d %s", n[k], k)
	}
	t.Logf("in %s", d.Round(100*time.Millisecond))
}

// rightLines reports whether each line of got is its line of before or of after.
// Checksums are not compared.
func rightLines(before, after, got []string) bool {
	if len(got) != len(before) {
		return false
	}
	for i, line := range got {
		if line != before[i] && line != after[i] && !strings.Contains(line, "checksum/") {
			return false
		}
	}
	return true
}

// An oldNew is a text in a file and its replacement in the right change.
type oldNew struct{ file, old, new string }

// hostileRunner has low limits of memory and output, and one child process, so
// that each job gets the child process of the job before.
func hostileRunner(t *testing.T) *render.Runner {
	r := testRunner(t)
	r.MemoryLimit = 256 << 20
	r.MaxOutput = 4 << 20
	r.Jobs = 1
	return r
}
