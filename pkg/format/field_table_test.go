package format

import (
	"strings"
	"testing"
)

func TestFieldTables(t *testing.T) {
	tables, err := fieldTables()
	if err != nil {
		t.Fatal(err)
	}
	tools := map[string]bool{}
	for _, x := range tables {
		if tools[x.Tool] {
			t.Errorf("two tables for %s", x.Tool)
		}
		tools[x.Tool] = true
	}
}

func TestReadFieldTableErrors(t *testing.T) {
	const head = "tool: T\nsource: https://a.io\n"
	for _, c := range []struct{ name, src, want string }{
		{"an unknown word", head + "entries: [{files: a, fields: [{path: b, picture: true}]}]", "field picture not found"},
		{"no tool", "source: https://a.io\nentries: [{files: a, fields: [{path: b, image: true}]}]", "no tool"},
		{"no source", "tool: T\nentries: [{files: a, fields: [{path: b, image: true}]}]", "no source"},
		{"a source that is no URL", "tool: T\nsource: the manual\nentries: [{files: a, fields: [{path: b, image: true}]}]", "https://"},
		{"no entries", head, "no entries"},
		{"no condition", head + "entries: [{fields: [{path: b, image: true}]}]", "expected a condition"},
		{"no fields", head + "entries: [{files: a}]", "no fields"},
		{"a bad glob", head + "entries: [{files: 'a[', fields: [{path: b, image: true}]}]", `"a["`},
		{"a bad expression", head + "entries: [{contains: '(', fields: [{path: b, image: true}]}]", "contains"},
		{"no path", head + "entries: [{files: a, fields: [{image: true}]}]", "is empty"},
		{"a path with an empty key", head + "entries: [{files: a, fields: [{path: a..b, image: true}]}]", "empty key"},
		{"a path without a dot", head + "entries: [{files: a, fields: [{path: 'a[]b', image: true}]}]", "no dot"},
		{"a path that ends with stars", head + "entries: [{files: a, fields: [{path: 'a.**', image: true}]}]", "ends with **"},
		{"a quote without an end", head + "entries: [{files: a, fields: [{path: '\"a', image: true}]}]", "quote"},
		{"another kind of image", head + "entries: [{files: a, fields: [{path: a, image: perhaps}]}]", "perhaps"},
		{"nothing at the path", head + "entries: [{files: a, fields: [{path: a}]}]", "expected one of"},
		{"two things at the path", head + "entries: [{files: a, fields: [{path: a, image: true, chart: true}]}]", "expected one of"},
		{"a tag alone", head + "entries: [{files: a, fields: [{path: a, tag: b}]}]", "no registry and no repository"},
		{"keys that are no reference", head + "entries: [{files: a, fields: [{path: a, keys: true, image: false}]}]", "keys without"},
		{"a reason that does not exist", head + "entries: [{files: a, fields: [{path: a, keep: perhaps}]}]", "expected a reason"},
		{"labels without an object", head + "entries: [{files: a, labels: {b: c}, fields: [{path: a, image: true}]}]", "name or labels without"},
		{"an unknown syntax", head + "entries: [{files: a, syntax: lua, fields: [{path: a, image: true}]}]", "expected hcl or starlark"},
		{"text without a group", head + "entries: [{files: a, text: b}]", "expected 1"},
		{"an unknown scope", head + "entries: [{files: a, text: '(b)', scope: docs}]", "expected scripts or code"},
		{"two documents", head + "entries: [{files: a, fields: [{path: b, image: true}]}]\n---\na: b", "one document"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := readFieldTable("t.yaml", []byte(c.src)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestFieldPathMatch(t *testing.T) {
	place := func(steps ...string) (at []*frame) {
		for _, s := range steps {
			at = append(at, &frame{key: s, item: s == "[]"})
		}
		return at
	}
	for _, c := range []struct {
		path string
		at   []string
		want bool
	}{
		{"a.b", []string{"a", "b"}, true},
		{"a.b", []string{"x", "a", "b"}, false},
		{"a.b", []string{"a", "b", "c"}, false},
		{"a[].b", []string{"a", "[]", "b"}, true},
		{"a.b", []string{"a", "[]", "b"}, false},
		{"[].b", []string{"[]", "b"}, true},
		{"a[][]", []string{"a", "[]", "[]"}, true},
		{"a.*", []string{"a", "b"}, true},
		{"a.*", []string{"a", "[]"}, false},
		{"x-*.image", []string{"x-web", "image"}, true},
		{"x-*.image", []string{"web", "image"}, false},
		{"**.b", []string{"b"}, true},
		{"**.b", []string{"a", "[]", "b"}, true},
		{"a.**.b", []string{"a", "x", "[]", "b"}, true},
		{"a.**.b", []string{"x", "a", "b"}, false},
		{`a."b.c/d".e`, []string{"a", "b.c/d", "e"}, true},
		{`"*"`, []string{"a"}, false},
	} {
		p, err := parseFieldPath(c.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.match(place(c.at...)); got != c.want {
			t.Errorf("%s matches %v: %v, want %v", c.path, c.at, got, c.want)
		}
	}
}

func TestMatchText(t *testing.T) {
	for _, c := range []struct {
		glob, text string
		want       bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"a*", "ab", true}, {"*", "", true}, {"a*b", "ab", true}, {"a*b", "a", false},
		{"a*a", "a", false}, {"*b*c", "abxc", true}, {"*b*c", "cxb", false},
	} {
		if got := matchText(c.glob, c.text); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.glob, c.text, got, c.want)
		}
	}
}
