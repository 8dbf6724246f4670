package format

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
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
		{"an unknown word", head + "entries: [{files: a, fields: [{path: b, picture: true}]}]", "t.yaml:3:41: unknown key \"picture\""},
		{"no tool", "source: https://a.io\nentries: [{files: a, fields: [{path: b, image: true}]}]", "no tool"},
		{"no source", "tool: T\nentries: [{files: a, fields: [{path: b, image: true}]}]", "no source"},
		{"a source that is no URL", "tool: T\nsource: the manual\nentries: [{files: a, fields: [{path: b, image: true}]}]", "https://"},
		{"no entries", head, "no entries"},
		{"no condition", head + "entries: [{fields: [{path: b, image: true}]}]", "expected a condition"},
		{"no fields", head + "entries: [{files: a}]", "no image"},
		{"a bad glob", head + "entries: [{files: 'a[', fields: [{path: b, image: true}]}]", `"a["`},
		{"a bad expression", head + "entries: [{contains: '(', fields: [{path: b, image: true}]}]", "contains"},
		{"no path", head + "entries: [{files: a, fields: [{image: true}]}]", "no path"},
		{"a path with an empty key", head + "entries: [{files: a, fields: [{path: a..b, image: true}]}]", "empty key"},
		{"a path without a dot", head + "entries: [{files: a, fields: [{path: 'a[]b', image: true}]}]", "no dot"},
		{"a path that ends with stars", head + "entries: [{files: a, fields: [{path: 'a.**', image: true}]}]", "ends with **"},
		{"a quote without an end", head + "entries: [{files: a, fields: [{path: '\"a', image: true}]}]", "quote"},
		{"another kind of image", head + "entries: [{files: a, fields: [{path: a, image: perhaps}]}]", "perhaps"},
		{"nothing at the path", head + "entries: [{files: a, fields: [{path: a}]}]", "expected, for example"},
		{"two things at the path", head + "entries: [{files: a, fields: [{path: a, image: true, chart: true}]}]", "t.yaml:3:31: entries[0].fields[0] has image and chart; expected one of the two"},
		{"a tag alone", head + "entries: [{files: a, fields: [{path: a, tag: b}]}]", "no repository"},
		{"keys that are no reference", head + "entries: [{files: a, fields: [{path: a, keys: true, image: false}]}]", "keys without"},
		{"a reason that does not exist", head + "entries: [{files: a, fields: [{path: a, keep: perhaps}]}]", "expected a reason"},
		{"labels without an object", head + "entries: [{files: a, labels: {b: c}, fields: [{path: a, image: true}]}]", "name or labels without"},
		{"an unknown syntax", head + "entries: [{files: a, syntax: lua, fields: [{path: a, image: true}]}]", "expected hcl or starlark"},
		{"text without a group", head + "entries: [{files: a, text: b}]", "expected 1"},
		{"an unknown scope", head + "entries: [{files: a, text: '(b)', scope: docs}]", "expected scripts or code"},
		{"variables without a use", head + "entries: [{files: a, fields: [{path: b, image: true}]}]\nvariables: [{files: a, declared: [{path: a.*}]}]", "no use or no declared"},
		{"a use without a name", head + "entries: [{files: a, fields: [{path: b, image: true}]}]\nvariables: [{files: a, use: '${X}', declared: [{path: a.*}]}]", "t.yaml:4:29: variables[0].use: expected NAME"},
		{"variables without a condition", head + "entries: [{files: a, fields: [{path: b, image: true}]}]\nvariables: [{use: $NAME, declared: [{path: a.*}]}]", "expected a condition"},
		{"variables at a bad path", head + "entries: [{files: a, fields: [{path: b, image: true}]}]\nvariables: [{files: a, use: $NAME, declared: [{path: a..*}]}]", "empty key"},
		{"two documents", head + "entries: [{files: a, fields: [{path: b, image: true}]}]\n---\na: b", "expected only one"},
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

// readConfiguration returns the items of the list fields in src, and the first error.
func readConfiguration(t *testing.T, src string) (out []Field, err error) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
		t.Fatal(err)
	}
	for i, n := range doc.Content[0].Content[1].Content {
		f, err := ReadField(n, "c.yaml", fmt.Sprintf("fields[%d]", i), "")
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// TestConfigurationHasTheWordsOfTables checks that the configuration accepts every entry
// of every table, and that the entry then selects the same fields.
func TestConfigurationHasTheWordsOfTables(t *testing.T) {
	files, err := tableFiles.ReadDir("fields")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		src, err := tableFiles.ReadFile("fields/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		table, err := readFieldTable(f.Name(), src)
		if err != nil {
			t.Fatal(err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(src, &doc); err != nil {
			t.Fatal(err)
		}
		root := doc.Content[0]
		for i := 0; i < len(root.Content); i += 2 {
			if root.Content[i].Value != "entries" {
				continue
			}
			for k, n := range root.Content[i+1].Content {
				got, err := ReadField(n, f.Name(), fmt.Sprintf("fields[%d]", k), "")
				if err != nil {
					t.Errorf("the configuration rejects an entry of a table: %v", err)
				} else if a, b := len(got.entry.Fields), len(table.Entries[k].Fields); a != b {
					t.Errorf("%s: entry %d: %d fields in the configuration, %d in the table", f.Name(), k, a, b)
				}
			}
		}
	}
}

func TestReadFieldErrors(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"no repository", "[{registry: hub}]", "c.yaml:1:10: fields[0] has no repository; expected the key"},
		{"a path alone", "[{files: [a], path: b}]", "c.yaml:1:10: fields[0] has no image; expected, for example"},
		{"keys that are no image", "[{path: a, keys: true, image: false}]", "c.yaml:1:10: fields[0] has keys without image: true"},
		{"an image and keys of a reference", "[{path: a, image: true, repository: b}]", "c.yaml:1:10: fields[0] has image and keys of a reference"},
		{"a feature and an image", "[{path: a, feature: true, image: true}]", "c.yaml:1:10: fields[0] has image and feature"},
		{"no path", "[{image: true}]", "c.yaml:1:10: fields[0] has no path; expected the path of the value"},
		{"another kind of image", "[{path: a, image: perhaps}]", `c.yaml:1:27: fields[0].image is the string "perhaps"; expected true, false or unqualified`},
		{"an unknown word", "[{repository: img, tags: v}]", `c.yaml:1:28: unknown key "tags"; expected one of files, contains, `},
		{"an unknown word in a field", "[{kind: A, fields: [{path: a, image: true, kind: B}]}]", `c.yaml:1:52: unknown key "kind"`},
		{"a field and fields", "[{path: a, image: true, fields: []}]", `c.yaml:1:10: fields[0] has "fields" and "path"; expected one of the two`},
		{"a flag that is off", "[{path: a, feature: false}]", "c.yaml:1:29: fields[0].feature is false (bool); expected true"},
		{"a bad path", "[{path: a..b, image: true}]", `c.yaml:1:17: fields[0].path: the path "a..b" has an empty key`},
		{"a bad path in a list", "[{kind: A, fields: [{path: 'a[', image: true}]}]", "c.yaml:1:36: fields[0].fields[0].path: "},
		{"a bad glob", "[{files: 'a[', path: a, image: true}]", "c.yaml:1:18: fields[0].files: "},
		{"an unknown reason", "[{path: a, keep: perhaps}]", `c.yaml:1:26: fields[0].keep: "perhaps" is unknown`},
		{"a number", "[{path: a, image: true, where: {b: 1}}]", "c.yaml:1:44: fields[0].where.b is 1 (int); expected a string"},
		{"a condition that is no mapping", "[{path: a, image: true, where: b}]", `c.yaml:1:40: fields[0].where is the string "b"; expected a mapping`},
		{"a name without a kind", "[{name: a, path: a, image: true}]", "c.yaml:1:10: fields[0] has name or labels without apiVersion or kind"},
		{"an unknown syntax", "[{syntax: lua, path: a, image: true}]", `c.yaml:1:19: fields[0].syntax: "lua" is unknown; expected hcl or starlark`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := readConfiguration(t, "fields: "+c.src); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestSchemaHasTheWords checks that the JSON schema of the configuration has the words
// of entries and fields.
func TestSchemaHasTheWords(t *testing.T) {
	src, err := os.ReadFile("../../schema/config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct{ Description string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(src, &schema); err != nil {
		t.Fatal(err)
	}
	for def, words := range map[string][]string{"field": slices.Concat(entryWords, fieldWords), "fieldOfEntry": fieldWords} {
		want := slices.Sorted(slices.Values(words))
		if got := slices.Sorted(maps.Keys(schema.Defs[def].Properties)); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has the words %v, expected %v", def, got, want)
		}
		for word, p := range schema.Defs[def].Properties {
			if p.Description == "" {
				t.Errorf("%s: %s has no description", def, word)
			}
		}
	}
}
