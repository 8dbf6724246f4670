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

// TestFirstKeys checks that an edit with IsWhole may add the first keys of a mapping, to {}
// or in place of a null, and nothing else.
func TestFirstKeys(t *testing.T) {
	for _, x := range []struct {
		name, src, new string
		isValid        bool
	}{
		{"{}", "g: {«»} # x\nb: c\n", "s: {a: true}", true},
		{"{ } keeps its spaces", "g: {«» }\n", " s: {a: true}", true},
		{"{} in flow style", "{g: {«»}, b: c}\n", "s: {a: true}", true},
		{"the whole document", "{«»}\n", "s: {a: true}", true},
		{"a value {} of a list", "- {«»}\n", "s: true", true},
		{"no value", "g:«»\nb: c\n", "\n  s:\n    a: true", true},
		{"no value, with a comment", "g: # x«»\nb: c\n", "\n  s:\n    a: true", true},
		{"no value, with a comment below it", "g:«» # x\n  # y\nb: c\n", " {s: {a: true}}", true},
		{"no value at the end", "b: c\ng:«»", "\n  s:\n    a: true", true},
		{"no value below another key", "a:\n  g:«»\n  # y\n  b: c\n", "\n    s:\n      a: true", true},
		{"no value in flow style", "{g:«» , b: c}\n", " {s: {a: true}}", true},
		{"null", "g: «null» # x\nb: c\n", "{s: {a: true}}", true},
		{"~", "g: «~»\n", "{s: {a: true}}", true},
		{"NULL in flow style", "{g: «NULL»}\n", "{s: {a: true}}", true},
		{"a mapping with keys", "g: {«»a: b}\n", "s: true, ", false},
		{"a mapping in block style with keys", "g:«»\n  a: b\n", "\n  s: true", false},
		{"a list", "g: [«»]\n", "s", false},
		{"a key and a value", "g: {«»}\n", "s}\nb: {", false},
		{"a comment", "g: {«»}\n", "s: true # x", false},
		{"a text", "g: «x»\n", "{s: true}", false},
		{"a null with an anchor", "g: &x «null»\nb: *x\n", "{s: true}", false},
		{"a null with a tag", "g: !x «null»\n", "{s: true}", false},
		{"a part of a null", "g: n«ull»\n", "{s: true}", false},
		{"a null becomes a list", "g: «null»\n", "[s]", false},
		{"a null becomes a text", "g: «null»\n", "s", false},
		{"a null becomes {}", "g: «null»\n", "{}", false},
		{"more than the mapping", "g: «null»\n", "{s: true}\nb: c", false},
		{"an anchor", "g: «null»\n", "&x {s: true}", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			before, rest, _ := strings.Cut(x.src, "«")
			old, after, _ := strings.Cut(rest, "»")
			src := []byte(before + old + after)
			e := edit.Edit{Span: edit.Span{Start: len(before), End: len(before) + len(old)}, New: x.new, IsWhole: true}
			if err := VerifyYAML(src, []edit.Edit{e}); (err == nil) != x.isValid {
				t.Errorf("got error %v", err)
			}
			e.IsWhole = false
			if err := VerifyYAML(src, []edit.Edit{e}); err == nil {
				t.Error("accepted without IsWhole")
			}
		})
	}
	e := edit.Edit{Span: edit.Span{Start: 2, End: 2}, New: "\ns: true", IsWhole: true}
	if err := VerifyYAML([]byte("g:\nb: c\n"), []edit.Edit{e}); err == nil {
		t.Error("accepted as the first key of another mapping")
	}
}
