package syntax

import (
	"bytes"
	"strings"
	"testing"
)

func TestYAMLChunks(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"one document", "a: b\n", "a: b\n"},
		{"two", "a: b\n---\nc: d\n", "a: b\n|---\nc: d\n"},
		{"content on the line of the marker", "--- a\n--- {b: c}\n--- |\n d", "--- a\n|--- {b: c}\n|--- |\n d"},
		{"no markers", "a: b\n----\n ---\n---c\n", "a: b\n----\n ---\n---c\n"},
		{"comments before the first", "# c\n\n---\na\n---\nb\n", "# c\n\n---\na\n|---\nb\n"},
		{"only comments in a later one", "---\n# c\n---\na\n", "---\n# c\n|---\na\n"},
		{"document ends", "a\n...\n# c\n---\nb\n...\n", "a\n...\n|# c\n---\nb\n...\n"},
		{"dots that are not a marker", "a: ...\nb: |\n  ...\n....\n---\nc", "a: ...\nb: |\n  ...\n....\n|---\nc"},
		{"CRLF", "a\r\n...\r\n---\r\nb\r\n---\r\n", "a\r\n...\r\n|---\r\nb\r\n|---\r\n"},
		{"BOM", "\ufeff# c\n---\na\n---\nb", "\ufeff# c\n---\na\n|---\nb"},
		{"BOM before a marker", "\ufeff---\na\n---\nb", "\ufeff---\na\n|---\nb"},
		{"directive", "%YAML 1.1\n---\na\n---\nb\n", "%YAML 1.1\n---\na\n---\nb\n"},
		{"directive of a later document", "a\n...\n%TAG ! x\n---\nb\n", "a\n...\n%TAG ! x\n---\nb\n"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		var got []string
		for c := range yamlChunks([]byte(tt.src)) {
			got = append(got, tt.src[c.Start:c.End])
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s, tt.want)
		}
	}
}

// checkYAMLChunks fails the test unless every chunk of src, parsed separately, has
// the same documents as in the complete file.
func checkYAMLChunks(t *testing.T, src []byte, whole *File) {
	t.Helper()
	next := 0
	for c := range yamlChunks(src) {
		at := 0
		f, err := ParseYAML(src, func(chunk []byte) bool {
			at += len(chunk)
			return at == c.End && len(chunk) == c.Len()
		})
		if err != nil {
			t.Errorf("chunk %v: %v", c, err)
			return
		}
		if f.Complete != (c.Len() == len(src)) {
			if f.Complete && bytes.ContainsRune(src, '*') {
				return // all of src was read because of an anchor in another document
			}
			t.Errorf("chunk %v of %d bytes: Complete is %v", c, len(src), f.Complete)
		}
		for _, d := range f.Docs {
			if next == len(whole.Docs) {
				t.Errorf("chunk %v has a document that the complete file does not have: %+v", c, d)
				return
			}
			w := whole.Docs[next]
			next++
			if d.Span != w.Span || !sameYAMLNode(d.Root, w.Root) {
				t.Errorf("chunk %v: %v %+v, in the complete file %v %+v", c, d.Span, d.Root, w.Span, w.Root)
			}
		}
	}
	if next != len(whole.Docs) {
		t.Errorf("the chunks have %d documents, the file %d", next, len(whole.Docs))
	}
}

func sameYAMLNode(a, b *Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Style != b.Style || a.Tag != b.Tag || a.Value != b.Value || a.Anchor != b.Anchor || a.Span != b.Span ||
		len(a.Map) != len(b.Map) || len(a.Children) != len(b.Children) || (a.Target == nil) != (b.Target == nil) {
		return false
	}
	for i := range a.Map {
		if a.Map[i] != b.Map[i] {
			return false
		}
	}
	for i := range a.Children {
		if !sameYAMLNode(a.Children[i], b.Children[i]) {
			return false
		}
	}
	return true
}

func TestParseYAMLWanted(t *testing.T) {
	hit := func(b []byte) bool { return bytes.Contains(b, []byte("HIT")) }
	tests := []struct {
		name, src string
		roots     int
		complete  bool
		want      string
	}{
		{"none", "a: b\n---\nc: d\n", 0, false, ""},
		{"all", "a: HIT\n---\nc: HIT\n", 2, true, "a;HIT;c;HIT"},
		{"one of three", "a: b\n---\nc: HIT\n---\nd: e\n", 1, false, "c;HIT"},
		{"an invalid document that is not wanted", "a: b\n---\nc: HIT\n---\n{{ if }}\nd\n", 1, false, "c;HIT"},
		{"anchor in an earlier document", "a: &x b\n---\nc: [HIT, *x]\n---\nd: e\n", 3, true, "a;b;c;HIT;*x;d;e"},
		{"one document", "a: HIT\n", 1, true, "a;HIT"},
		{"directives", "%TAG !e! tag:e,2000:\n---\na: b\n--- !e!x\nc: HIT\n", 0, true, "error"},
		{"marker after a NEL", "a: b\u0085---\nc: d\n---\ne: HIT\n--- f", 1, false, "e;HIT"},
		{"marker after a NEL in a wanted chunk", "a: b\n---\n- HIT\u0085---\nc: d\n--- e", 2, false, "HIT;c;d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ParseYAML([]byte(tt.src), hit)
			if err != nil {
				if tt.want != "error" {
					t.Fatal(err)
				}
				return
			}
			var got []string
			for _, n := range yamlFileScalars(f) {
				got = append(got, dumpYAML([]byte(tt.src), n))
				checkYAMLScalar(t, []byte(tt.src), n)
			}
			if s := strings.Join(got, ";"); s != tt.want || f.Complete != tt.complete || len(f.Docs) != tt.roots {
				t.Errorf("got %q in %d documents, Complete is %v", s, len(f.Docs), f.Complete)
			}
		})
	}
}

func TestParseYAMLWantedError(t *testing.T) {
	src := []byte("a: b\n---\nc: HIT\nd\n---\n{{ if }}\n")
	_, err := ParseYAML(src, func(b []byte) bool { return bytes.Contains(b, []byte("HIT")) })
	if want := "line 4: a key without a colon"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
