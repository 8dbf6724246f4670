package attributes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/internal/syntax"
)

// texts returns the texts of the tree n with their paths.
func texts(n *syntax.Node, path string, out *[]string) {
	switch n.Kind {
	case syntax.Mapping:
		for i := 0; i+1 < len(n.Children); i += 2 {
			texts(n.Children[i+1], path+"/"+n.Children[i].Value, out)
		}
	case syntax.Sequence:
		for i, item := range n.Children {
			texts(item, fmt.Sprint(path, "/", i), out)
		}
	case syntax.Scalar:
		if n != expression {
			*out = append(*out, path+"="+n.Value)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name     string
		language Language
		src      string
		want     string
	}{
		{"attributes", HCL, `a = "1"` + "\n" + `b = 2, c = "3"`, "/a=1 /c=3"},
		{"blocks with labels", HCL, `resource "x" "y" { a = "1" }` + "\n" + `resource x "z" { b { c = "2" } }`, "/resource/x/y/a=1 /resource/x/z/b/c=2"},
		{"comments", HCL, "# a = \"1\"\n// b = \"2\"\n/* c = \"3\" } */ d = \"4\"", "/d=4"},
		{"a here-document", HCL, "a = <<-EOT\n b = \"1\"\n EOT\nc = \"2\"", "/c=2"},
		{"objects and lists", HCL, `a = { b = "1", "c" : "2" }` + "\n" + `d = ["3", { e = "4" }]`, "/a/b=1 /a/c=2 /d/0=3 /d/1/e=4"},
		{"interpolations", HCL, `a = "x${f("}", "{")}y"` + "\n" + `b = "1"`, `/a=x${f("}", "{")}y /b=1`},
		{"a name in a text", HCL, `a = "x:${var.y}"` + "\n" + `b = "x$${y}"`, "/a=x:${var.y} /b=x$${y}"},
		{"an escape", HCL, `a = "x\"y"` + "\n" + `b = "1"`, "/b=1"},
		{"expressions", HCL, `a = var.x == "1" ? var.y : var.z` + "\n" + `b = "1" == "2"` + "\n" + `c = f("3", { d = "4" })` + "\n" + `e = "5"`, "/e=5"},
		{"a conditional expression", HCL, `a = var.x == "0" ? "1" : var.y ? "2" : "3"` + "\n" + `b = "4"`, "/a/0=1 /a/1=2 /a/2=3 /b=4"},
		{"functions", HCL, `a = format("x:%s", "y")` + "\n" + `b = coalesce("1", var.x, try(var.y, "2"))` + "\n" + `c = lookup(var.x, "y", "3")`, "/a=x:%s /b/0=1 /b/1=2 /c/0=3"},
		{"a list that is joined", HCL, `a = join("/", ["b", var.c, "d"])` + "\n" + `e = join("", "f")`, "/a/0=b /a/1=/ /a/3=/ /a/4=d"},
		{"a format that begins with a verb", HCL, `a = format("%s/b:%d", "c", var.d)` + "\n" + `e = format("%s", "f", "g")` + "\n" + `h = format("%q/i", "j")`, "/a/0=c /a/1=/b: /e/0=f /h=%q/i"},
		{"line breaks in brackets", HCL, "a = (\n var.x\n ? \"1\"\n : \"2\"\n)\nb = \"3\"", "/a/0=1 /a/1=2 /b=3"},
		{"a list in an expression", HCL, `a = concat(["1"], ["2"])` + "\n" + `b = "3"`, "/b=3"},
		{"encoded values", HCL, `a = jsonencode([{ b = "1" }])`, "/a/0/b=1"},
		{"no bracket at the end", HCL, `a { b = "1"`, "/a/b=1"},
		{"a bracket too many", HCL, `a = "1" } b = "2"`, "/a=1"},

		{"a call", Starlark, `f(a = "1", b = '2', c = x, d = "3" * y)`, "/f/a=1 /f/b=2"},
		{"a method", Starlark, `oci.pull(a = "1")`, "/oci.pull/a=1"},
		{"comments and long texts", Starlark, "# f(a = \"1\")\nx = \"\"\"\nf(a = \"2\")\n\"\"\"\nf(a = \"3\")", "/f/a=3"},
		{"lists and dictionaries", Starlark, `f(a = ["1", "2"], b = {"c": "3"})`, "/f/a/0=1 /f/a/1=2 /f/b/c=3"},
		{"a call in a function", Starlark, "def g():\n    if x:\n        f(a = \"1\")", "/f/a=1"},
		{"maybe", Starlark, `maybe(f, a = "1")`, "/f/a=1"},
		{"load", Starlark, `load("@a//:b.bzl", "f", g = "h")` + "\n" + `f(a = "1")` + "\n" + `g(a = "2")`,
			"/load/g=h /f/a=1 /@a//:b.bzl%f/a=1 /g/a=2 /@a//:b.bzl%h/a=2"},
		{"use_repo_rule", Starlark, `p = use_repo_rule("@a//:b.bzl", "pull")` + "\n" + `p(a = "1")`, "/p/a=1 /@a//:b.bzl%pull/a=1"},
		{"a text with verbs", Starlark, `f(a = "x/%s:%s" % (N, "1"), b = "y:%s" % V, c = "%s/z" % "w", d = "%r" % V)`,
			"/f/a/0=x/ /f/a/2=: /f/a/3=1 /f/b/0=y: /f/c/0=w /f/c/1=/z"},
		{"a text with braces", Starlark, `f(a = "x/{}:{}".format(N, "1"), b = "{0}/{v}".format("y", v = V), c = "{{}}".format(V), d = "x".upper())`,
			"/f/a/0=x/ /f/a/2=: /f/a/3=1 /f/b/0=y /f/b/1=/"},
		{"a sum", Starlark, `f(a = "x/" + N + ":1", b = "x/%s" % N + ":1", c = "x" if V else "y", d = N + "x")`,
			"/f/a/0=x/ /f/a/2=:1 /f/b/0=x/ /f/b/2=:1 /f/c/0=x /f/c/1=y"},
		{"a conditional expression of Starlark", Starlark, `f(a = "1" if x == "0" else "2" if y("3") else z, b = ["4" for x in y if x], c = ("5" if x else "6"), d = "7" * 2 if x else "8", e = ("9"), g = ("1", "2"))`,
			"/f/a/0=1 /f/a/1=2 /f/c/0=5 /f/c/1=6 /f/d/0=8 /f/e=9"},
		{"a conditional expression over lines", Starlark, "f(a = \"1\"\n    if x\n    else \"2\",\n b = \"3\"\n or \"4\")", "/f/a/0=1 /f/a/1=2 /f/b/0=3 /f/b/1=4"},
		{"a default", Starlark, `f(a = x or "1", b = x.get("y") or "2", c = "x" in y)`, "/f/a/0=1 /f/b/1=2"},
		{"a sum of a call", Starlark, `f(a = "x/" + g(b = "1"), c = "2")`, "/g/b=1 /f/a/0=x/ /f/c=2"},
		{"raw texts and escapes", Starlark, `f(a = r"1", b = "\n", c = "2")`, "/f/c=2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			texts(Parse(c.src, c.language), "", &got)
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}

// FuzzParse checks that the values are texts of the source, and that no input
// needs much time.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`a "b" { c = ["1", { d = "x${y}" }] }`, `f(a = "1", b = g("2"))`, "a = <<E\nE\n", `"""`, "a = [[[[", "((((", "{a{b{c{", "x = \"${\"", "maybe(a,b(c=1))"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, l := range []Language{HCL, Starlark} {
			check(t, src, Parse(src, l), 0)
		}
	})
}

func check(t *testing.T, src string, n *syntax.Node, depth int) {
	if depth > 10*maxDepth {
		t.Fatal("nested too deeply")
	}
	if n.Kind == syntax.Scalar && n != expression && src[n.Span.Start:n.Span.End] != n.Value {
		t.Fatalf("%q at %v, the source has %q", n.Value, n.Span, src[n.Span.Start:n.Span.End])
	}
	for i, c := range n.Children {
		if n.Kind == syntax.Mapping && i%2 == 0 {
			continue // LABEL%NAME is not in the source
		}
		check(t, src, c, depth+1)
	}
}
