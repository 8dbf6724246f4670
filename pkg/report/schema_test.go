package report

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
	"github.com/regmigrate/regmigrate/pkg/walk"
)

var schemaFile = filepath.Join("..", "..", "schema", "report.schema.json")

// A schema is the part of JSON Schema, draft 2020-12, that our schemas use.
type schema struct {
	Ref              string             `json:"$ref"`
	Type             string             `json:"type"`
	Description      string             `json:"description"`
	ContentEncoding  string             `json:"contentEncoding"`
	Const            any                `json:"const"`
	Enum             []string           `json:"enum"`
	Minimum          *int               `json:"minimum"`
	Items            *schema            `json:"items"`
	Properties       map[string]*schema `json:"properties"`
	PropertyNames    *schema            `json:"propertyNames"`
	Required         []string           `json:"required"`
	AdditionalSchema json.RawMessage    `json:"additionalProperties"`
	Defs             map[string]*schema `json:"$defs"`
	Draft            string             `json:"$schema"`
	Title            string             `json:"title"`
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	f, err := os.Open(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields() // the test must check every keyword
	var s schema
	if err := d.Decode(&s); err != nil {
		t.Fatalf("%s: %v", schemaFile, err)
	}
	return &s
}

func TestSchemaAndStructsAgree(t *testing.T) {
	root := readSchema(t)
	if want := "https://json-schema.org/draft/2020-12/schema"; root.Draft != want {
		t.Errorf("the draft is %q, want %q", root.Draft, want)
	}
	used := map[string]bool{}
	compareSchema(t, root, root, reflect.TypeFor[JSONReport](), "", used)
	for name := range root.Defs {
		if !used[name] {
			t.Errorf("$defs/%s is unused", name)
		}
	}
}

// compareSchema compares s with the Go type of the value at where.
func compareSchema(t *testing.T, root, s *schema, typ reflect.Type, where string, used map[string]bool) {
	t.Helper()
	if where != "" && !strings.HasSuffix(where, "[]") && s.Description == "" {
		t.Errorf("%s has no description", where)
	}
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, "#/$defs/")
		used[name] = true
		if s = root.Defs[name]; s == nil {
			t.Errorf("%s: $defs/%s does not exist", where, name)
			return
		}
	}
	want := map[reflect.Kind]string{
		reflect.Pointer: "object", reflect.String: "string", reflect.Int: "integer", reflect.Bool: "boolean",
		reflect.Slice: "array", reflect.Struct: "object", reflect.Map: "object",
	}[typ.Kind()]
	if typ == reflect.TypeFor[[]byte]() {
		want = "string"
		if s.ContentEncoding != "base64" {
			t.Errorf("%s: bytes without contentEncoding base64", where)
		}
	}
	if s.Type != want {
		t.Errorf("%s: got type %q, want %q", where, s.Type, want)
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case s.Type == "array":
		compareSchema(t, root, s.Items, typ.Elem(), where+"[]", used)
	case typ.Kind() == reflect.Map:
		var values schema
		if err := json.Unmarshal(s.AdditionalSchema, &values); err != nil {
			t.Errorf("%s: %v", where, err)
		}
		compareSchema(t, root, &values, typ.Elem(), where+"[]", used)
	case typ.Kind() == reflect.Struct:
		compareProperties(t, root, s, typ, where, used)
	}
}

func compareProperties(t *testing.T, root, s *schema, typ reflect.Type, where string, used map[string]bool) {
	t.Helper()
	if s.Description == "" {
		t.Errorf("object %q has no description", where)
	}
	if string(s.AdditionalSchema) != "false" {
		t.Errorf("%q allows additional properties", where)
	}
	var names, required []string
	for _, f := range reflect.VisibleFields(typ) { // with those of embedded structs
		if f.Anonymous {
			continue
		}
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
		if option != "omitempty" {
			required = append(required, name)
		}
		p := s.Properties[name]
		if p == nil {
			t.Errorf("%s.%s is not in the schema", where, name)
			continue
		}
		compareSchema(t, root, p, f.Type, where+"."+name, used)
	}
	for name := range s.Properties {
		if !slices.Contains(names, name) {
			t.Errorf("%s.%s is in the schema, but not in the struct", where, name)
		}
	}
	if !slices.Equal(s.Required, required) {
		t.Errorf("%q requires %q, want %q", where, s.Required, required)
	}
}

// The enums of the schema are the lists of the packages that define the values.
func TestSchemaEnums(t *testing.T) {
	defs := readSchema(t).Defs
	var reasons, skips, scopes []string
	for _, r := range format.Reasons {
		reasons = append(reasons, string(r.Reason))
	}
	for _, r := range walk.Reasons() {
		skips = append(skips, string(r))
	}
	for s := format.Manifests; s <= format.Code; s++ {
		scopes = append(scopes, s.String())
	}
	tests := []struct {
		name      string
		got, want []string
	}{
		{"finding.reason", defs["finding"].Properties["reason"].Enum, reasons},
		{"counts.reasons", defs["counts"].Properties["reasons"].PropertyNames.Enum, reasons},
		{"finding.kind", defs["finding"].Properties["kind"].Enum, format.KindNames[1:]},
		{"finding.scope", defs["finding"].Properties["scope"].Enum, scopes},
		{"finding.status", defs["finding"].Properties["status"].Enum, []string{jsonStatus(rewrite.Rewritten), jsonStatus(rewrite.NotChanged)}},
		{"advice.kind", defs["advice"].Properties["kind"].Enum, []string{jsonAdviceKind(false), jsonAdviceKind(true)}},
		{"proof.state", defs["proof"].Properties["state"].Enum, []string{rewrite.Unproven.String(), rewrite.Proven.String(), rewrite.Failed.String()}},
		{"image.verdict", defs["image"].Properties["verdict"].Enum, []string{
			rewrite.Unreachable.String(), rewrite.Same.String(), rewrite.Exists.String(), rewrite.Different.String(), rewrite.Missing.String(), rewrite.Skipped.String(),
		}},
		{"skip.reason", defs["skip"].Properties["reason"].Enum, skips},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !slices.Equal(tt.got, tt.want) {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
	if got := readSchema(t).Properties["version"].Const; got != float64(jsonVersion) {
		t.Errorf("got version %v, want %d", got, jsonVersion)
	}
}

// validate is a Python program that reads a schema and a list of documents, and
// prints a line for each error.
const validate = `
import json, sys
from jsonschema import Draft202012Validator
schema, documents = json.load(sys.stdin)
Draft202012Validator.check_schema(schema)
for name, text in documents:
    for e in Draft202012Validator(schema).iter_errors(json.loads(text)):
        print(name, e.json_path, e.message)
`

func TestSchemaValidator(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT TESTED with a validator: python3 not found")
	}
	if err := exec.Command(python, "-c", "import jsonschema").Run(); err != nil {
		t.Skip("NOT TESTED with a validator: python3 has no module jsonschema")
	}
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	good := write(t, "json", fullPlan(t), Options{DryRun: true})
	documents := [][2]string{
		{"full", good},
		{"sketch", write(t, "json", typicalPlan(t), Options{})},
		{"hostile", write(t, "json", hostilePlan(t, "\x1b\xff\u202e\""), Options{})},
		{"nothing", write(t, "json", &rewrite.Plan{}, Options{})},
		// The validator must reject these.
		{"wrong word", strings.Replace(good, `"reason": "could not be edited safely"`, `"reason": "whatever"`, 1)},
		{"unknown property", strings.Replace(good, `"version"`, `"root": "/", "version"`, 1)},
	}
	in, err := json.Marshal([]any{json.RawMessage(text), documents})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", validate)
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := map[string]bool{}
	for _, l := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if !strings.HasPrefix(l, "wrong word ") && !strings.HasPrefix(l, "unknown property ") {
			t.Errorf("invalid: %s", l)
		}
		found[strings.Join(strings.Fields(l)[:2], " ")] = true
	}
	if !found["wrong word"] || !found["unknown property"] {
		t.Errorf("the validator accepts an invalid document; its output is\n%s", out)
	}
}
