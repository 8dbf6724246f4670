package report

import (
	"slices"
	"strings"
	"testing"
)

// ParseShellQuoted reads what ShellQuoted writes, and nothing that a shell would expand.
func TestParseShellQuoted(t *testing.T) {
	for _, args := range [][]string{
		{"regmigrate", "policy", "vap"},
		{"--rule", "a/b=c.example/d", "--name=x"},
		{"two words", "it's", "'", "''", `back\slash`, `\'`, "$HOME", "*", "~", "", "a'b c'd"},
	} {
		line := strings.Join(ShellQuoted(args), " ")
		if got, err := ParseShellQuoted(line); err != nil || !slices.Equal(got, args) {
			t.Errorf("%s: got %q, %v, want %q", line, got, err, args)
		}
	}
	for _, line := range []string{"a;b", "$HOME", "a  b", " a", "a ", "", "'a", "a'b'", "'a'", `a\ b`, "`id`", "a\tb", `"a"`, "''a''"} {
		if got, err := ParseShellQuoted(line); err == nil {
			t.Errorf("%s: got %q, want an error", line, got)
		}
	}
}
