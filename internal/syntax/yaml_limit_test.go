package syntax

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// A source with as many parts as a limit allows is read; with one more, it is not.
func TestYAMLLimits(t *testing.T) {
	for _, tt := range []struct {
		name, part string
		n          int
		parts      string // of the error
	}{
		{"documents", "---\na: b\n", maxYAMLDocuments, "YAML documents"},
		{"items", "- a\n", (maxYAMLParts - 1) / 2, "lines, keys and items"},
		{"nested items in one line", "- ", maxYAMLParts - 1, "lines, keys and items"},
		{"nested keys in one line", "{a: ", (maxYAMLParts - 1) / 2, "lines, keys and items"},
		{"documents after CR", "---\ra: b\r", maxYAMLDocuments, "YAML documents"},
		{"documents after NEL", "---\u0085a: b\u0085", maxYAMLDocuments, "YAML documents"},
		{"documents without a start", "a: b\n...\n", maxYAMLDocuments, "YAML documents"},
		{"documents with an end", "---\na: b\n...\n", maxYAMLDocuments, "YAML documents"},
		{"items in lines of CR", "-\r", (maxYAMLParts - 1) / 2, "lines, keys and items"},
		{"items in lines of CRLF", "- a\r\n", (maxYAMLParts - 1) / 2, "lines, keys and items"},
		{"items before NEL", "-\u0085", (maxYAMLParts - 1) / 2, "lines, keys and items"},
		{"items before LS", "-\u2028", (maxYAMLParts - 1) / 2, "lines, keys and items"},
		{"keys before PS", "?\u2029", (maxYAMLParts - 1) / 2, "lines, keys and items"},
		{"items before LF", "-\n", (maxYAMLParts - 1) / 2, "lines, keys and items"},
		{"a text with the last bytes of breaks", "é\u0445\u00a8\u2029", maxYAMLParts - 1, "lines, keys and items"},
		{"a text", "some long text-with few-parts\n", maxYAMLParts - 1, "lines, keys and items"},
	} {
		src := []byte(strings.Repeat(tt.part, tt.n))
		check := func(src []byte) error { return checkYAMLLimits(src, []edit.Span{{Start: 0, End: len(src)}}) }
		if err := check(src); err != nil {
			t.Errorf("%s: %d parts: %v", tt.name, tt.n, err)
		}
		err := check(append(src, tt.part...))
		if limit := (*LimitError)(nil); !errors.As(err, &limit) || limit.Parts != tt.parts {
			t.Errorf("%s: one part more: %v", tt.name, err)
		}
	}
}

// Only the documents that are read count.
func TestYAMLLimitsOfParts(t *testing.T) {
	for name, other := range map[string]string{
		"documents": strings.Repeat("---\na: b\n", maxYAMLDocuments+1),
		"lines":     "---\n" + strings.Repeat("a: b\n", maxYAMLParts),
	} {
		wanted := "image: a\n"
		src := []byte(wanted + other + "---\n" + wanted)
		want := func(part []byte) bool { return bytes.Contains(part, []byte("image")) }
		y, err := ParseYAML(src, want)
		if err != nil || len(y.Docs) != 2 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := ParseYAML(src, nil); !errors.As(err, new(*LimitError)) {
			t.Errorf("%s: all parts: %v", name, err)
		}
		if _, err := ParseYAML(src, func(part []byte) bool { return !want(part) }); !errors.As(err, new(*LimitError)) {
			t.Errorf("%s: the other parts: %v", name, err)
		}
		last := edit.Span{Start: len(src) - 2, End: len(src) - 1}
		if err := VerifyYAML(src, []edit.Edit{{Span: last, New: "b"}}); err != nil {
			t.Errorf("%s: verify: %v", name, err)
		}
		inOther := len(wanted) + len("---\na: ")
		if err := VerifyYAML(src, []edit.Edit{{Span: edit.Span{Start: inOther, End: inOther + 1}, New: "c"}}); name == "lines" && !errors.As(err, new(*LimitError)) {
			t.Errorf("%s: verify an edit in the other parts: %v", name, err)
		}
		// An alias to an anchor of another document needs all of the source.
		alias := []byte("a: &x b\n" + other + "---\nimage: *x\n")
		if _, err := ParseYAML(alias, want); !errors.As(err, new(*LimitError)) {
			t.Errorf("%s: alias: %v", name, err)
		}
	}
}
