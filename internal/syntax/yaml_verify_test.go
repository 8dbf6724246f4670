package syntax

import (
	"bytes"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// yamlEdits returns text without its § as src, and edits for pairs of old and new
// text: every occurrence of old is replaced with new. If old is "", new is
// inserted at the position of the next §.
func yamlEdits(t *testing.T, text string, pairs ...string) (src []byte, edits []edit.Edit) {
	t.Helper()
	marks := strings.Split(text, "§")
	src = []byte(strings.Join(marks, ""))
	at, k := 0, 0
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "" {
			at += len(marks[k])
			k++
			edits = append(edits, edit.Edit{Span: edit.Span{Start: at, End: at}, New: pairs[i+1]})
			continue
		}
		n := 0
		for from := 0; ; n++ {
			j := bytes.Index(src[from:], []byte(pairs[i]))
			if j < 0 {
				break
			}
			edits = append(edits, edit.Edit{Span: edit.Span{Start: from + j, End: from + j + len(pairs[i])}, New: pairs[i+1]})
			from += j + len(pairs[i])
		}
		if n == 0 {
			t.Fatalf("%q is not in %q", pairs[i], src)
		}
	}
	edit.Sort(edits)
	return src, edits
}

func TestVerifyYAML(t *testing.T) {
	tests := []struct {
		name, src string
		pairs     []string
		want      string // part of the error; "" for no error
	}{
		{"no edits", "a: b\n", nil, ""},
		{"plain", "image: k8s.gcr.io/pause:3.9\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"every style", "a: [k8s.gcr.io/a, 'k8s.gcr.io/b', \"k8s.gcr.io/c\"]\nd: |\n  x k8s.gcr.io/d\n\n  k8s.gcr.io/e\nf: >\n  k8s.gcr.io/f\n  k8s.gcr.io/g\nh: i\n  k8s.gcr.io/j\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"key", "k8s.gcr.io/a: b\n? k8s.gcr.io/c\n: d\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"between escapes", "a: \"\\tk8s.gcr.io\\n'\"\nb: '''k8s.gcr.io'''\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"quoted value removed", "a: \"k8s.gcr.io\"\nb: c", []string{"k8s.gcr.io", ""}, ""},
		{"in front of a value", "a: §nginx\n", []string{"", "mirror/library/"}, ""},
		{"after a value", "a: nginx§\n", []string{"", ":1"}, ""},
		{"documents", "a: k8s.gcr.io\n---\nb: c\n--- # d\n- k8s.gcr.io\n...\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"an invalid document without edits", "a: k8s.gcr.io\n---\n{{ if }}\nx\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"alias to another document", "a: &x b\n---\nc: [*x, k8s.gcr.io]\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"cyclic alias", "a: &x [*x, k8s.gcr.io]\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"BOM and CRLF", "\ufeffa: k8s.gcr.io\r\nb: é\r\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"duplicate keys", "a: k8s.gcr.io\na: k8s.gcr.io\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},

		{"comments", "# k8s.gcr.io\na: b # x k8s.gcr.io, k8s.gcr.io\n\n# k8s.gcr.io\n\n# k8s.gcr.io\nc:\n  - d\n  # k8s.gcr.io\n# k8s.gcr.io", []string{"k8s.gcr.io", "r.io"}, ""},
		{"only comments", "# k8s.gcr.io\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"comment of an empty document", "---\n# k8s.gcr.io\n---\na\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"comment after a quoted hash", "a: \"b # c\" # k8s.gcr.io\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"comment in the header of a block scalar", "a: | # k8s.gcr.io\n  k8s.gcr.io # k8s.gcr.io\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"comment in a flow mapping", "{a: b, # k8s.gcr.io\n # k8s.gcr.io\n c: k8s.gcr.io # k8s.gcr.io\n}\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"comment of a directive", "%YAML 1.1 # k8s.gcr.io\n--- # k8s.gcr.io\na: b\n", []string{"k8s.gcr.io", "registry.k8s.io"}, ""},
		{"new text that ends a comment", "a: b # k8s.gcr.io\n", []string{"k8s.gcr.io", "x\nc: d"}, "ends the comment"},
		{"hash of a comment", "a: b #k8s.gcr.io\n", []string{"#k8s.gcr.io", "k8s.gcr.io"}, "neither in a value nor in a comment"},
		{"comment and the line below", "a: b #k8s.gcr.io\nc: d\n", []string{"k8s.gcr.io\n", "x"}, "neither in a value nor in a comment"},

		{"type changes to int", "a: docker.io/1234\n", []string{"docker.io/", ""}, `line 1: the type changes: "docker.io/1234" is !!str, "1234" is !!int`},
		{"type changes to bool", "x: y\na: docker.io/true\n", []string{"docker.io/", ""}, "line 2: "},
		{"type kept by quotes", "a: 'docker.io/1234'\n", []string{"docker.io/", ""}, ""},
		{"type kept by a tag", "a: !!str docker.io/1234\n", []string{"docker.io/", ""}, ""},
		{"value removed", "a: k8s.gcr.io\n", []string{"k8s.gcr.io", ""}, "line 1: "},
		{"text that is an alias", "a: k8s.gcr.io\n", []string{"k8s.gcr.io", "*x"}, "after the edits: line 1: no anchor &x"},
		{"text that is a list", "a: k8s.gcr.io\n", []string{"k8s.gcr.io", "[::1]"}, "line 1: "},
		{"text that is a mapping", "- k8s.gcr.io\n", []string{"k8s.gcr.io", "a: b"}, "line 1: "},
		{"text with a comment", "a: k8s.gcr.io\n", []string{"k8s.gcr.io", "x # y"}, "line 1: \"k8s.gcr.io\" becomes \"x\""},
		{"text with an anchor", "a: k8s.gcr.io\n", []string{"k8s.gcr.io", "&x y"}, "line 1: "},
		{"text with a line", "a: k8s.gcr.io/x\n", []string{"k8s.gcr.io", "y\nb: z"}, `line 1: "k8s.gcr.io/x" becomes "y"`},
		{"quote in quotes", "a: 'k8s.gcr.io/b'\n", []string{"k8s.gcr.io", "x''y"}, "line 1: \"k8s.gcr.io/b\" becomes \"x'y/b\""},
		{"escape in quotes", "a: \"k8s.gcr.io/b\"\n", []string{"k8s.gcr.io", `x\y`}, "after the edits: line 1: "},
		{"folded", "a: \"gcr.io/goo\\\n gle\"\n", []string{"goo\\\n gle", "x"}, "line 1: the text to replace is folded"},
		{"escaped", `a: "k8s\x2egcr.io"` + "\n", []string{`k8s\x2egcr.io`, "x"}, ""},
		{"an escape at the start", `a: "\x6b8s.gcr.io"` + "\n", []string{`\x6b8s`, "x"}, "line 1: the text to replace is folded"},
		{"a continued line", "a: \"k8s.\\\n  gcr.io\"\n", []string{"k8s.\\\n  gcr", "x"}, "line 1: the text to replace is folded"},
		{"line of a literal removed", "a: |\n  b\n  c\n", []string{"  c\n", ""}, "line 3: "},
		{"quotes", "a: 'b'\n", []string{"'", "\""}, "line 1: the text to replace is folded"},
		{"anchor", "a: &x b\nc: *x\n", []string{"x", "y"}, "line 1: the text to replace is neither"},
		{"tag", "a: !x b\n", []string{"!x", "!y"}, "line 1: the text to replace is neither"},
		{"indentation", "a:\n  b: c\n", []string{"  ", "    "}, "line 2: the text to replace is neither"},
		{"document marker", "a: b\n---\nc: d\n", []string{"---", "#--"}, "line 2: the text to replace is neither"},
		{"document removed", "a: b\n---\nc: d\n", []string{"---\nc: d\n", ""}, "line 2: the text to replace is neither"},
		{"two values", "a: b\nc: d\n", []string{"b\nc: d", "e"}, "line 1: the text to replace is neither"},
		{"NUL", "a: b\n", []string{"b", "\x00"}, "after the edits: line 1: a NUL byte"},
		{"invalid before the edits", "a: b: c\n", []string{"c", "d"}, "before the edits: line 1: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, edits := yamlEdits(t, tt.src, tt.pairs...)
			err := VerifyYAML(src, edits)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestVerifyYAMLInsert(t *testing.T) {
	tests := []struct {
		name, src string
		pairs     []string
		want      string
	}{
		{"key", "images:\n- name: a§\n  newTag: b\n- name: c\n", []string{"", "\n  newName: d"}, ""},
		{"last key, no final newline", "images:\n- name: a§", []string{"", "\n  newName: d"}, ""},
		{"CRLF", "images:\r\n- name: a§\r\n  newTag: b\r\n", []string{"", "\r\n  newName: d"}, ""},
		{"in front of a comment", "images:\n- name: a # b§\n# c\n- name: d\n", []string{"", "\n  newName: e"}, ""},
		{"comments below the insertion", "images:\n- name: a§\n  # b\n\n  # c\n- name: d\n# e\n\nf: g\n", []string{"", "\n  newName: e"}, ""},
		{"with a replaced value", "images:\n- name: k8s.gcr.io/a§\n", []string{"k8s.gcr.io", "x", "", "\n  newName: y"}, ""},
		{"with a changed comment", "# k8s.gcr.io\nimages:\n- name: a§ # k8s.gcr.io\n", []string{"k8s.gcr.io", "x"}, ""},
		{"flow", "images: [{name: a§, newTag: 'b'}, {name: c§}] # d\n", []string{"", ", newName: e", "", ", newName: 'f'"}, ""},
		{"two keys", "- name: a§\n", []string{"", "\n  newName: b\n  newTag: \"1\""}, ""},
		{"list item", "images:\n- name: a§\nb: c\n", []string{"", "\n- name: d\n  newName: e"}, ""},
		{"item of a flow list", "a: [b§, c]\n", []string{"", ", d"}, ""},
		{"key of another mapping", "a:\n  b: c§\n", []string{"", "\nd: e"}, ""},
		{"two mappings", "a:\n  b: c§\n", []string{"", "\n  d: e\nf: g"}, "adds to more than one"},
		{"a value with a second line", "a: b§\n  c\n", []string{"", "\nd: e"}, "line 1: "},
		{"line of a value", "a: b§\n", []string{"", "\n  c"}, "line 1: "},
		{"only a comment", "a: b§\n", []string{"", "\n# c"}, "line 1: "},
		{"only a line break", "a: b§\n", []string{"", "\n"}, "adds no key"},
		{"with a comment", "a: b§\n", []string{"", "\nc: d # e"}, "line 1: "},
		{"document", "a: b§\n", []string{"", "\n---\nc: d"}, "1 documents became 2"},
		{"alias", "a: &x b§\n", []string{"", "\nc: *x"}, "cannot be parsed separately"},
		{"anchor", "a: b§\n", []string{"", "\nc: &x d"}, "has a different meaning"},
		{"in a literal", "a: |\n  b§\n  c\n", []string{"", "\n  d: e"}, "line 1: "},
		{"into a value", "a: b§c\n", []string{"", "\nd: "}, "line 1: "},
		{"block key in a flow mapping", "{a: b§}\n", []string{"", "\n, c: d"}, "a different style"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, edits := yamlEdits(t, tt.src, tt.pairs...)
			err := VerifyYAML(src, edits)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestVerifyYAMLEditBeyondTheEnd(t *testing.T) {
	if VerifyYAML([]byte("a: k8s.gcr.io\nb: c\n"), []edit.Edit{{Span: edit.Span{Start: 3, End: 99}}}) == nil {
		t.Error("VerifyYAML accepts an edit beyond the end")
	}
}

// compareYAML is like VerifyYAML for a text after that need not be the result of
// edits.
func compareYAML(before, after []byte, edits []edit.Edit) error {
	b, err := readYAML(before, edit.Span{Start: 0, End: len(before)})
	if err != nil {
		return err
	}
	a, err := readYAML(after, edit.Span{Start: 0, End: len(after)})
	if err != nil {
		return err
	}
	return newYAMLVerifier(before, edits, 0).verify(b, a)
}

// TestVerifyYAMLOtherChange checks that the comparison of trees detects every
// change other than the edits.
func TestVerifyYAMLOtherChange(t *testing.T) {
	const text = "# head\n%s: &x !!str k8s.gcr.io/a # line\n" +
		"b: [1, *x, 'c']\n" +
		"d:\n- e\n- {f: g}\n# foot\n\n" +
		"h: |\n  i\n  j\n" +
		"k: &y l\nm: *y\n---\nn: o\n"
	src, edits := yamlEdits(t, strings.Replace(text, "%s", "a", 1), "k8s.gcr.io", "registry.k8s.io")
	after, err := edit.Apply(src, edits)
	if err != nil {
		t.Fatal(err)
	}
	if err := compareYAML(src, after, edits); err != nil {
		t.Fatalf("without another change: %v", err)
	}
	for _, change := range [][2]string{
		{"# head", "# Head"}, {"# line", "# Line"}, {"# foot", "# Foot"}, {"# line", ""}, {"# foot\n", ""}, {"# head\n", "# head\n# more\n"},
		{"a:", "z:"}, {"&x", "&z"}, {"!!str", "!!binary"}, {"!!str ", ""}, {"/a", "/z"}, {"1", "2"}, {"1", "'1'"}, {"*x", "x"},
		{"'c'", "\"c\""}, {"'c'", "c"}, {"- e\n", ""}, {"- e\n", "- e\n- e\n"}, {"{f: g}", "f: g"}, {"f: g", "g: f"}, {"|", "|-"}, {"|", ">"},
		{"  i\n", "  i \n"}, {"  i\n", ""}, {"*y", "*x"}, {"m: *y\n", ""}, {"---\n", ""}, {"---\n", "---\n---\n"}, {"n: o\n", ""}, {"n: o", "n: "},
		{"registry.k8s.io", "k8s.gcr.io"}, {"registry.k8s.io", "registry.k8s.i0"}, {"d:\n- e", "d: \n- e"}, {"b: [", "b:  ["},
	} {
		if !bytes.Contains(after, []byte(change[0])) {
			t.Fatalf("%q is missing", change[0])
		}
		wrong := bytes.Replace(after, []byte(change[0]), []byte(change[1]), 1)
		if compareYAML(src, wrong, edits) == nil {
			t.Errorf("%q in place of %q is not detected", change[1], change[0])
		}
	}
}
