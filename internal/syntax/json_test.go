package syntax

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// dumpJSON returns a tree on one line: strings in quotes, other scalars with their
// tag.
func dumpJSON(n *Node) string {
	if n == nil {
		return "empty"
	}
	var parts []string
	switch n.Kind {
	case Scalar:
		if n.Style == DoubleQuoted {
			return fmt.Sprintf("%+q", n.Value)
		}
		return n.Tag + " " + n.Value
	case Mapping:
		for i := 0; i < len(n.Children); i += 2 {
			parts = append(parts, dumpJSON(n.Children[i])+": "+dumpJSON(n.Children[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	for _, c := range n.Children {
		parts = append(parts, dumpJSON(c))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func TestParseJSON(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"string", `"k8s.gcr.io/pause:3.9"`, `"k8s.gcr.io/pause:3.9"`},
		{"empty collections", `{"a":{},"b":[ ]}`, `{"a": {}, "b": []}`},
		{"nested", `[{"a":[1,[2]]},[]]`, `[{"a": [!!int 1, [!!int 2]]}, []]`},
		{"tags", `[0,-12,1.5,1e3,2E-7,true,false,null]`,
			`[!!int 0, !!int -12, !!float 1.5, !!float 1e3, !!float 2E-7, !!bool true, !!bool false, !!null ]`},
		{"duplicate keys are kept", `{"a":1,"a":2}`, `{"a": !!int 1, "a": !!int 2}`},
		{"white space", " \t\r\n[ 1 ,\n2\t]\r\n", `[!!int 1, !!int 2]`},
		{"byte order mark", "\ufeff{}", `{}`},
		{"byte order mark in a string", "[\"\ufeff\"]", `["\ufeff"]`},
		{"escaped slash", `"k8s.gcr.io\/pause"`, `"k8s.gcr.io/pause"`},
		{"every escape", `"\"\\\/\b\f\n\r\t\u00e9\u00E9"`, `"\"\\/\b\f\n\r\t\u00e9\u00e9"`},
		{"surrogate pair", `"\ud83d\ude00"`, `"\U0001f600"`},
		{"high surrogate alone", `"\ud83dx"`, `"\ufffdx"`},
		{"low surrogate alone", `"\ude00\ud83d"`, `"\ufffd\ufffd"`},
		{"high surrogate before another escape", `"\ud83d\u0041\n"`, `"\ufffdA\n"`},
		{"invalid UTF-8", "\"a\xffb\xc3\"", `"a\ufffdb\ufffd"`},
		{"control characters in a string", "\"a\tb\nc\x01\"", `"a\tb\nc\x01"`},
		{"line comment", "// first\n{\"a\": 1 // one\n, //\r\n\"b\": 2}// last", `{"a": !!int 1, "b": !!int 2}`},
		{"line comment that a lone carriage return ends", "// a\r[1]", `[!!int 1]`},
		{"block comment", "/* a\n*/[/**/1/***/,/* * / */2/*//*/]", `[!!int 1, !!int 2]`},
		{"slashes in a string are not a comment", `["https://k8s.gcr.io/*","*/"]`, `["https://k8s.gcr.io/*", "*/"]`},
		{"trailing commas", `{"a":[1,2,],"b":{"c":3 , /* d */ },}`, `{"a": [!!int 1, !!int 2], "b": {"c": !!int 3}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ParseJSON([]byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Docs) != 1 || !f.Complete {
				t.Fatalf("%d documents, Complete is %v", len(f.Docs), f.Complete)
			}
			if got := dumpJSON(f.Docs[0].Root); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			checkJSONTree(t, []byte(c.src), f)
		})
	}
}

func TestParseJSONError(t *testing.T) {
	for _, c := range []struct {
		name, src string
		line      int
		msg       string
	}{
		{"open object", "{\n\"a\": 1\n", 3, "found the end of the file"},
		{"open array", "[1,", 1, "expected a value, found the end of the file"},
		{"open string", "{\n\"a\": \"b\n}", 2, "string is not closed"},
		{"open string after an escape", "\"\\n", 1, "string is not closed"},
		{"escaped last quote", `"\"`, 1, "string is not closed"},
		{"open comment", "{}\n/* a", 2, "comment is not closed"},
		{"comment with one asterisk", "/*/ {}", 1, "comment is not closed"},
		{"slash", "{}\n/ a", 2, "slash"},
		{"single quotes", `{"a": 'b'}`, 1, "JSON5"},
		{"single-quoted key", "{'a': 1}", 1, "JSON5"},
		{"bare key", "{a: 1}", 1, "a key in double quotes, found 'a'"},
		{"number as key", "{1: 1}", 1, "a key in double quotes"},
		{"object as key", "{{}: 1}", 1, "a key in double quotes"},
		{"no colon", `{"a" 1}`, 1, "a colon"},
		{"only a key", `{"a"}`, 1, "a colon"},
		{"no value", `{"a":}`, 1, "expected a value"},
		{"no comma", "[1\n2]", 2, "a comma or ]"},
		{"no comma in an object", `{"a":1 "b":2}`, 1, "a comma or }"},
		{"only a comma", "[,]", 1, "expected a value"},
		{"only a comma in an object", "{,}", 1, "a key"},
		{"two commas", "[1,,2]", 1, "expected a value"},
		{"wrong bracket", "[1}", 1, "a comma or ]"},
		{"closing bracket", "]", 1, "expected a value"},
		{"comma between documents", "1,2", 1, "expected a value, found ','"},
		{"unknown escape", `"a\x41"`, 1, "escape"},
		{"escaped line break", "\"a\\\nb\"", 1, "escape"},
		{"short escape", `"\u12"`, 1, "escape"},
		{"word", "[True]", 1, "expected a number"},
		{"words without a separator", "truefalse", 1, "expected a number"},
		{"NaN", "NaN", 1, "expected a number"},
		{"plus", "+1", 1, "expected a number"},
		{"leading zero", "01", 1, "expected a number"},
		{"hexadecimal", "0x1", 1, "expected a number"},
		{"no digits after the point", "1.", 1, "expected a number"},
		{"no digits before the point", ".5", 1, "expected a number"},
		{"no exponent", "1e+", 1, "expected a number"},
		{"only a sign", "-", 1, "expected a number"},
		{"template action", "{\n{{ .Values.a }}\n}", 2, "a key in double quotes"},
		{"YAML", "a: b\n", 1, "expected a number"},
		{"NUL", "{}\n\x00", 2, "NUL"},
		{"NUL in a string", "\"\x00\"", 1, "NUL"},
		{"vertical tab", "[\v1]", 1, "expected a value"},
		{"invalid UTF-8 outside strings", "[\xff]", 1, "expected a value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ParseJSON([]byte(c.src))
			var pe *ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("got %v, want a *ParseError", err)
			}
			if f != nil {
				t.Error("ParseJSON returns a file and an error")
			}
			if pe.Line != c.line || !strings.Contains(pe.Msg, c.msg) {
				t.Errorf("got %v, want line %d and %q", pe, c.line, c.msg)
			}
		})
	}
}

func TestParseJSONEncoding(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      error
	}{
		{"UTF-16, little endian", "\xff\xfe{\x00}\x00", ErrUTF16},
		{"UTF-16, big endian", "\xfe\xff\x00{\x00}", ErrUTF16},
		{"UTF-32, little endian", "\xff\xfe\x00\x00{\x00\x00\x00", ErrUTF16},
		{"UTF-32, big endian", "\x00\x00\xfe\xff\x00\x00\x00{", ErrUTF16},
		{"two byte order marks", "\ufeff\ufeff{}", ErrInnerBOM},
		{"a byte order mark in front of the second document", "{}\n\ufeff{}", ErrInnerBOM},
		{"a byte order mark in front of a key", "{\ufeff\"a\":1}", ErrInnerBOM},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ParseJSON([]byte(c.src)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestParseJSONDocuments(t *testing.T) {
	for _, c := range []struct {
		name string
		docs []string // the text of each document; together they are the source
		want []string
	}{
		{"empty source", nil, nil},
		{"white space", []string{" \n"}, []string{"empty"}},
		{"comments", []string{"// k8s.gcr.io\n/* b */"}, []string{"empty"}},
		{"byte order mark", []string{"\ufeff"}, []string{"empty"}},
		{"one document per line", []string{"{}\n", "[1]\r\n", "\"a\"\n"}, []string{"{}", "[!!int 1]", `"a"`}},
		{"several documents on one line", []string{"{}", "{}", " 1", " 2", "\"a\"", "\"b\""},
			[]string{"{}", "{}", "!!int 1", "!!int 2", `"a"`, `"b"`}},
		{"a comment after a value on its line", []string{"// a\n1 // b\n", "// c\n2 /* d\n */ // e\n", "\n3 // f"},
			[]string{"!!int 1", "!!int 2", "!!int 3"}},
		{"a comment between values on one line", []string{"{}", " /* a */ {}"}, []string{"{}", "{}"}},
		{"comments after the last value", []string{"1\n", "2\n\n// end\n"}, []string{"!!int 1", "!!int 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := strings.Join(c.docs, "")
			f, err := ParseJSON([]byte(src))
			if err != nil {
				t.Fatal(err)
			}
			var docs, roots []string
			for _, d := range f.Docs {
				docs = append(docs, src[d.Span.Start:d.Span.End])
				roots = append(roots, dumpJSON(d.Root))
			}
			if fmt.Sprintf("%q", docs) != fmt.Sprintf("%q", c.docs) {
				t.Errorf("got  %q\nwant %q", docs, c.docs)
			}
			if fmt.Sprint(roots) != fmt.Sprint(c.want) {
				t.Errorf("got  %v\nwant %v", roots, c.want)
			}
		})
	}
}

func TestParseJSONPositions(t *testing.T) {
	src := "{\"a\": \"x\\/y\xffz\",\n \"b\": [12, \"\"]}"
	f, err := ParseJSON([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	root := f.Docs[0].Root
	list := root.Children[3]
	for _, c := range []struct {
		name string
		node *Node
		span edit.Span
		runs edit.Map
	}{
		{"object", root, edit.Span{Start: 0, End: 0}, nil},
		{"key", root.Children[0], edit.Span{Start: 1, End: 4}, edit.Map{{Dec: 0, Src: 2, Len: 1}}},
		{"a string with escapes", root.Children[1], edit.Span{Start: 6, End: 14},
			edit.Map{{Dec: 0, Src: 7, Len: 1}, {Dec: 2, Src: 10, Len: 1}, {Dec: 6, Src: 12, Len: 1}}},
		{"array", list, edit.Span{Start: 22, End: 22}, nil},
		{"number", list.Children[0], edit.Span{Start: 23, End: 25}, edit.Map{{Dec: 0, Src: 23, Len: 2}}},
		{"empty string", list.Children[1], edit.Span{Start: 27, End: 29}, edit.Map{{Dec: 0, Src: 28, Len: 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.node.Span != c.span {
				t.Errorf("span %v, want %v", c.node.Span, c.span)
			}
			if fmt.Sprint(c.node.Map) != fmt.Sprint(c.runs) {
				t.Errorf("runs %v, want %v", c.node.Map, c.runs)
			}
		})
	}
}
