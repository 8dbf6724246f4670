package helm

import (
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// TestCheckSchemas compares what a schema rejects with Helm's own answer, unless
// the schema refers to other documents.
func TestCheckSchemas(t *testing.T) {
	image := func(schema string) string {
		return `{"properties": {"image": {"properties": {"repository": ` + schema + `}}}}`
	}
	for _, tt := range []struct {
		name   string
		schema string
		want   string // the violations, one per line
		unread string
	}{
		{"accepted", image(`{"type": "string"}`), "", ""},
		{"pattern", image(`{"pattern": "^k8s\\.gcr\\.io/"}`), `values.schema.json of web rejects .image.repository: 'mirror.example:30443/acme/app' does not match pattern '^k8s\\.gcr\\.io/'`, ""},
		{"pattern that accepts", image(`{"pattern": "^[a-z0-9.:/-]+$"}`), "", ""},
		{"enum", image(`{"enum": ["a", "b"]}`), `values.schema.json of web rejects .image.repository: value must be one of 'a', 'b'`, ""},
		{"const", image(`{"const": "a"}`), `values.schema.json of web rejects .image.repository: value must be 'a'`, ""},
		{"not", image(`{"not": {"pattern": ":"}}`), `values.schema.json of web rejects .image.repository: 'not' failed`, ""},
		{"length", image(`{"maxLength": 10}`), `values.schema.json of web rejects .image.repository: maxLength: got 29, want 10`, ""},
		{"alternatives are one violation", image(`{"anyOf": [{"const": "a"}, {"pattern": "^b"}]}`), `values.schema.json of web rejects .image.repository: 'anyOf' failed: 'mirror.example:30443/acme/app' does not match pattern '^b'`, ""},
		{"condition", `{"if": {"required": ["image"]}, "then": {"required": ["other"]}}`, `values.schema.json of web rejects the values: missing property 'other'`, ""},
		{"reference within the schema", `{"$defs": {"r": {"const": "a"}}, "properties": {"image": {"properties": {"repository": {"$ref": "#/$defs/r"}}}}}`, `values.schema.json of web rejects .image.repository: value must be 'a'`, ""},
		{"reference to a part with an id", `{"$id": "https://example.com/s.json", "$defs": {"r": {"$id": "r.json", "const": "a"}}, "properties": {"image": {"properties": {"repository": {"$ref": "r.json"}}}}}`, `values.schema.json of web rejects .image.repository: value must be 'a'`, ""},
		{"reference to itself", `{"properties": {"image": {"$ref": "#"}}}`, "", ""},
		{"draft 4", `{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"image": {"properties": {"repository": {"enum": ["a"]}}}}}`, `values.schema.json of web rejects .image.repository: value must be 'a'`, ""},
		{"pattern that is not valid", image(`{"pattern": "(?!a)"}`), `values.schema.json of web rejects the values: the schema is not valid: "file:///values.schema.json#" is not valid against metaschema`, ""},
		{"not JSON", `{`, `values.schema.json of web rejects the values: the schema is not valid: unexpected EOF`, ""},
		{"URN", image(`{"$ref": "urn:example:x"}`), "", ""},

		{"reference to the network", image(`{"$ref": "https://example.com/x.json#/definitions/a"}`), "", "values.schema.json of web refers to https://example.com/x.json"},
		{"reference to a file", image(`{"$ref": "file:///etc/passwd"}`), "", "values.schema.json of web refers to file:///etc/passwd"},
		{"reference to a file by its name", image(`{"$ref": "other.json#/a"}`), "", "values.schema.json of web refers to file:///other.json"},
		{"other draft", `{"$schema": "https://example.com/draft", "properties": {"image": {"properties": {"repository": {"const": "a"}}}}}`, `values.schema.json of web rejects .image.repository: value must be 'a'`, "values.schema.json of web refers to https://example.com/draft"},
		{"violation beside a reference to the network", image(`{"allOf": [{"const": "a"}, {"$ref": "http://example.com/y"}]}`), `values.schema.json of web rejects .image.repository: value must be 'a'`, "values.schema.json of web refers to http://example.com/y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch := &chart.Chart{Metadata: &chart.Metadata{Name: "web"}, Schema: []byte(tt.schema)}
			values := map[string]any{"image": map[string]any{"repository": "mirror.example:30443/acme/app"}}
			got := checkSchemas(ch, values)
			var lines []string
			for _, v := range got.Violations {
				lines = append(lines, v.String())
			}
			if text := strings.Join(lines, "\n"); !strings.HasPrefix(text, tt.want) || tt.want == "" && text != "" {
				t.Errorf("violations:\n%s\nwant:\n%s", text, tt.want)
			}
			if unread := strings.Join(got.Unread, "\n"); unread != tt.unread {
				t.Errorf("unread: %q, want %q", unread, tt.unread)
			}
			if tt.unread != "" {
				return
			}
			if err := chartutil.ValidateAgainstSchema(ch, values); (err != nil) != (len(got.Violations) > 0) {
				t.Errorf("Helm: %v; violations: %q", err, lines)
			}
		})
	}
}

func TestCheckSchemasOfSubcharts(t *testing.T) {
	schema := []byte(`{"properties": {"registry": {"const": "docker.io"}}}`)
	sub := &chart.Chart{Metadata: &chart.Metadata{Name: "redis"}, Schema: schema}
	ch := &chart.Chart{Metadata: &chart.Metadata{Name: "web"}}
	ch.AddDependency(sub)
	for _, tt := range []struct {
		name   string
		values map[string]any
		want   string
	}{
		{"accepted", map[string]any{"redis": map[string]any{"registry": "docker.io"}}, ""},
		{"rejected", map[string]any{"redis": map[string]any{"registry": "a.example"}}, "values.schema.json of web/charts/redis rejects .registry: value must be 'docker.io'"},
		{"no values", map[string]any{}, ""},
		{"null", map[string]any{"redis": nil}, ""},
		{"not an object", map[string]any{"redis": "x"}, "values.schema.json of web/charts/redis rejects the values: expected an object, got string"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			s := checkSchemas(ch, tt.values)
			if err := s.err(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if err := chartutil.ValidateAgainstSchema(ch, tt.values); (err != nil) != (got != "") {
				t.Errorf("Helm: %v", err)
			}
		})
	}
}

func TestNewViolations(t *testing.T) {
	a, b := Violation{"web", ".a", "r", "old"}, Violation{"web", ".b", "r", "old"}
	a2 := a
	a2.Text = "new"
	if got := newViolations([]Violation{a}, []Violation{a2, b}); len(got) != 1 || got[0] != b {
		t.Errorf("got %v, want %v", got, b)
	}
}
