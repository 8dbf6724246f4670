package policy

import (
	"fmt"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// Types of cli.kyverno.io/v1alpha1, with the fields that suites use.
type (
	kyvernoTest struct {
		APIVersion string          `yaml:"apiVersion"`
		Kind       string          `yaml:"kind"`
		Metadata   metadata        `yaml:"metadata"`
		Policies   []string        `yaml:"policies"`
		Resources  []string        `yaml:"resources"`
		Results    []kyvernoResult `yaml:"results"`
	}
	kyvernoResult struct {
		Validating bool     `yaml:"isValidatingPolicy,omitempty"`
		Mutating   bool     `yaml:"isMutatingPolicy,omitempty"`
		Policy     string   `yaml:"policy"`
		Rule       string   `yaml:"rule,omitempty"`
		Kind       string   `yaml:"kind"`
		Resources  []string `yaml:"resources"`
		Patched    string   `yaml:"patchedResources,omitempty"`
		Result     string   `yaml:"result"`
	}
)

// kyvernoSuite returns a suite for kyverno test. Each image has a pod of its own, since
// kyverno test does not compare messages.
func kyvernoSuite(o *Options, out output) ([]File, error) {
	policy, err := policyFile(o, "policy.yaml", out.notes, out.objects...)
	if err != nil {
		return nil, err
	}
	test := kyvernoTest{APIVersion: "cli.kyverno.io/v1alpha1", Kind: "Test", Metadata: metadata{Name: o.Name}, Policies: []string{policy.Name}, Resources: []string{"resources.yaml"}}
	var objects, patched []any
	add := func(r podspec.Resource, name string, s sample) {
		objects = append(objects, o.testObject(r, name, []sample{s}))
		result := kyvernoResult{Validating: !o.Mutate && !o.Legacy, Mutating: o.Mutate, Policy: o.Name, Kind: r.Kind, Result: "pass"}
		result.Resources = []string{o.testNamespace() + "/" + name}
		if o.Legacy {
			result.Rule = legacyRule
		}
		switch {
		case o.Mutate:
			if s.to != "" {
				s.image = s.to
			}
			patched = append(patched, o.testObject(r, name, []sample{s}))
			result.Patched = "patched.yaml"
		case s.to != "":
			result.Result = "fail"
		}
		test.Results = append(test.Results, result)
	}
	lists := samples(o)
	for i, list := range lists {
		for _, s := range list {
			add(podspec.Workloads()[0], fmt.Sprintf("rule-%03d-%s", i+1, s.name), s)
		}
	}
	if first, ok := firstMoving(lists); ok && !o.Mutate {
		for _, r := range podspec.Workloads() {
			if strings.Contains(r.Group, ".") {
				continue // the program does not know kinds of other projects
			}
			add(r, "kind-"+strings.ToLower(r.Kind), first)
		}
	}
	files := []File{{}, policy}
	for _, x := range []struct {
		name    string
		objects []any
	}{{"resources.yaml", objects}, {"patched.yaml", patched}} {
		if len(x.objects) == 0 {
			continue
		}
		file, err := suiteFile(o, x.name, nil, x.objects...)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	files[0], err = suiteFile(o, "kyverno-test.yaml", []string{"kyverno test FOLDER runs these tests."}, test)
	return files, err
}
