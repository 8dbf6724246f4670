package syntax

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// yamlSuite returns the inputs of the YAML test suite
// (github.com/yaml/yaml-test-suite) if REGMIGRATE_YAML_SUITE is the path of its src
// folder, otherwise nil.
func yamlSuite(t testing.TB) []string {
	dir := os.Getenv("REGMIGRATE_YAML_SUITE")
	if dir == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.yaml in %s (%v)", dir, err)
	}
	var out []string
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			YAML *string `yaml:"yaml"`
		}
		if err := yaml.Unmarshal(src, &cases); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range cases {
			if c.YAML != nil {
				out = append(out, unmarkYAML(*c.YAML))
			}
		}
	}
	return out
}

// unmarkYAML replaces the characters with which the suite shows invisible
// characters. Source: ReadMe.md of the suite.
func unmarkYAML(s string) string {
	s = strings.NewReplacer("␣", " ", "———»", "\t", "——»", "\t", "—»", "\t", "»", "\t", "↵", "", "←", "\r", "⇔", "\ufeff").Replace(s)
	return strings.TrimSuffix(s, "∎\n")
}

// yamlVariants returns src unchanged, with CRLF, with CR only, with NEL, and
// with a byte order mark.
func yamlVariants(src []byte) map[string][]byte {
	lf := strings.ReplaceAll(string(src), "\r\n", "\n")
	return map[string][]byte{
		"unchanged": src,
		"CRLF":      []byte(strings.ReplaceAll(lf, "\n", "\r\n")),
		"CR":        []byte(strings.ReplaceAll(lf, "\n", "\r")),
		"NEL":       []byte(strings.ReplaceAll(lf, "\n", "\u0085")),
		"BOM":       []byte("\ufeff" + strings.TrimPrefix(string(src), "\ufeff")),
	}
}

// TestSuiteYAML compares ParseYAML with the decoder for the inputs of the YAML test
// suite: ParseYAML accepts all inputs that the decoder accepts, and edits of all
// scalars are verified.
func TestSuiteYAML(t *testing.T) {
	inputs := yamlSuite(t)
	if inputs == nil {
		t.Skip("REGMIGRATE_YAML_SUITE is not set")
	}
	for _, variant := range []string{"unchanged", "CRLF", "CR", "NEL", "BOM"} {
		var sum yamlStudy
		for _, in := range inputs {
			src := yamlVariants([]byte(in))[variant]
			f := sum.parse(t, in, src)
			if f == nil {
				continue
			}
			checkYAMLFile(t, src, f)
			checkYAMLChunks(t, src, f)
			sum.splice(t, in, src, longYAMLWords(f))
		}
		t.Logf("%-6s %s", variant, sum)
	}
}
