package policy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/regmigrate/regmigrate/internal/podspec"
)

// Types of test.gatekeeper.sh/v1alpha1.
type (
	gatorSuite struct {
		APIVersion string      `yaml:"apiVersion"`
		Kind       string      `yaml:"kind"`
		Metadata   metadata    `yaml:"metadata"`
		Tests      []gatorTest `yaml:"tests"`
	}
	gatorTest struct {
		Name       string      `yaml:"name"`
		Template   string      `yaml:"template"`
		Constraint string      `yaml:"constraint"`
		Cases      []gatorCase `yaml:"cases"`
	}
	gatorCase struct {
		Name       string           `yaml:"name"`
		Object     string           `yaml:"object"`
		Assertions []gatorAssertion `yaml:"assertions"`
	}
	gatorAssertion struct {
		Violations int    `yaml:"violations"`
		Message    string `yaml:"message,omitempty"`
	}
)

// gatekeeperSuite returns a suite for gator verify. Each rule has a pod whose images
// move and a pod whose images stay; gator compares the whole message.
func gatekeeperSuite(o *Options, out output) ([]File, error) {
	template, err := policyFile(o, "template.yaml", out.notes, out.objects[0])
	if err != nil {
		return nil, err
	}
	constraint, err := suiteFile(o, "constraint.yaml", nil, out.objects[1])
	if err != nil {
		return nil, err
	}
	files := []File{template, constraint}
	test := gatorTest{Name: o.Name, Template: "template.yaml", Constraint: "constraint.yaml"}
	add := func(name string, object map[string]any, moved []sample) error {
		file, err := suiteFile(o, name+".yaml", nil, object)
		if err != nil {
			return err
		}
		files = append(files, file)
		c := gatorCase{name, file.Name, []gatorAssertion{{}}}
		if len(moved) > 0 {
			var messages []string
			for _, s := range moved {
				messages = append(messages, s.message())
			}
			text := strings.Join(messages, "; ")
			if len(text) > maxMessage {
				text = text[:maxMessage] + " ..."
			}
			c.Assertions = []gatorAssertion{{1, "^" + regexp.QuoteMeta(text) + "$"}}
		}
		test.Cases = append(test.Cases, c)
		return nil
	}
	lists := samples(o)
	for i, list := range lists {
		var moved, stays []sample
		for _, s := range list {
			if s.to != "" {
				moved = append(moved, s)
			} else {
				stays = append(stays, s)
			}
		}
		for _, x := range []struct {
			name string
			list []sample
		}{{"moves", moved}, {"stays", stays}} {
			if len(x.list) == 0 {
				continue
			}
			name := fmt.Sprintf("rule-%03d-%s", i+1, x.name)
			var expected []sample
			if x.name == "moves" {
				expected = x.list
			}
			if err := add(name, o.testPod(name, x.list), expected); err != nil {
				return nil, err
			}
		}
	}
	if first, ok := firstMoving(lists); ok {
		for _, r := range podspec.Workloads() {
			name := "kind-" + strings.ToLower(r.Kind)
			if err := add(name, o.testObject(r, name, []sample{first}), []sample{first}); err != nil {
				return nil, err
			}
		}
	}
	suite, err := suiteFile(o, "suite.yaml", []string{"gator verify FOLDER runs these tests. With --enable-k8s-native-validation=false it evaluates the Rego of the template."},
		gatorSuite{"test.gatekeeper.sh/v1alpha1", "Suite", metadata{Name: o.Name}, []gatorTest{test}})
	if err != nil {
		return nil, err
	}
	return append([]File{suite}, files...), nil
}
