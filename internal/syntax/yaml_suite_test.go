package syntax

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// yamlSuite returns the inputs of the YAML test suite
// (github.com/yaml/yaml-test-suite) when REGMIGRATE_YAML_SUITE names its src
// folder, else nothing.
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

// unmarkYAML replaces the characters by which the suite shows what cannot be
// seen (its ReadMe.md lists them).
func unmarkYAML(s string) string {
	s = strings.NewReplacer("␣", " ", "———»", "\t", "——»", "\t", "—»", "\t", "»", "\t", "↵", "", "←", "\r", "⇔", "\ufeff").Replace(s)
	return strings.TrimSuffix(s, "∎\n")
}

// yamlVariants returns src as it is, with CRLF, with CR only, with NEL, and
// with a byte order mark.
func yamlVariants(src []byte) map[string][]byte {
	lf := strings.ReplaceAll(string(src), "\r\n", "\n")
	return map[string][]byte{
		"as is": src,
		"CRLF":  []byte(strings.ReplaceAll(lf, "\n", "\r\n")),
		"CR":    []byte(strings.ReplaceAll(lf, "\n", "\r")),
		"NEL":   []byte(strings.ReplaceAll(lf, "\n", "\u0085")),
		"BOM":   []byte("\ufeff" + strings.TrimPrefix(string(src), "\ufeff")),
	}
}

// TestSuiteYAML holds ParseYAML against the decoder on the inputs of the YAML
// test suite: every one that the decoder takes is taken, and all of its
// scalars are found, edited and verified.
func TestSuiteYAML(t *testing.T) {
	inputs := yamlSuite(t)
	if inputs == nil {
		t.Skip("REGMIGRATE_YAML_SUITE does not name the src folder of the YAML test suite")
	}
	for _, variant := range []string{"as is", "CRLF", "CR", "NEL", "BOM"} {
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
