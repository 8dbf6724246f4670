package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// TestRealExampleSchemas validates examples against the JSON schemas of their programs. The
// schemas belong to other projects and are in the folder REGMIGRATE_SCHEMAS; .ci/test-real
// says where they are from.
func TestRealExampleSchemas(t *testing.T) {
	dir := os.Getenv("REGMIGRATE_SCHEMAS")
	if dir == "" {
		t.Skip("SKIPPED: REGMIGRATE_SCHEMAS is not set")
	}
	for _, x := range []struct {
		example, schema, definition string
		key                         string // whose value must be checked
		permitsUnknown              bool   // the schema says nothing about unknown properties
		scalarsAreTexts             bool   // for the program, and for its schema
	}{
		{"argo-workflow.yaml", "argo-workflows.json", "#/definitions/io.argoproj.workflow.v1alpha1.CronWorkflow", "spec", true, false},
		{"batch-change.yaml", "batch-spec.json", "", "steps", false, false},
		{"bitbucket-pipelines.yml", "bitbucket-pipelines.json", "", "pipelines", false, false},
		{"azure-pipelines.yml", "azure-pipelines.json", "", "jobs", false, true},
		{"azure-template.yml", "azure-pipelines.json", "", "jobs", false, true},
		{"gitlab-ci.yml", "gitlab-ci.json", "", "include", false, false},
	} {
		t.Run(x.example, func(t *testing.T) {
			name := filepath.Join(dir, x.schema)
			src, err := os.ReadFile(name)
			if err != nil {
				t.Skipf("SKIPPED: %v", err)
			}
			schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
			if err != nil {
				t.Fatal(err)
			}
			if x.permitsUnknown {
				refuseUnknown(schema)
			}
			c := jsonschema.NewCompiler()
			if err := c.AddResource("file:///schema.json", schema); err != nil {
				t.Fatal(err)
			}
			s, err := c.Compile("file:///schema.json" + x.definition)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join("..", "..", "examples", x.example))
			if err != nil {
				t.Fatal(err)
			}
			for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
				var doc any
				if err := d.Decode(&doc); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				if x.scalarsAreTexts {
					doc = withTexts(doc)
				}
				if err := s.Validate(doc); err != nil {
					t.Errorf("%v", err)
				}
				doc.(map[string]any)[x.key] = []any{7}
				if s.Validate(doc) == nil {
					t.Errorf("the schema accepts any value of %s: it checks nothing", x.key)
				}
			}
		})
	}
}

// withTexts returns a value whose scalars are texts.
func withTexts(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = withTexts(e)
		}
		return x
	case []any:
		for i, e := range x {
			x[i] = withTexts(e)
		}
		return x
	case string:
		return x
	}
	return fmt.Sprint(v)
}

// refuseUnknown makes each object of a schema refuse properties that it does not name.
func refuseUnknown(v any) {
	switch x := v.(type) {
	case map[string]any:
		for _, e := range x {
			refuseUnknown(e)
		}
		_, named := x["properties"].(map[string]any)
		if named && x["type"] == "object" {
			x["additionalProperties"] = false
		}
	case []any:
		for _, e := range x {
			refuseUnknown(e)
		}
	}
}
