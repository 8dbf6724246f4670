package syntax

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/regmigrate/regmigrate/pkg/edit"
)

// jsonScalars returns the scalars under n in the order of the source.
func jsonScalars(n *Node, to []*Node) []*Node {
	if n == nil {
		return to
	}
	if n.Kind == Scalar {
		return append(to, n)
	}
	for _, c := range n.Children {
		to = jsonScalars(c, to)
	}
	return to
}

// checkJSONTree checks what holds of every tree: documents tile the source,
// scalars stand in order and decode to their values, and runs are true.
func checkJSONTree(t *testing.T, src []byte, f *File) {
	t.Helper()
	at, last := 0, 0
	for _, d := range f.Docs {
		if d.Span.Start != at || d.Span.End < at {
			t.Fatalf("document %v after one that ends at %d", d.Span, at)
		}
		at = d.Span.End
		for _, n := range jsonScalars(d.Root, nil) {
			if n.Span.Start < last || !d.Span.Contains(n.Span) {
				t.Fatalf("scalar %v in document %v, after one that ends at %d", n.Span, d.Span, last)
			}
			last = n.Span.End
			checkJSONScalar(t, src, n)
		}
	}
	if at != len(src) {
		t.Fatalf("the documents end at %d of %d", at, len(src))
	}
}

// checkJSONScalar checks one scalar against encoding/json.
func checkJSONScalar(t *testing.T, src []byte, n *Node) {
	t.Helper()
	token := src[n.Span.Start:n.Span.End]
	inner := n.Span
	if n.Style == DoubleQuoted {
		inner = edit.Span{Start: n.Span.Start + 1, End: n.Span.End - 1}
		var want string
		if err := json.Unmarshal(strictJSONString(token), &want); err != nil || want != n.Value {
			t.Fatalf("%q is %q, %v; got %q", token, want, err, n.Value)
		}
	} else if !json.Valid(token) || n.Value != string(token) {
		t.Fatalf("%q read as %q", token, n.Value)
	}
	dec, at := 0, inner.Start
	for i, r := range n.Map {
		s := edit.Span{Start: r.Src, End: r.Src + r.Len}
		if r.Dec < dec || r.Src < at || !inner.Contains(s) || (i > 0 && r.Src == at) {
			t.Fatalf("%q: run %d of %v is out of order, outside, or should be one with that before", token, i, n.Map)
		}
		if got := n.Value[r.Dec : r.Dec+r.Len]; got != string(src[s.Start:s.End]) {
			t.Fatalf("%q: run %v is %q", token, r, got)
		}
		dec, at = r.Dec+r.Len, s.End
	}
}

// strictJSONString escapes the control characters that ParseJSON takes.
func strictJSONString(token []byte) []byte {
	var b bytes.Buffer
	for _, c := range token {
		if c < ' ' {
			b.WriteString(`\u00` + string("01"[c>>4]) + string("0123456789abcdef"[c&15]))
			continue
		}
		b.WriteByte(c)
	}
	return b.Bytes()
}

// strictJSON writes the source of a parser as RFC 8259 has it: comments blank,
// no trailing commas, no control characters in strings.
func strictJSON(p *jsonParser) []byte {
	src := bytes.Clone(p.src)
	for _, c := range p.comments {
		copy(src[c.Start:c.End], strings.Repeat(" ", c.Len()))
	}
	var b bytes.Buffer
	gap := func(s []byte) { // between scalars there is punctuation only
		for i, c := range s {
			next := bytes.TrimLeft(s[i+1:], " \t\r\n")
			if c == ',' && len(next) > 0 && (next[0] == ']' || next[0] == '}') {
				c = ' '
			}
			b.WriteByte(c)
		}
	}
	at := 0
	if bytes.HasPrefix(src, utf8BOM) {
		at = len(utf8BOM)
	}
	for _, d := range p.docs {
		for _, n := range jsonScalars(d.Root, nil) {
			gap(src[at:n.Span.Start])
			b.Write(strictJSONString(src[n.Span.Start:n.Span.End]))
			at = n.Span.End
		}
	}
	gap(src[at:])
	return b.Bytes()
}

// jsonTokens returns the tokens of all values in src as encoding/json reads
// them, in the notation of treeTokens.
func jsonTokens(src []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var out []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch v := token.(type) {
		case json.Delim:
			out = append(out, v.String())
		case string:
			out = append(out, "string "+v)
		case json.Number:
			out = append(out, v.String())
		case bool:
			out = append(out, map[bool]string{true: "true", false: "false"}[v])
		case nil:
			out = append(out, "null")
		}
	}
}

func treeTokens(n *Node, to []string) []string {
	if n == nil {
		return to
	}
	switch n.Kind {
	case Mapping:
		to = append(to, "{")
	case Sequence:
		to = append(to, "[")
	default:
		if n.Style == DoubleQuoted {
			return append(to, "string "+n.Value)
		}
		return append(to, n.Value)
	}
	for _, c := range n.Children {
		to = treeTokens(c, to)
	}
	if n.Kind == Mapping {
		return append(to, "}")
	}
	return append(to, "]")
}

func sameTokens(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

var jsonSeeds = []string{
	``, ` `, `null`, `{}`, `[]`, `"k8s.gcr.io/pause:3.9"`, `-0.5e+10`, `01`, `1.`, `[1,2,]`, `{"a":1,}`, `[,]`,
	`{"image":"k8s.gcr.io\/pause","b":[true,false,null,{"c":"\ud83d\ude00\ud83d\u00e9"}]}`,
	"\ufeff{\"a\":\"\xff\xc3\x28\ufffd\"}", "{\"a\": 1} // b\n/* c */ [\"\t\"]", `{"a":1,"a":2}`, "1 2\n\"a\"\"b\"",
	`{'a':1}`, `{"a":"\x"}`, `"\u12"`, `"\`, `/`, `/*`, "//", "\x00", "[\"\u2028\"]", `[[[[{"a":[{}]}]]]]`, `truefalse`,
}

// FuzzJSON asks encoding/json: all that it accepts is accepted and read the
// same, and all else that is accepted is strict JSON but for comments,
// trailing commas and control characters.
func FuzzJSON(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := parseJSON(src, maxJSONNodes)
		if err != nil {
			if json.Valid(src) {
				t.Fatalf("%q is valid JSON: %v", src, err)
			}
			return
		}
		checkJSONTree(t, src, &File{Docs: p.docs})
		var got []string
		for _, d := range p.docs {
			got = treeTokens(d.Root, got)
		}
		asked := src
		if !json.Valid(src) {
			asked = strictJSON(p)
		}
		want, err := jsonTokens(asked)
		if err != nil {
			t.Fatalf("%q, made strict as %q: %v", src, asked, err)
		}
		if !sameTokens(got, want) {
			t.Fatalf("%q\ngot  %q\nwant %q", src, got, want)
		}
		if err := VerifyJSON(src, nil); err != nil {
			t.Fatalf("%q differs from itself: %v", src, err)
		}
	})
}

// FuzzVerifyJSON makes one edit in valid JSON. An edit that verifies has, by
// encoding/json, changed one string as it says, or added members.
func FuzzVerifyJSON(f *testing.F) {
	src := `{"image":"k8s.gcr.io\/pause","b":["k8s.gcr.io"]}`
	f.Add([]byte(src), 10, 20, "registry.k8s.io")
	f.Add([]byte(src), 34, 44, `a","b`)
	f.Add([]byte(src), 28, 28, `,"c":"d"`)
	f.Add([]byte(src), 28, 28, `,"c":"d","e":1`)
	f.Add([]byte(src), 28, 28, `/*`)
	f.Add([]byte(src), 19, 21, `\`)
	f.Add([]byte(`{}`), 1, 1, `"a":"b"`)
	f.Add([]byte("{\"a\":1\n}"), 6, 6, `,"b":2//`)
	f.Add([]byte(`"\ud83d\ude00"`), 7, 7, `x`)
	f.Fuzz(func(t *testing.T, src []byte, start, end int, text string) {
		edits := []edit.Edit{{Span: edit.Span{Start: start, End: end}, New: text}}
		after, err := edit.Apply(src, edits)
		if err != nil || !json.Valid(src) || VerifyJSON(src, edits) != nil {
			return
		}
		if !json.Valid(after) {
			t.Fatalf("%q became %q, which is no JSON", src, after)
		}
		b, _ := jsonTokens(src)
		a, _ := jsonTokens(after)
		if n := changedTokens(b, a); n > 1 {
			t.Fatalf("%q became %q: %d strings differ", src, after, n)
		}
		if string(src[start:end]) != text && sameTokens(b, a) {
			t.Fatalf("%q became %q, and no token differs", src, after)
		}
	})
}

// changedTokens counts the strings that differ, when tokens are as many as
// before. When they are more, each scalar added and its key must stand
// together, in one place; else it returns a large number.
func changedTokens(before, after []string) int {
	n := 0
	if len(before) == len(after) {
		for i := range before {
			if before[i] != after[i] {
				n++
				if !strings.HasPrefix(before[i], "string ") || !strings.HasPrefix(after[i], "string ") {
					return len(after)
				}
			}
		}
		return n
	}
	added := len(after) - len(before)
	head := 0
	for head < len(before) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < len(before)-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	if added < 0 || added%2 == 1 || head+tail != len(before) {
		return len(after) + 1
	}
	return 0
}
