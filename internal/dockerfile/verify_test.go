package dockerfile

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

func TestVerify(t *testing.T) {
	const src = "# syntax=a.b/c\n# a.b\nFROM a.b/c AS d\nRUN x \\\n # a.b\n a.b/c\nCOPY <<E /\na.b/c\nE\n"
	tests := []struct {
		name     string
		old, new string
		nth      int
		ok       bool
	}{
		{"host", "a.b", "c.d.e:80/f", 2, true},
		{"directive", "a.b", "c.d", 0, true},
		{"comment", "a.b", "c.d", 1, true},
		{"comment between lines", "a.b", "c.d", 3, true},
		{"after it", "a.b", "c.d", 4, true},
		{"here-document", "a.b", "c.d", 5, true},
		{"a blank", "a.b", "c d", 2, false},
		{"a line", "a.b", "c\nRUN x", 2, false},
		{"a comment", "a.b", "#", 4, false},
		{"a variable", "a.b", "$x", 2, false},
		{"an instruction", "FROM", "RUN", 0, false},
		{"the end of a here-document", "E\n", "F\n", 0, false},
		{"a continuation", " \\\n", " ", 0, false},
		{"a name of a directive", "syntax", "x", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := 0
			for range tt.nth {
				at += strings.Index(src[at:], tt.old) + len(tt.old)
			}
			at += strings.Index(src[at:], tt.old)
			edits := []edit.Edit{{Span: edit.Span{Start: at, End: at + len(tt.old)}, New: tt.new}}
			if err := Verify([]byte(src), edits); (err == nil) != tt.ok {
				t.Errorf("got error %v, want ok %v", err, tt.ok)
			}
		})
	}
}
