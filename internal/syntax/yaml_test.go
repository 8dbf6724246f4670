package syntax

import (
	"fmt"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// yamlScalars appends the scalars and aliases below n to to, in order.
func yamlScalars(n *Node, to []*Node) []*Node {
	if n == nil {
		return to
	}
	if n.Kind == Scalar || n.Kind == Alias {
		to = append(to, n)
	}
	for _, c := range n.Children {
		to = yamlScalars(c, to)
	}
	return to
}

// yamlFileScalars returns all scalars and aliases of f.
func yamlFileScalars(f *File) []*Node {
	var out []*Node
	for _, d := range f.Docs {
		out = yamlScalars(d.Root, out)
	}
	return out
}

// dumpYAML returns a scalar as token=value, or only the token if it is equal to
// the value. Text of the value that no run covers is in brackets.
func dumpYAML(src []byte, n *Node) string {
	token := string(src[n.Span.Start:n.Span.End])
	var value strings.Builder
	at := 0
	for _, r := range n.Map {
		if r.Dec > at {
			fmt.Fprintf(&value, "[%s]", n.Value[at:r.Dec])
		}
		value.Write(src[r.Src : r.Src+r.Len])
		at = r.Dec + r.Len
	}
	if at < len(n.Value) {
		fmt.Fprintf(&value, "[%s]", n.Value[at:])
	}
	if n.Kind == Alias || token == value.String() {
		return token
	}
	return token + "=" + value.String()
}

func TestParseYAMLScalars(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"plain", "a: b c\n", "a;b c"},
		{"plain, empty", "a:\nb: ~\n", "a;;b;~="},
		{"plain, several lines", "a: b  \n  c\n\n\n  d\n", "a;b  \n  c\n\n\n  d=b[ ]c[\n\n]d"},
		{"plain with tabs", "a: b\t \n \t c\td\n", "a;b\t \n \t c\td=b[ ]c\td"},
		{"plain, CRLF", "a: b\r\n  c\r\nd: e\r\n", "a;b\r\n  c=b[ ]c;d;e"},
		{"plain, lone CR", "a: b\r  c\rd: e\r", "a;b\r  c=b[ ]c;d;e"},
		{"plain, NEL", "a: b\u0085  c\u0085d: e\n", "a;b\u0085  c=b[ ]c;d;e"},
		{"plain, LS and PS", "a: b\u2028  c\u2029 \u2028 d\ne: f\n", "a;b\u2028  c\u2029 \u2028 d=b[\u2028]c[\u2029\u2028]d;e;f"},
		{"plain with a colon and a hash", "a: b:c#d\n", "a;b:c#d"},
		{"single", "'a': 'b c'\n", "'a'=a;'b c'=b c"},
		{"single with a quote", "a: 'it''s '''\n", "a;'it''s '''=it[']s [']"},
		{"single, several lines", "a: ' b \n\n  c '\n", "a;' b \n\n  c '= b[\n]c "},
		{"single, empty", "a: ''\nb: c\n", "a;''=;b;c"},
		{"double", "\"a\": \"b c\"\n", "\"a\"=a;\"b c\"=b c"},
		{"double, escapes", `a: "b\tc\x41\u00e9\U0001F41E\"\\\'d\_\N\L\P\0\a\b\v\f\r\e\ x"` + "\n",
			`a;"b\tc\x41\u00e9\U0001F41E\"\\\'d\_\N\L\P\0\a\b\v\f\r\e\ x"=b[` + "\t]c[A\u00e9\U0001F41E\"\\']d[\u00a0\u0085\u2028\u2029\x00\a\b\v\f\r\x1b ]x"},
		{"double, several lines", "a: \"b\n  c\n\n  d\"\n", "a;\"b\n  c\n\n  d\"=b[ ]c[\n]d"},
		{"double, escaped line breaks", "a: \"gcr.io/goo\\\n  gle \\\n\n   x\"\n", "a;\"gcr.io/goo\\\n  gle \\\n\n   x\"=gcr.io/google [\n]x"},
		{"literal", "a: |\n  b\n   c\n\n  d\ne: f\n", "a;|\n  b\n   c\n\n  d\n=b\n c\n\nd\n;e;f"},
		{"literal, strip and keep", "a: |-\n  b\n\nc: |+\n  d\n\ne: f\n", "a;|-\n  b\n=b;c;|+\n  d\n\n=d\n\n;e;f"},
		{"literal, comment and leading empty lines", "a: | # c\n\n \n  b\n", "a;| # c\n\n \n  b\n=\n\nb\n"},
		{"literal, indentation indicator", "a:\n  b: |2-\n      c\n    d\n", "a;b;|2-\n      c\n    d\n=  c\nd"},
		{"literal, indicators in the other order", "a: |-1\n   b\n  c\n", "a;|-1\n   b\n  c\n=  b\n c"},
		{"literal, tab", "a: |\n  b\t\n  \tc\n", "a;|\n  b\t\n  \tc\n=b\t\n\tc\n"},
		{"literal, only blank lines, keep", "a: |+\n\n  \nb: c\n", "a;|+\n\n  \n=\n\n;b;c"},
		{"literal, a line of spaces with an indicator", "a: |1\n    \n b\n", "a;|1\n    \n b\n=   \nb\n"},
		{"literal, empty", "a: |\nb: c\n", "a;|\n=;b;c"},
		{"literal, CRLF", "a: |\r\n  b\r\n\r\n  c\r\n", "a;|\r\n  b\r\n\r\n  c\r\n=b[\n\n]c[\n]"},
		{"literal, no final newline", "a: |\n  b", "a;|\n  b=b"},
		{"literal, LS", "a: |\n  b\u2028  c\n", "a;|\n  b\u2028  c\n=b[\u2028]c\n"},
		{"literal in a list at the column of the parent", "a:\n- |\n b\n- c\n", "a;|\n b\n=b\n;c"},
		{"folded", "a: >\n  b\n  c\n\n  d\n   e\n  f\n", "a;>\n  b\n  c\n\n  d\n   e\n  f\n=b[ ]c[\n]d[\n] e[\n]f[\n]"},
		{"folded, strip", "a: >-\n  b\n  c\n\n\n", "a;>-\n  b\n  c\n=b[ ]c"},
		{"folded, indentation indicator", "- >1\n  b\n c\n", ">1\n  b\n c\n= b[\n]c[\n]"},
		{"folded, LS", "a: >\n  b\u2028  c\n", "a;>\n  b\u2028  c\n=b[\u2028]c[\n]"},
		{"anchor and tag", "a: &x !!str b\nc: !!str &y d\n", "a;b;c;d"},
		{"an anchor ends at a colon", "a: &an:chor x\n", "a;:chor x"},
		{"verbatim tag", "a: !<tag:yaml.org,2002:str> 'b'\n", "a;'b'=b"},
		{"tag with an escape", "a: !a%20b c\n", "a;c"},
		{"non-specific tag", "a: ! b\n", "a;b"},
		{"properties followed by a comment", "a: &x # c\n  !!str # d\n\n  b\n", "a;b"},
		{"properties of a mapping and its key", "&m !!map\n&k a: b\n", "a;b"},
		{"properties of a block scalar", "a: !!str &x |\n  b\n", "a;|\n  b\n=b\n"},
		{"alias", "a: &x-1 b\nc: *x-1\n*x-1 : d\n", "a;b;c;*x-1;*x-1;d"},
		{"flow", "{a: [b, 'c', \"d\"], e, f: {g: h}}\n", "a;b;'c'=c;\"d\"=d;e;;f;g;h"},
		{"flow, pairs and JSON keys", "[a: b, \"c\":d, ? e : f]\n", "a;b;\"c\"=c;d;e;f"},
		{"flow, several lines", "{a: b\n  c, # d\n e: f}\n", "a;b\n  c=b[ ]c;e;f"},
		{"explicit keys", "? a\n: b\n? |\n  c\n: - d\n? e\n", "a;b;|\n  c\n=c\n;d;e;"},
		{"non-ASCII text in front", "é: [ä, 'ö', \U0001F41E, k8s.gcr.io]\n", "é;ä;'ö'=ö;\U0001F41E;k8s.gcr.io"},
		{"non-ASCII comment in front", "# é\u2028a: b # ü\nc: d\n", "a;b;c;d"},
		{"BOM", "\ufeffa: b\nc: d\n", "a;b;c;d"},
		{"BOM and non-ASCII", "\ufeffé: b\n", "é;b"},
		{"documents", "--- a\n--- |\n b\n--- 'c'\n...\n# d\n---\ne: f\n", "a;|\n b\n=b\n;'c'=c;e;f"},
		{"directives", "%YAML 1.1\n%TAG !e! tag:e,2000:\n--- !e!x\na: b\n", "a;b"},
		{"merge key", "a: &x {b: c}\nd:\n  <<: *x\n", "a;b;c;d;<<;*x"},
		{"duplicate keys", "a: b\na: c\n", "a;b;a;c"},
		{"template braces that are a flow mapping", "a: {{ b }}\n", "a;b;;"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ParseYAML([]byte(tt.src), nil)
			if err != nil {
				t.Fatal(err)
			}
			checkYAMLFile(t, []byte(tt.src), f)
			var got []string
			for _, n := range yamlFileScalars(f) {
				got = append(got, dumpYAML([]byte(tt.src), n))
			}
			if s := strings.Join(got, ";"); s != tt.want {
				t.Errorf("source %q:\n got %q\nwant %q", tt.src, s, tt.want)
			}
		})
	}
}

func TestParseYAMLTag(t *testing.T) {
	for src, want := range map[string]string{
		"a": "!!str", "1": "!!int", "1.5": "!!float", "true": "!!bool", "~": "!!null", "'1'": "!!str", "|\n 1\n": "!!str",
		"!!str 1": "!!str", "!<tag:yaml.org,2002:int> 1": "!!int", "!x 1": "!x", "2001-01-01": "!!timestamp",
		"[]": "!!seq", "{}": "!!map", "!!set {}": "!!set", "!!str": "!!str",
	} {
		f, err := ParseYAML([]byte("- "+src), nil)
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		if got := f.Docs[0].Root.Children[0].Tag; got != want {
			t.Errorf("tag of %q is %s, want %s", src, got, want)
		}
	}
}

func TestParseYAMLCollectionSpan(t *testing.T) {
	for src, want := range map[string]int{
		"a: b": 0, "- a": 0, "&x {a: b}": 3, "!!seq [a]": 6, "&x !!map\na: b": 9, "&x\n&k a: b": 3, "&k a: b": 0, "# c\n\n[a]": 5,
	} {
		f, err := ParseYAML([]byte(src), nil)
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		if got := f.Docs[0].Root.Span; got != (edit.Span{Start: want, End: want}) {
			t.Errorf("%q starts at %v, want %d", src, got, want)
		}
	}
}

func TestParseYAMLAlias(t *testing.T) {
	f, err := ParseYAML([]byte("a: &x [*x, b]\nc: *x\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	list := f.Docs[0].Root.Children[1]
	if got := f.Docs[0].Root.Field("c"); got != list {
		t.Errorf("*x resolves to %+v, want the list", got)
	}
	if in := list.Children[0]; in.Target != list || in.Value != "x" {
		t.Errorf("*x inside its own list is %+v", in)
	}
}

func TestParseYAMLEmpty(t *testing.T) {
	tests := []struct {
		src  string
		docs int
		root bool // the last document has a Root
	}{
		{"", 0, false}, {"\n", 1, false}, {"# c\n", 1, false}, {"---\n", 1, false}, {"---\n---\n", 2, false}, {"--- # c\n...\n", 1, false},
		{"a: b\n---\n# c\n", 2, false}, {"--- !!str\n", 1, true}, {"--- &x\n", 1, true}, {"--- ''\n", 1, true}, {"\ufeff", 1, false},
	}
	for _, tt := range tests {
		f, err := ParseYAML([]byte(tt.src), nil)
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
			continue
		}
		if len(f.Docs) != tt.docs {
			t.Errorf("%q has %d documents, want %d", tt.src, len(f.Docs), tt.docs)
		} else if tt.docs > 0 && (f.Docs[tt.docs-1].Root != nil) != tt.root {
			t.Errorf("%q: root %+v", tt.src, f.Docs[tt.docs-1].Root)
		}
		checkYAMLFile(t, []byte(tt.src), f)
	}
}

// checkYAMLFile fails the test unless f has the properties of a complete file.
func checkYAMLFile(t *testing.T, src []byte, f *File) {
	t.Helper()
	if !f.Complete {
		t.Error("Complete is false")
	}
	at := 0
	for i, d := range f.Docs {
		if d.Span.Start != at || d.Span.End < at {
			t.Errorf("document %d is %v, but the previous document ends at %d", i, d.Span, at)
		}
		at = d.Span.End
	}
	if at != len(src) {
		t.Errorf("the documents end at byte %d of %d", at, len(src))
	}
	for _, d := range f.Docs {
		for _, n := range yamlScalars(d.Root, nil) {
			checkYAMLScalar(t, src, n)
			if n.Span.Len() > 0 && !d.Span.Contains(n.Span) {
				t.Errorf("%q at %v is not in its document %v", n.Value, n.Span, d.Span)
			}
		}
	}
}

// checkYAMLScalar fails the test unless the runs of n are sorted, maximal, inside
// its token, and equal to the source.
func checkYAMLScalar(t *testing.T, src []byte, n *Node) {
	t.Helper()
	if (n.Value != "" || n.Style != Plain) && n.Span.Len() == 0 {
		t.Errorf("%q has no span", n.Value)
	}
	if n.Kind == Alias {
		return
	}
	if n.Style == SingleQuoted || n.Style == DoubleQuoted {
		if a, b := src[n.Span.Start], src[n.Span.End-1]; n.Span.Len() < 2 || a != b || (a == '"') != (n.Style == DoubleQuoted) {
			t.Errorf("the token of %q is %q", n.Value, src[n.Span.Start:n.Span.End])
		}
	}
	var last edit.Run
	for i, r := range n.Map {
		isContinuation := r.Len == 0 && src[r.Src] == '\\' && yamlBreak(src, r.Src+1) > 0
		if r.Len <= 0 && !isContinuation || r.Dec < last.Dec+last.Len || i > 0 && r.Src < last.Src+last.Len {
			t.Errorf("%q: run %+v follows %+v", n.Value, r, last)
		}
		if i > 0 && r.Dec == last.Dec+last.Len && r.Src == last.Src+last.Len && !isContinuation {
			t.Errorf("%q: runs %+v and %+v are adjacent", n.Value, last, r)
		}
		if !n.Span.Contains(edit.Span{Start: r.Src, End: r.Src + r.Len}) {
			t.Errorf("%q at %v: run %+v", n.Value, n.Span, r)
		} else if got := string(src[r.Src : r.Src+r.Len]); got != n.Value[r.Dec:r.Dec+r.Len] {
			t.Errorf("%q: run %+v is %q", n.Value, r, got)
		}
		last = r
	}
}
