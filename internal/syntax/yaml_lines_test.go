package syntax

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// TestVerifyYAMLLines inserts whole lines into a block scalar. They are accepted
// in a literal block scalar, with the indentation of the line after them.
func TestVerifyYAMLLines(t *testing.T) {
	for _, tt := range []struct {
		name, src, at, text string
		ok                  bool
	}{
		{"first line", "a: |\n  - x\nb: 1\n", "- x", "- y\n  ", true},
		{"two lines", "a: |\n  - x\nb: 1\n", "- x", "- y\n    z: 1\n  ", true},
		{"a later line", "a: |\n  # c\n  - x\n", "- x", "- y\n  ", true},
		{"deeper than the block", "a: |\n  k:\n    - x\n", "- x", "- y\n    ", true},
		{"CRLF", "a: |-\r\n  - x\r\nb: 1\r\n", "- x", "- y\r\n  ", true},
		{"too little indentation", "a: |\n  - x\nb: 1\n", "- x", "- y\n ", false},
		{"lines that leave the block", "a: |\n  - x\nb: 1\n", "- x", "- y\nc: 1\n  ", false},
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
