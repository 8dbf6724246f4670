package helm

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/regmigrate/regmigrate/pkg/render"
)

// TestVerify verifies the change from before/ to before/ with the files of after/
// replaced.
func TestVerify(t *testing.T) {
	r := testRunner(t)
	for _, file := range cases(t, "verify") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			before := tree(a, "before/")
			verdicts, err := Verify(context.Background(), r, before, render.Overlay(before, contents(tree(a, "after/"))), Options{Rewrite: rewriteOf(t, a.Comment)})
			if err != nil {
				t.Fatal(err)
			}
			checkWant(t, file, a, show(verdicts))
		})
	}
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
		if v.KubeVersion != DefaultKubeVersion && v.KubeVersion != "" {
			fmt.Fprintf(&b, "  Kubernetes: %s\n", v.KubeVersion)
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
			got, err := TraceChart(context.Background(), r, &charts[0], TraceOptions{Values: charts[0].Values[0]})
			if err != nil {
				t.Fatal(err)
			}
			checkWant(t, file, a, showTrace(got))
		})
	}
}

// TestTraceTolerant traces charts that do not render.
func TestTraceTolerant(t *testing.T) {
	r := testRunner(t)
	for _, file := range cases(t, "tolerant") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			charts, err := Charts(tree(a, ""))
			if err != nil || len(charts) != 1 {
				t.Fatalf("%d charts: %v", len(charts), err)
			}
			o := TraceOptions{Values: charts[0].Values[0], Hosts: []string{"docker.io"}}
			if _, err := TraceChart(context.Background(), r, &charts[0], o); err == nil {
				t.Error("the chart renders as it is")
			}
			o.Tolerant = true
			got, err := TraceChart(context.Background(), r, &charts[0], o)
			if err != nil {
				t.Fatal(err)
			}
			checkWant(t, file, a, showTrace(got))
		})
	}
}

func TestReplaceFunctions(t *testing.T) {
	names := map[string]string{"old": `and ""`, "required": "default"}
	for _, c := range []struct{ name, src, want string }{
		{"a call", `{{ old .a }}`, `{{ and "" .a }}`},
		{"after a pipe", "{{- .x | old 1 -}}", `{{- .x | and "" 1 -}}`},
		{"in parentheses", `{{ if (old) }}`, `{{ if (and "") }}`},
		{"a field, a variable and a longer name stay", `{{ .old $old older .x.old }}`, `{{ .old $old older .x.old }}`},
		{"strings and comments stay", "{{/* old */}}{{ print \"old }}\" `old` 'o' }}", "{{/* old */}}{{ print \"old }}\" `old` 'o' }}"},
		{"text stays", `old {{ required "m" .x }} old`, `old {{ default "m" .x }} old`},
		{"an action without an end", `{{ old`, `{{ and ""`},
	} {
		if got := string(replaceFunctions([]byte(c.src), names)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func showTrace(t *Trace) string {
	var b strings.Builder
	for _, m := range t.Refs {
		if m.Incomplete {
			b.WriteString("incomplete ")
		}
		if m.IsRegistry {
			b.WriteString("registry ")
		}
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
	for _, u := range t.Untraced {
		fmt.Fprintf(&b, "untraced %s %s %s: %s\n", u.Template, u.Field, u.Ref, u.Why)
	}
	return b.String()
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
		"other/charts/b/Chart.yaml":         chart("b"), // other is not a chart
		".git/Chart.yaml":                   chart("git"),
		"broken/Chart.yaml":                 {Data: []byte(":\n\t")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range charts {
		s := c.Dir + " " + c.Name
		for _, set := range c.Values {
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
