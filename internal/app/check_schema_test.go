package app

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/regmigrate/regmigrate/pkg/registry"
)

// TestRegistrySchema checks that the schema of registry check has exactly the
// properties of the output.
func TestRegistrySchema(t *testing.T) {
	schema, text, err := compiled("registry")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text string) error {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}

	var all []checkedImage
	for _, v := range verdictOrder {
		all = append(all, checkedImage{registry.Result{
			Pair: registry.Pair{Old: "k8s.gcr.io/a:1", New: "registry.k8s.io/a:1"}, Verdict: v, OldDigest: "sha256:1", NewDigest: "sha256:2", Detail: "d",
			Platforms: []registry.Platform{{Name: "linux/amd64", Old: "sha256:3", New: "sha256:4"}},
		}, []string{"a.yaml:1"}, false})
	}
	written := map[string]string{}
	for name, list := range map[string][]checkedImage{"full": all, "bare": {{}}, "empty": nil} {
		var b bytes.Buffer
		if err := checkJSON(&b, list, nil, false); err != nil {
			t.Fatal(err)
		}
		written[name] = b.String()
		if err := valid(b.String()); err != nil {
			t.Errorf("%s: %v\n%s", name, err, b.String())
		}
	}
	for _, wrong := range []string{
		strings.Replace(written["full"], `"verdict": "same"`, `"verdict": "equal"`, 1),
		strings.Replace(written["full"], `"version": 1`, `"version": 2`, 1),
		strings.Replace(written["full"], `"detail"`, `"details"`, 1),
	} {
		if valid(wrong) == nil {
			t.Errorf("accepted: %s", wrong)
		}
	}

	var s struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	names := []map[string]any{s.Properties}
	for _, d := range s.Defs {
		names = append(names, d.Properties)
	}
	for _, properties := range names {
		for name := range properties {
			if !strings.Contains(written["full"], `"`+name+`": `) {
				t.Errorf("%s is in the schema only", name)
			}
		}
	}
}
