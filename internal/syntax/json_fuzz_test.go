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

// jsonScalars appends the scalars below n to to, in source order.
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

// checkJSONTree checks properties of every tree: the documents cover the source,
// the scalars are in order and decode to their values, and the runs are correct.
func checkJSONTree(t *testing.T, src []byte, f *File) {
	t.Helper()
	at, last := 0, 0
	for _, d := range f.Docs {
		if d.Span.Start != at || d.Span.End < at {
			t.Fatalf("document %v, but the previous document ends at %d", d.Span, at)
		}
		at = d.Span.End
		for _, n := range jsonScalars(d.Root, nil) {
			if n.Span.Start < last || !d.Span.Contains(n.Span) {
				t.Fatalf("scalar %v in document %v, but the previous scalar ends at %d", n.Span, d.Span, last)
			}
			last = n.Span.End
			checkJSONScalar(t, src, n)
		}
	}
	if at != len(src) {
		t.Fatalf("the documents end at byte %d of %d", at, len(src))
	}
}

// checkJSONScalar compares a scalar with encoding/json.
func checkJSONScalar(t *testing.T, src []byte, n *Node) {
	t.Helper()
	token := src[n.Span.Start:n.Span.End]
	inner := n.Span
	if n.Style == DoubleQuoted {
		inner = edit.Span{Start: n.Span.Start + 1, End: n.Span.End - 1}
		var want string
		if err := json.Unmarshal(strictJSONString(token), &want); err != nil || want != n.Value {
			t.Fatalf("encoding/json decodes %q to %q, %v; got %q", token, want, err, n.Value)
		}
	} else if text := map[bool]string{true: "null", false: n.Value}[n.Tag == "!!null"]; !json.Valid(token) || text != string(token) {
		t.Fatalf("%q read as %q", token, n.Value)
	}
	dec, at := 0, inner.Start
	for i, r := range n.Map {
		s := edit.Span{Start: r.Src, End: r.Src + r.Len}
		if r.Dec < dec || r.Src < at || !inner.Contains(s) || (i > 0 && r.Src == at) {
			t.Fatalf("%q: run %d of %v is out of order, outside the scalar, or adjacent to the previous run", token, i, n.Map)
		}
		if got := n.Value[r.Dec : r.Dec+r.Len]; got != string(src[s.Start:s.End]) {
			t.Fatalf("%q: run %v is %q", token, r, got)
		}
		dec, at = r.Dec+r.Len, s.End
	}
}

// strictJSONString escapes the control characters that ParseJSON accepts.
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

// strictJSON returns the source of p as strict JSON (RFC 8259): without comments,
// trailing commas and control characters in strings.
func strictJSON(p *jsonParser) []byte {
	src := bytes.Clone(p.src)
	for _, c := range p.comments {
		copy(src[c.Start:c.End], strings.Repeat(" ", c.Len()))
	}
	var b bytes.Buffer
	punctuation := func(s []byte) { // the text between two scalars
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
			punctuation(src[at:n.Span.Start])
			b.Write(strictJSONString(src[n.Span.Start:n.Span.End]))
			at = n.Span.End
		}
	}
	punctuation(src[at:])
	return b.Bytes()
}

// jsonTokens returns the tokens that encoding/json reads from src, in the notation
// of treeTokens.
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

// treeTokens appends the tokens of the tree n to to.
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
		if n.Tag == "!!null" {
			return append(to, "null")
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

// FuzzJSON compares with encoding/json: ParseJSON accepts all that encoding/json
// accepts, and reads the same tokens. Anything else that ParseJSON accepts differs
// from strict JSON only by comments, trailing commas and control characters.
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
		strict := src
		if !json.Valid(src) {
			strict = strictJSON(p)
		}
		want, err := jsonTokens(strict)
		if err != nil {
			t.Fatalf("%q, as strict JSON %q: %v", src, strict, err)
		}
		if !sameTokens(got, want) {
			t.Fatalf("%q\ngot  %q\nwant %q", src, got, want)
		}
		if err := VerifyJSON(src, nil); err != nil {
			t.Fatalf("%q: VerifyJSON without edits: %v", src, err)
		}
	})
}

// FuzzVerifyJSON makes one edit in valid JSON. If VerifyJSON accepts it, the
// tokens of encoding/json differ in one string, or members are added.
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
			t.Fatalf("%q became %q, which is not JSON", src, after)
		}
		b, _ := jsonTokens(src)
		a, _ := jsonTokens(after)
		if n := changedTokens(b, a); n > 1 {
			t.Fatalf("%q became %q: %d strings differ", src, after, n)
		}
		if string(src[start:end]) != text && sameTokens(b, a) {
			t.Fatalf("%q became %q, but no token differs", src, after)
		}
	})
}

// changedTokens returns how many strings differ, if the number of tokens is the
// same. If tokens were added, it returns 0 if they are adjacent and their number
// is even (keys and values). Otherwise it returns a large number.
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
