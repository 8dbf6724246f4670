package format

import (
	"errors"
	"strings"
	"testing"
)

// A file with as many parts as a limit allows is read; with one more, it is not.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name, path, part string
		n                int
		parts            string // of the error
	}{
		{"documents", "a.yaml", "---\na: b\n", maxDocuments, "YAML documents"},
		{"items of YAML", "a.yaml", "- a\n", (maxParts - 1) / 2, "lines, keys and items"},
		{"nested items in one line", "a.yaml", "- ", maxParts - 1, "lines, keys and items"},
		{"nested keys in one line", "a.yaml", "{a: ", (maxParts - 1) / 2, "lines, keys and items"},
		{"a text in YAML", "a.yaml", "some long text-with few-parts\n", maxParts - 1, "lines, keys and items"},
		{"a list in one line", "a.json", "1,", maxParts - 1, "lines, keys and items"},
		{"keys of JSON", "a.json", "\"a\": 1,\n", (maxParts - 1) / 2, "lines, keys and items"},
		{"lines of TOML", "a.toml", "a=1\n", (maxParts - 1) / 2, "lines, keys and items"},
		{"a key of TOML", "a.toml", "a.", maxParts - 1, "lines, keys and items"},
		{"variables", ".env", "A=b\n", maxLines, "lines"},
		{"a text", "a.md", "a,\n", maxParts, ""},
		{"a script", "a.sh", "---\n", maxParts, ""},
	} {
		src := []byte(strings.Repeat(tt.part, tt.n))
		f := Detect(tt.path, src[:min(len(src), 1000)])
		if err := f.checkLimits(src); err != nil {
			t.Errorf("%s: %d parts: %v", tt.name, tt.n, err)
		}
		err := f.checkLimits(append(src, tt.part...))
		limit := (*LimitError)(nil)
		if tt.parts == "" && err != nil || tt.parts != "" && (!errors.As(err, &limit) || limit.Parts != tt.parts) {
			t.Errorf("%s: one part more: %v", tt.name, err)
		}
	}
	// Read returns the error, and does not parse the file.
	src := []byte("image: k8s.gcr.io/a:1\n" + strings.Repeat("---\n", maxDocuments+1))
	if _, err := Detect("a.yaml", src).Read(Input{Path: "a.yaml", Src: src}); !errors.As(err, new(*LimitError)) {
		t.Errorf("Read: %v", err)
	}
}
