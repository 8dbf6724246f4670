package format

import (
	"bytes"
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
	src := []byte("image: k8s.gcr.io/a:1\n" + strings.Repeat("---\n", 50_001))
	may := func(part []byte) bool { return bytes.Contains(part, []byte("k8s.gcr.io")) }
	if _, err := Detect("a.yaml", src).Read(Input{Path: "a.yaml", Src: src}); !errors.As(err, new(*LimitError)) {
		t.Errorf("Read: %v", err)
	}
	if s, err := Detect("a.yaml", src).Read(Input{Path: "a.yaml", Src: src, May: may}); err != nil || len(s.Occurrences) != 1 {
		t.Errorf("Read of one document: %v", err)
	}
	// The breaks of YAML count in a template.
	for _, part := range []string{"-\r", "-\n", "-\u2028"} {
		if err := checkParts("template", []byte(strings.Repeat(part, maxParts/2+1))); !errors.As(err, new(*LimitError)) {
			t.Errorf("a template of %q: %v", part, err)
		}
	}
	// A template is read as a whole, and so is YAML that is one.
	src = []byte("a: {{ x }}\nimage: k8s.gcr.io/a:1\n" + strings.Repeat("---\na: {{ x }}\n", maxParts/3))
	for _, name := range []string{"a.yaml", "a.yaml.j2"} {
		if _, err := Detect(name, src).Read(Input{Path: name, Src: src, May: may}); !errors.As(err, new(*LimitError)) {
			t.Errorf("Read of a template, %s: %v", name, err)
		}
	}
}
