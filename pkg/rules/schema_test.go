package rules

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

type schema struct {
	Properties  map[string]schema `json:"properties"`
	Defs        map[string]schema `json:"$defs"`
	Items       *schema           `json:"items"`
	Required    []string          `json:"required"`
	Type        string            `json:"type"`
	Ref         string            `json:"$ref"`
	Pattern     string            `json:"pattern"`
	Description string            `json:"description"`
	Examples    []any             `json:"examples"`
	Additional  any               `json:"additionalProperties"`
}

func readSchema(t testing.TB) (schema, []byte) {
	t.Helper()
	src, err := os.ReadFile("../../schema/config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(src, &s); err != nil {
		t.Fatal(err)
	}
	return s, src
}

func TestSchemaAgreesWithStructs(t *testing.T) {
	root, _ := readSchema(t)
	for _, c := range []struct {
		name   string
		schema schema
		keys   []string
		typ    reflect.Type
		not    []string // fields without a key
		only   []string // keys without a field
	}{
		{"config", root, configKeys, reflect.TypeFor[Config](), []string{"path", "mirror"}, nil},
		{"mirror", root.Defs["mirror"], mirrorKeys, reflect.TypeFor[Mirror](), nil, []string{"from"}},
		{"rule", root.Defs["rule"], ruleKeys, reflect.TypeFor[Rule](), []string{"isimage", "oldtag", "pullonly"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var inSchema []string
			inStruct := slices.Clone(c.only)
			for k, p := range c.schema.Properties {
				inSchema = append(inSchema, k)
				if p.Description == "" {
					t.Errorf("%s has no description", k)
				}
				if p.Ref == "" && len(p.Examples) == 0 {
					t.Errorf("%s has no example", k)
				}
			}
			for i := range c.typ.NumField() {
				f := c.typ.Field(i)
				k := strings.ToLower(f.Name)
				if !f.IsExported() || slices.Contains(c.not, k) {
					continue
				}
				inStruct = append(inStruct, k)
				list := f.Type.Kind() == reflect.Slice
				if got := c.schema.Properties[k].Type == "array"; got != list {
					t.Errorf("%s: list in the schema: %v; list in the struct: %v", k, got, list)
				}
			}
			keys := slices.Sorted(slices.Values(c.keys))
			slices.Sort(inSchema)
			slices.Sort(inStruct)
			if !slices.Equal(inSchema, keys) || !slices.Equal(inStruct, keys) {
				t.Errorf("keys in the schema %v, in the struct %v, in the reader %v", inSchema, inStruct, keys)
			}
			if c.schema.Additional != false {
				t.Error("the schema allows unknown keys")
			}
		})
	}
}

// validator runs the Python package jsonschema. The keys of its output are the
// names of the invalid instances.
const validator = `
import json, sys
import jsonschema
d = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(d["schema"])
v = jsonschema.Draft202012Validator(d["schema"])
print(json.dumps({n: e.message for n, i in d["instances"].items() for e in list(v.iter_errors(i))[:1]}))
`

func TestSchemaAgreesWithLoadConfig(t *testing.T) {
	if err := exec.Command("python3", "-c", "import jsonschema").Run(); err != nil {
		t.Skipf("SKIPPED: python3 with the module jsonschema is missing (%v)", err)
	}
	root, src := readSchema(t)
	instances := map[string]any{}
	add := func(name, src string) {
		var v any
		if err := yaml.Unmarshal([]byte(strings.TrimPrefix(src, "\ufeff")), &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if v == nil {
			v = map[string]any{} // an empty file is an empty configuration
		}
		instances[name] = v
	}
	for name, src := range configs(t, "good") {
		add("good/"+name, src)
	}
	for name, src := range configs(t, "bad") {
		if _, inSchema := wanted(t, src); inSchema {
			add("bad/"+name, src)
		}
	}
	for _, e := range root.Examples {
		instances["good/example of the schema"] = e
	}
	in, err := json.Marshal(map[string]any{"schema": json.RawMessage(src), "instances": instances})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-W", "ignore", "-c", validator)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	rejected := map[string]string{}
	if err := json.Unmarshal(out, &rejected); err != nil {
		t.Fatal(err)
	}
	for name := range instances {
		why, isRejected := rejected[name]
		if bad := strings.HasPrefix(name, "bad/"); bad != isRejected {
			t.Errorf("%s: rejected by the schema: %v %s", name, isRejected, why)
		}
	}
}

// FuzzPrefix checks that parsePrefix and the pattern of the schema accept the
// same texts.
func FuzzPrefix(f *testing.F) {
	root, _ := readSchema(f)
	pattern := regexp.MustCompile(root.Defs["prefix"].Pattern)
	for _, s := range []string{
		"k8s.gcr.io", "k8s.gcr.io/", "a.b//", "localhost", "localhost:5000/x", "[::1]:5000/x", "[::1", "a.b:x", "a:1", "a.b/x:1",
		"a.b/x@sha256:1", "a.b/X", "A.b/x", "a-.b", "-a.b", "a..b", "a.b/x__y", "a.b/x___y", "a.b/x--y", "a.b/x.-y", "a.b/x_", "nginx",
		"a.b/*", "a.b/[", "https://a.b", "a b.c", "${X}.b", "a.b/$X", "a.b/${X}/y", "a.b/x$X", "a.b/$1", "a.b/${X:-y}", "a.b/$X/", "a.b/$", "é.b", "a.b/é", "a.b:", "a.b:1:2", ":1", "a.b/\x00",
		"https://", "https:///", "https://ba.", "https://a", "https://-a.b", "https://a.b-", "https://a..b", "https://a.b:", "https://a.b:1/x", "https://[::1]:1/x",
		"https://[", "https://[]", "https://a.b/", "https://a.b//", "https://a.b/x//y", "https://a.b/X%20~", "https://a@b.c", "https://é.b", "https://a_b.c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parseRulePrefix(s)
		if want := pattern.MatchString(s); (err == nil) != want {
			t.Fatalf("parseRulePrefix(%q): %v; accepted by the schema: %v", s, err, want)
		}
		if err != nil {
			if !strings.Contains(err.Error(), " such as ") {
				t.Errorf("no example: %v", err)
			}
			return
		}
		if p.spelled != strings.TrimSuffix(s, "/") {
			t.Errorf("parsePrefix(%q) spells it %q", s, p.spelled)
		}
		if q, err := parseRulePrefix(p.spelled); err != nil || q != p {
			t.Errorf("parsePrefix(%q) = %+v, %v; want %+v", p.spelled, q, err, p)
		}
	})
}
