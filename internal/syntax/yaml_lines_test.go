package syntax

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// TestVerifyYAMLLines: whole lines may be added to a literal block scalar,
// indented as the line is before which they come; whatever would be read as
// something else is refused.
func TestVerifyYAMLLines(t *testing.T) {
	for _, tt := range []struct {
		name, src, at, text string
		ok                  bool
	}{
		{"first line", "a: |\n  - x\nb: 1\n", "- x", "- y\n  ", true},
		{"two lines", "a: |\n  - x\nb: 1\n", "- x", "- y\n    z: 1\n  ", true},
		{"a later line", "a: |\n  # c\n  - x\n", "- x", "- y\n  ", true},
		{"deeper than the block", "a: |\n  k:\n    - x\n", "- x", "- y\n    ", true},
		{"an end of line of two bytes", "a: |-\r\n  - x\r\nb: 1\r\n", "- x", "- y\r\n  ", true},
		{"too little indentation", "a: |\n  - x\nb: 1\n", "- x", "- y\n ", false},
		{"out of the block", "a: |\n  - x\nb: 1\n", "- x", "- y\nc: 1\n  ", false},
		{"a folded scalar", "a: >\n  - x\nb: 1\n", "- x", "- y\n  ", false},
		{"a quoted scalar", "a: \"- x\"\nb: 1\n", "- x", "- y\n  ", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := strings.Index(tt.src, tt.at)
			edits := []edit.Edit{{Span: edit.Span{Start: i, End: i}, New: tt.text}}
			if err := VerifyYAML([]byte(tt.src), edits); (err == nil) != tt.ok {
				t.Errorf("verify: %v", err)
			}
		})
	}
}
