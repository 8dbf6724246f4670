package main

import (
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// valid SCHEMA FILE... checks files against schema/SCHEMA.schema.json.
func valid(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "valid SCHEMA FILE...")
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "..", "schema", args[0]+".schema.json"))
	ts.Check(err)
	for _, name := range args[1:] {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(name)))
		ts.Check(err)
		if err := s.Validate(v); err != nil {
			ts.Fatalf("%s: %v", name, err)
		}
	}
}
