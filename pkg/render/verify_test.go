package render

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/rules"
)

var update = flag.Bool("update", false, "write what is wanted anew")

// cases returns the archives of testdata/folder.
func cases(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/%s: %v", folder, err)
	}
	return files
}

// tree returns the files of a below the folder dir.
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

// mover returns the rules that the comment of a names in lines `rule: FROM=TO`,
// or the preset k8s.
func mover(t testing.TB, comment []byte) Mover {
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
	return Rules(set)
}

// TestVerify verifies the change from before/ to before/ with after/ over it.
func TestVerify(t *testing.T) {
	r := testRunner(t)
	for _, file := range cases(t, "verify") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			before := tree(a, "before/")
			verdicts, err := r.Verify(context.Background(), before, Overlay(before, contents(tree(a, "after/"))), Options{Move: mover(t, a.Comment)})
			if err != nil {
				t.Fatal(err)
			}
			checkWant(t, file, a, show(verdicts))
		})
	}
}

func contents(m fstest.MapFS) map[string][]byte {
	out := map[string][]byte{}
	for name, f := range m {
		out[name] = f.Data
	}
	return out
}

// show is verdicts as text. How many lines are masked is left to chance: a
// random letter may be the same twice.
func show(verdicts []Verdict) string {
	var b strings.Builder
	for _, v := range verdicts {
		fmt.Fprintf(&b, "%s %s: %s\n", v.State, v.Chart, v.Summary())
		for _, d := range v.Diffs {
			fmt.Fprintf(&b, "  differs (%s): %s\n", d.Set, d)
		}
		for _, l := range v.Left {
			fmt.Fprintf(&b, "  left: %s %s %s %s\n", l.Template, l.Object, l.Field, l.Ref)
		}
		for _, n := range v.NotRendered {
			fmt.Fprintf(&b, "  not rendered: %s: %s\n", n.Set, n.Why)
		}
		if v.Masked > 0 {
			fmt.Fprintf(&b, "  masked\n")
		}
		for _, c := range []struct {
			what string
			n    int
		}{{"checksums", v.Checksums}, {"folded", v.Folded}, {"versions", v.Versions}} {
			if c.n > 0 {
				fmt.Fprintf(&b, "  %s: %d\n", c.what, c.n)
			}
		}
		if len(v.Missing) > 0 {
			fmt.Fprintf(&b, "  missing: %v\n", v.Missing)
		}
		if len(v.Borrowed) > 0 {
			fmt.Fprintf(&b, "  borrowed: %v\n", v.Borrowed)
		}
		if v.KubeVersion != DefaultKubeVersion && v.KubeVersion != "" {
			fmt.Fprintf(&b, "  told: %s\n", v.KubeVersion)
		}
	}
	return b.String()
}

func TestTrace(t *testing.T) {
	r := testRunner(t)
	for _, file := range cases(t, "trace") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			charts, err := Charts(tree(a, ""))
			if err != nil || len(charts) != 1 {
				t.Fatalf("%d charts: %v", len(charts), err)
			}
			got, err := r.Trace(context.Background(), &charts[0], charts[0].Sets[0], Capabilities{})
			if err != nil {
				t.Fatal(err)
			}
			checkWant(t, file, a, showTrace(got))
		})
	}
}

func showTrace(t *Trace) string {
	var b strings.Builder
	for _, m := range t.Made {
		fmt.Fprintf(&b, "%s %s %s =", m.Template, m.Field, m.Ref)
		for _, p := range m.Parts {
			switch {
			case p.Value == nil:
				fmt.Fprintf(&b, " %q", p.Text)
			case p.Whole:
				fmt.Fprintf(&b, " %s(%s)", strings.Join(p.Value, "."), p.Text)
			default:
				fmt.Fprintf(&b, " in %s(%s)", strings.Join(p.Value, "."), p.Text)
			}
		}
		b.WriteByte('\n')
	}
	for _, u := range t.Unread {
		fmt.Fprintf(&b, "unread %s %s %s: %s\n", u.Template, u.Field, u.Ref, u.Why)
	}
	return b.String()
}

func TestOverlay(t *testing.T) {
	base := fstest.MapFS{"a/b.txt": {Data: []byte("old")}, "a/c.txt": {Data: []byte("same")}}
	o := Overlay(base, map[string][]byte{"a/b.txt": []byte("changed")})
	for name, want := range map[string]string{"a/b.txt": "changed", "a/c.txt": "same"} {
		got, err := fs.ReadFile(o, name)
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestCharts(t *testing.T) {
	chart := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("apiVersion: v2\nversion: 1.0.0\nname: " + name + "\n")}
	}
	charts, err := Charts(fstest.MapFS{
		"Chart.yaml":                        chart("root"),
		"charts/sub/Chart.yaml":             chart("sub"),
		"charts/sub/charts/deep/Chart.yaml": chart("deep"),
		"other/a/Chart.yaml":                chart("a"),
		"other/a/ci/x-values.yaml":          {Data: []byte("x: 1")},
		"other/a/ci/notes.md":               {},
		"other/charts/b/Chart.yaml":         chart("b"), // other is no chart
		".git/Chart.yaml":                   chart("git"),
		"broken/Chart.yaml":                 {Data: []byte(":\n\t")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range charts {
		s := c.Dir + " " + c.Name
		for _, set := range c.Sets {
			s += ", " + set.Name
		}
		got = append(got, s)
	}
	want := []string{
		". root, default values",
		"broken , default values",
		"other/a a, default values, ci/x-values.yaml",
		"other/charts/b b, default values",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
