package syntax

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseYAMLError(t *testing.T) {
	tests := []struct {
		name, src string
		line      int
		msg       string
	}{
		{"no colon", "a: b\nc\nd: e\n", 2, "a key without a colon"},
		{"second colon", "a: b\nc: d: e\n", 2, "a second colon"},
		{"indentation of a key in a mapping", "x:\n  a: b\n y: c\n", 3, "expected a key"},
		{"indentation of a list", "x:\n\n  - b\n  c: d\n", 3, "expected a list item"},
		{"template", "a: b\nc:\n  {{- if .x }}\n", 3, "expected a value"},
		{"open quote", "a: b\nc: 'd\n", 2, "a quote is not closed"},
		{"open quote on the first line", "c: 'd\ne: f\n", 3, "a quote is not closed"},
		{"tab", "a:\n\tb: c\n", 2, "a value cannot start"},
		{"version", "%YAML 1.2\n---\na\n", 1, "a %YAML directive"},
		{"unknown anchor", "a: b\nc: *d\n", 2, "no anchor &d is defined"},
		{"control character", "a: b\nc: d\ne: \x1b[1m\n", 3, "YAML does not allow the control character U+001B"},
		{"control character in a comment", "a: b\n# \x7f\n", 2, "YAML does not allow the control character U+007F"},
		{"Latin-1", "a: b\nc: \xe9\n", 2, "invalid UTF-8"},
		{"NUL", "a: b\nc: \x00\n", 2, "a NUL byte"},
		{"UTF-16 without a byte order mark", "a\x00:\x00 \x00b\x00", 1, "a NUL byte"},
		{"line breaks that only the decoder counts", "a: b\u0085c: d\r\ne: \"f\n", 2, "a quote is not closed"},
		{"second document", "a: b\n---\nc: d\ne\n", 4, "a key without a colon"},
		{"second document, UTF-16 byte order mark", "a: b\n...\n\xff\xfea: b\n", 3, "invalid UTF-8"},
		{"text after the end", "a: b\n...\nc: d\n", 3, "text after the end of a document"},
		{"key of more than 1024 bytes", strings.Repeat("k", 1025) + ": v\n", 1, ""},
	}
	for _, tt := range tests {
		for _, want := range []func([]byte) bool{nil, func(b []byte) bool { return true }} {
			_, err := ParseYAML([]byte(tt.src), want)
			var p *ParseError
			if !errors.As(err, &p) {
				t.Errorf("%s: %v", tt.name, err)
			} else if p.Line != tt.line || !strings.HasPrefix(p.Msg, tt.msg) || strings.Contains(p.Msg, "yaml: ") {
				t.Errorf("%s: line %d %q, want line %d %q", tt.name, p.Line, p.Msg, tt.line, tt.msg)
			}
		}
	}
}

func TestParseYAMLWholeSourceErrors(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	tests := []struct {
		name, src string
		want      error
	}{
		{"UTF-16 little-endian", "\xff\xfea\x00", ErrUTF16},
		{"UTF-16 big-endian", "\xfe\xff\x00a", ErrUTF16},
		{"UTF-32 little-endian", "\xff\xfe\x00\x00a\x00\x00\x00", ErrUTF16},
		{"UTF-32 big-endian", "\x00\x00\xfe\xff\x00\x00\x00a", ErrUTF16},
		{"two byte order marks", "\ufeff\ufeffimage: a\nbcd: b\n", ErrInnerBOM},
		{"byte order mark of the second document", "a: b\n---\n\ufeffbcd: e\n", ErrInnerBOM},
		{"byte order mark in a value", "a: 'b\ufeffc'\n", ErrInnerBOM},
		{"100,000 lists in flow style", deep, ErrTooDeep},
		{"100,000 mappings in flow style", strings.Repeat("{a: ", 100_000), ErrTooDeep},
		{"100,000 lists in block style", strings.Repeat("- ", 100_000), ErrTooDeep},
		{"100,000 explicit keys", strings.Repeat("? ", 100_000), ErrTooDeep},
		{"100,000 lists in the second document", "a: b\n---\n" + deep, ErrTooDeep},
	}
	for _, tt := range tests {
		if _, err := ParseYAML([]byte(tt.src), nil); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestParseYAMLDeep(t *testing.T) {
	for _, src := range []string{
		strings.Repeat("[", 9_999) + "x" + strings.Repeat("]", 9_999),
		strings.Repeat("{a: ", 9_999) + "x" + strings.Repeat("}", 9_999),
		strings.Repeat("- ", 9_999) + "x",
	} {
		f, err := ParseYAML([]byte(src), nil)
		if err != nil {
			t.Errorf("%.10q…: %v", src, err)
			continue
		}
		depth, n := 0, f.Docs[0].Root
		for ; len(n.Children) > 0; n = n.Children[len(n.Children)-1] {
			depth++
		}
		if depth != 9_999 || n.Value != "x" {
			t.Errorf("%.10q…: %q at depth %d", src, n.Value, depth)
		}
	}
}

// TestParseYAMLAliasBomb reads aliases that would expand to 9^9 scalars; the tree
// has one node for each alias.
func TestParseYAMLAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	f, err := ParseYAML([]byte(b.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(yamlFileScalars(f)); n != 100 {
		t.Errorf("%d scalars and aliases, want 100", n)
	}
}

// TestParseYAMLLarge reads sources for which a simple implementation takes
// quadratic time, so that the test would exceed the time limit of go test.
func TestParseYAMLLarge(t *testing.T) {
	const n = 100_000
	tests := []struct{ name, src string }{
		{"one line that is not ASCII", "{é: [" + strings.Repeat("k8s.gcr.io/a, ", n) + "x]}"},
		{"documents", strings.Repeat("---\na: b\n", maxYAMLDocuments)},
		{"documents with ends", strings.Repeat("---\na: .... ...\n...\n# c\n", maxYAMLDocuments)},
		{"empty lines in a literal", "a: |+\n" + strings.Repeat("\n", n)},
		{"a line of blanks in a literal", "a: |1\n" + strings.Repeat(" ", n) + "\n"},
		{"literal", "a: |\n" + strings.Repeat("  é\n\n", n)},
		{"escapes", "a: \"" + strings.Repeat("x\\n", n) + "\""},
		{"folded line breaks", "a: b" + strings.Repeat("\n  c", n)},
		{"aliases", "a: &x b\nc: [" + strings.Repeat("*x, ", n) + "]"},
	}
	for _, tt := range tests {
		f, err := ParseYAML([]byte(tt.src), nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		checkYAMLFile(t, []byte(tt.src), f)
	}
}
