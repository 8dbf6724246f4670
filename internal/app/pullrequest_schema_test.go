package app

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/regmigrate/regmigrate/pkg/pullrequest"
	"github.com/regmigrate/regmigrate/pkg/rewrite"
)

// compiled returns the schema schema/NAME.schema.json, and its text.
func compiled(name string) (*jsonschema.Schema, []byte, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "schema", name+".schema.json"))
	if err != nil {
		return nil, nil, err
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name+".json", parsed); err != nil {
		return nil, nil, err
	}
	s, err := c.Compile(name + ".json")
	return s, text, err
}

// TestPRSchema compares the schema with the struct of the output. Scripts
// validate real output.
func TestPRSchema(t *testing.T) {
	s, text, err := compiled("pr")
	if err != nil {
		t.Fatal(err)
	}
	var fields struct {
		Properties map[string]struct {
			Description string
			Enum        []pullrequest.Action
		}
		Required []string
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	var written []string
	for f := range reflect.TypeFor[prJSON]().Fields() {
		written = append(written, f.Tag.Get("json"))
	}
	slices.Sort(written)
	if names := slices.Sorted(maps.Keys(fields.Properties)); !slices.Equal(names, written) {
		t.Errorf("the schema has %q, and the program writes %q", names, written)
	}
	if slices.Sort(fields.Required); !slices.Equal(fields.Required, written) {
		t.Errorf("the schema requires %q of %q", fields.Required, written)
	}
	for name, p := range fields.Properties {
		if p.Description == "" {
			t.Errorf("%s has no description", name)
		}
	}
	actions := []pullrequest.Action{pullrequest.Opened, pullrequest.Updated, pullrequest.Unchanged, pullrequest.Closed, pullrequest.Nothing, pullrequest.Declined}
	if got := fields.Properties["action"].Enum; !slices.Equal(got, actions) {
		t.Errorf("the schema has the actions %q, and there are %q", got, actions)
	}

	of := func(r pullrequest.Result) any {
		r.Repo, r.Base, r.Branch = "o/r", "main", "b"
		out, err := json.Marshal(resultJSON(false, &rewrite.Plan{}, &pullrequest.Change{}, &r))
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, a := range actions {
		if err := s.Validate(of(pullrequest.Result{Action: a})); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	for _, wrong := range []pullrequest.Result{{Action: "merged"}, {Action: pullrequest.Opened, Number: -1}, {Action: pullrequest.Opened, Commit: "HEAD"}} {
		if s.Validate(of(wrong)) == nil {
			t.Errorf("accepted: %+v", wrong)
		}
	}
}
