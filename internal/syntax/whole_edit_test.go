package syntax

import (
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// TestWholeEdits checks that an edit with IsWhole may change the type and the quotes of a
// whole scalar without quotes, and nothing else.
func TestWholeEdits(t *testing.T) {
	for _, x := range []struct {
		name, src, new string
		json, isValid  bool
	}{
		{"a number becomes a string", "tag: «1.9» # x\nb: c\n", "v1.9", false, true},
		{"a number gets quotes", "tag: «1.9»\n", `"1.10"`, false, true},
		{"a string gets quotes", "{tag: «v7», b: c}\n", `"8"`, false, true},
		{"in a list", "- «1»\n- 2\n", `"1"`, false, true},
		{"a part of a number", "tag: 1«.9»\n", `x`, false, false},
		{"a string becomes a number", "tag: «v7»\n", `8`, false, false},
		{"more than a string", "tag: «1.9»\n", "a\nb: c", false, false},
		{"a comment", "tag: «1.9»\n", "a # b", false, false},
		{"a number of JSON becomes a string", `{"tag": «1.9»}`, `"v1.9"`, true, true},
		{"a number of JSON remains one", `{"tag": «7»}`, `8`, true, true},
		{"another type of number", `{"tag": «7»}`, `8.5`, true, false},
		{"no text of JSON", `{"tag": «7»}`, `v8`, true, false},
		{"more than a string of JSON", `{"tag": «7»}`, `"a", "b": "c"`, true, false},
		{"an escape", `{"tag": «7»}`, `"\u0061"`, true, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			before, rest, _ := strings.Cut(x.src, "«")
			old, after, _ := strings.Cut(rest, "»")
			src := []byte(before + old + after)
			e := edit.Edit{Span: edit.Span{Start: len(before), End: len(before) + len(old)}, New: x.new, IsWhole: true}
			verify := VerifyYAML
			if x.json {
				verify = VerifyJSON
			}
			if err := verify(src, []edit.Edit{e}); (err == nil) != x.isValid {
				t.Errorf("got error %v", err)
			}
			e.IsWhole = false
			if err := verify(src, []edit.Edit{e}); err == nil {
				t.Error("accepted without IsWhole")
			}
		})
	}
}
